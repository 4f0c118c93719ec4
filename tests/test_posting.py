"""`threadmill post` through the front door, against the fake X: one thread, whole and in order, whatever happens on the way."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot import wiring
from bot.cli import main
from bot.domain.period import Period
from bot.domain.report import Report
from bot.pipeline import Run
from bot.rehearsal import CREATE, DELETE, FAULTS, METADATA, TIMELINE, UPLOAD, FakeX, named
from bot.verbs import choosing, posting, threads

OPENAPI = Path(__file__).parents[2] / "shared" / "x-api" / "openapi.json"
POST = ["post", "infrastructure-tools", "--period", "2020"]


@cache
def composed() -> Run:
    """The thread of POST, composed once for all tests that post it."""
    house = wiring.house()
    recipe, period = choosing.recipe_and_period(house, *POST[1::2])
    return threads.compose(house, recipe, period, [], None, offline=True, progress=lambda *_: None)


def compose_again(_house: object, recipe: Report, *_: object, **__: object) -> Run:
    return replace(composed(), edition=replace(composed().edition, report=recipe))


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, empty_file: Path) -> Iterator[FakeX]:
    """A fake X, strict where its description is here, and the environment to post there without waiting."""
    with FakeX(OPENAPI if OPENAPI.is_file() else None) as running:
        for name, value in running.keys.environment(running.url).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("THREADMILL_HOME", str(tmp_path / "home"))
        (tmp_path / "home").mkdir(mode=0o700)
        shutil.copy(empty_file, tmp_path / "home" / "threadmill.db")
        monkeypatch.setattr(wiring, "_now", running.now)
        monkeypatch.setattr(posting, "sleep", running.advance)
        monkeypatch.setattr(posting, "compose", compose_again)
        yield running


def posted(fake: FakeX, code: int = 0) -> None:
    assert main([*POST, "--yes"]) == code


def whole(fake: FakeX) -> None:
    """The account holds the thread once, in order, with its picture; nothing that was sent broke X's description."""
    (thread,) = fake.threads()
    assert [part.text.split("\n")[-1].split(" ")[0] for part in thread] == ["1/2", "2/2"]
    assert [len(part.images) for part in thread] == [1, 0]
    assert fake.violations == []


