"""When a report may go out: for each period a window that opens, has a grace, and closes. Pure: no clock is read here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from bot.domain.period import Period


class Mode(StrEnum):
    """What is done with a thread that is due."""

    AUTO = "auto"
    """It is posted."""
    APPROVE = "approve"
    """It is frozen, and posted when a person has approved that very thread."""
    DRY = "dry"
    """It is written to disk."""


class Bell(Protocol):
    """Wall times of a place, as instants: what a cron expression and a time zone say."""

    def at_or_after(self, moment: dt.datetime) -> dt.datetime:
        """The first ring that is not before an instant, in UTC."""
        ...


@dataclass(frozen=True)
class Window:
    """
    When a period's thread may go out, all instants in UTC.

    It opens at `opens_at`; whoever comes later than `grace_until` comes too late to begin; until `complete_until` missing
    figures are waited for; from `closes_at` on the thread is of no use to anybody.
    """

    period: Period
    opens_at: dt.datetime
    grace_until: dt.datetime
    complete_until: dt.datetime
    closes_at: dt.datetime


@dataclass(frozen=True)
class Schedule:
    """
    When a report goes out.

    A period's figures are settled `delay` after its end; the first ring of the `bell` from then on opens its window. `grace` is
    how late it may be begun, `latest` how long after the period's end anybody wants to read it. Figures that are missing are
    waited for until `patience` after the opening, looking again every `retry`.
    """

    bell: Bell
    delay: dt.timedelta
    grace: dt.timedelta
    latest: dt.timedelta
    patience: dt.timedelta
    retry: dt.timedelta
    mode: Mode = Mode.APPROVE

    def window(self, period: Period) -> Window | None:
        """
        The window of a calendar period; None if a later period's opens at the same ring, for then the newer one is told.

        It closes when the next one opens, if not before: no report has two threads to begin at a time.
        """
        opens_at = self._opens_at(period)
        following = self._opens_at(period.following())
        if following <= opens_at:
            return None
        closes_at = min(period.end + self.latest, following)
        return Window(
            period,
            opens_at,
            grace_until=min(opens_at + self.grace, closes_at),
            complete_until=min(opens_at + self.patience, closes_at),
            closes_at=closes_at,
        )

    def newest(self, now: dt.datetime, period: Period) -> Window:
        """The window that opened last by `now`, looked for from a period backwards."""
        while self._opens_at(period) > now:
            period = period.previous()
        while (window := self.window(period)) is None:
            period = period.previous()
        return window

    def window_after(self, window: Window) -> Window:
        """The window that opens next."""
        period = window.period.following()
        while (found := self.window(period)) is None:
            period = period.following()
        return found

    def opens_after(self, window: Window) -> dt.datetime:
        """When the next window opens, whichever of the periods that share that ring it is for."""
        return self._opens_at(window.period.following())

    def remembering(self) -> Schedule:
        """The same schedule for a while: it asks its bell about each instant once, and keeps the answers."""
        return replace(self, bell=_Remembered(self.bell))

    def _opens_at(self, period: Period) -> dt.datetime:
        return self.bell.at_or_after(period.end + self.delay)


class _Remembered:
    """A bell that was asked before knows the answer."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._rings: dict[dt.datetime, dt.datetime] = {}

    def at_or_after(self, moment: dt.datetime) -> dt.datetime:
        if moment not in self._rings:
            self._rings[moment] = self._bell.at_or_after(moment)
        return self._rings[moment]
