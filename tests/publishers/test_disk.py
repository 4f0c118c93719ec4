"""An edition appears whole or not at all, whatever the folder is like."""

from __future__ import annotations

import datetime as dt
import errno
import json
import os
import signal
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from bot.delivery import deliver
from bot.domain.edition import Edition
from bot.domain.measure import Aggregation, Metric, Observation, Status, Subject, Unit
from bot.domain.period import Granularity, Period
from bot.domain.report import Report
from bot.domain.text import Cited
from bot.domain.thread import Chart, Fact, Post, Skipped, Table, Thread
from bot.errors import BadOutput
from bot.folders import dry_run
from bot.publishers import disk
from bot.publishers.x import LIMITS
from tests.processes import forking

SEEN = Observation(
    "stars", "a", Period.parse("2020"), 42.0, Status.MEASURED, "Somebody", "https://example.org/a", dt.datetime(2021, 1, 2, tzinfo=dt.UTC),
    query="figures.csv:2", payload_sha256="ab" * 32,
)  # fmt: skip


def edition(text: str = "A has ") -> Edition:
    cited = Cited(text) + Cited.of("42", SEEN) + "\n\n1/1"
    chart = Chart(
        b"not really a picture",
        1600,
        1200,
        Cited("A chart"),
        Cited("A chart of A."),
        Table("Stars", ("Value",), ((Cited("42"),),)),
    )
    post = Post("only", 1, 1, cited, len(cited.text), (), (chart,), (Fact("1.1", 1, "text", "42", SEEN),))
    metric = Metric("stars", "Stars", Unit.COUNT, "stars", Aggregation.LEVEL, "m", "d", "b")
    report = Report(
        "a-report",
        "A report",
        "x",
        Granularity.YEAR,
        {"a": Subject("a", "A", "#000000", "#000000")},
        {"stars": metric},
        (),
        (),
        (),
    )
    return Edition(
        report,
        Period.parse("2020"),
        dt.datetime(2021, 1, 5, tzinfo=dt.UTC),
        Thread((post,), (Skipped("gone", "why"),), (), LIMITS),
    )


def publish(out: Path, edition: Edition) -> Path:
    """The dry run's last steps: an edition delivered to a folder."""
    with dry_run(out, edition) as this:
        deliver(this)
    return Path(this.frozen.account)


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


EVIDENCE_FILES = [
    "evidence/facts.json", "evidence/facts/01.html", "evidence/images/01-1.png", "evidence/index.html", "evidence/sources.html",
    "evidence/thread.json",
]  # fmt: skip
EDITION_FILES = sorted([*EVIDENCE_FILES, "facts.json", "images/01-1.png", "index.html", "posts/01.txt", "thread.json"])


def test_an_edition_becomes_the_files_of_the_contract(tmp_path: Path) -> None:
    place = publish(tmp_path / "out", edition())
    assert place == tmp_path / "out" / "a-report" / "2020"
    assert names(place) == EDITION_FILES
    assert (place / "posts/01.txt").read_text() == "A has 42\n\n1/1\n"
    assert json.loads((place / "thread.json").read_text())["skipped"] == [{"post": "gone", "reason": "why"}]
    assert json.loads((place / "facts.json").read_text()) == [
        {
            "id": "1.1", "post": 1, "where": "text", "text": "42", "shown": True, "kind": "observation", "claim": None, "number": None, "inequality": None, "value": 42, "unit": "stars",
            "metric": "stars", "subjects": ["a"], "period": "2020", "evidence": [], "origin": "Somebody",
            "url": "https://example.org/a", "query": "figures.csv:2", "retrieved_at": "2021-01-02T00:00:00+00:00",
            "payload_sha256": "ab" * 32, "status": "measured",
            "window": {"start": "2020-01-01T00:00:00+00:00", "end": "2021-01-01T00:00:00+00:00"}, "note": "", "handwritten": False,
        }
    ]  # fmt: skip


def test_an_edition_replaces_the_one_before_it_and_leaves_nothing_else(tmp_path: Path) -> None:
    publish(tmp_path, edition("Before: "))
    place = publish(tmp_path, edition("After: "))
    assert (place / "posts/01.txt").read_text().startswith("After: ")
    assert names(tmp_path) == [f"a-report/2020/{name}" for name in EDITION_FILES]
    assert [path.name for path in (tmp_path / "a-report").iterdir()] == ["2020"]


def test_a_page_of_what_is_held_and_an_edition_replace_each_other_whole(tmp_path: Path) -> None:
    held = {"held.json": '{"report": "a-report", "period": "2020"}', "index.html": "held"}
    assert disk.put(tmp_path, "a-report", "2020", held) == tmp_path / "a-report" / "2020"
    place = publish(tmp_path, edition())
    assert names(place) == EDITION_FILES
    for _ in range(2):
        disk.put(tmp_path, "a-report", "2020", held)
        assert {path.name: path.read_text() for path in place.iterdir()} == held
    assert [path.name for path in (tmp_path / "a-report").iterdir()] == ["2020"]


def test_a_page_of_what_is_held_is_not_put_where_somebody_else_s_files_are(tmp_path: Path) -> None:
    place = publish(tmp_path, edition())
    (place / "diary.txt").write_text("dear diary")
    with pytest.raises(BadOutput, match=r"holds diary\.txt"):
        disk.put(tmp_path, "a-report", "2020", {"held.json": "{}"})
    assert names(place) == ["diary.txt", *EDITION_FILES]


