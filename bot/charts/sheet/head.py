"""A chart's title and subtitle as they will stand, also before there is anything to draw."""

from __future__ import annotations

from typing import Final

from bot.charts.sheet import fitting, fonts
from bot.charts.sheet.fitting import Fitted
from bot.charts.sheet.theme import THEME, Theme

WEIGHTS: Final = {"title": fonts.BOLD, "subtitle": fonts.REGULAR}
"""The parts of a head, and the weight each is set in."""


def title(text: str, theme: Theme = THEME) -> Fitted:
    """The title in one line or two. Raises BadChart if they are too narrow for it."""
    return fitting.title(text, theme.inner, theme.title, theme.title_least)


def subtitle(text: str, theme: Theme = THEME) -> Fitted:
    """The subtitle in one line, or two small ones. Raises BadChart if they are too narrow for it."""
    return fitting.short(text, theme.inner, theme.subtitle, theme.text, "subtitle", lines=2)


def fitted(part: str, text: str) -> Fitted:
    """A part of the head by its name. Raises BadChart."""
    return title(text) if part == "title" else subtitle(text)


def width(part: str, text: str) -> float:
    """Width in em, of all its lines together."""
    return fitting.width("".join(text.splitlines()), 1, WEIGHTS[part])
