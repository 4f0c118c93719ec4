"""
What the sources of a report say, gathered side by side, kept and recorded as it comes.

Rooms that read files go first: a wrong file ends the run before anybody is asked. Services are then asked all at once, each at
its own pace. Every reply is kept before it is read, and its figures are recorded before the next one is asked for: a run that is
stopped anywhere has lost nothing, and the next one asks only for what is missing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from bot.analysis.gates import refuse_impossible
from bot.domain.measure import WHOLE, Aggregation, Metric, Missing, Observation, Status, Subject
from bot.domain.period import Granularity, Period
from bot.domain.report import Report
from bot.domain.words import printable
from bot.errors import BadFigures, SourceUnavailable, ThreadmillError, Throttled
from bot.parallel import side_by_side
from bot.ports import Client, Computer, Offline, Progress, Reading, Reply, Rest, Source, Store


@dataclass(frozen=True)
class NamedSource:
    """
    A source under its name in the recipe: can the report do without it, what does it define, did a person give it by hand.

    A live one has a `client`; `since` is the first period it is asked for. One that `says_all` says the same whatever the period.
    """

    name: str
    source: Source[Any]
    required: bool
    metrics: tuple[str, ...] = ()
    by_hand: bool = False
    client: Client | Computer | None = None
    since: Period | None = None
    says_all: bool = False


@dataclass(frozen=True)
class SourceOutcome:
    """
    What one source gave to a run: how many observations, or the problem it had.

    `not_asked` says why the recipe does not want it asked, which is no problem.
    """

    source: str
    observation_count: int
    problem: str = ""
    not_asked: str = ""
    metrics: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gathered:
    """One source's observations, the figures it was asked for and does not have, and how it went."""

    named: NamedSource
    observations: tuple[Observation, ...]
    missing: tuple[Missing, ...]
    outcome: SourceOutcome


def gather(
    report: Report,
    period: Period,
    sources: Sequence[NamedSource],
    store: Store | None,
    progress: Progress,
    already: Mapping[str, Gathered] | None = None,
) -> list[Gathered]:
    """
    Every source's observations, in the order of the recipe. Live ones add what the store has of earlier readings; those that were
    read `already`, by name, are not asked again.

    Raises:
        SourceUnavailable: a required source gave nothing.
        BadFigures: a file is not what its source documents; names the place.
        BadStore: what was found cannot be kept.
    """
    found = dict(already or {})
    files = [named for named in sources if named.client is None and named.name not in found]
    live = [(named, named.client) for named in sources if named.client is not None and named.name not in found]
    for number, named in enumerate(files, 1):
        progress("reading", number, len(files))
        found[named.name] = _read(named, report, period)
    jobs = [partial(_asked, named, client, report, period, store, progress) for named, client in live]
    for gathered in side_by_side(jobs, max(len(jobs), 1)):
        found[gathered.named.name] = gathered
    for gathered in found.values():
        if gathered.named.required and gathered.outcome.problem and not gathered.observations:
            raise SourceUnavailable(gathered.outcome.problem)
    return [found[named.name] for named in sources]


def asked_ids(name: str, subjects: Sequence[Subject]) -> Iterator[tuple[str, str]]:
    """Each subject with its name at a source: what its readings are stored under, for reports may call it differently."""
    yield WHOLE, ""  # no id is empty, and one might be "all"
    own = {subject.key: subject.ids[name] for subject in subjects if name in subject.ids}
    for subject in subjects:
        if asked := own.get(subject.key) or "|".join(own[member] for member in subject.members if member in own):
            yield subject.key, asked


def _read(named: NamedSource, report: Report, period: Period) -> Gathered:
    """A room that reads files."""
    subjects = tuple(report.subjects.values())
    try:
        replies = named.source.fetch(Offline(), subjects, period)
        found = [seen for reply in replies for seen in named.source.parse(reply, subjects, period)]
    except SourceUnavailable as problem:
        return _gathered(named, [], [], str(problem))
    return _gathered(named, *_apart(found))


