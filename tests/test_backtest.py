"""The same report told for years that are over, through the front door: each year from what was known then, and nothing later."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from bot.terminal import lines
from bot.verbs import editions
from tests.processes import Command

RECIPE = """
title = "Letters"
network = "x"
granularity = "year"
[sources.csv]
required = true
files = ["figures.csv"]
[subjects.a]
name = "Alpha"
fill = "#2e87df"
ink = "#1b6bb8"
[subjects.b]
name = "Beta"
fill = "#6d279a"
ink = "#6d279a"
[metrics.uses]
title = "Uses"
noun = "uses"
unit = "count"
aggregation = "event"
measures = "Uses."
does_not_measure = "Anything else."
known_biases = "None known."
[claims.lead]
kind = "lead"
metric = "uses"
subjects = ["a", "b"]
[claims.b_growth]
kind = "growth"
metric = "uses"
subject = "b"
[[posts]]
name = "opening"
[posts.chart]
kind = "ranking"
metric = "uses"
subjects = ["a", "b"]
title = "{{ claims.lead.leads }}"
subtitle = "Uses in {{ period }}"
[[posts]]
name = "change"
"""
# 2020 of Alpha is late, 2019 of Beta was restated between the editions of 2019 and 2020, and of 2017 nobody said anything.
FIGURES = """metric,subject,period_start,period_end,value,status,origin,url,retrieved_at,note
uses,a,2018-01-01,2019-01-01,100000,measured,Somebody,https://example.org/,2019-01-02,
uses,b,2018-01-01,2019-01-01,50000,measured,Somebody,https://example.org/,2019-01-02,
uses,a,2019-01-01,2020-01-01,200000,measured,Somebody,https://example.org/,2020-01-02,
uses,b,2019-01-01,2020-01-01,100000,measured,Somebody,https://example.org/,2020-01-02,
uses,b,2019-01-01,2020-01-01,110000,revised,Somebody,https://example.org/,2020-06-01,
uses,a,2020-01-01,2021-01-01,300000,measured,Somebody,https://example.org/,2021-03-01,
uses,b,2020-01-01,2021-01-01,150000,measured,Somebody,https://example.org/,2021-01-02,
"""
ALL = ("--from", "2017", "--to", "2020")
NOTE = "\n\nNote: Counted before, and not there now: Alpha. An earlier count of Beta was restated by its source.\n\n1/1\n"
"""What the gates have to say of 2020, as its instant saw it."""
Row = dict[str, str]


@pytest.fixture
def letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unpainted: None) -> Path:
    """A working folder with a small report, and pictures that cost nothing."""
    folder = tmp_path / "templates" / "letters"
    folder.mkdir(parents=True)
    (folder / "report.toml").write_text(RECIPE)
    (folder / "figures.csv").write_text(FIGURES)
    (folder / "opening.txt").write_text("{{ claims.lead }}: {{ figures.uses.a | full }} and {{ figures.uses.b | full }}.")
    (folder / "change.txt").write_text("{{ claims.b_growth }}.")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def backtest(*options: str, out: str = "out") -> int:
    return main(["backtest", "letters", *(options or ALL), "--out", out, "--now", "2026-11-22"])


def table(out: str = "out") -> list[Row]:
    with Path(out, "letters", "backtest", "table.csv").open(newline="") as opened:
        return list(csv.DictReader(opened))


def summary(out: str = "out") -> Any:
    return json.loads(Path(out, "letters", "backtest", "summary.json").read_text())


def said(out: str = "out") -> dict[str, list[str]]:
    """The posts of each year."""
    return {
        year.name: [post.read_text() for post in sorted(year.glob("posts/*.txt"))]
        for year in sorted(Path(out, "letters", "backtest").glob("20*"))
    }


def bytes_of(out: str) -> dict[str, str]:
    """Digests of all that is the same in every run; how long it took, the summary and the page say."""
    place = Path(out, "letters", "backtest")
    files = [path for path in sorted(place.rglob("*")) if path.is_file()]
    told = {str(path.relative_to(place)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    return {name: digest for name, digest in told.items() if name not in ("summary.json", "index.html")}


def edit(folder: Path, old: str, new: str) -> None:
    file = folder / "templates" / "letters" / "figures.csv"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def test_each_year_is_told_from_what_was_known_a_week_after_it(letters: Path) -> None:
    assert backtest() == 0
    assert said() == {
        "2017": [],
        "2018": ["Alpha leads, with twice the uses of Beta: 100,000 and 50,000.\n\n1/1\n"],
        "2019": [
            "Alpha leads, with twice the uses of Beta: 200,000 and 100,000.\n\n1/2\n",
            "Beta grew to twice the year before.\n\n2/2\n",
        ],
        "2020": ["Beta grew by 36% on the year before." + NOTE],
    }
    thread = json.loads(Path("out/letters/backtest/2020/thread.json").read_text())
    assert thread["composed_at"] == "2021-01-08T00:00:00+00:00"


def test_it_is_weighed_at_its_instant_against_what_the_edition_before_cited_at_its_own(
    letters: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weigh = editions.pipeline.weigh

    def weighing(report: Any, period: Any, gathered: Any, now: Any, past: Any) -> Any:
        assert now == past.known_by == period.end + dt.timedelta(days=7)
        cited = sorted((seen.subject, seen.period.key, seen.value) for seen in past.cited)
        (letters / f"cited-{period.key}.json").write_text(json.dumps(cited))
        return weigh(report, period, gathered, now, past)

    monkeypatch.setattr(editions.pipeline, "weigh", weighing)
    assert backtest() == 0
    assert json.loads((letters / "cited-2018.json").read_text()) == []
    assert json.loads((letters / "cited-2020.json").read_text()) == [
        ["a", "2018", 100_000.0],
        ["a", "2019", 200_000.0],
        ["b", "2018", 50_000.0],
        ["b", "2019", 100_000.0],
    ]


def test_the_table_has_a_row_for_each_claim_and_post_of_each_year(letters: Path) -> None:
    assert backtest() == 0
    rows = [(row["period"], row["as_of"][:10], row["kind"], row["name"], row["outcome"], row["value"]) for row in table()]
    absent, told = ("absent", ""), ("printed", "")
    assert rows == [
        ("2017", "2018-01-08", "held", "", "held", ""),
        ("2017", "2018-01-08", "claim", "lead", *absent),
        ("2017", "2018-01-08", "claim", "b_growth", *absent),
        ("2018", "2019-01-08", "claim", "lead", "leads", "2"),
        ("2018", "2019-01-08", "claim", "b_growth", *absent),
        ("2018", "2019-01-08", "post", "opening", *told),
        ("2018", "2019-01-08", "post", "change", "left out", ""),
        ("2019", "2020-01-08", "claim", "lead", "leads", "2"),
        ("2019", "2020-01-08", "claim", "b_growth", "grew", "2"),
        ("2019", "2020-01-08", "post", "opening", *told),
        ("2019", "2020-01-08", "post", "change", *told),
        ("2020", "2021-01-08", "claim", "lead", *absent),
        ("2020", "2021-01-08", "claim", "b_growth", "grew", "1.3636363636363635"),  # 150,000 / 110,000
        ("2020", "2021-01-08", "gate", "coverage", "caveat", ""),
        ("2020", "2021-01-08", "gate", "restated", "caveat", ""),
        ("2020", "2021-01-08", "post", "change", *told),
        ("2020", "2021-01-08", "post", "opening", "left out", ""),
    ]


def test_the_page_and_the_summary_say_the_sums(letters: Path) -> None:
    assert backtest() == 0
    told = summary()
    assert (told["periods"], told["posts"], told["claims"]) == (
        {"told": 3, "held": 1, "skipped": 0, "failed": 0},
        {"printed": 4, "left out": 2},
        {"absent": 4, "leads": 2, "grew": 2},
    )
    assert told["widest"] == {"period": "2020", "post": "change", "width": 143}
    page = Path("out/letters/backtest/index.html").read_text()
    assert "held: letters has nothing to say about 2017: no post of it has a figure." in page
    assert 'href="2019/index.html"' in page
    assert 'src="contact-sheet-01.png"' in page


def test_one_job_and_two_write_the_same_bytes(letters: Path) -> None:
    assert (backtest(*ALL, "--jobs", "1"), backtest(*ALL, "--jobs", "2", out="again")) == (0, 0)
    assert bytes_of("out") == bytes_of("again")
    assert "2019/images/01-1.png" in bytes_of("out")


def test_what_was_composed_before_is_kept(letters: Path) -> None:
    assert backtest("--from", "2018", "--to", "2019") == 0
    assert backtest() == 0
    assert (summary()["composed"], summary()["kept"]) == (2, 2)
    assert backtest() == 0
    assert (summary()["composed"], summary()["kept"]) == (0, 4)


def test_a_changed_text_or_file_is_composed_again_and_gives_what_a_new_run_would(letters: Path) -> None:
    assert backtest() == 0
    edit(letters, "110000,revised", "115000,revised")
    assert backtest() == 0
    assert said()["2020"] == ["Beta grew by 30% on the year before." + NOTE]
    (letters / "templates" / "letters" / "change.txt").write_text("Changed: {{ claims.b_growth }}.")
    assert backtest() == 0
    assert said()["2020"] == ["Changed: Beta grew by 30% on the year before." + NOTE]
    assert backtest(out="again") == 0
    assert bytes_of("out") == bytes_of("again")


def test_figures_of_one_more_file_are_told_too(letters: Path) -> None:
    more = letters / "more.csv"
    header, *_ = FIGURES.splitlines()
    more.write_text(
        f"{header}\nuses,a,2020-01-01,2021-01-01,450000,measured,Somebody,https://example.org/,2021-01-03,\nusers,a,2020-01-01,2021-01-01,1,measured,Me,https://example.org/,2021-01-03,\n"
    )
    assert backtest(*ALL, "--data", str(more)) == 0
    assert said()["2020"][0] == "Alpha leads, with three times the uses of Beta: 450,000 and 150,000.\n\n1/2\n"


def test_a_period_whose_process_dies_is_a_row_and_the_others_go_on(letters: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_2018(monkeypatch, lambda: os.kill(os.getpid(), signal.SIGKILL))
    assert backtest(*ALL, "--jobs", "1") == 1
    failed = [row for row in table() if row["kind"] == "failed"]
    assert [(row["period"], row["sentence"]) for row in failed] == [
        ("2018", "its process was ended by SIGKILL; the system may have run out of memory, try fewer --jobs")
    ]
    assert (summary()["periods"], summary()["composed"]) == ({"told": 2, "held": 1, "skipped": 0, "failed": 1}, 3)


def test_a_period_that_fails_is_tried_again_and_nothing_older_stands_for_it(
    letters: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert backtest() == 0
    edit(letters, "110000,revised", "115000,revised")
    with monkeypatch.context() as broken:
        in_2018(broken, lambda: 1 / 0)
        assert backtest() == 1
    assert not Path("out/letters/backtest/2018").exists()
    failed = [row["sentence"] for row in table() if row["kind"] == "failed"]
    assert failed == ["ZeroDivisionError: division by zero. This is a defect: report it"]
    assert backtest() == 0
    assert (summary()["composed"], said()["2018"]) == (
        1,
        ["Alpha leads, with twice the uses of Beta: 100,000 and 50,000.\n\n1/1\n"],
    )


def test_a_post_that_is_too_long_fails_its_period(letters: Path) -> None:
    (letters / "templates" / "letters" / "change.txt").write_text("{{ claims.b_growth }}." + " And so on and on." * 15)
    assert backtest() == 1
    failed = {row["period"]: row["sentence"] for row in table() if row["kind"] == "failed"}
    assert list(failed) == ["2019"]  # in 2020 it has a note, and is left out where there is no room for both
    assert "post change (2/2) is 310 long, 30 over the 280 of x" in failed["2019"]


def test_an_interrupted_run_leaves_whole_editions_and_the_next_goes_on(
    letters: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(lines, "Steps", Interrupted)
        assert backtest(*ALL, "--jobs", "1") == 130
    assert "the same command goes on from there" in capsys.readouterr().err
    place = Path("out/letters/backtest")
    assert [path.name for path in place.iterdir() if path.name.startswith(".")] == []
    done = [year.name for year in place.iterdir() if (year / "backtest.json").is_file()]
    assert 1 <= len(done) < 4
    assert backtest() == 0
    assert summary()["kept"] == len(done)
    assert backtest(out="again") == 0
    assert bytes_of("out") == bytes_of("again")


class Interrupted(lines.Steps):
    """Somebody presses Ctrl-C when the first edition is done."""

    def __call__(self, name: str, done: int, total: int) -> None:
        if name == "composing editions" and done == 1:
            raise KeyboardInterrupt


def in_2018(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    tell = editions.pipeline.tell

    def telling(story: Any, *rest: Any) -> Any:
        if story.period.key == "2018":
            happens()
        return tell(story, *rest)

    monkeypatch.setattr(editions.pipeline, "tell", telling)


def test_sigterm_ends_it_with_whole_editions_only(letters: Path) -> None:
    place = letters / "out" / "letters" / "backtest"
    command = ("backtest", "letters", "--from", "1990", "--now", "2026-11-22")
    with Command(*command, folder=letters, environment={"THREADMILL_HOME": str(letters / "home")}) as process:
        until = time.monotonic() + 30
        while not list(place.glob("[12]*")) and time.monotonic() < until:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        process.communicate()
    assert process.returncode == 143
    assert [path.name for path in place.glob(".*")] == []
    assert not (place / "table.csv").exists()
    assert all((year / "backtest.json").is_file() for year in place.iterdir())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--from", "2020", "--to", "2018"), "--from 2020 is not before the end of --to 2018; the two may have been swapped"),
        (("--from", "2020", "--to", "2030"), "--to 2030 is not over at 2026-11-22T00:00:00+00:00"),
        (("--from", "2020-02", "--to", "2020-11"), "2020-02 to 2020-11 holds no whole year, and letters is told by the year"),
        (
            (
                "--from",
                "2020-13",
            ),
            '--from "2020-13" names no period',
        ),
        (
            (
                "--from",
                "2027",
            ),
            "--from 2027 is not before the end of --to now",
        ),
        ((*ALL, "--jobs", "0"), "--jobs 0 would do nothing"),
    ],
)
def test_a_range_that_means_nothing_is_refused_with_the_reason(
    letters: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], words: str
) -> None:
    assert backtest(*options) == 2
    assert words in capsys.readouterr().err
    assert not Path("out").exists()


def test_a_range_in_months_means_the_years_wholly_within(letters: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert backtest("--from", "2018-02", "--to", "2021-03") == 0
    assert "periods   2019 to 2020, the years wholly within 2018-02 to 2021-03: 2 told" in capsys.readouterr().out
    assert list(said()) == ["2019", "2020"]


def test_a_year_whose_window_is_not_open_yet_is_skipped(letters: Path) -> None:
    assert main(["backtest", "letters", "--from", "2019", "--now", "2021-01-05"]) == 0
    rows = [(row["period"], row["kind"], row["sentence"]) for row in table() if row["kind"] not in ("claim", "post")]
    assert rows == [("2020", "skipped", "its window has not opened yet")]


def test_two_at_once_do_not_write_to_one_folder(letters: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from bot.verbs.backtesting import _held

    with _held(Path("out/letters/backtest")) as (_, work):
        assert backtest() == 2
        assert work.is_dir()
    assert "another backtest is writing to out/letters/backtest" in capsys.readouterr().err


def test_a_folder_that_is_no_edition_is_left_alone(letters: Path) -> None:
    mine = letters / "out" / "letters" / "backtest" / "2019" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    assert backtest() == 1
    assert mine.read_text() == "mine"
    assert [row["period"] for row in table() if row["kind"] == "failed"] == ["2019"]


@pytest.mark.parametrize("name", ["index.html", "table.csv", "summary.json", "contact-sheet-99.png", ".work.mine"])
def test_a_folder_with_files_of_others_is_refused_before_anything_is_lost(
    letters: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place = letters / "out" / "letters" / "backtest"
    place.mkdir(parents=True)
    (place / name).write_text("mine")
    assert backtest() == 2
    assert f"out/letters/backtest holds {name} and was not made by a backtest; it would be lost" in capsys.readouterr().err
    assert {path.name: path.read_text() for path in place.iterdir()} == {name: "mine"}


def test_what_a_killed_backtest_left_is_cleared_by_the_next(tmp_path: Path) -> None:
    from bot.verbs.backtesting import _held

    (tmp_path / ".threadmill-backtest").touch()
    (tmp_path / ".work.left").mkdir()
    (tmp_path / ".work.file").touch()
    with _held(tmp_path) as (_, work):
        assert {path.name for path in tmp_path.iterdir()} == {".threadmill-backtest", work.name}
    assert list(tmp_path.iterdir()) == []
