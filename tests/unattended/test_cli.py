"""`run --once`, `approve` and `skip` through the front door."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot import wiring
from bot.cli import main
from bot.domain.turn import TurnState
from bot.errors import BadRecipe
from bot.rehearsal import CREATE, named
from bot.stopping import Stop
from bot.verbs import running
from bot.verbs.survey import health, survey_of
from tests.unattended.mill import DAILY, Mill
from tests.unattended.test_turns import SIX, THREAD

Told = Callable[[], str]


@pytest.fixture
def mill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mill]:
    """A mill in whose folder the command line stands, at whose time it lives."""
    with Mill(tmp_path, SIX, "approve") as made:
        made.report("daily", "day", DAILY, "2026-03-01", 30)
        monkeypatch.chdir(tmp_path)
        for name, value in made.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(wiring, "_now", made.now)
        monkeypatch.setattr(running, "chores_due", lambda *_: [])
        yield made


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    return lambda: capsys.readouterr().out


def digest(text: str) -> str:
    found = re.search(r"threadmill approve 1 ([0-9a-f]{64})", text)
    assert found is not None
    return found[1]


def test_from_nothing_to_the_first_approved_thread(mill: Mill, told: Told) -> None:
    assert main(["run", "--once"]) == 3
    wanted = digest(told())
    assert main(["run", "--once"]) == 6
    assert told() == "nothing is due\n"
    assert main(["approve", "1"]) == 3
    shown = told()
    assert THREAD[0] in shown
    assert digest(shown) == wanted
    assert main(["approve", "1", wanted]) == 0
    assert "the next run posts it" in told()
    assert main(["run", "--once"]) == 0
    assert "daily 2026-03-01 for x: published" in told()
    assert mill.threads() == [THREAD]
    assert main(["run", "--once"]) == 6


def test_another_digest_approves_nothing(mill: Mill, told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", "--once"])
    wanted = digest(told())
    for wrong in (wanted[:11], "f" * 64, wanted[:-1] + ("0" if wanted[-1] != "0" else "1"), "", wanted.upper()):
        assert main(["approve", "1", wrong]) == 2
        assert "what you have seen is not what would be posted" in capsys.readouterr().err
    assert main(["run", "--once"]) == 6
    assert main(["approve", "2", wanted]) == 2
    assert main(["approve", "1", wanted[:12]]) == 0


def test_an_instant_may_be_given(mill: Mill, told: Told) -> None:
    mill.moment = dt.datetime(2026, 8, 1, tzinfo=dt.UTC)
    assert main(["run", "--once", "--now", "2026-03-02T05:59:59Z"]) == 6
    assert main(["run", "--once", "--now", "2026-03-02T06:00:00Z"]) == 3
    assert main(["approve", "1", digest(told())]) == 0
    assert main(["run", "--once", "--now", "2026-03-02T07:00:00Z"]) == 0  # though the approval is of August
    assert mill.threads() == [THREAD]


def test_a_period_that_is_skipped_has_no_thread(mill: Mill, told: Told) -> None:
    assert main(["skip", "daily", "2026-03-01", "--because", "a holiday"]) == 0
    assert re.search(r"daily 2026-03-01 for x: skipped\n   skipped by .+: a holiday\n", told())
    assert main(["run", "--once"]) == 6
    mill.pass_(days=1)
    assert main(["run", "--once"]) == 3


def test_what_a_wrong_clock_has_begun_is_told_of_and_skipped_and_then_the_present_turn_is_begun(mill: Mill, told: Told) -> None:
    figures = mill.withhold("daily")
    mill.pass_(days=10)
    assert main(["run", "--once"]) == 3
    mill.give("daily", figures)
    mill.pass_(days=-10)
    assert main(["run", "--once"]) == 6
    told()
    main(["schedule"])
    said = told()
    assert "2026-03-11 was begun ahead of its time, which is 2026-03-12 06:00 UTC: a clock was wrong" in said
    assert 'nothing before it is begun: threadmill skip daily 2026-03-11 --because "..."' in said
    assert main(["skip", "daily", "2026-03-11", "--because", "the clock was wrong"]) == 0
    assert main(["run", "--once"]) == 3
    assert "daily 2026-03-01 for x: waiting" in told()
    main(["schedule"])
    assert "ahead of its time" not in told()
    mill.pass_(days=2)
    assert main(["run", "--once"]) == 3
    assert "daily 2026-03-02 for x: missed" in told()


def test_a_period_to_come_that_nobody_has_begun_cannot_be_skipped(mill: Mill, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["skip", "daily", "2026-03-11", "--because", "a slip of the hand"]) == 2
    assert "11 Mar 2026 is not over" in capsys.readouterr().err


def test_an_instant_to_come_keeps_nothing_from_being_missed(mill: Mill, told: Told) -> None:
    assert main(["run", "--once", "--now", "2026-03-12T05:00:00Z"]) == 3
    assert "daily 2026-03-01 for x: missed" in told()


def test_what_waits_may_be_skipped_and_is_forgotten(mill: Mill, told: Told) -> None:
    main(["run", "--once"])
    wanted = digest(told())
    assert main(["skip", "daily", "2026-03-01", "--because", "the figures are wrong"]) == 0
    assert main(["approve", "1", wanted]) == 2
    assert main(["run", "--once"]) == 6
    assert main(["status"]) == 0
    assert "no thread was begun yet" in told()


def test_what_is_out_cannot_be_skipped(mill: Mill, told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", "--once"])
    main(["approve", "1", digest(told())])
    main(["run", "--once"])
    assert main(["skip", "daily", "2026-03-01", "--because", "too late"]) == 2
    assert "take them down first: threadmill undo 1" in capsys.readouterr().err


def test_a_missed_turn_may_be_skipped_afterwards(mill: Mill, told: Told) -> None:
    assert main(["run", "--once", "--now", "2026-03-02T05:00:00Z"]) == 6
    mill.pass_(hours=7)
    assert main(["run", "--once"]) == 3
    assert "no host was there to begin it between 2026-03-02 06:00 and 2026-03-02 12:00 UTC" in told()
    assert main(["skip", "daily", "2026-03-01", "--because", "the server was moved"]) == 0
    assert main(["run", "--once"]) == 6


def test_a_service_goes_by_the_clock(mill: Mill, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--now", "2026-03-02"]) == 2
    assert "--now is for threadmill run --once" in capsys.readouterr().err


def test_a_broken_recipe_costs_the_others_nothing(mill: Mill, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    mill.report("other", "day", DAILY, "2026-03-01", 3)
    (mill.folder / "templates" / "other" / "report.toml").write_text("title = 3")
    monkeypatch.setenv("THREADMILL_REPORTS", "daily,other")
    assert main(["run", "--once"]) == 2
    said = told()
    assert "other is broken: " in said
    assert "daily 2026-03-01 for x: waiting" in said


def test_asked_to_end_it_begins_no_other_turn(mill: Mill, monkeypatch: pytest.MonkeyPatch) -> None:
    mill.report("other", "day", DAILY, "2026-03-01", 3)
    monkeypatch.setenv("THREADMILL_REPORTS", "daily,other")
    stop = Stop()
    monkeypatch.setattr(running, "perform", lambda *_: stop.__setattr__("_asked", True))
    monkeypatch.setattr(running, "tell_all", lambda *_: pytest.fail("it went on"))
    assert running.run_once(None, stop, lambda *_: None).performed == ()


def test_one_that_cannot_be_begun_costs_the_others_nothing(mill: Mill, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    mill.report("other", "day", DAILY, "2026-03-01", 3)
    monkeypatch.setenv("THREADMILL_REPORTS", "daily,other")
    perform = running.perform

    def one_fails(house: wiring.House, report: str, *rest: Any) -> Any:
        if report == "daily":
            raise BadRecipe("its folder is gone")
        return perform(house, report, *rest)

    monkeypatch.setattr(running, "perform", one_fails)
    assert main(["run", "--once"]) == 2
    said = told()
    assert "daily 2026-03-01 is broken: its folder is gone" in said
    assert "other 2026-03-01 for x: waiting" in said


def test_a_chore_that_comes_to_nothing_costs_nobody_what_is_to_be_told(
    mill: Mill, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "chores_due", lambda *_: ["collect"])
    monkeypatch.setattr(running, "do_chore", lambda *_: (_ for _ in ()).throw(BadRecipe("broken")))
    assert main(["run", "--once"]) == 3
    assert digest(told())
    assert mill.notices() == []  # told to the log


def test_a_reason_is_wanted_for_a_period_that_is_skipped(mill: Mill, capsys: pytest.CaptureFixture[str]) -> None:
    for reason in ("", "  ", "x" * 1001):
        assert main(["skip", "daily", "2026-03-01", "--because", reason]) == 2
        assert "takes a reason of at most 1000 characters" in capsys.readouterr().err


def test_who_approves_too_late_is_told_how_to_post_it(mill: Mill, told: Told) -> None:
    main(["run", "--once"])
    wanted = digest(told())
    mill.pass_(hours=24)
    assert main(["approve", "1", wanted]) == 0
    assert "threadmill post daily --period 2026-03-01 --yes posts it" in told()


def test_a_turn_whose_report_left_the_schedule_is_ill(mill: Mill, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    main(["run", "--once"])
    wanted = digest(told())
    mill.report("other", "day", DAILY, "2026-03-01", 3)
    monkeypatch.setenv("THREADMILL_REPORTS", "other")
    assert main(["schedule"]) == 0
    assert "daily 2026-03-01 for x: waiting" in (shown := told())
    assert "the report is not scheduled any more: nobody goes on with it" in shown
    house = wiring.house()
    with wiring.store(house) as store:
        found = survey_of(*wiring.scheduled(house), store, store.now())
    check = health(found, mill.now(), mill.now(), mill.now()).checks["daily/x"]
    assert (check.ok, "threadmill skip daily 2026-03-01" in check.words) == (False, True)
    assert main(["approve", "1", wanted]) == 0
    assert "no turn waits for it" in told()


def test_what_was_to_be_tried_again_and_was_not_is_ill(mill: Mill, told: Told) -> None:
    main(["run", "--once"])
    main(["approve", "1", digest(told())])
    house = wiring.house()
    with wiring.store(house) as store:
        for minutes, well in ((30, True), (1, False)):
            mill.pass_(minutes=minutes)
            found = survey_of(*wiring.scheduled(house), store, store.now())
            assert health(found, mill.now(), mill.now(), mill.now()).checks["daily/x"].ok is well


def test_what_is_out_needs_no_approval(mill: Mill, told: Told) -> None:
    main(["run", "--once"])
    main(["approve", "1", digest(told())])
    main(["run", "--once"])
    told()
    assert main(["approve", "1"]) == 0
    assert "it is out already" in told()


def test_what_the_next_look_begins_is_told(mill: Mill, told: Told) -> None:
    assert main(["schedule"]) == 0
    assert "2026-03-01 is due since 2026-03-02 06:00 UTC: the next look begins it" in told()
    main(["run", "--once"])
    told()
    assert main(["schedule"]) == 0
    assert "is due since" not in told()


def test_wrong_settings_are_refused_before_an_approval_is_written(
    mill: Mill, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["run", "--once"])
    wanted = digest(told())
    monkeypatch.setenv("THREADMILL_REPORTS", "dayly")
    assert main(["approve", "1", wanted]) == 2
    with wiring.store(mill.house()) as store:
        assert store.rota.approval(1) is None


def test_a_missed_turn_is_made_up_for_by_hand(mill: Mill, told: Told) -> None:
    assert main(["run", "--once", "--now", "2026-03-02T05:00:00Z"]) == 6
    mill.pass_(hours=7)
    assert main(["run", "--once"]) == 3
    assert main(["post", "daily", "--period", "2026-03-01", "--yes"]) == 0
    assert mill.threads() == [THREAD]
    assert mill.states() == {("daily", "2026-03-01"): TurnState.PUBLISHED}


def test_a_turn_that_waits_learns_of_a_thread_posted_by_hand(mill: Mill, told: Told) -> None:
    assert main(["run", "--once"]) == 3
    assert main(["post", "daily", "--period", "2026-03-01", "--yes"]) == 0
    assert main(["run", "--once"]) == 0
    assert mill.states() == {("daily", "2026-03-01"): TurnState.PUBLISHED}
    assert mill.threads() == [THREAD]


def test_a_thread_posted_by_hand_before_its_window_is_not_posted_again(mill: Mill, told: Told) -> None:
    mill.pass_(hours=-1)
    assert main(["post", "daily", "--period", "2026-03-01", "--yes"]) == 0
    mill.pass_(hours=1)
    assert main(["run", "--once"]) == 0
    assert mill.threads() == [THREAD]


def test_a_missed_turn_of_which_posts_were_sent_by_hand_cannot_be_skipped(
    mill: Mill, told: Told, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--once", "--now", "2026-03-02T05:00:00Z"]) == 6
    mill.pass_(hours=7)
    assert main(["run", "--once"]) == 3
    mill.fake.faults.on(CREATE, named("402-credits"), nth=2)
    assert main(["post", "daily", "--period", "2026-03-01", "--yes"]) == 4
    assert main(["skip", "daily", "2026-03-01", "--because", "too late"]) == 2
    assert "take them down first: threadmill undo 1" in capsys.readouterr().err