def _asked(
    named: NamedSource, client: Client | Computer, report: Report, period: Period, store: Store | None, progress: Progress
) -> Gathered:
    """A room that asks a service. Caught here and nowhere else: one source's failure."""
    if named.since is not None and period.start < named.since.start:
        why = f"{named.name} is asked for periods from {named.since} on"
        outcome = SourceOutcome(named.name, 0, not_asked=why, metrics=named.metrics)
        return Gathered(named, (), (), outcome)
    visit = _Visit(named, client, tuple(report.subjects.values()), period, report.metrics, store)
    visit.go()
    if not isinstance(client, Offline):
        progress(f"asking {named.name}", 1, 1)
    seen = _of_kind(visit.known(), report.metrics, period.granularity)
    return _gathered(named, seen, visit.missing, visit.problem)


class _Visit:
    """One source asked for one period: replies kept, figures recorded, the first trouble remembered."""

    def __init__(
        self,
        named: NamedSource,
        client: Client | Computer,
        subjects: Sequence[Subject],
        period: Period,
        metrics: Mapping[str, Metric],
        store: Store | None,
    ) -> None:
        self._named = named
        self._client = client
        self._subjects = subjects
        self._period = period
        self._metrics = metrics
        self._store = store
        self._ids = dict(asked_ids(named.name, subjects))
        self._found: list[Observation] = []
        self.missing: list[Missing] = []
        self.problem = ""

    def go(self) -> None:
        """Ask, keep, read, record, reply by reply. A reply that cannot be read is refused, and the next one is asked for."""
        client = self._client
        already = len(client.keys)
        try:
            for reply in self._named.source.fetch(client, self._subjects, self._period):
                questions = client.keys[already:]
                already = len(client.keys)
                self._take(reply, questions)
        except Throttled as problem:
            self._leave_alone(problem)
        except SourceUnavailable as problem:
            self._refuse_unfit(client.keys[already:])
            self._trouble(problem)
        except ThreadmillError:
            raise
        except Exception as error:  # one room's defect must not cost the others their posts
            self._trouble(_defect(self._named.name, error))

    def known(self) -> list[Observation]:
        """
        Everything the store has of these subjects from this source; without a store, what was found just now.

        Not what the source has withdrawn, in this run or an earlier one.
        """
        if self._store is None:
            return self._found
        by_id: dict[str, list[str]] = {}
        for key, asked in self._ids.items():
            by_id.setdefault(asked, []).append(key)
        readings = self._store.readings(self._named.name, sorted(by_id))
        told = [one for one in readings if one.observation.retrieved_at <= self._client.now]  # or by a clock that was ahead
        found = [replace(one.observation, subject=key) for one in told for key in by_id[one.asked]]
        return self._of_one_reading(self._still_told(found))

    def _still_told(self, found: Sequence[Observation]) -> list[Observation]:
        """Without what was withdrawn after it was last told: that is missing, with the reason that was given then."""
        newest: dict[tuple[str, str, Period], Observation] = {}
        for seen in found:  # in order of retrieval
            newest[seen.metric, seen.subject, seen.period] = seen
        withdrawn = {key for key, seen in newest.items() if seen.status is Status.WITHDRAWN}
        known = {(one.metric, one.subject, one.period) for one in self.missing}
        self.missing += [Missing(*key, newest[key].note, withdrawn=True) for key in sorted(withdrawn - known)]
        told = [seen for seen in found if seen.status is not Status.WITHDRAWN]
        return [seen for seen in told if (seen.metric, seen.subject, seen.period) not in withdrawn]

    def _of_one_reading(self, found: Sequence[Observation]) -> list[Observation]:
        """Without a whole that was read after its parts: another report may have read it for parts of its own."""
        newest: dict[tuple[str, Period], dt.datetime] = {}
        for seen in found:
            if seen.subject != WHOLE:
                newest[seen.metric, seen.period] = max(
                    seen.retrieved_at, newest.get((seen.metric, seen.period), seen.retrieved_at)
                )
        return [
            seen
            for seen in found
            if seen.subject != WHOLE or seen.retrieved_at <= newest.get((seen.metric, seen.period), seen.retrieved_at)
        ]

    def _take(self, reply: Reply, questions: Sequence[str]) -> None:
        if self._store is not None and self._store.size(reply.sha256) is None:  # put together from several by the room
            self._store.keep(self._named.name, f"whole:{reply.sha256}", reply)
        try:
            found, missing = _apart(self._named.source.parse(reply, self._subjects, self._period))
            _refuse_impossible(found, self._metrics, self._named.name)
        except Throttled:
            self._refuse(questions)
            raise
        except SourceUnavailable as problem:
            self._refuse(questions)
            self._trouble(problem)
            return
        except ThreadmillError:
            raise
        except Exception as error:  # as above
            self._refuse(questions)
            self._trouble(_defect(self._named.name, error))
            return
        self._found += found
        self.missing += missing
        if self._store is not None:
            told = [*found, *self._withdrawn(missing, reply)]
            ours = [Reading(self._ids[seen.subject], seen) for seen in told if seen.subject in self._ids]
            self._store.record(self._named.name, ours)

    def _withdrawn(self, missing: Sequence[Missing], reply: Reply) -> Iterable[Observation]:
        """What the source told before of windows it now finds flawed, marked so that it stands in no later run either."""
        gone = {(self._ids.get(one.subject), one.metric, one.period): one for one in missing if one.withdrawn}
        if not gone or self._store is None:
            return ()
        found: dict[Missing, Observation] = {}
        for reading in self._store.readings(self._named.name, sorted({asked for asked, _, _ in gone if asked is not None})):
            seen = reading.observation
            if (one := gone.get((reading.asked, seen.metric, seen.period))) is not None:
                found[one] = replace(
                    seen,
                    subject=one.subject,
                    status=Status.WITHDRAWN,
                    retrieved_at=reply.retrieved_at,
                    note=one.reason,
                    query=reply.query,
                    payload_sha256=reply.sha256,
                )
        return found.values()

    def _refuse(self, questions: Sequence[str]) -> None:
        """An unfit reply must not answer again today: the next run asks anew."""
        if self._store is not None:
            self._store.refuse(self._named.name, questions)

    def _refuse_unfit(self, questions: Sequence[str]) -> None:
        """If the last question was answered, it was the room that found an answer unfit while asking."""
        if self._store is not None and questions and self._store.kept(self._named.name, questions[-1], dt.date.min) is not None:
            self._refuse(questions)

    def _leave_alone(self, problem: Throttled) -> None:
        if self._store is not None:
            self._store.leave_alone(self._named.name, Rest(problem.until, printable(str(problem))))
        self._trouble(problem)

    def _trouble(self, problem: SourceUnavailable) -> None:
        self.problem = self.problem or printable(str(problem))


