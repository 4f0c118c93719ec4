"""What a gate keeps back, through the front door: held, shown, and let through by a person, for the very figures that were seen."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot import wiring
from bot.cli import main
from bot.domain.turn import TurnState
from bot.verbs import running
from tests.unattended.mill import DAILY, Mill
from tests.unattended.test_turns import FIRST, SIX, THREAD

Told = Callable[[], str]
ACCEPT = ["approve", "daily", "2026-03-01", "--accept", "whole", "--because", "everybody may be counted twice"]
WHY = "Counts: alpha has 2,000 in 1 Mar 2026, all together 1,500"


@pytest.fixture
def mill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mill]:
    """A daily report that requires its metric, and whose Alpha is counted as more than everybody."""
    with Mill(tmp_path, SIX, "auto") as made:
        made.report("daily", "day", DAILY, "2026-03-01", 3)
        recipe = tmp_path / "templates" / "daily" / "report.toml"
        recipe.write_text(recipe.read_text() + '\n[gates]\nrequired = ["counted"]\n')
        everybody(made, 1500)
        monkeypatch.chdir(tmp_path)
        for name, value in made.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(wiring, "_now", made.now)
        monkeypatch.setattr(running, "chores_due", lambda *_: [])
        monkeypatch.setattr(running, "tell_all", lambda *_: None)
        yield made


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    def words() -> str:
        captured = capsys.readouterr()
        return captured.out + captured.err

    return words


def everybody(mill: Mill, count: int) -> None:
    """So many were counted on 1 March, all together."""
    path = mill.folder / "templates" / "daily" / "figures.csv"
    rows = [row for row in path.read_text().splitlines() if ",all," not in row]
    path.write_text(
        "\n".join([*rows, f"counted,all,2026-03-01,2026-03-02,{count},measured,A person,https://example.org/how,2026-03-02,"])
        + "\n"
    )


def test_a_turn_is_held_and_told_of_once_and_goes_on_when_a_person_has_accepted(mill: Mill, told: Told) -> None:
    page = mill.folder / "home" / "held" / "daily" / "2026-03-01" / "index.html"
    for _ in range(3):
        assert main(["run", "--once"]) == 3
        mill.pass_(hours=1)
    assert mill.states() == {FIRST: TurnState.HELD}
    reason = mill.turns()[FIRST].reason
    for words in (WHY, f"Look at {page}", 'threadmill approve daily 2026-03-01 --accept whole:counted --because "..."'):
        assert words in reason
    assert mill.notices() == [("held", *FIRST)]
    assert WHY in page.read_text()
    assert mill.fake.calls == []

    told()
    assert main(ACCEPT) == 0
    said = told()
    assert f"accepted  whole:counted (hold): A part and its whole contradict each other\n   {WHY}\n" in said
    assert re.search(
        r"   by \S+@\S+ at 2026-03-02 09:00 UTC: everybody may be counted twice\nthe next run tries it again\n", said
    )
    assert main(["run", "--once"]) == 0
    assert mill.threads() == [THREAD]
    assert mill.states() == {FIRST: TurnState.PUBLISHED}
    with wiring.store(mill.house()) as store:
        (gate,) = json.loads(store.desk.frozen(1).thread_json)["gates"]
    assert (gate["verdict"], gate["accepted"]["because"]) == ("hold", "everybody may be counted twice")


def test_an_acceptance_is_not_for_other_figures(mill: Mill, told: Told) -> None:
    assert main(["run", "--once"]) == 3
    assert mill.notices() == [("held", *FIRST)]
    assert main(ACCEPT) == 0
    everybody(mill, 1400)
    assert main(["run", "--once"]) == 3
    assert re.search(
        r"all together 1,400\n  what \S+ accepted was another figure, and does not cover this one\n", mill.turns()[FIRST].reason
    )
    assert mill.notices() == [("held", *FIRST)]  # somebody thinks that it is on its way
    assert main(ACCEPT) == 0
    assert main(["run", "--once"]) == 0
    assert mill.threads() == [THREAD]


def test_a_source_that_is_mended_needs_no_word(mill: Mill) -> None:
    assert main(["run", "--once"]) == 3
    everybody(mill, 9000)
    assert main(["run", "--once"]) == 6
    mill.pass_(hours=1)
    assert main(["run", "--once"]) == 0
    assert mill.threads() == [THREAD]


def test_a_preview_of_what_is_held_is_a_page_in_place_of_the_thread_before(mill: Mill, told: Told) -> None:
    everybody(mill, 9000)
    place = mill.folder / "out" / "daily" / "2026-03-01"
    command = ["preview", "daily", "--period", "2026-03-01", "--offline"]
    assert main(command) == 0
    assert (place / "thread.json").exists()
    everybody(mill, 1500)
    assert main(command) == 3
    assert f"Look at {Path('out/daily/2026-03-01/index.html')}" in told()
    assert sorted(path.name for path in place.iterdir()) == ["held.json", "index.html"]
    assert json.loads((place / "held.json").read_text())["held"] == [{"metric": "counted", "reason": WHY}]
    assert not (mill.folder / "home" / "threadmill.db").exists()  # nothing was to be remembered
    for verb in (["explain", "daily", "2026-03-01", "1"], ["rehearse", "daily", "--period", "2026-03-01", "--offline"]):
        assert main(verb) == 3
        assert "Look at it: threadmill preview daily --period 2026-03-01." in told()
    assert main(ACCEPT) == 0
    assert "no turn waits for it: threadmill preview daily --period 2026-03-01 shows the thread" in told()
    assert main(command) == 0
    said = told()
    assert re.search(r"accepted  counted: A part and its whole contradict each other \(gate whole, accepted by \S+@\S+\)", said)
    assert "counted twice" not in said
    posts = "".join(path.read_text() for path in (place / "posts").iterdir())
    assert "counted twice" not in posts
    assert "accepted it: everybody may be counted twice" in (place / "index.html").read_text()
    for verb in (["explain", "daily", "2026-03-01", "1"], ["rehearse", "daily", "--period", "2026-03-01", "--offline"]):
        assert main(verb) == 0


def test_post_says_where_the_page_is_and_sends_nothing(mill: Mill, told: Told) -> None:
    assert main(["post", "daily", "--period", "2026-03-01", "--yes"]) == 3
    page = mill.folder / "home" / "held" / "daily" / "2026-03-01" / "index.html"
    assert f"Look at {page}." in told()
    assert page.exists()
    assert main(ACCEPT) == 0
    assert main(["post", "daily", "--period", "2026-03-01", "--yes"]) == 0
    assert mill.threads() == [THREAD]


def test_a_page_that_cannot_be_written_holds_it_all_the_same(mill: Mill, told: Told) -> None:
    (mill.folder / "home").mkdir(exist_ok=True)
    (mill.folder / "home" / "held").write_text("mine")
    assert main(["run", "--once"]) == 3
    assert mill.states() == {FIRST: TurnState.HELD}
    assert "the page that shows why is not there: " in told()


WRONG = [
    (["daily", "2026-03-01", "--accept", "whole"], "with a period and a reason"),
    (["daily", "--accept", "whole", "--because", "x"], "with a period and a reason"),
    (["daily", "2026-03-01", "--accept", "whole", "--because", "x", "--out", "o"], "without --out"),
    (["daily", "2026-03-01", "--accept", "whole", "--because", " "], "at most 1000 characters"),
    (["daily", "2026-03-01", "--accept", "whole", "--because", "x" * 1001], "at most 1000 characters"),
    (["daily", "2026-03-01", "--accept", "whol", "--because", "x"], 'there is no gate "whol" (did you mean "whole"?)'),
    (["daily", "2026-03-01", "--accept", "share", "--because", "x"], f"What gates keep back:\n  whole:counted (hold): {WHY}"),
    (["daily", "2026-03-01", "--accept", "whole:other", "--because", "x"], "the gate whole:other keeps nothing back of daily"),
    (["daily", "2026-03-02", "--accept", "whole", "--because", "x"], "is not over"),
    (["daily", "2026-03-01"], '"daily" is no edition'),
    (["1", "--because", "x"], "go with --accept GATE"),
    (["1", "abc", "--offline"], "go with --accept GATE"),
]  # fmt: skip


def test_words_that_do_not_fit_together_accept_nothing(mill: Mill, told: Told) -> None:
    for arguments, words in WRONG:
        assert (main(["approve", *arguments]), words in told()) == (2, True), arguments
    with wiring.store(mill.house()) as store:
        assert store.rota.accepted("daily", "2026-03-01") == {}


def test_where_no_gate_keeps_anything_back_that_is_said(mill: Mill, told: Told) -> None:
    everybody(mill, 9000)
    assert main(ACCEPT) == 2
    assert "No gate keeps anything back" in told()
