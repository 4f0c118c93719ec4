"""
Stars that repositories were newly given in a month, counted from the public events of GitHub as GH Archive keeps them.

Measures events of the kind WatchEvent with the action "started", each once by its id, in UTC months. Needs GH Archive's hourly
files (https://data.gharchive.org/2025-03-01-15.json.gz, one event a line) of every hour of the month; or a table of the same
events: ClickHouse's `github_events`, or one of BigQuery's `githubarchive`. Back to 2015: before, events had no ids and another
shape, and a month of theirs has no figure. Quota: none on files; BigQuery bills by the byte, see docs/scale.md.

Traps: a star that is taken back leaves no event, so new stars are more than what a counter of stars grows by; a star given,
taken back and given again is two. The archive is written by a program that may miss an hour: a month has a figure only if
events of any kind are there of each of its hours. One event may stand twice, in two files too. Since 24 May 2025 the archive
lacks many events (igrigorik/gharchive.org#310): nothing is compared across. Since 9 October 2025 it lacks nearly all (#312),
though none of its hours: these months have no figure. Events carry the name a repository had at the time.

`Subject.ids["github_events"]` are the names a repository has had, parted by "|": "google/jax|jax-ml/jax", that of today last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.domain.measure import Aggregation, Break, Coverage, Metric, Missing, Observation, Origin, Subject, Unit
from bot.domain.period import Period, instant
from bot.errors import BadFigures, BadInput
from bot.ports import Computation, Computer, Format, Input, Layout, Reply
from bot.sources import _computed, _replies, _windows

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, StringValue, Table, TimestampValue

_NAME: Final = "github_events"
_KEY: Final = "gh_new_stars_month"
METRICS: Final = (
    Metric(
        key=_KEY,
        title="New GitHub stars in a month",
        unit=Unit.COUNT,
        noun="new stars",
        aggregation=Aggregation.TOTAL,
        beyond=1e6,
        measures="Stars given to the framework's main repository on GitHub in the month, as far as GH Archive has the events.",
        does_not_measure=(
            "Use. A star is a bookmark or applause. Stars that were taken back are not seen, so a repository's own counter grows "
            "by less."
        ),
        known_biases=(
            "News and campaigns bring stars in waves, and some are bought. Who gives a star again counts again. Since "
            "it was damaged, the archive lacks many events, and counts are too small; months with hardly any are not told."
        ),
        short="New GitHub stars",
        breaks=(
            # igrigorik/gharchive.org#310: a sharp drop after 2025-05-23, still open
            Break(instant("2025-05-24"), "since then the archive of GitHub events is incomplete"),
            # github.blog: the Events API leaves out parts of its events from that day on
            Break(instant("2025-08-08"), "GitHub changed what it tells of public events"),
            # igrigorik/gharchive.org#312: about a hundredth of the events
            Break(instant("2025-10-09"), "since then the archive of GitHub events is all but empty"),
        ),
    ),
)
ORIGINS: Final = (
    Origin(
        name="GH Archive",
        homepage="https://www.gharchive.org/",
        terms="an archive of GitHub's public events, open to everybody; the counts are facts, name GH Archive",
        citation="GH Archive, public events of GitHub",
    ),
)
COVERAGE: Final = Coverage(
    day_boundary="midnight UTC",
    depth="as far as the events at hand go; the archive's from 2015, too few since 2025-05-24",
    lag="a month is whole when the file of its last hour is there",
    quota="none on files; BigQuery bills by the byte, and a query is shown its price first",
)
COMPUTED: Final = True
_EMPTY_FROM: Final = instant("2025-10-09")
"""igrigorik/gharchive.org#312, read 2026-11-22. When the archive is whole again, with which month it begins stands there."""
_UNKNOWN: Final = "?"
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")
"""Owners have letters, digits and hyphens, repositories also dots and underscores."""


def _archived(events: Table) -> Table:
    at = events.created_at
    told = at.endswith("Z") | events["id"].isnull()  # before 2015 events had no ids, and times of other zones: they are not told
    hour = told.ifelse(at.substr(0, 13), _UNKNOWN)
    return _seen(events, hour, events.repo["name"], events["id"], events.payload["action"])


