"""What a server of processes has loaded before it forks one: all that a verb, or a worker at a store, may need."""

from __future__ import annotations

from typing import Final

import alembic.command
import jinja2
import psycopg
import requests_oauthlib
import sqlalchemy.dialects.postgresql.psycopg
import sqlalchemy.dialects.sqlite.pysqlite
import twitter_text.extract_urls
import twitter_text.parse_tweet

import bot.charts.sheet.render
import bot.compose.widths
import bot.rehearsal
import bot.sources._http
import bot.store
from bot.plugins import load, rooms
from bot.terminal import backtesting, checking, collecting, login, posting, rehearsing, threads

LOADED: Final = (
    *(alembic, jinja2, psycopg, requests_oauthlib, sqlalchemy.dialects, twitter_text),
    *(bot.charts, bot.compose.widths, bot.rehearsal, bot.sources, bot.store),
    *(backtesting, checking, collecting, login, posting, rehearsing, threads),
    *(load(wing, name, ()) for wing in ("sources", "charts", "publishers") for name in rooms(wing)),
)
