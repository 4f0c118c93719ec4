"""The checker can fail: each way a thread may be wrong is put into the thread of 2020 by hand, and is found."""

from __future__ import annotations

import ast
import copy
import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.independent import breaks, checker, edition, raw
from tests.independent.values import Cell, Window

HERE = Path(__file__).parent


@dataclass
class Doctored:
    """The documents of the 2020 thread, to be changed, and the failures of what they have become."""

    thread: dict[str, Any]
    facts: list[dict[str, Any]]
    cells: list[Cell]

    def post(self, name: str) -> dict[str, Any]:
        return next(post for post in self.thread["posts"] if post["name"] == name)

    def say(self, name: str, old: str, new: str, where: str = "text") -> None:
        """Other words in a post, its title or its alt text; the facts that stood in the old ones stand in the new ones."""
        post = self.post(name)
        holder = post if where == "text" else post["images"][0]
        assert old in holder[where]
        holder[where] = holder[where].replace(old, new)
        for fact in self.facts:
            if fact["post"] == post["position"] and fact["where"] == where and fact["text"] == old:
                fact["text"] = new

    def failures(self) -> list[str]:
        found = checker.check_all([edition.edition(self.thread, self.facts)], self.cells).failures
        return [f"{one.text}: {one.why}" for one in found if "weighs" not in one.why]


@pytest.fixture(scope="module")
def cells() -> list[Cell]:
    if not raw.SHARED.is_dir():
        pytest.skip("the raw data is not here (shared/ beside the checkout)")
    return raw.cells()


@pytest.fixture
def doctored(preview_2020: Path, cells: list[Cell]) -> Doctored:
    thread, facts = (json.loads((preview_2020 / name).read_text()) for name in ("thread.json", "facts.json"))
    return Doctored(copy.deepcopy(thread), copy.deepcopy(facts), cells)


def test_nothing_of_bot_is_imported() -> None:
    imported = {name for path in HERE.glob("*.py") if not path.name.startswith("test_") for name in _imports(path)}
    assert "tests.independent.values" in imported
    assert not {name for name in imported if name.split(".")[0] == "bot" or name == "tests.composing"}


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_the_thread_of_2020_is_true(doctored: Doctored) -> None:
    report = checker.check_all([edition.edition(doctored.thread, doctored.facts)], doctored.cells)
    assert report.failures == []
    assert report.statements["tally"] == 6  # the overview and the conferences, each in text, title and alt text
    assert report.statements["multiplied"] == 1
    assert report.numbers > 100


def test_another_leader_is_found(doctored: Doctored) -> None:
    doctored.say("kaggle", "TensorFlow leads on Kaggle", "PyTorch leads on Kaggle", "title")
    (failure,) = doctored.failures()
    assert failure.startswith("PyTorch leads on Kaggle: the leader is tensorflow")


def test_another_factor_is_found(doctored: Doctored) -> None:
    doctored.say("forks", "seven times", "about eight times")
    assert doctored.failures() == [
        "TensorFlow had about eight times the forks of PyTorch: it says 7.6 to 8.4, and it is 6.98938"  # 83,621 / 11,964
    ]


def test_a_change_off_by_one_percent_is_found(doctored: Doctored) -> None:
    doctored.say("downloads_growth", "+26%", "+27%")
    assert doctored.failures() == ["Keras +27%: it says 26.5 to 27.5, and it is 25.6799"]  # 29,196,563 / 23,230,894


def test_growth_for_a_fall_is_found(doctored: Doctored) -> None:
    doctored.say("stars", "+29%", "\N{MINUS SIGN}29%")
    assert doctored.failures() == ["PyTorch \N{MINUS SIGN}29%: direction: it says fell, and it is grew"]


def test_noise_told_as_growth_is_found(doctored: Doctored) -> None:
    doctored.say("kaggle", "Keras level", "Keras +0.1 points")
    fact = next(one for one in doctored.facts if one["text"] == "level")
    fact["text"] = "+0.1 points"
    assert doctored.failures() == ["Keras +0.1 points: 47.88 after 47.84 is noise"]


