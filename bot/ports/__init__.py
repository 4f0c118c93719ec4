"""What the house asks of its wings. The docstrings are the contracts; the contract tests check every room against them."""

from bot.ports.charts import CHART_COLUMNS, ChartData, ChartKind
from bot.ports.counts import NO_NETWORK, Billed, Counts
from bot.ports.engines import FILES, MANIFEST, Computation, Computer, Digested, Format, Input, Layout, Result
from bot.ports.networks import Asked, Door, Network
from bot.ports.progress import Progress, silent
from bot.ports.rota import Approval, Done, Notice, Rota, Run
from bot.ports.sources import Client, Key, Offline, Parameters, Question, Reply, Service, Source
from bot.ports.store import Desk, Reading, Rest, Store
from bot.ports.telling import Teller

__all__ = [
    "CHART_COLUMNS",
    "FILES",
    "MANIFEST",
    "NO_NETWORK",
    "Approval",
    "Asked",
    "Billed",
    "ChartData",
    "ChartKind",
    "Client",
    "Computation",
    "Computer",
    "Counts",
    "Desk",
    "Digested",
    "Done",
    "Door",
    "Format",
    "Input",
    "Key",
    "Layout",
    "Network",
    "Notice",
    "Offline",
    "Parameters",
    "Progress",
    "Question",
    "Reading",
    "Reply",
    "Rest",
    "Result",
    "Rota",
    "Run",
    "Service",
    "Source",
    "Store",
    "Teller",
    "silent",
]
