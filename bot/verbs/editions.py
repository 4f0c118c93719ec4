"""One edition of a backtest: composed from what was known at its instant, written in one step, kept while nothing changes."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from typing import Final

from bot import asking, folders, pipeline, wiring
from bot.analysis.claims import claims
from bot.analysis.figures import newest
from bot.collection import Gathered, NamedSource, gather
from bot.compose.backtest import pictures, silent_rows, told_rows
from bot.compose.documents import as_file
from bot.delivery import deliver
from bot.domain.backtest import Outcome, Row, Tried, known_by
from bot.domain.edition import Edition
from bot.domain.gate import Past
from bot.domain.measure import Observation
from bot.domain.period import Period
from bot.domain.report import Report
from bot.errors import BadOutput, HeldBack, SourceUnavailable, ThreadmillError
from bot.ports import Offline, Store, silent

_RECORD: Final = "backtest.json"


class Editions:
    """
    Composes the periods of a report one by one, wherever it is forked to.

    What files say is `already` read; the store is opened by each process for itself.
    """

    def __init__(
        self,
        house: wiring.House,
        recipe: Report,
        sources: Sequence[NamedSource],
        already: Mapping[str, Gathered],
        made_with: str,
        place: Path,
        work: Path,
    ) -> None:
        self._house = house
        self._recipe = recipe
        self._sources = sources
        self._already = already
        self._lines = {name: [repr(seen).encode() for seen in one.observations] for name, one in already.items()}
        self._made_with = made_with
        self._place = place
        self._work = work
        self._limits = wiring.limits(recipe.network)
        self._open = ExitStack()
        self._stores: list[Store | None] | None = None

    def skipped(self, period: Period) -> Tried | None:
        """Why a period has no edition of its own, if it has none."""
        as_of = known_by(self._recipe, period)
        if as_of is None:
            return Tried(period.key, "", Outcome.SKIPPED, "the window of a later period opens at the same time, and that is told")
        if as_of > self._house.now:
            return Tried(period.key, as_of.isoformat(), Outcome.SKIPPED, "its window has not opened yet")
        return None

    def died(self, period: Period, why: str) -> Tried:
        """A period whose process did."""
        return self._failed(period, why)

    def compose(self, period: Period) -> Tried:
        """What came of a period, as it was kept or composed just now. Caught here and nowhere else: one edition's failure."""
        begun = time.perf_counter()
        try:
            tried = self._composed(period)
        except ThreadmillError as error:
            tried = self._failed(period, str(error))
        except Exception as error:
            tried = self._failed(period, f"{type(error).__name__}: {error}. This is a defect: report it")
        return replace(tried, seconds=time.perf_counter() - begun) if tried.fresh else tried

    def _composed(self, period: Period) -> Tried:
        as_of = self._as_of(period)
        tried = Tried(period.key, as_of.isoformat(), Outcome.HELD, fresh=True)
        try:
            gathered = self._gathered(period, as_of)
        except SourceUnavailable as problem:
            return self._kept_as(replace(tried, reason=str(problem)), None)
        tried = replace(tried, fingerprint=self._fingerprint(period, as_of, gathered))
        if (kept := self._kept(period)) is not None and kept.fingerprint == tried.fingerprint:
            return kept
        past = Past(self._cited(period, gathered), known_by=as_of)
        story = None
        try:
            story = pipeline.weigh(self._recipe, period, gathered, as_of, past)
            run = pipeline.tell(story, as_of, self._limits, wiring.draw_alone, silent)
        except HeldBack as held:
            rows = () if story is None else self._silent_rows(story)
            return self._kept_as(replace(tried, reason=str(held), rows=rows), None)
        rows = told_rows(run.edition, run.claims)
        told = replace(tried, outcome=Outcome.TOLD, rows=rows, pictures=pictures(run.edition))
        return self._kept_as(told, run.edition)

    def _silent_rows(self, story: pipeline.Story) -> tuple[Row, ...]:
        stated = claims(self._recipe.claims, story.figures(), story.period)
        return silent_rows(stated, story.judgements, self._recipe)

    def _as_of(self, period: Period) -> dt.datetime:
        """The instant of a period, or of the one that was told in its place."""
        while (as_of := known_by(self._recipe, period)) is None:
            period = period.previous()
        return as_of

    def _gathered(self, period: Period, as_of: dt.datetime) -> list[Gathered]:
        """What was read once, and what each period asks for itself: of live sources what the store had of them by then."""
        sources = [
            named if named.client is None else replace(named, client=Offline(named.name, as_of)) for named in self._sources
        ]
        return gather(self._recipe, period, sources, self._readings(), silent, self._already)

    def _readings(self) -> Store | None:
        """The store as this process has it open: no connection outlives a fork."""
        if self._stores is None:
            self._stores = [self._open.enter_context(wiring.store_offline(self._house)) if asking.live(self._recipe) else None]
        return self._stores[0]

    def _cited(self, period: Period, gathered: Sequence[Gathered]) -> tuple[Observation, ...]:
        """What stood when the edition before was told."""
        then = self._as_of(period.previous())
        by_hand: set[str] = set()
        stood: list[Observation] = []
        for one in gathered:
            known = [seen for seen in one.observations if _known(seen, then)]
            by_hand.update(seen.id for seen in known if one.named.by_hand or seen.handwritten)
            stood += known
        return tuple(newest(stood, by_hand))

    def _fingerprint(self, period: Period, as_of: dt.datetime, gathered: Sequence[Gathered]) -> str:
        """Of all an edition is made from: another one is made again."""
        instants = (period.key, as_of.isoformat(), self._as_of(period.previous()).isoformat())
        sums = hashlib.sha256(repr((self._made_with, *instants)).encode())
        for one in gathered:
            named, outcome = one.named, one.outcome
            sums.update(repr((named.name, named.by_hand, one.missing, outcome.problem, outcome.not_asked)).encode())
            lines = self._lines.get(named.name) or [repr(seen).encode() for seen in one.observations]
            for seen, line in zip(one.observations, lines, strict=True):
                if _known(seen, as_of):
                    sums.update(line)
        return sums.hexdigest()

    def _kept(self, period: Period) -> Tried | None:
        """What an earlier run made of a period, if all of it is there."""
        folder = self._place / period.key
        try:
            tried = Tried.recorded(json.loads((folder / _RECORD).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        whole = all((folder / path).is_file() for _, path in tried.pictures)
        return tried if whole and tried.period == period.key else None

    def _kept_as(self, tried: Tried, edition: Edition | None) -> Tried:
        """Written beside its place and moved there in one step, with the record that tells what it was made from."""
        draft = self._work / tried.period
        rmtree(draft, ignore_errors=True)
        written = draft / self._recipe.key / tried.period
        if edition is None:
            written.mkdir(parents=True)
        else:
            with folders.dry_run(draft, edition) as dry_run:
                deliver(dry_run)
        (written / _RECORD).write_text(as_file(tried.record()), encoding="utf-8")
        self._remove(tried.period)
        written.rename(self._place / tried.period)
        return tried

    def _failed(self, period: Period, why: str) -> Tried:
        """It is tried again in the next run; what an earlier one made of it is not true any more."""
        with suppress(ThreadmillError, OSError):
            self._remove(period.key)
        return Tried(period.key, self._as_of(period).isoformat(), Outcome.FAILED, why, fresh=True)

    def _remove(self, key: str) -> None:
        place = self._place / key
        if not place.exists():
            return
        if not (place / _RECORD).is_file():
            raise BadOutput(f"{place} is no edition of a backtest and would be lost; move it away, or choose another --out")
        aside = self._work / f"{key}.old"
        place.rename(aside)
        rmtree(aside, ignore_errors=True)


def _known(seen: Observation, at: dt.datetime) -> bool:
    return seen.period.end <= at and seen.known_at <= at