def test_without_yes_nothing_is_sent_and_the_cost_is_shown(fake: FakeX, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(POST) == 3
    told = capsys.readouterr().out
    assert "2 x create a post             $0.015   $0.030" in told
    assert "1 x tell an alt text          $0.005   $0.005" in told
    assert "together $0.035" in told
    assert fake.calls == []
    assert main(["status"]) == 0
    assert "no thread was begun yet" in capsys.readouterr().out  # looking at it freezes nothing


def test_a_thread_is_posted_with_the_fewest_billed_calls(fake: FakeX, capsys: pytest.CaptureFixture[str]) -> None:
    posted(fake)
    whole(fake)
    assert [call.operation for call in fake.calls] == [UPLOAD, METADATA, CREATE, CREATE]
    assert float(fake.billed) == pytest.approx(2 * 0.015 + 0.005)
    (thread,) = fake.threads()
    assert f"/status/{thread[0].id}" in capsys.readouterr().out


def test_the_instant_a_thread_is_composed_as_of_is_not_when_it_is_sent(fake: FakeX) -> None:
    fake.faults.on(CREATE, named("429-reset", seconds=60))
    begun = fake.now()
    assert main([*POST, "--now", "2021-06-01T00:00:00Z", "--yes"]) == 0
    whole(fake)
    with wiring.store(wiring.house()) as store:
        sent = [at.sent_at for at in store.desk.deliveries(1)]
        charged = [one.at for one in store.desk.charges()]
    assert all(begun <= at <= fake.now() for at in (*sent, *charged) if at is not None)
    assert None not in sent


def test_the_same_command_again_sends_nothing(fake: FakeX) -> None:
    posted(fake)
    calls = len(fake.calls)
    posted(fake)
    assert len(fake.calls) == calls


MEDIA_FAULTS = (
    "drop-before",
    "drop-after",
    "truncated",
    "html-200-after",
    "503-after",
    "429-reset",
    "402-credits",
    "403-suspended",
    "401",
)
CASES = [
    *((CREATE, fault, nth) for fault in sorted(FAULTS) for nth in (1, 2)),
    *((call, fault, 1) for call in (UPLOAD, METADATA) for fault in MEDIA_FAULTS),
]


@pytest.mark.parametrize(("call", "fault", "nth"), CASES)
def test_after_any_fault_the_thread_is_there_once(call: str, fault: str, nth: int, fake: FakeX) -> None:
    fake.faults.on(call, named(fault, seconds=0.2), nth=nth)
    for _ in range(6):
        if main([*POST, "--yes"]) == 0:
            break
        fake.advance(1000)
    whole(fake)
    assert fake.creates == 2


def test_status_tells_what_is_out_and_what_is_not(fake: FakeX, capsys: pytest.CaptureFixture[str]) -> None:
    posted(fake)
    capsys.readouterr()
    assert main(["status", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["report"], row["period"], row["account"]) == ("infrastructure-tools", "2020", "1001")
    assert [post["state"] for post in row["posts"]] == ["published", "published"]
    assert row["billed_usd"] == pytest.approx(0.035)


def test_a_post_whose_fate_cannot_be_read_waits_for_a_person(fake: FakeX, capsys: pytest.CaptureFixture[str]) -> None:
    fake.faults.on(CREATE, named("drop-after"), nth=2)
    fake.faults.on(TIMELINE, named("503-before"), times=None)
    posted(fake, code=5)
    assert "Out is post 1 of 2" in capsys.readouterr().err
    assert fake.creates == 2
    (thread,) = fake.threads()
    assert main(["resolve", "1", "2", "--there", thread[1].id]) == 0
    posted(fake)
    whole(fake)


# The month's budget


def test_a_thread_beyond_the_budget_is_not_begun(
    fake: FakeX, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("THREADMILL_BUDGET_USD", "0.034")
    posted(fake, code=3)
    assert "the budget is $0.034 a month" in capsys.readouterr().err
    assert fake.calls == []
    assert main(["status"]) == 0
    assert "no thread was begun yet" in capsys.readouterr().out
    monkeypatch.setenv("THREADMILL_BUDGET_USD", "0.035")
    posted(fake)
    assert "budget $0.035 a month; with this, $0.035 are billed or promised" in capsys.readouterr().out
    whole(fake)


def test_what_a_thread_under_way_is_promised_is_counted_once(
    fake: FakeX, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("THREADMILL_BUDGET_USD", "0.035")
    fake.faults.on(CREATE, named("402-credits"), nth=2)
    posted(fake, code=4)
    posted(fake)
    assert capsys.readouterr().out.count("budget $0.035 a month; with this, $0.035 are billed or promised") == 2
    whole(fake)


def test_what_was_billed_last_month_does_not_count(fake: FakeX, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THREADMILL_BUDGET_USD", "0.05")
    posted(fake)
    other = ["post", "infrastructure-tools", "--period", "2020", "--yes"]
    monkeypatch.setattr(posting, "recipe_and_period", renamed(posting.recipe_and_period))
    assert main(other) == 3
    fake.advance(31 * 86_400)
    assert main(other) == 0
    assert len(fake.threads()) == 2


def renamed(choose: Callable[..., tuple[Report, Period]]) -> Callable[..., tuple[Report, Period]]:
    """The same report under another name, so that the account has two threads of it."""

    def chosen(*arguments: object) -> tuple[Report, Period]:
        recipe, period = choose(*arguments)
        return replace(recipe, key="another", title="Another"), period

    return chosen


# Taking a thread down


def test_undo_shows_the_price_and_deletes_nothing_before_it_is_told_to(fake: FakeX, capsys: pytest.CaptureFixture[str]) -> None:
    posted(fake)
    calls = len(fake.calls)
    capsys.readouterr()
    assert main(["undo", "1"]) == 3
    assert "2 x delete a post             $0.010   $0.020" in capsys.readouterr().out
    assert len(fake.calls) == calls
    assert main(["undo", "1", "--yes"]) == 0
    assert [call.operation for call in fake.calls[calls:]] == [DELETE, DELETE]
    assert fake.threads() == []
    assert float(fake.billed) == pytest.approx(0.035 + 0.020)
    posted(fake, code=3)
    assert main(["undo", "1", "--yes"]) == 0
    assert len(fake.calls) == calls + 2
    (row,) = told(capsys)
    assert [post["state"] for post in row["posts"]] == ["removed", "removed"]
    assert row["billed_usd"] == pytest.approx(0.055)
    assert fake.violations == []


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What status says for programs."""
    capsys.readouterr()
    assert main(["status", "--json"]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_after_any_fault_a_thread_that_is_undone_is_gone(fault: str, fake: FakeX) -> None:
    posted(fake)
    fake.faults.on(
        DELETE, named(fault, seconds=0.2), nth=1 + sorted(FAULTS).index(fault) % 2
    )  # the last post and the first by turns
    for _ in range(6):
        if main(["undo", "1", "--yes"]) == 0:
            break
        assert len(fake.threads()) <= 1  # never two ends of a thread torn apart
        fake.advance(1000)
    assert fake.threads() == []
    assert fake.violations == []


def test_a_thread_that_is_half_out_can_be_undone_and_is_not_gone_on_with(fake: FakeX) -> None:
    fake.faults.on(CREATE, named("402-credits"), nth=2)
    posted(fake, code=4)
    assert main(["undo", "1", "--yes"]) == 0
    posted(fake, code=3)
    assert fake.threads() == []


def test_a_thread_of_which_nothing_is_out_is_forgotten_and_composed_anew(fake: FakeX, capsys: pytest.CaptureFixture[str]) -> None:
    """X refuses its words for good: the recipe is mended, and the thread is begun again."""
    fake.faults.on(CREATE, named("403-cashtag"))
    posted(fake, code=4)
    assert main(["undo", "1", "--yes"]) == 0
    assert "it was forgotten: the next post command composes it anew" in capsys.readouterr().out
    posted(fake)
    whole(fake)
    (row,) = told(capsys)
    assert row["billed_usd"] == pytest.approx(0.035)


def test_the_plan_of_a_refused_thread_has_the_alt_texts_that_are_told_anew(
    fake: FakeX, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("THREADMILL_BUDGET_USD", "0.040")
    fake.faults.on(CREATE, named("402-credits"))
    posted(fake, code=4)
    capsys.readouterr()
    before = fake.billed
    posted(fake)
    shown = capsys.readouterr().out
    assert "together $0.035" in shown
    assert "budget $0.040 a month; with this, $0.040 are" in shown
    assert float(fake.billed - before) == pytest.approx(0.035)


@pytest.mark.parametrize("remote_id", ["12345678901234567890123", "12345678901234567890"])
def test_an_id_that_is_none_is_refused_before_anything_is_written(
    remote_id: str, fake: FakeX, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.faults.on(CREATE, named("drop-after"), nth=1)
    fake.faults.on(TIMELINE, named("503-before"), times=None)
    posted(fake, code=5)
    assert main(["resolve", "1", "1", "--there", remote_id]) == 2
    assert "is no id of X" in capsys.readouterr().err
    assert [post["state"] for post in told(capsys)[0]["posts"]] == ["unknown", "planned"]


def test_another_account_s_keys_take_nothing_down(
    fake: FakeX, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    posted(fake)
    for name, value in fake.stranger("someone").keys.environment(fake.url).items():
        monkeypatch.setenv(name, value)
    assert main(["undo", "1", "--yes"]) == 2
    assert "edition 1 stands on account 1001, and the keys are those of 1002" in capsys.readouterr().err
    assert len(fake.threads()) == 1


def test_undo_of_what_is_not_there_says_so(fake: FakeX, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["undo", "7", "--yes"]) == 2
    assert "there is no edition 7" in capsys.readouterr().err


def test_status_has_the_address_and_the_price_of_each_post_without_any_key(
    fake: FakeX, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    posted(fake)
    for name in fake.keys.environment(fake.url):
        monkeypatch.delenv(name)
    (row,) = told(capsys)
    (thread,) = fake.threads()
    assert [post["url"] for post in row["posts"]] == [f"https://x.com/i/web/status/{part.id}" for part in thread]
    assert [post["billed_usd"] for post in row["posts"]] == [pytest.approx(0.020), pytest.approx(0.015)]
    assert [(one["call"], one["position"]) for one in row["charges"]] == [("alt text", 1), ("post", 1), ("post", 2)]


def test_a_post_that_a_person_found_is_charged_as_one_that_was_answered(fake: FakeX, capsys: pytest.CaptureFixture[str]) -> None:
    fake.faults.on(CREATE, named("drop-after"), nth=1)
    fake.faults.on(TIMELINE, named("503-before"), times=None)
    posted(fake, code=5)
    (thread,) = fake.threads()
    assert main(["resolve", "1", "1", "--there", thread[0].id]) == 0
    (row,) = told(capsys)
    assert [(one["call"], one["usd"]) for one in row["charges"]] == [("alt text", 0.005), ("post", 0.015)]


def test_what_a_person_saw_gone_counts_as_removed_while_a_thread_is_taken_down(fake: FakeX) -> None:
    posted(fake)
    fake.faults.on(DELETE, named("403-suspended"), times=None)
    assert main(["undo", "1", "--yes"]) == 4
    for part in fake.threads()[0]:
        fake.delete_by_hand(part.id)
    assert main(["resolve", "1", "2", "--absent"]) == 0
    assert main(["resolve", "1", "1", "--absent"]) == 0
    assert main(["undo", "1", "--yes"]) == 0


def test_an_id_of_another_post_of_ours_is_refused(fake: FakeX, capsys: pytest.CaptureFixture[str]) -> None:
    fake.faults.on(CREATE, named("drop-after"), nth=2)
    fake.faults.on(TIMELINE, named("503-before"), times=None)
    posted(fake, code=5)
    root = fake.threads()[0][0].id
    assert main(["resolve", "1", "2", "--there", root]) == 2
    assert "is another post that threadmill status lists" in capsys.readouterr().err


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE delivery SET sent_at = 'x' WHERE edition = 1 AND position = 1",
        "UPDATE delivery SET attempts = 'abc' WHERE edition = 1 AND position = 1",
        "UPDATE edition SET composed_at = 'x' WHERE id = 1",
        "UPDATE charge SET usd = 'abc' WHERE edition = 1",
        "UPDATE delivery SET text = 'other words' WHERE edition = 1",
    ],
)
def test_a_damaged_edition_is_told_in_words_and_hides_no_other(
    change: str, fake: FakeX, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    posted(fake)
    monkeypatch.setattr(posting, "recipe_and_period", renamed(posting.recipe_and_period))
    fake.advance(86_400 * 2)
    posted(fake)
    with closing(sqlite3.connect(Path(os.environ["THREADMILL_HOME"]) / "threadmill.db")) as file, file:
        file.execute("PRAGMA ignore_check_constraints = ON")
        file.execute(change)
    capsys.readouterr()
    assert main(["status"]) == 2
    found = capsys.readouterr()
    assert "edition 1 cannot be read" in found.err
    assert "edition 2  another 2020 for x account 1001" in found.out
