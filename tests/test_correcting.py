"""A figure is restated after it was posted: `status` says so, and `correct` replies to the right post, once, whatever happens."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from bot import wiring
from bot.cli import main
from bot.domain.measure import Status
from bot.pipeline import Run
from bot.ports import Reading
from bot.rehearsal import CREATE, DELETE, TIMELINE, FakeX, named
from bot.store.desk import DatabaseDesk
from bot.verbs import posting, threads
from tests.builders import observed

RECIPE: Final = """
title = "Packages"
network = "x"
granularity = "month"

[sources.npm]

[subjects.react]
name = "React"
fill = "#2e87df"
ink = "#1b6bb8"
ids.npm = "react"

[subjects.vue]
name = "Vue"
fill = "#6d279a"
ink = "#6d279a"
ids.npm = "vue"

[[posts]]
name = "opening"

[[posts]]
name = "closing"
"""
POST: Final = ["post", "packages", "--period", "2020-10", "--yes"]
CORRECT: Final = ["correct", "packages", "2020-10", "2", "--because", "npm added late rows"]
WORDS: Final = "Correction to 2/2\n\nnpm downloads, October 2020: Vue 52.6M, not 50.1M.\n\nnpm added late rows."


@dataclass(frozen=True)
class Account:
    """A fake X, and what npm is known to have said: told again, it is restated."""

    fake: FakeX
    folder: Path

    def tells(self, package: str, downloads: int, day: int = 3, **rest: Any) -> None:
        """npm's figure of October, as it was read on a day of November."""
        read_at = dt.datetime(2020, 11, day, tzinfo=dt.UTC)
        seen = observed(downloads, package, "2020-10", "npm_downloads", origin="npm", retrieved_at=read_at, **rest)
        with wiring.store(wiring.house()) as store:
            assert store.record("npm", [Reading(package, seen)]) == 1

    def thread(self) -> list[str]:
        """The ids of the two posts of the thread, in order."""
        return [one.id for one in sorted(self.fake.posts.values(), key=lambda one: int(one.id)) if one.text[-2:] == "/2"]

    def corrections(self) -> list[tuple[str, str | None]]:
        """What else is on the account: its words, and what it replies to."""
        others = [one for one in self.fake.posts.values() if one.id not in self.thread() and not one.deleted]
        return [(one.text, one.parent) for one in sorted(others, key=lambda one: int(one.id))]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, empty_file: Path) -> Iterator[Account]:
    """One that a thread of two posts was published on, from readings in a store; nobody asks npm."""
    folder = tmp_path / "templates" / "packages"
    folder.mkdir(parents=True)
    (folder / "report.toml").write_text(RECIPE)
    (folder / "opening.txt").write_text("{{ period }}: React {{ figures.npm_downloads.react | compact }} downloads on npm.\n")
    (folder / "closing.txt").write_text("And Vue {{ figures.npm_downloads.vue | compact }}.\n")
    with FakeX() as fake:
        for name, value in fake.keys.environment(fake.url).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("THREADMILL_HOME", str(tmp_path / "home"))
        monkeypatch.chdir(tmp_path)
        (tmp_path / "home").mkdir(mode=0o700)
        shutil.copy(empty_file, tmp_path / "home" / "threadmill.db")
        monkeypatch.setattr(wiring, "_now", fake.now)
        monkeypatch.setattr(posting, "sleep", fake.advance)
        monkeypatch.setattr(posting, "compose", offline)
        there = Account(fake, folder)
        there.tells("react", 90_200_000)
        there.tells("vue", 50_123_456)
        assert main(POST) == 0
        yield there


