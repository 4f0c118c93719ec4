"""New stars: each event once, months whole or not told, and nothing compared across the damage of 2025."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import ibis
import pytest

from bot.analysis.gates import Case, judge, sift
from bot.domain.claim import Claim
from bot.domain.measure import Missing, Observation, Subject
from bot.domain.period import Period
from bot.errors import BadFigures, BadInput, BadRecipe, SourceUnavailable
from bot.ports import Reply
from bot.sources import github_events
from bot.sources.github_events import METRICS, Source, by_hour, by_month
from tests.builders import claimed, observed
from tests.sources.computing import a_computer, a_result, rows_of
from tests.sources.conftest import subject
from tests.sources.fuzzing import Example

FEBRUARY = Period.month(2025, 2)
HOURS = [f"2025-02-{day:02}T{hour:02}" for day in range(1, 29) for hour in range(24)]
JAX = subject("jax", github_events="google/jax|jax-ml/JAX")
TORCH = subject("torch", github_events="pytorch/pytorch")
SMALL = subject("small", github_events="somebody/small")
KEY = "gh_new_stars_month"


def event(number: int | None, at: str | None, repository: str, kind: str = "WatchEvent", **payload: Any) -> dict[str, Any]:
    """One line of the archive, with more in it than is read."""
    told: dict[str, Any] = {
        "type": kind,
        "actor": {"id": 7, "login": "octocat"},
        "repo": {"id": 1, "name": repository, "url": f"https://api.github.com/repos/{repository}"},
        "payload": payload or {"action": "started"},
        "public": True,
    }
    return told | ({} if number is None else {"id": str(number)}) | ({} if at is None else {"created_at": at})


def pushes(hours: Iterable[str] = HOURS) -> list[dict[str, Any]]:
    """Something else that happened in each hour."""
    return [event(900_000 + at, f"{hour}:59:59Z", "linux/linux", "PushEvent", ref="main") for at, hour in enumerate(hours)]


def written(folder: Path, **files: Sequence[Mapping[str, Any]]) -> Path:
    for name, events in files.items():
        lines = "".join(f"{json.dumps(one)}\n" for one in events).encode()
        (folder / f"{name}.json.gz").write_bytes(gzip.compress(lines, 1))
    return folder


def asked(data: Path, home: Path, *subjects: Subject, period: Period = FEBRUARY) -> Reply:
    (reply,) = Source(files=data).fetch(a_computer(home), subjects, period)
    return reply


def told(reply: Reply, *subjects: Subject) -> dict[tuple[str, str], float | str]:
    """Each subject's month with its figure, or the reason why there is none."""
    found = Source().parse(reply, subjects, FEBRUARY)
    return {(one.subject, one.period.key): one.value if isinstance(one, Observation) else one.reason for one in found}


def row(stars: int = 5, hours: int = 672, month: str = "2025-02", **rest: Any) -> dict[str, Any]:
    return {"month": month, "repository": "pytorch/pytorch", "hours": hours, "events": 9000, "seen": 40, "stars": stars, **rest}


EXAMPLES = [
    Example(
        a_result(row(3, 696, "2024-02"), row(4, 744, "2025-01"), row(), row(8, repository="google/jax|jax-ml/jax")),
        (TORCH, JAX),
        FEBRUARY,
    )
]