def _in_bigquery(events: Table) -> Table:
    """Its payload is the JSON as text. GitHub documents one action for a WatchEvent; if that ever changes, none is counted."""
    begun = events.payload.re_search('"action" *: *"started"').ifelse("started", "")
    return _seen(events, _hour(events.created_at), events.repo["name"], events["id"], begun)


def _in_clickhouse(events: Table) -> Table:
    """Without ids: an account stars nothing twice in a second."""
    import ibis

    named = events.rename(type="event_type")
    which = events.actor_login + ibis.literal(" ") + events.created_at.epoch_seconds().cast("string")
    return _seen(named, _hour(events.created_at), events.repo_name, which, events.action)


def _hour(at: TimestampValue) -> StringValue:
    import ibis

    hour: StringValue = at.strftime("%Y-%m-%d") + ibis.literal("T") + at.strftime("%H")  # Spark takes a T for a pattern
    return hour


def _seen(events: Table, hour: StringValue, repository: StringValue, which: StringValue, action: StringValue) -> Table:
    """Events with their `hour` ("2025-03-01T15", or "?"), `repo` in small letters, and the id of a new `star`, else empty."""
    import ibis

    begun = (events["type"] == "WatchEvent") & (action == "started")
    star = ibis.cases((which.isnull(), ibis.null("string")), (begun, which), else_="")
    return events.select(hour=hour.fill_null(_UNKNOWN), repo=repository.lower(), star=star)


_FILES: Final = (
    Layout(
        {
            "id": "string",
            "type": "string",
            "created_at": "string",
            "repo": "struct<name: string>",
            "payload": "struct<action: string>",
        },
        _archived,
    ),
)
_TABLES: Final = (
    Layout(
        {
            "created_at": "timestamp('UTC')",
            "event_type": "string",
            "action": "string",
            "repo_name": "string",
            "actor_login": "string",
        },
        _in_clickhouse,
    ),
    Layout(
        {
            "id": "string",
            "type": "string",
            "created_at": "timestamp('UTC')",
            "repo": "struct<name: string>",
            "payload": "string",
            "other": "string",  # which the files do not have
        },
        _in_bigquery,
    ),
    *_FILES,
)
"""ClickHouse's `github_events`, BigQuery's `githubarchive`, and the files of the archive loaded as they are."""


@dataclass(frozen=True)
class _Row:
    month: str
    repository: str
    hours: _replies.Count
    events: _replies.Count
    seen: _replies.Count
    stars: _replies.Count


@dataclass(frozen=True)
class Source:
    """Counts events: `files` (a file, a folder, a pattern) or a `table` that the engine has."""

    files: Path | None = None
    table: str = ""
    engine: str = "duckdb"

    def fetch(self, client: Computer, subjects: Sequence[Subject], period: Period) -> Iterable[Reply]:
        """One result for the month and those it is compared with."""
        repositories = sorted({_names(subject) for subject in _replies.named(subjects, _NAME)})
        if repositories:
            data = _computed.place(self.files, self.table, _NAME)
            yield client.compute(computation(data, repositories, _months(period)))

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation | Missing]:
        """Each subject's months, oldest first."""
        computed, rows = _computed.read(reply, _Row)
        told = _replies.Told(reply, ORIGINS[0])
        by_key = {(row.repository, row.month): row for row in rows}
        if len(by_key) != len(rows):
            _replies.changed(reply, "a repository stands twice in a month")
        _refuse_timeless(reply, rows)
        return [
            _of_month(told, subject, month, by_key.get(("|".join(_names(subject)), month.key)), computed.note)
            for subject in _replies.named(subjects, _NAME)
            for month in _months(period)
        ]


def computation(data: Path | str, repositories: Sequence[tuple[str, ...]], months: Sequence[Period]) -> Computation:
    """New stars by month, of these repositories, each given by all its names in small letters."""
    names, wanted = sorted({name for one in repositories for name in one}), [month.key for month in months]

    def partial(events: Table) -> Table:
        # Files are each read once, whatever month is asked for next; a table is asked anew for every month
        return by_hour(events.filter(_of(events.hour, wanted)) if isinstance(data, str) else events, names)

    def total(parts: Table, _: Mapping[str, Table]) -> Table:
        return by_month(parts.filter(_of(parts.hour, wanted)), repositories)

    about = f"new stars of {', '.join(names)} in {', '.join(wanted)}"
    layouts = _TABLES if isinstance(data, str) else _FILES
    return Computation(about, ORIGINS[0].homepage, Input("events", data, Format.JSON, layouts), partial, total)