def offline(*arguments: Any, **rest: Any) -> Run:
    return threads.compose(*arguments, **{**rest, "offline": True})


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What status says for programs."""
    capsys.readouterr()
    assert main(["status", "--json"]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def test_a_restated_figure_shows_in_status_and_is_corrected_once(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys)[0]["restated"] == []
    account.tells("vue", 52_600_000, day=20)
    (row,) = told(capsys)
    (change,) = row["restated"]
    assert {name: change[name] for name in ("position", "fate", "metric", "subject", "old", "new", "facts")} == {
        "position": 2,
        "fate": "restated",
        "metric": "npm_downloads",
        "subject": "vue",
        "old": 50_123_456,
        "new": 52_600_000,
        "facts": ["2.1"],
    }
    assert main(["status"]) == 0
    assert (
        "   restated in post 2: npm downloads, Vue, October 2020: 50.1M -> 52.6M\n"
        '        tell readers: threadmill correct packages 2020-10 2 --because "..."\n'
    ) in capsys.readouterr().out

    assert main(CORRECT) == 3
    shown = capsys.readouterr().out
    assert "   | " + WORDS.replace("\n\n", "\n   |\n   | ") in shown
    assert f"in reply to post 2: https://x.com/i/web/status/{account.thread()[1]}" in shown
    assert "1 x create a post             $0.015   $0.015" in shown
    assert account.corrections() == []

    assert main([*CORRECT, "--yes"]) == 0
    assert account.corrections() == [(WORDS, account.thread()[1])]
    assert main([*CORRECT, "--yes"]) == 0
    assert main(["correct", "packages", "2020-10", "2", "--because", "other words", "--yes"]) == 0
    assert account.fake.creates == 3
    correction, thread = told(capsys)
    assert correction["correction"] == {"position": 2, "number": 1, "reply_to": account.thread()[1]}
    assert (thread["restated"], [one["edition"] for one in thread["corrections"]]) == ([], [correction["edition"]])
    assert correction["billed_usd"] == 0.015


def growing(account: Account) -> dict[str, Any]:
    """The thread of the month after, which holds React against the month before; 120 million were counted in it."""
    recipe = account.folder / "report.toml"
    claim = '[claims.growth]\nkind = "growth"\nagainst = "previous"\nmetric = "npm_downloads"\nsubject = "react"\n'
    recipe.write_text(recipe.read_text().replace("[[posts]]", f"{claim}[[posts]]", 1))
    (account.folder / "closing.txt").write_text("In {{ period }}, {{ claims.growth }}.\n")
    read_at = dt.datetime(2020, 12, 3, tzinfo=dt.UTC)
    with wiring.store(wiring.house()) as store:
        for package in ("react", "vue"):
            seen = observed(120e6, package, "2020-11", "npm_downloads", origin="npm", retrieved_at=read_at)
            store.record("npm", [Reading(package, seen)])
    arguments = ["preview", "packages", "--period", "2020-11", "--now", "2020-12-05", "--offline"]
    code = main([*arguments, "--out", str(account.folder.parents[1] / "out")])
    place = account.folder.parents[1] / "out" / "packages" / "2020-11"
    found: dict[str, Any] = json.loads((place / ("thread.json" if code == 0 else "held.json")).read_text())
    return found


def test_the_next_thread_says_that_what_this_one_told_was_restated(account: Account) -> None:
    account.tells("react", 100_000_000, day=20)  # 90.2 million when it was posted
    thread = growing(account)
    assert [(one["gate"], one["verdict"], one["subjects"]) for one in thread["gates"]] == [("restated", "caveat", ["react"])]
    assert thread["posts"][1]["text"] == (
        "In November 2020, React grew by 24% on the month before, by the day.\n\n"  # (120 / 30) / (100 / 31) = 1.24
        "Note: An earlier count of React was restated by its source.\n\n2/2"
    )


def test_what_was_corrected_is_not_told_again_as_restated(account: Account) -> None:
    account.tells("react", 100_000_000, day=20)
    assert main(["correct", "packages", "2020-10", "1", "--because", "npm added late rows", "--yes"]) == 0
    assert growing(account)["gates"] == []


@pytest.mark.parametrize("fault", ["drop-after", "drop-before", "503-after", "402-credits"])
def test_after_any_fault_the_correction_is_there_once(account: Account, fault: str) -> None:
    account.tells("vue", 52_600_000, day=20)
    account.fake.advance(3 * 86_400)  # a look at the account does not reach back to the thread
    account.fake.faults.on(CREATE, named(fault), nth=3)
    account.fake.faults.on(TIMELINE, named("503-before"), times=1)
    codes = []
    for _ in range(4):
        codes.append(main([*CORRECT, "--yes"]))
        if codes[-1] == 0:
            break
        account.fake.advance(1000)
    assert codes[-1] == 0
    assert account.corrections() == [(WORDS, account.thread()[1])]


def test_a_process_that_dies_after_it_sent_leaves_one_correction(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.tells("vue", 52_600_000, day=20)
    with monkeypatch.context() as death:
        death.setattr(DatabaseDesk, "settle", dies)
        with pytest.raises(SystemExit):
            main([*CORRECT, "--yes"])
    assert account.fake.creates == 3
    assert main([*CORRECT, "--yes"]) == 0
    assert account.fake.creates == 3
    assert account.corrections() == [(WORDS, account.thread()[1])]


def dies(*_: object, **__: object) -> bool:
    raise SystemExit(137)


def test_a_figure_that_is_restated_again_is_corrected_again(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.tells("vue", 52_600_000, day=20)
    assert main([*CORRECT, "--yes"]) == 0
    account.tells("vue", 52_700_000, day=21)
    assert told(capsys)[1]["restated"] == []  # less than one percent
    account.tells("vue", 55_000_000, day=22)
    assert main([*CORRECT, "--yes"]) == 0
    assert account.corrections() == [
        (WORDS, account.thread()[1]),
        (WORDS.replace("52.6M", "55.0M").replace("50.1M", "52.6M"), account.thread()[1]),
    ]


def test_a_correction_in_the_words_of_an_earlier_one_is_refused_before_it_is_sent(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    for day, downloads in ((20, 52_600_000), (21, 50_123_456)):
        account.tells("vue", downloads, day=day)
        assert main([*CORRECT, "--yes"]) == 0
    account.tells("vue", 52_600_000, day=22)
    assert main([*CORRECT, "--yes"]) == 2
    assert "edition 2, an earlier correction of this post, has the very same words" in capsys.readouterr().err
    assert account.fake.creates == 4
    assert main([*CORRECT[:-1], "npm put the late rows back", "--yes"]) == 0
    assert account.corrections()[2:] == [
        (WORDS.replace("npm added late rows", "npm put the late rows back"), account.thread()[1])
    ]


def begun(account: Account) -> None:
    """A correction is frozen, and nothing of it is out: the account has no credits."""
    account.fake.faults.on(CREATE, named("402-credits"), nth=3)
    assert main([*CORRECT, "--yes"]) == 4


def test_a_correction_that_was_begun_is_dropped_once_its_figure_goes_back(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.tells("vue", 52_600_000, day=20)
    begun(account)
    account.tells("vue", 50_123_456, day=25)
    assert main([*CORRECT, "--yes"]) == 2
    assert "no figure that post 2 cites was restated" in capsys.readouterr().err
    assert account.corrections() == []
    assert [row["correction"] for row in told(capsys)] == [None]


def test_a_correction_that_was_begun_is_made_anew_once_its_figure_is_another(account: Account) -> None:
    account.tells("vue", 52_600_000, day=20)
    begun(account)
    account.tells("vue", 55_000_000, day=25)
    assert main([*CORRECT, "--yes"]) == 0
    assert account.corrections() == [(WORDS.replace("52.6M", "55.0M"), account.thread()[1])]


def test_a_correction_that_was_begun_and_cannot_be_read_is_left_as_it_is(
    account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    account.tells("vue", 52_600_000, day=20)
    begun(account)
    with closing(sqlite3.connect(tmp_path / "home" / "threadmill.db")) as file, file:
        file.execute("UPDATE edition SET facts_json = '{' WHERE id = 2")
    assert main([*CORRECT, "--yes"]) == 2
    assert "edition 2, a correction that was begun, cannot be read" in capsys.readouterr().err
    assert len(told(capsys)) == 2


def test_a_correction_that_was_begun_and_is_still_true_goes_on_with_its_own_words(account: Account) -> None:
    account.tells("vue", 52_600_000, day=20)
    begun(account)
    assert main(["correct", "packages", "2020-10", "2", "--because", "other words", "--yes"]) == 0
    assert account.corrections() == [(WORDS, account.thread()[1])]


def counted_before(account: Account) -> None:
    """Vue's figures of the nine months before: it grew by 100,000 a month, to 50.0 million in September."""
    read_at = dt.datetime(2020, 11, 3, tzinfo=dt.UTC)
    with wiring.store(wiring.house()) as store:
        for month in range(1, 10):
            value = 49_100_000 + 100_000 * month
            seen = observed(value, "vue", f"2020-{month:02}", "npm_downloads", origin="npm", retrieved_at=read_at)
            assert store.record("npm", [Reading("vue", seen)]) == 1