@pytest.mark.parametrize(
    "theirs",
    [
        {"thesis.tex": "years of work"},
        {"thread.json": '{"mine": 1}', "diary.txt": "dear diary"},
        {"thread.json": '{"report": "a-report", "period": "2021"}'},
        {"thread.json": "not json"},
    ],
)
def test_a_folder_with_files_of_somebody_else_is_left_alone(tmp_path: Path, theirs: dict[str, str]) -> None:
    place = tmp_path / "a-report" / "2020"
    place.mkdir(parents=True)
    for name, text in theirs.items():
        (place / name).write_text(text)
    with pytest.raises(BadOutput, match="no part of an edition of ours"):
        publish(tmp_path, edition())
    assert {path.name: path.read_text() for path in place.iterdir()} == theirs


def test_a_note_beside_an_edition_is_not_lost(tmp_path: Path) -> None:
    place = publish(tmp_path, edition("Before: "))
    (place / "notes.md").write_text("ask about this")
    with pytest.raises(BadOutput, match=r"notes\.md"):
        publish(tmp_path, edition("After: "))
    assert (place / "notes.md").read_text() == "ask about this"
    assert (place / "posts/01.txt").read_text().startswith("Before: ")


def publish_until(move: int, when: str, out: Path, text: str) -> None:
    """In a process of its own, which dies before a move or after it."""
    rename, moves = Path.rename, []

    def killing(self: Path, target: Path) -> Path:
        moves.append(target)
        if len(moves) == move and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        moved = rename(self, target)
        if len(moves) == move:
            os.kill(os.getpid(), signal.SIGKILL)
        return moved

    Path.rename = killing  # type: ignore[method-assign]
    publish(out, edition(text))


def publish_at_once(start: Barrier, out: Path, text: str) -> None:
    start.wait(20)
    publish(out, edition(text))


def die_at(move: int, when: str, out: Path) -> None:
    writer = forking().Process(target=publish_until, args=(move, when, out, "After: "))
    writer.start()
    writer.join(60)
    assert writer.exitcode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("move", "when", "seen"), [(1, "before", "Before"), (1, "after", None), (2, "before", None), (2, "after", "After")]
)
def test_a_kill_at_any_move_loses_nothing_that_the_next_preview_does_not_bring_back(
    tmp_path: Path, move: int, when: str, seen: str | None
) -> None:
    place = publish(tmp_path, edition("Before: "))
    die_at(move, when, tmp_path)
    if seen is None:
        assert not place.exists()  # whole or not at all
    else:
        assert (place / "posts/01.txt").read_text().startswith(seen)
        assert names(place) == EDITION_FILES
    assert publish(tmp_path, edition("Next: ")) == place
    assert [path.name for path in (tmp_path / "a-report").iterdir()] == ["2020"]


def test_an_edition_put_aside_by_a_killed_writer_comes_back(tmp_path: Path) -> None:
    place = publish(tmp_path, edition("Before: "))
    die_at(1, "after", tmp_path)
    assert not place.exists()
    disk._recover(place)
    assert (place / "posts/01.txt").read_text().startswith("Before: ")


def test_eight_writers_at_once_leave_one_whole_edition(tmp_path: Path) -> None:
    start = forking().Barrier(8)
    writers = [forking().Process(target=publish_at_once, args=(start, tmp_path, f"Writer {number}: ")) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0] * 8
    assert names(tmp_path) == [f"a-report/2020/{name}" for name in EDITION_FILES]
    assert [path.name for path in (tmp_path / "a-report").iterdir()] == ["2020"]


def test_a_file_or_link_in_the_way_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a-report").mkdir()
    (tmp_path / "a-report" / "2020").write_text("a file")
    with pytest.raises(BadOutput, match="not a folder"):
        publish(tmp_path, edition())
    (tmp_path / "a-report" / "2020").unlink()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "a-report" / "2020").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadOutput, match="not a folder"):
        publish(tmp_path, edition())


@pytest.mark.parametrize("fails_at", [1, 2, 4, 10, 11])
def test_a_disk_that_fills_up_at_any_file_leaves_the_edition_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    place = publish(tmp_path, edition("Before: "))
    written = 0

    def full(original):  # type: ignore[no-untyped-def]
        def write(self: Path, *args: object, **kwargs: object) -> int:
            nonlocal written
            written += 1
            if written == fails_at:
                raise OSError(errno.ENOSPC, "No space left on device")
            return original(self, *args, **kwargs)  # type: ignore[no-any-return]

        return write

    monkeypatch.setattr(Path, "write_text", full(Path.write_text))
    monkeypatch.setattr(Path, "write_bytes", full(Path.write_bytes))
    with pytest.raises(BadOutput, match="No space left on device"):
        publish(tmp_path, edition("After: "))
    monkeypatch.undo()
    assert (place / "posts/01.txt").read_text().startswith("Before: ")
    assert names(tmp_path) == [f"a-report/2020/{name}" for name in EDITION_FILES]


def test_a_move_that_fails_brings_the_edition_before_it_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = publish(tmp_path, edition("Before: "))
    rename, moves = Path.rename, []

    def failing(self: Path, target: Path) -> Path:
        moves.append(target)
        if len(moves) == 2:
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(BadOutput, match="Input/output error"):
        publish(tmp_path, edition("After: "))
    assert (place / "posts/01.txt").read_text().startswith("Before: ")
    assert [path.name for path in (tmp_path / "a-report").iterdir()] == ["2020"]


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file where the folder should be")
    with pytest.raises(BadOutput, match="choose another folder with --out"):
        publish(tmp_path / "out", edition())


def test_the_umask_is_read_without_changing_it() -> None:
    before = disk._umask()
    assert disk._umask() == before