def by_hour(events: Table, names: Sequence[str]) -> Table:
    """
    How many `events` there are by `hour`, `repo` and `star`; the repositories that nobody asked about all under an empty name.

    Ids of stars stay, for one event may stand in files of two shards.
    """
    import ibis

    known = events.repo.notnull() & events.star.notnull()
    rows = events.filter((events.hour == _UNKNOWN) | known)
    ours = rows.repo.isin(list(names))
    return rows.group_by(hour=rows.hour, repo=ibis.ifelse(ours, rows.repo, ""), star=ibis.ifelse(ours, rows.star, "")).agg(
        events=rows.count()
    )


def by_month(hours: Table, repositories: Sequence[tuple[str, ...]]) -> Table:
    """
    Different `stars` by `month` and `repository` (all its names), with the `hours` that had `events` of any kind, and how many of
    the events were `seen` of this repository.
    """
    import ibis

    rows = hours.mutate(month=hours.hour.substr(0, 7))
    counted = []
    for names in repositories:
        ours = rows.repo.isin(list(names))
        of_one = rows.group_by("month").agg(
            hours=rows.hour.nunique(),
            events=rows.events.sum(),
            seen=ibis.ifelse(ours, rows.events, 0).sum(),
            stars=rows.star.nunique(where=ours & (rows.star != "")),
        )
        counted.append(of_one.mutate(repository=ibis.literal("|".join(names))))
    return ibis.union(*counted).order_by("month", "repository") if len(counted) > 1 else counted[0].order_by("month")


def _of(hour: StringValue, months: Sequence[str]) -> BooleanValue:
    """Whether an hour is of one of the months; one that is unknown may be."""
    return hour.substr(0, 7).isin([_UNKNOWN, *months])


def _months(period: Period) -> list[Period]:
    return _windows.compared(_windows.last_month(period))


def _names(subject: Subject) -> tuple[str, ...]:
    """
    All names of a repository in small letters: GitHub does not tell them apart by case.

    Raises:
        BadInput: one that is none.
    """
    names = [name.strip() for name in subject.ids[_NAME].split("|")]
    for name in names:
        if not _REPOSITORY.fullmatch(name):
            raise BadInput(
                f'"{name}" is no repository of GitHub ({subject.name}): it is probably an address, or a "|" too many stands '
                'there. Write owner/name as in "pytorch/pytorch", and former names before it, parted by "|"'
            )
    return tuple(dict.fromkeys(name.lower() for name in names))


def _refuse_timeless(reply: Reply, rows: Sequence[_Row]) -> None:
    if lost := max((row.events for row in rows if row.month == _UNKNOWN), default=0):
        raise BadFigures(
            f"{lost:,} events ({reply.query}) have no time in UTC, so nobody knows their month. The files are probably not GH "
            "Archive's, or were cut short. Fetch them again, or take them away"
        )


def _of_month(told: _replies.Told, subject: Subject, month: Period, row: _Row | None, by: str) -> Observation | Missing:
    if month.end > _EMPTY_FROM:
        reason = "since 9 October 2025 the archive has about one event of a hundred, and nobody knows which"
        return Missing(_KEY, subject.key, month, reason, withdrawn=True)
    hours, there = 24 * len(_windows.days(month)), 0 if row is None else row.hours
    if row is None or there < hours:
        lost = hours - there
        reason = f"of its {hours} hours {lost} {'is' if lost == 1 else 'are'} not there, and a sum without would be too small"
        return Missing(_KEY, subject.key, month, reason, withdrawn=there > 0)
    if there > hours or not row.stars <= row.seen <= row.events:
        _replies.changed(told.reply, f"{row.repository} has {row.stars} of {row.events} events in {there} hours of {month}")
    names = _names(subject)
    if not row.seen:
        return Missing(_KEY, subject.key, month, f'the events at hand have none of "{names[-1]}"', withdrawn=True)
    page = f"https://github.com/{names[-1]}"
    note = f"{', '.join(names)}: {row.stars:,} of {row.events:,} events in {hours} hours; {by}"
    return told.figure(_KEY, subject.key, month, row.stars, page, note)
