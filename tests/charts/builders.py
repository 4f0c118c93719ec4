"""Chart data as the house makes it, for the tests of this wing: say what is shown, get the port's ChartData."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.text import Text

from bot.domain.claim import Basis
from bot.domain.measure import Aggregation, Metric, Observation, Status, Subject, Unit
from bot.domain.period import Period
from bot.domain.text import Cited
from bot.ports import ChartData

TENSORFLOW = Subject("tensorflow", "TensorFlow", "#df8d19", "#995a00")
KERAS = Subject("keras", "Keras", "#6d279a", "#6d279a")
PYTORCH = Subject("pytorch", "PyTorch", "#c72105", "#b81d03")
JAX = Subject("jax", "JAX", "#2e87df", "#1b6bb8")
MXNET = Subject("mxnet", "MXNet", "#26705b", "#26705b")
PADDLE = Subject("paddle", "PaddlePaddle", "#1f2c3c", "#1f2c3c")
FOUR = (TENSORFLOW, KERAS, PYTORCH, JAX)
YEAR = Period.year(2020)


class Row(NamedTuple):
    metric: str
    subject: str
    value: float
    period: Period = YEAR
    column: str = ""
    low: float = math.nan
    high: float = math.nan
    leads: bool = False
    segment: int = 0


def metric(key: str = "pypi", title: str = "Downloads from PyPI", unit: Unit = Unit.COUNT, noun: str = "downloads",
           short: str = "") -> Metric:  # fmt: skip
    return Metric(key, title, unit, noun, Aggregation.TOTAL, "downloads of files", "people", "mirrors", short)


def chart(rows: Sequence[Row], metrics: Sequence[Metric] = (metric(),), subjects: Sequence[Subject] = FOUR,
          title: str = "TensorFlow is in front", caveat: str = "", source: str = "Source: top-pypi-packages",
          **more: Any) -> ChartData:  # fmt: skip
    bases: dict[str, Basis] = {f"b{at}": _observation(row) for at, row in enumerate(rows)}
    columns = ["metric", "subject", "value", "period", "column", "low", "high", "leads", "segment"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["period_start"] = pd.DatetimeIndex([row.period.start for row in rows])
    frame["period_end"] = pd.DatetimeIndex([row.period.end for row in rows])
    frame["value"] = frame["value"].astype(float)
    frame["basis"] = list(bases)
    return ChartData(Cited(title), Cited("Measure, unit and period"), Cited(source), Cited(caveat), tuple(metrics),
                     tuple(subjects), YEAR, frame.drop(columns="period"), bases, **more)  # fmt: skip


def downloads(values: Mapping[Subject, float], **more: Any) -> ChartData:
    return chart([Row("pypi", subject.key, value) for subject, value in values.items()], subjects=tuple(values), **more)


def ranking(**more: Any) -> ChartData:
    """The four frameworks' downloads of 2020, out of order."""
    return downloads({JAX: 686_784, TENSORFLOW: 113_788_105, KERAS: 29_196_563, PYTORCH: 18_461_407}, **more)


def months(
    series: Mapping[Subject, Sequence[float | None]], segment: Callable[[int], int] = lambda at: 0, **more: Any
) -> ChartData:
    """Monthly figures from January 2019 on; None where there is no reading."""
    rows = [
        Row("pypi", subject.key, value, Period.month(2019 + at // 12, at % 12 + 1), segment=segment(at))
        for subject, values in series.items()
        for at, value in enumerate(values)
        if value is not None
    ]
    return chart(rows, subjects=tuple(series), **more)


def year_ends(series: Mapping[Subject, Mapping[str, float]], **more: Any) -> ChartData:
    """Stocks read on days given as ISO dates."""
    stars = metric("pypi", "GitHub stars", noun="stars")
    rows = [
        Row("pypi", subject.key, value, Period.day(dt.date.fromisoformat(day)))
        for subject, values in series.items()
        for day, value in values.items()
    ]
    return chart(rows, [stars], tuple(series), **more)


def survey(shares: Mapping[Subject, Mapping[str, tuple[float, float, float]]], **more: Any) -> ChartData:
    """For each subject and group: share, low, high."""
    asked = metric("pypi", "Share of respondents", Unit.PERCENT, "respondents")
    groups = dict.fromkeys(group for of_subject in shares.values() for group in of_subject)
    rows = [
        Row("pypi", subject.key, value[0], Period.year(int(group)) if group.isdigit() else YEAR, group, value[1], value[2])
        for group in groups
        for subject, of_subject in shares.items()
        for name, value in of_subject.items()
        if name == group
    ]
    return chart(rows, [asked], tuple(shares), **more)


def kaggle(**more: Any) -> ChartData:
    return survey(
        {
            TENSORFLOW: {"2019": (48.38, 47.49, 49.28), "2020": (53.62, 52.76, 54.48)},
            PYTORCH: {"2019": (28.36, 27.56, 29.17), "2020": (32.39, 31.59, 33.20)},
            JAX: {"2020": (0.65, 0.53, 0.81)},
        },
        **more,
    )


def share(columns: Mapping[str, Sequence[float]], subjects: Sequence[Subject] = (PYTORCH, TENSORFLOW), **more: Any) -> ChartData:
    papers = metric("pypi", "Papers that name a framework", Unit.PERCENT, "papers")
    rows = [
        Row("pypi", subject.key, value, YEAR, label)
        for label, values in columns.items()
        for subject, value in zip(subjects, values, strict=True)
    ]
    return chart(rows, [papers], subjects, **more)


def scoreboard(**more: Any) -> ChartData:
    measures = [
        metric("pypi", short="PyPI downloads"),
        metric("stars", "GitHub stars", noun="stars"),
        metric("so", "Share of Stack Overflow", Unit.PERCENT, "respondents", "Stack Overflow"),
    ]
    table = {
        "pypi": {"tensorflow": 113_788_105, "keras": 29_196_563, "pytorch": 18_461_407, "jax": 686_784},
        "stars": {"tensorflow": 152_029, "keras": 50_420, "pytorch": 45_135, "jax": 10_889},
        "so": {"tensorflow": 11.54, "keras": 6.21, "pytorch": 4.64},
    }
    rows = [
        Row(key, subject, value, leads=key != "stars" and subject == "tensorflow")
        for key, values in table.items()
        for subject, value in values.items()
    ]
    return chart(rows, measures, absent={("so", "jax"): "not asked"}, **more)


def by_role(figure: Figure, role: str) -> list[Any]:
    """Drawn things of a role, in painting order."""
    return [artist for artist in figure.get_children() if isinstance(artist, Artist) and artist.get_gid() == role]


def texts(figure: Figure, role: str) -> list[str]:
    return [artist.get_text() for artist in by_role(figure, role)]


def text(figure: Figure, words: str) -> Text:
    return next(artist for artist in figure.get_children() if isinstance(artist, Text) and artist.get_text() == words)


def _observation(row: Row) -> Observation:
    retrieved_at = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)
    return Observation(
        row.metric, row.subject, row.period, row.value, Status.MEASURED, "x", "https://x.example/", retrieved_at, row.column
    )