def test_a_number_off_by_one_unit_of_its_last_digit_is_found(doctored: Doctored) -> None:
    doctored.say("downloads", "113.8M", "113.9M")
    assert doctored.failures() == ["113.9M: says 113850000 to 113950000, and pypi_downloads_year of tensorflow is 113788105"]


def test_a_number_beside_another_name_is_found(doctored: Doctored) -> None:
    post = doctored.post("downloads")
    post["text"] = post["text"].replace("Keras 29.2M\nPyTorch 18.5M", "PyTorch 29.2M\nKeras 18.5M")
    assert doctored.failures() == [
        "29.2M: is the figure of keras, and stands with pytorch",
        "18.5M: is the figure of pytorch, and stands with keras",
    ]


def test_a_number_without_a_source_is_found(doctored: Doctored) -> None:
    post = doctored.post("closing")
    post["text"] = post["text"].replace("counts people", "counts the 9,000 people")
    assert doctored.failures() == ["9,000: cites nothing"]


def test_a_window_that_nobody_counted_is_found(doctored: Doctored) -> None:
    for fact in doctored.facts:
        if fact["post"] == doctored.post("downloads")["position"] and fact["window"] and fact["subjects"] == ["jax"]:
            fact["window"] = {"start": "2020-01-01T00:00:00+00:00", "end": "2021-01-01T00:00:00+00:00"}
    assert "687k: nobody had published pypi_downloads_year of jax for 2020-01-01..2021-01-01 by 2026-11-22" in [
        failure.replace(doctored.thread["composed_at"][:10], "2026-11-22") for failure in doctored.failures()
    ]


def test_figures_of_another_period_are_found(doctored: Doctored) -> None:
    """The stars of 2019 as those of 2020: a real figure, rightly rounded, of another year."""
    position = doctored.post("stars")["position"]
    for fact in doctored.facts:
        if fact["post"] == position and fact["where"] == "text" and fact["subjects"] == ["keras"] and fact["value"] == 50420:
            fact["value"] = 46229
            fact["window"] = {"start": "2019-12-31T00:00:00+00:00", "end": "2020-01-01T00:00:00+00:00"}
            fact["text"] = "46k"
    post = doctored.post("stars")
    post["text"] = post["text"].replace("Keras 50k", "Keras 46k")
    assert any(one.startswith("46k: is of Window(start=datetime.date(2019, 12, 31)") for one in doctored.failures())


def test_what_was_not_known_by_then_is_found(doctored: Doctored) -> None:
    """The list that ends with 2020 came out on 1 January 2021."""
    doctored.thread["composed_at"] = "2020-12-31T23:00:00+00:00"
    assert any(
        "nobody had published pypi_downloads_year of tensorflow for 2020-01-02..2021-01-01" in one for one in doctored.failures()
    )


def test_a_sentence_that_cannot_be_parsed_is_a_failure(doctored: Doctored) -> None:
    post = doctored.post("closing")
    post["text"] = post["text"].replace("Corrections are welcome.", "PyTorch is way ahead of everybody.")
    assert doctored.failures() == ["PyTorch is way ahead of everybody.: cannot be parsed, and seems to state something"]


def test_a_tally_of_other_counts_is_found(doctored: Doctored) -> None:
    doctored.say("opening", "five", "four")
    assert doctored.failures() == ["TensorFlow leads in four of six measures and PyTorch in one: lead: it says 4, and it is 5"]