def _defect(name: str, error: Exception) -> SourceUnavailable:
    return SourceUnavailable(
        f"{name} cannot read what it was told ({type(error).__name__}: {error}). This is a defect: report it"
    )


def _gathered(named: NamedSource, found: Sequence[Observation], missing: Sequence[Missing], problem: str = "") -> Gathered:
    outcome = SourceOutcome(named.name, len(found), problem, metrics=named.metrics)
    return Gathered(named, tuple(found), tuple(missing), outcome)


def _apart(found: Iterable[Observation | Missing]) -> tuple[list[Observation], list[Missing]]:
    observations: list[Observation] = []
    missing: list[Missing] = []
    for one in found:
        if isinstance(one, Observation):
            observations.append(one)
        else:
            missing.append(one)
    return observations, missing


def _refuse_impossible(found: Sequence[Observation], metrics: Mapping[str, Metric], name: str) -> None:
    """What a file may not say, a service may not either; but nobody here can mend it, so the run goes on without."""
    try:
        refuse_impossible(found, metrics)
    except BadFigures as error:
        raise SourceUnavailable(f"{name} tells what cannot be: {error}") from error


def _of_kind(seen: Sequence[Observation], metrics: Mapping[str, Metric], granularity: Granularity) -> list[Observation]:
    """Totals over the report's own calendar unit where there are any: another report may count the same metric by another."""

    def total(one: Observation) -> bool:
        return one.metric in metrics and metrics[one.metric].aggregation is Aggregation.TOTAL

    fitting = {one.metric for one in seen if one.period.granularity is granularity}
    return [one for one in seen if not total(one) or one.metric not in fitting or one.period.granularity is granularity]