def test_a_new_figure_that_a_gate_keeps_back_is_told_once_a_person_accepts_it(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    counted_before(account)
    account.tells("vue", 50_123_456_000, day=20)
    assert main([*CORRECT, "--yes"]) == 3
    problem = capsys.readouterr().err
    assert "npm downloads of vue in October 2020: 50,123,456,000, " in problem
    assert 'threadmill approve packages 2020-10 --accept unit:npm_downloads --because "..."' in problem
    assert account.corrections() == []
    accept = ["approve", "packages", "2020-10", "--accept", "unit:npm_downloads", "--because", "npm says so", "--offline"]
    assert main(accept) == 0
    assert main([*CORRECT, "--yes"]) == 0
    assert account.corrections() == [(WORDS.replace("52.6M", "50.1B"), account.thread()[1])]


def test_that_a_figure_was_restated_by_much_keeps_no_correction_back(account: Account) -> None:
    growing(account)
    assert main(["post", "packages", "--period", "2020-11", "--yes"]) == 0  # it cites React's figure of October too
    account.tells("react", 120_000_000, day=20)
    assert main(["correct", "packages", "2020-10", "1", "--because", "npm added late rows", "--yes"]) == 0
    words = WORDS.replace("2/2", "1/2").replace("Vue 52.6M, not 50.1M", "React 120.0M, not 90.2M")
    assert account.corrections() == [(words, account.thread()[0])]


def test_of_a_post_only_some_subjects_may_be_corrected(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.tells("vue", 52_600_000, day=20)
    some = [*CORRECT, "--yes", "--subject"]
    assert main([*some, "vu"]) == 2
    assert 'packages has no subject "vu" (did you mean "vue"?)' in capsys.readouterr().err
    assert main([*some, "react"]) == 2
    assert main([*some, "react", "--subject", "vue"]) == 0
    assert account.corrections() == [(WORDS, account.thread()[1])]


def test_a_figure_its_source_has_withdrawn_is_taken_back_once(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.tells("vue", 50_123_456, day=20, status=Status.WITHDRAWN, note="a day is nought")
    assert main(["status"]) == 0
    assert "October 2020: 50.1M is told no more by npm: a day is nought" in capsys.readouterr().out
    assert main([*CORRECT, "--yes"]) == 0
    words = WORDS.replace("52.6M, not 50.1M", "50.1M was withdrawn by npm")
    assert account.corrections() == [(words, account.thread()[1])]
    assert told(capsys)[1]["restated"] == []


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (CORRECT, "no figure that post 2 cites was restated"),
        (["correct", "packages", "2020-10", "3", "--because", "so"], "has posts 1 to 2; there is no post 3"),
        (["correct", "packages", "2020-09", "1", "--because", "so"], "packages 2020-09 was not posted to account 1001"),
    ],
)
def test_what_cannot_be_corrected_is_refused_with_the_reason(
    account: Account, command: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--yes"]) == 2
    assert words in capsys.readouterr().err
    assert account.fake.creates == 2


def test_a_reason_with_a_figure_in_it_sends_nothing(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.tells("vue", 52_600_000, day=20)
    assert main([*CORRECT[:-1], "npm counts 5% more", "--yes"]) == 2
    assert '"5%" (figure), "more" (claim word), and nothing vouches for it' in capsys.readouterr().err
    assert account.fake.creates == 2


@pytest.mark.parametrize(
    ("because", "remark", "price"),
    [
        ("cc evil.com", '"evil.com" becomes a link: ', "1 x create a post with a link $0.200   $0.200"),
        ("bit.ly/abc", '"bit.ly/abc" becomes a link: ', "1 x create a post with a link $0.200   $0.200"),
        ("see npm.kids", '"npm.kids" looks like a domain; if x links it', "1 x create a post             $0.015   $0.015"),
    ],
)
def test_what_a_reason_with_a_link_costs_is_shown_before_it_is_sent(
    account: Account, because: str, remark: str, price: str, capsys: pytest.CaptureFixture[str]
) -> None:
    account.tells("vue", 52_600_000, day=20)
    assert main([*CORRECT[:-1], because]) == 3
    shown = capsys.readouterr().out
    assert (remark in shown, price in shown) == (True, True)


def test_a_correction_is_taken_down_by_itself_and_may_be_made_anew(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.tells("vue", 52_600_000, day=20)
    assert main([*CORRECT, "--yes"]) == 0
    assert main(["undo", "2", "--yes"]) == 0
    assert account.corrections() == []
    assert [change["position"] for change in told(capsys)[1]["restated"]] == [2]
    assert main([*CORRECT[:-1], "npm counted anew", "--yes"]) == 0
    ((words, parent),) = account.corrections()
    assert (words.rpartition("\n")[2], parent) == ("npm counted anew.", account.thread()[1])
    assert told(capsys)[0]["correction"]["number"] == 2


def test_a_thread_that_is_taken_down_names_the_correction_that_is_still_there(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.tells("vue", 52_600_000, day=20)
    assert main([*CORRECT, "--yes"]) == 0
    assert main(["undo", "1", "--yes"]) == 0
    assert "it is still there: threadmill undo 2" in capsys.readouterr().out
    assert [call.operation for call in account.fake.calls].count(DELETE) == 2
    assert main([*CORRECT, "--yes"]) == 2
    assert "what is not there needs no correction" in capsys.readouterr().err


def test_a_correction_that_is_half_taken_down_is_brought_to_its_end_first(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.tells("vue", 52_600_000, day=20)
    assert main([*CORRECT, "--yes"]) == 0
    account.fake.faults.on(DELETE, named("403-suspended"))
    assert main(["undo", "2", "--yes"]) == 4
    assert main([*CORRECT, "--yes"]) == 3
    assert "bring that to its end first: threadmill undo 2" in capsys.readouterr().err
    assert account.fake.creates == 3


def test_after_a_restore_a_person_looks_first(account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    account.tells("vue", 52_600_000, day=20)
    restored_at = account.fake.now().replace(microsecond=0) + dt.timedelta(hours=1)
    with closing(sqlite3.connect(tmp_path / "home" / "threadmill.db")) as file, file:
        moments = [moment.isoformat(timespec="microseconds") for moment in (restored_at, restored_at)]
        file.execute("INSERT INTO restored (restored_at, made_at) VALUES (?, ?)", moments)
    assert main([*CORRECT, "--yes"]) == 3
    assert "whether this post was corrected in between is not known; nothing was sent" in capsys.readouterr().err
    assert main([*CORRECT, "--yes", "--absent"]) == 0
    assert account.corrections() == [(WORDS, account.thread()[1])]


def test_a_correction_beyond_the_budget_is_not_begun(
    account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    account.tells("vue", 52_600_000, day=20)
    monkeypatch.setenv("THREADMILL_BUDGET_USD", "0.044")
    assert main([*CORRECT, "--yes"]) == 3
    assert "the budget is $0.044 a month" in capsys.readouterr().err
    assert len(told(capsys)) == 1
    monkeypatch.setenv("THREADMILL_BUDGET_USD", "0.045")
    assert main([*CORRECT, "--yes"]) == 0


def test_a_correction_that_waits_can_be_looked_at_and_approved_by_its_digest(
    account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    account.tells("vue", 52_600_000, day=20)
    account.fake.faults.on(CREATE, named("402-credits"), nth=3)
    assert main([*CORRECT, "--yes"]) == 4
    for _ in range(2):  # a folder that holds it already is replaced
        assert main(["approve", "2", "--out", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out/packages/2020-10-correction-2-1/posts/01.txt").read_text() == WORDS + "\n"
    (digest,) = {row["digest"] for row in told(capsys) if row["correction"]}
    assert main(["approve", "2", digest]) == 0
    assert 'threadmill correct packages 2020-10 2 --because "..." --yes posts it' in capsys.readouterr().out


def test_a_recipe_that_is_gone_is_remarked_and_hides_nothing(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    (account.folder / "report.toml").unlink()
    assert told(capsys)[0]["not_compared"].startswith('there is no report "packages"')
    assert main(["status"]) == 0
    assert "2/2 published" in capsys.readouterr().out


def test_figures_that_no_source_tells_any_more_prove_nothing(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = account.folder / "report.toml"
    recipe.write_text(recipe.read_text().replace('ids.npm = "vue"', 'ids.npm = "vue3"'))
    (row,) = told(capsys)
    assert [(one["fate"], one["position"], one["new"]) for one in row["restated"]] == [("gone", 2, None)]
    assert main(["status"]) == 0
    shown = capsys.readouterr().out
    assert "1 of its figures are told by no source any more" in shown
    assert "tell readers" not in shown
    assert main([*CORRECT, "--yes"]) == 2


def test_a_figure_of_another_package_restates_nothing(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = account.folder / "report.toml"
    recipe.write_text(recipe.read_text().replace('ids.npm = "vue"', 'ids.npm = "react"'))
    assert [(one["fate"], one["position"], one["new"]) for one in told(capsys)[0]["restated"]] == [("gone", 2, None)]
    assert main([*CORRECT, "--yes"]) == 2
    account.tells("react", 90_200_000, day=20, status=Status.WITHDRAWN, note="a day is nought")
    assert [(one["fate"], one["position"]) for one in told(capsys)[0]["restated"]] == [("withdrawn", 1), ("gone", 2)]
    assert account.corrections() == []


def test_a_correction_calls_its_subjects_what_the_thread_calls_them(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = account.folder / "report.toml"
    recipe.write_text(recipe.read_text().replace('name = "Vue"', 'name = "Vue.js"'))
    account.tells("vue", 52_600_000, day=20)
    assert main(["status"]) == 0
    assert "restated in post 2: npm downloads, Vue, October 2020: 50.1M -> 52.6M" in capsys.readouterr().out
    assert main([*CORRECT, "--yes"]) == 0
    assert account.corrections() == [(WORDS, account.thread()[1])]


def test_status_asks_nobody(account: Account, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    calls = len(account.fake.calls)
    monkeypatch.setenv("THREADMILL_URL_NPM", account.fake.url)
    told(capsys)
    assert len(account.fake.calls) == calls