def test_a_statement_across_a_break_is_found_unless_a_caveat_names_it(
    doctored: Doctored, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = breaks.Change("made up", ("gh_forks", "gh_stars"), (), edition.day("2020-06-01"))
    monkeypatch.setattr(breaks, "CHANGES", (changed,))
    found = doctored.failures()
    assert "TensorFlow +9%: stands on a known break: made up" in found
    assert not [failure for failure in found if "forks" in failure]  # a lead at one time crosses nothing
    sentence = "A star is a bookmark: it does not tell who still uses what."
    doctored.thread["gates"] = [{"gate": "g", "verdict": "caveat", "metric": "gh_stars", "subjects": [], "sentence": sentence}]
    assert doctored.failures() == []
    doctored.thread["gates"][0]["sentence"] = "Stars were counted another way."  # stands nowhere in the thread
    assert "TensorFlow +9%: stands on a known break: made up" in doctored.failures()


def test_a_lead_on_spoilt_figures_is_found(doctored: Doctored, monkeypatch: pytest.MonkeyPatch) -> None:
    spoilt = breaks.Spoilt("made up", ("gh_forks",), ("tensorflow",), edition.period("2020-12"))
    monkeypatch.setattr(breaks, "SPOILT", (spoilt,))
    found = doctored.failures()
    assert "TensorFlow had seven times the forks of PyTorch: stands on a known break: made up" in found
    assert "84k: stands on a known break, and the post does not say so: made up" in found
    assert not [failure for failure in found if failure.startswith("19k")]  # Keras' are as they were


def test_lengths_numbering_and_repetition_are_found(doctored: Doctored) -> None:
    posts = doctored.thread["posts"]
    posts[0]["text"] = posts[0]["text"].replace("Measure by measure", "M" * 200)
    posts[3]["position"] = 5
    posts[10]["text"] = posts[9]["text"].replace("10/11", "11/11")
    found = checker.check_all([edition.edition(doctored.thread, doctored.facts)], doctored.cells).failures
    why = [one.why for one in found if one.where == "text"]
    assert "weighs 364 of 280, and says 182" in why
    assert "is post 4 of 11" in why
    assert "stands 2 times" in why


def test_a_figure_that_a_gate_set_aside_gives_its_place_to_the_next_nearest(doctored: Doctored) -> None:
    """JAX was read on 1 January 2021, a day after the year's end; the reading before is of 23 December."""
    doctored.thread["gates"] = [
        {"gate": "g", "verdict": "skip", "metric": "gh_forks", "subjects": ["jax"], "windows": ["2021-01-01"], "sentence": ""}
    ]
    assert any(one.startswith("897: is of Window(start=datetime.date(2021, 1, 1)") for one in doctored.failures())
    doctored.thread["gates"][0]["windows"] = ["2020-12-01..2021-01-01", "2020", "2020-12"]
    assert doctored.failures() == []


def test_the_bundled_figures_are_the_raw_ones(cells: list[Cell]) -> None:
    """Two readings of the same files, by rooms that do not know each other."""
    known = {(cell.metric, cell.subject, cell.window): cell.value for cell in cells}
    files = sorted((HERE.parent.parent / "bot" / "archive").glob("*.csv"))
    bundled = [row for path in files for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())]
    assert len(bundled) > 500
    for row in bundled:
        window = Window(edition.day(row["period_start"]), edition.day(row["period_end"]))
        assert float(row["value"]) == pytest.approx(known[row["metric"], row["subject"], window], rel=1e-12), row


def test_a_line_that_goes_on_across_a_break_without_a_word_of_it_is_found(
    doctored: Doctored, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = breaks.Change("made up", ("pypi_downloads_30d",), (), edition.day("2020-06-01"))
    monkeypatch.setattr(breaks, "CHANGES", (changed,))
    assert doctored.failures() == []  # "Gaps: no reading, or a new way of counting"
    doctored.say("downloads_growth", "Gaps: no reading, or a new way of counting. ", "", "alt_text")
    assert doctored.failures() == []  # "PyTorch 6,833, then 62 thousand"
    doctored.say("downloads_growth", "PyTorch 6,833, then 62 thousand", "PyTorch from 6,833 to 62 thousand", "alt_text")
    assert doctored.failures() == [
        "PyTorch from 6,833 to 62 thousand: goes on across a known break, and the post does not say so: made up"
    ]