def test_new_stars_are_counted_once_each_under_every_name_the_repository_has_had(tmp_path: Path) -> None:
    first = [
        event(1, "2025-02-01T00:00:00Z", "google/jax"),
        event(2, "2025-02-03T10:20:30Z", "Google/JAX"),
        event(2, "2025-02-03T10:20:30Z", "Google/JAX"),  # the archive has it twice
        event(3, "2025-02-28T23:59:59Z", "jax-ml/jax"),
        event(4, "2025-02-28T23:59:59Z", "jax-ml/jax-fork"),
        event(5, "2025-03-01T00:00:00Z", "jax-ml/jax"),  # of another month
        event(6, "2025-01-31T23:59:59Z", "jax-ml/jax"),
        event(7, "2025-02-05T05:05:05Z", "jax-ml/jax", "WatchEvent", action="stopped"),
        event(8, "2025-02-05T05:05:05Z", "jax-ml/jax", "IssuesEvent", action="started"),
    ]
    second = [event(3, "2025-02-28T23:59:59Z", "jax-ml/jax"), event(9, "2025-02-28T23:59:59Z", "pytorch/pytorch")]
    reply = asked(written(tmp_path, first=pushes() + first, second=second), tmp_path / "home", JAX, TORCH)
    january = "of its 744 hours 743 are not there, and a sum without would be too small"
    before = "of its 696 hours 696 are not there, and a sum without would be too small"
    assert told(reply, JAX, TORCH) == {
        ("jax", "2024-02"): before,
        ("jax", "2025-01"): january,
        ("jax", "2025-02"): 3,
        ("torch", "2024-02"): before,
        ("torch", "2025-01"): january,
        ("torch", "2025-02"): 1,
    }


def test_a_figure_says_what_it_was_counted_from(tmp_path: Path) -> None:
    stars = [event(1, "2025-02-01T00:00:00Z", "google/jax"), event(2, "2025-02-01T00:00:00Z", "jax-ml/jax")]
    reply = asked(written(tmp_path, all=pushes() + stars), tmp_path / "home", JAX)
    (figure,) = [one for one in Source().parse(reply, [JAX], FEBRUARY) if isinstance(one, Observation)]
    assert (figure.metric, figure.period, figure.value, figure.origin) == (KEY, FEBRUARY, 2, "GH Archive")
    assert figure.url == "https://github.com/jax-ml/jax"
    assert figure.note.startswith("google/jax, jax-ml/jax: 2 of 674 events in 672 hours; computed by DuckDB ")
    assert " from 1 file of events (list: " in figure.note
    assert figure.query == "new stars of google/jax, jax-ml/jax in 2024-02, 2025-01, 2025-02"
    assert figure.payload_sha256 == reply.sha256


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        (["2025-02-14T07"], "of its 672 hours 1 is not there, and a sum without would be too small"),
        (["2025-02-01T00", "2025-02-14T07", "2025-02-28T23"], "of its 672 hours 3 are not there, and a sum without would be too small"),
    ],
)  # fmt: skip
def test_a_month_with_an_hour_that_is_not_there_has_no_figure(lost: list[str], said: str, tmp_path: Path) -> None:
    stars = [event(1, "2025-02-03T00:00:00Z", "pytorch/pytorch")]
    left = pushes(hour for hour in HOURS if hour not in lost)
    reply = asked(written(tmp_path, all=left + stars), tmp_path / "home", TORCH)
    assert told(reply, TORCH)["torch", "2025-02"] == said
    found = Source().parse(reply, [TORCH], FEBRUARY)
    # of what is not there at all these data say nothing; what was told of it before stands
    assert [one.withdrawn for one in found if isinstance(one, Missing)] == [False, False, True]


def test_an_hour_is_there_if_anything_happened_in_it_a_new_star_too(tmp_path: Path) -> None:
    stars = [event(1, "2025-02-14T07:00:00Z", "pytorch/pytorch")]
    reply = asked(
        written(tmp_path, all=pushes(hour for hour in HOURS if hour != "2025-02-14T07") + stars), tmp_path / "home", TORCH
    )
    assert told(reply, TORCH)["torch", "2025-02"] == 1


def test_no_new_star_is_nought_if_the_archive_has_seen_the_repository_and_else_no_figure(tmp_path: Path) -> None:
    pushed = [event(1, "2025-02-14T07:00:00Z", "somebody/small", "PushEvent", ref="main")]
    reply = asked(written(tmp_path, all=pushes() + pushed), tmp_path / "home", SMALL, TORCH)
    assert told(reply, SMALL, TORCH)["small", "2025-02"] == 0
    assert told(reply, SMALL, TORCH)["torch", "2025-02"] == 'the events at hand have none of "pytorch/pytorch"'


