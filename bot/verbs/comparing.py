"""What published threads cite, held against what the sources of their reports say now: from the store and from files, offline."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from bot import asking, wiring
from bot.analysis.restatements import Fate, Restated, restated
from bot.collection import Gathered, NamedSource, asked_ids, gather
from bot.compose.correction import values
from bot.compose.documents import stated
from bot.domain.delivery import Frozen
from bot.domain.measure import WHOLE, Metric, Missing, Observation
from bot.domain.period import Period
from bot.domain.report import Report
from bot.domain.thread import Fact
from bot.errors import BadInput, SourceUnavailable
from bot.ports import Store, silent
from bot.verbs.choosing import period_of


@dataclass(frozen=True)
class Change:
    """
    A figure that a published post cites and that does not stand any more: in which post, as which of its facts; what readers call
    its subject.
    """

    position: int
    facts: tuple[str, ...]
    restated: Restated
    name: str
    metric: Metric | None = None

    @property
    def correctable(self) -> bool:
        """Whether its publisher says so; what is merely gone proves nothing."""
        return self.restated.fate is not Fate.GONE

    @property
    def values(self) -> tuple[str, str]:
        """Old and new, as posts print them."""
        new = self.restated.new
        return values(self.restated.old.value, None if new is None else new.value, self.metric)


@dataclass(frozen=True)
class Compared:
    """What became of the figures a thread cites; or, in `remark`, why that cannot be told."""

    changes: tuple[Change, ...] = ()
    remark: str = ""

    @property
    def correctable(self) -> tuple[Change, ...]:
        """What a correction may say."""
        return tuple(one for one in self.changes if one.correctable)


_Key: TypeAlias = tuple[str, str, Period]
_Figures: TypeAlias = Mapping[_Key, Sequence[Observation]]
"""Readings by metric, subject and window: few of all that were ever taken are cited."""


@dataclass(frozen=True)
class _Told:
    """What some sources of a report say now."""

    figures: _Figures
    missing: tuple[Missing, ...]


@dataclass(frozen=True)
class _Known:
    """A report's recipe, its sources that are files, and what the store has of the `live` ones: the same for every period."""

    recipe: Report
    files: tuple[NamedSource, ...]
    live: tuple[str, ...]
    recorded: _Told


class Comparing:
    """Compares threads; each report's readings are looked up once, however many editions it has. `data` are files by hand."""

    def __init__(self, house: wiring.House, store: Store, data: Sequence[str] = ()) -> None:
        self._house = house
        self._store = store
        self._data = [Path(file) for file in data]
        self._reports: dict[str, _Known] = {}

    def compare(self, thread: Frozen, published: Collection[int], corrections: Sequence[Frozen]) -> Compared:
        """The posts at these positions, as the corrections that are out, oldest first, have left them."""
        try:
            on_account = stated(thread, published, corrections)
            known = self._known(thread.report)
            when = period_of(self._house, known.recipe, thread.period)
            read = _told(known.recipe, gather(known.recipe, when, known.files, None, silent))
        except (ValueError, BadInput, SourceUnavailable) as error:
            return Compared(remark=str(error))
        return Compared(tuple(self._changes(thread, on_account, known, read)))

    def _known(self, report: str) -> _Known:
        if report not in self._reports:
            recipe = wiring.report(self._house, report)
            newest = period_of(self._house, recipe, None)  # from a source's `since` on, whichever edition is looked at
            with asking.clients(self._house, self._store, silent, offline=True) as ask:
                named = asking.recorded(asking.sources(self._house, recipe, self._data, ask))
                recorded = gather(recipe, newest, [one for one in named if one.client is not None], self._store, silent)
            files = tuple(one for one in named if one.client is None)
            live = tuple(one.name for one in named if one.client is not None)
            self._reports[report] = _Known(recipe, files, live, _told(recipe, recorded))
        return self._reports[report]

    def _changes(self, thread: Frozen, facts_there: Sequence[Fact], known: _Known, read: _Told) -> Iterator[Change]:
        metrics, told, names = known.recipe.metrics, (known.recorded, read), subject_names(thread)
        cited = list(dict.fromkeys(map(_observation, facts_there)))
        standing = [seen for one in told for which in dict.fromkeys(map(_key, cited)) for seen in one.figures.get(which, ())]
        missing = [one for some in told for one in some.missing]
        others = self._others(restated(cited, standing, metrics, missing), known, read)
        standing = [seen for seen in standing if (_key(seen), seen.origin) not in others]
        missing = [one for one in missing if (one.metric, one.subject, one.period) not in {key for key, _ in others}]
        for position in dict.fromkeys(fact.post for fact in facts_there):
            facts = [fact for fact in facts_there if fact.post == position]
            for change in restated([_observation(fact) for fact in facts], standing, metrics, missing):
                ids = tuple(fact.id for fact in facts if fact.basis == change.old)
                name = names.get(change.old.subject, change.old.subject)
                yield Change(position, ids, change, name, metrics.get(change.old.metric))

    def _others(self, changes: Iterable[Restated], known: _Known, read: _Told) -> set[tuple[_Key, str]]:
        """Of figures that the store tells otherwise now those that were read under another id: another series is meant now."""
        by_file = {(one.metric, one.subject, one.period) for one in read.missing if one.withdrawn}
        suspects = {
            one.old
            for one in changes
            if one.fate is not Fate.GONE
            and (_key(one.old) not in by_file if one.new is None else one.new not in read.figures.get(_key(one.new), ()))
        }
        return {(_key(seen), seen.origin) for seen in suspects if not self._recorded(seen, known)}

    def _recorded(self, seen: Observation, known: _Known) -> bool:
        """Whether the store has a cited reading under an id that its subject goes by now; readings are never changed or lost."""
        subjects = tuple(known.recipe.subjects.values())
        for source in known.live:
            if (asked := dict(asked_ids(source, subjects)).get(seen.subject)) is None:
                continue
            for reading in self._store.readings(source, [asked]):
                if _reading(reading.observation) == _reading(seen):
                    return True
        return False


def _told(recipe: Report, everything: Sequence[Gathered]) -> _Told:
    """No gate: what a gate holds is told all the same, and may be what was restated."""
    figures: dict[_Key, list[Observation]] = {}
    for seen in (seen for gathered in everything for seen in gathered.observations):
        if seen.metric in recipe.metrics and seen.subject in (WHOLE, *recipe.subjects):
            figures.setdefault(_key(seen), []).append(seen)
    return _Told(figures, tuple(one for gathered in everything for one in gathered.missing))


def subject_names(thread: Frozen) -> Mapping[str, str]:
    """What a frozen thread calls its subjects, whatever the recipe calls them today."""
    found: Mapping[str, str] = json.loads(thread.thread_json).get("subjects", {})
    return found


def _key(seen: Observation) -> _Key:
    return seen.metric, seen.subject, seen.period


def _reading(seen: Observation) -> tuple[str, Period, str, dt.datetime, float]:
    """What tells a reading from every other one of its series; what its subject is called is the recipe's affair."""
    return seen.metric, seen.period, seen.origin, seen.retrieved_at, seen.value


def _observation(fact: Fact) -> Observation:
    assert isinstance(fact.basis, Observation)  # noqa: S101 - those alone are read back
    return fact.basis