def test_events_from_before_2015_are_not_told(tmp_path: Path) -> None:
    """They had no ids, so nobody can tell whether one stands twice."""
    old = [event(None, f"{hour}:00:00-08:00", "pytorch/pytorch") for hour in HOURS]
    reply = asked(written(tmp_path, all=old), tmp_path / "home", TORCH)
    assert told(reply, TORCH)["torch", "2025-02"] == "of its 672 hours 672 are not there, and a sum without would be too small"


@pytest.mark.parametrize("at", [None, "2025-02-03T00:00:00+02:00", "1738540800"])
def test_events_whose_hour_nobody_knows_end_the_run(at: str | None, tmp_path: Path) -> None:
    data = written(tmp_path, all=[*pushes(), event(1, at, "linux/linux", "PushEvent", ref="main")])
    reply = asked(data, tmp_path / "home", TORCH)
    with pytest.raises(BadFigures, match=r"^1 events \(new stars of pytorch/pytorch in .*\) have no time in UTC"):
        told(reply, TORCH)


def test_a_line_that_is_no_event_ends_the_run_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "2025-02-01-0.json").write_text(f"{json.dumps(pushes()[0])}\n{{broken\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r'"/.*/2025-02-01-0\.json", at byte 2 in line'):
        asked(tmp_path, tmp_path / "home", TORCH)


def test_a_file_that_was_cut_short_is_named(tmp_path: Path) -> None:
    whole = gzip.compress("".join(f"{json.dumps(one)}\n" for one in pushes()).encode())
    (tmp_path / "2025-02-01-0.json.gz").write_bytes(whole[:-30])
    with pytest.raises(SourceUnavailable, match=r"2025-02-01-0\.json\.gz"):
        asked(tmp_path, tmp_path / "home", TORCH)


def test_files_are_not_read_again_for_the_month_after(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    data = written(tmp_path / "data", all=[*pushes(), event(1, "2025-02-03T00:00:00Z", "pytorch/pytorch")])
    before = asked(data, tmp_path, TORCH)
    parts = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    after = asked(data, tmp_path, TORCH, period=Period.month(2025, 3))
    assert [one["stars"] for one in rows_of(before)] == [one["stars"] for one in rows_of(after)] == [1]
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")} == parts
    assert len(parts) == 1


def test_an_event_in_the_files_of_two_shards_is_one_star() -> None:
    (layout,) = github_events._FILES
    assert layout.view is not None
    engine = ibis.duckdb.connect()
    for name, numbers in (("one", (1, 2)), ("other", (2, 3))):
        told = [event(number, "2025-02-03T00:59:59Z", "a/b") for number in numbers]
        rows = ", ".join(f"('{one['id']}', '{one['type']}', '{one['created_at']}')" for one in told)
        engine.raw_sql(
            f"CREATE VIEW {name} AS SELECT *, {{'name': 'a/b'}} AS repo, {{'action': 'started'}} AS payload "
            f"FROM (VALUES {rows}) AS t(id, type, created_at)"
        )
    parts = ibis.union(*(by_hour(layout.view(engine.table(name)), ["a/b"]) for name in ("one", "other")))
    assert engine.to_pyarrow(by_month(parts, [("a/b",)])).to_pylist() == [
        {"month": "2025-02", "hours": 1, "events": 4, "seen": 4, "stars": 3, "repository": "a/b"}
    ]


CLICKHOUSE = """
SELECT * FROM (VALUES
  (TIMESTAMPTZ '2025-02-01 00:00:00Z', 'WatchEvent', 'started', 'Google/JAX', 'ann'),
  (TIMESTAMPTZ '2025-02-01 00:00:00Z', 'WatchEvent', 'started', 'google/jax', 'bob'),
  (TIMESTAMPTZ '2025-02-01 00:00:00Z', 'WatchEvent', 'started', 'google/jax', 'bob'),
  (TIMESTAMPTZ '2025-02-01 01:30:00Z', 'WatchEvent', 'started', 'google/jax', 'bob'),
  (TIMESTAMPTZ '2025-02-01 02:30:00Z', 'IssuesEvent', 'opened', 'google/jax', 'bob'),
  (TIMESTAMPTZ '2025-02-01 03:30:00Z', 'PushEvent', 'none', 'linux/linux', 'bob')
) AS t(created_at, event_type, action, repo_name, actor_login)"""
BIGQUERY = """
SELECT *, '' AS other FROM (VALUES
  ('1', TIMESTAMPTZ '2025-02-01 00:00:00Z', 'WatchEvent', '{"action":"started"}', {'name': 'Google/JAX'}),
  ('2', TIMESTAMPTZ '2025-02-01 00:00:00Z', 'WatchEvent', '{"action": "started"}', {'name': 'google/jax'}),
  ('2', TIMESTAMPTZ '2025-02-01 00:00:00Z', 'WatchEvent', '{"action": "started"}', {'name': 'google/jax'}),
  ('3', TIMESTAMPTZ '2025-02-01 01:30:00Z', 'WatchEvent', '{"action":"started"}', {'name': 'google/jax'}),
  ('4', TIMESTAMPTZ '2025-02-01 02:30:00Z', 'IssuesEvent', '{"action":"opened"}', {'name': 'google/jax'}),
  ('5', TIMESTAMPTZ '2025-02-01 03:30:00Z', 'PushEvent', NULL, {'name': 'linux/linux'})
) AS t(id, created_at, type, payload, repo)"""


@pytest.mark.parametrize(("rows", "columns"), [(CLICKHOUSE, "actor_login"), (BIGQUERY, "other")])
def test_tables_of_servers_hold_the_same_events(rows: str, columns: str) -> None:
    (layout,) = [one for one in github_events._TABLES if columns in one.columns]
    engine = ibis.duckdb.connect()
    engine.raw_sql("SET TimeZone = 'UTC'")
    engine.raw_sql(f"CREATE VIEW events AS {rows}")
    assert layout.view is not None
    counted = by_month(by_hour(layout.view(engine.table("events")), ["google/jax"]), [("google/jax",)])
    assert engine.to_pyarrow(counted).to_pylist() == [
        {"month": "2025-02", "hours": 4, "events": 6, "seen": 5, "stars": 3, "repository": "google/jax"}
    ]


@pytest.mark.parametrize(("place", "of_the_month_alone"), [(Path("/data"), False), ("db.events", True)])
def test_a_table_is_asked_for_the_months_alone_and_files_for_all(place: Path | str, of_the_month_alone: bool) -> None:
    (layout,) = github_events._FILES
    assert layout.view is not None
    events = layout.view(ibis.table(dict(layout.columns), name="events"))
    asked = github_events.computation(place, [("a/b",)], [FEBRUARY])
    assert ("2025-02" in ibis.to_sql(asked.partial(events), dialect="duckdb")) == of_the_month_alone


@pytest.mark.parametrize("name", ["pytorch", "https://github.com/a/b", "a/b|", "a/b c", "-a/b", "a/b/c", "a/", "|", "a/b'"])
def test_what_is_no_repository_is_refused_before_anything_is_computed(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is no repository of GitHub"):
        asked(tmp_path, tmp_path / "home", subject("it", github_events=name))


def test_a_recipe_names_files_or_a_table() -> None:
    with pytest.raises(BadRecipe, match=r"sources\.github_events names no data"):
        list(Source().fetch(a_computer(Path("/nowhere")), [TORCH], FEBRUARY))


def test_who_has_no_repository_is_not_asked_about(tmp_path: Path) -> None:
    assert list(Source(files=tmp_path).fetch(a_computer(tmp_path), [subject("jax")], FEBRUARY)) == []


@pytest.mark.parametrize(
    "rows",
    [[row(), row()], [row(hours=673)], [row(41)], [row(seen=9001)]],
    ids=["twice", "more hours than a month has", "more stars than events of it", "more of it than events"],
)
def test_a_result_that_cannot_be_is_refused(rows: list[dict[str, Any]]) -> None:
    with pytest.raises(SourceUnavailable):
        told(a_result(*rows), TORCH)


# ---- the damage of 2025 -------------------------------------------------------------------------------------------------------

MONTHS = [f"2025-{month:02}" for month in range(1, 13)]
GIVEN = [900, 950, 980, 940, 700, 500, 510, 490, 480, 300, 150, 140]
"""New stars of one repository by month, as the archive might have them."""


def given(stars: int, month: str) -> Observation:
    return observed(stars, "torch", month, KEY, retrieved_at=Period.parse(month).end + dt.timedelta(days=1))


def test_figures_of_both_sides_are_not_compared_and_those_between_are_set_aside() -> None:
    metrics = {KEY: METRICS[0]}
    seen = [given(stars, month) for month, stars in zip(MONTHS, GIVEN, strict=True)]
    december = Period.month(2025, 12)
    case = Case.of(seen, metrics, {"torch": TORCH}, december, december.end, since={KEY: Period.month(2025, 1).start})
    judged = [one for one in judge(case) if one.metric == KEY]
    passed, _ = sift(seen, judged)
    assert [one.period.key for one in passed] == ["2025-01", "2025-02", "2025-03", "2025-04", "2025-11", "2025-12"]
    across = {one.across.date().isoformat() for one in judged if one.across is not None and one.gate == "break"}
    assert across == {"2025-05-24", "2025-08-08", "2025-10-09"}
    assert {one.gate for one in judged} == {"break"}


@pytest.mark.parametrize(
    ("months", "sentence"),
    [
        (("2025-04", "2025-05"), "Since then the archive of GitHub events is incomplete"),
        (("2025-07", "2025-08"), "GitHub changed what it tells of public events"),
        (("2025-09", "2025-10"), "Since then the archive of GitHub events is all but empty"),
    ],
)
def test_the_reason_of_each_change_can_stand_in_a_post(months: tuple[str, str], sentence: str) -> None:
    seen = [given(900, month) for month in months]
    period = Period.parse(months[1])
    case = Case.of(seen, {KEY: METRICS[0]}, {"torch": TORCH}, period, period.end, since={KEY: seen[0].period.start})
    assert [one.sentence for one in judge(case) if one.across is not None] == [sentence]


@pytest.mark.parametrize(
    ("before", "now", "against", "compared"),
    [
        ("2025-03", "2025-04", "previous", True),
        ("2025-04", "2025-05", "previous", False),
        ("2025-10", "2025-11", "previous", False),
        ("2025-11", "2025-12", "previous", True),
        ("2025-03", "2026-03", "year_before", False),
    ],
)
def test_growth_is_claimed_on_either_side_and_never_across(before: str, now: str, against: str, compared: bool) -> None:
    seen = [given(900, before), given(450, now)]
    about = {"metrics": {KEY: METRICS[0]}, "known": {"torch": TORCH}, "against": against}
    assert isinstance(claimed("growth", "torch", *seen, metric=KEY, period=now, **about), Claim) == compared


@pytest.mark.parametrize(("month", "there"), [("2025-09", True), ("2025-10", False), ("2026-02", False)])
def test_months_the_archive_has_hardly_any_events_of_have_no_figure(month: str, there: bool) -> None:
    period = Period.parse(month)
    whole = a_result(row(5, hours=round(24 * period.days), month=month))
    found = {one.period.key: one for one in Source().parse(whole, [TORCH], period)}[month]
    assert isinstance(found, Observation) == there
    assert there or "about one event of a hundred" in found.reason  # type: ignore[union-attr]
