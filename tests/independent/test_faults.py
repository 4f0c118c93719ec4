"""Each fault spoils what it says it spoils, and the judge tells an edition that repeats it from one that does not."""

from __future__ import annotations

import copy
import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.independent import edition, faults, judging, raw
from tests.independent.faults import FAULTS, Spot
from tests.independent.raw import Row
from tests.independent.values import Cell, Window, period

OCTOBER, NOVEMBER = period("2020-10"), period("2020-11")
AFTER = dt.date(2020, 12, 1)


def row(subject: str, when: Window, value: float) -> Row:
    return Row("gh_stars", subject, when.start, when.end, value, when.end, "Github-Ranking")


ROWS = [row("keras", OCTOBER, 500), row("keras", NOVEMBER, 520), row("pytorch", OCTOBER, 400), row("pytorch", NOVEMBER, 350)]
PAST = [row(subject, period(f"2019-{month:02d}"), 300 + month) for subject in ("keras", "pytorch") for month in range(1, 13)]
NEWEST = Spot("gh_stars", ("keras",), NOVEMBER, NOVEMBER, "newest window of keras")


def figures(spoilt: list[Row]) -> list[tuple[str, dt.date, float]]:
    return [(one.subject, one.end, one.value) for one in spoilt]


def test_there_are_ten() -> None:
    assert len(FAULTS) == 10


def test_two_frameworks_change_places_in_one_window() -> None:
    spoilt = next(found for seed in range(9) if (found := faults.swap(ROWS, NEWEST, seed))[1].value == 350)
    assert [one.value for one in spoilt] == [500, 350, 400, 520]


@pytest.mark.parametrize(
    ("fault", "values"),
    [
        ("multiply by ten", {(500, 5200, 400, 350), (500, 52, 400, 350)}),
        ("repeat yesterday", {(500, 500, 400, 350)}),
        ("zero", {(500, 0, 400, 350)}),
        ("change unit", {(500, 1, 400, 350), (500, 5, 400, 350)}),
    ],
)
def test_values_are_spoilt_in_the_spot_only(fault: str, values: set[tuple[float, ...]]) -> None:
    found = {tuple(one.value for one in FAULTS[fault](ROWS, NEWEST, seed)) for seed in range(20)}
    assert found == values


def test_dropped_rows_are_gone() -> None:
    assert figures(faults.drop(ROWS, NEWEST, 0)) == [
        ("keras", NOVEMBER.start, 500), ("pytorch", NOVEMBER.start, 400), ("pytorch", AFTER, 350),
    ]  # fmt: skip


def test_a_shifted_window_ends_a_week_off() -> None:
    ends = {faults.shift(ROWS, NEWEST, seed)[1].end for seed in range(20)}
    assert ends == {dt.date(2020, 11, 24), dt.date(2020, 12, 8)}


def test_restated_history_stands_beside_what_was_said_before() -> None:
    spot = replace(NEWEST, first=period("2020-12"), last=period("2020-12"))
    assert {tuple(one.value for one in faults.restate(ROWS, spot, seed)[4:]) for seed in range(20)} == {(400, 416), (625, 650)}
    assert faults.restate(ROWS, spot, 0)[4].retrieved == dt.date(2021, 1, 1)


def test_a_renamed_subject_is_unknown_or_another() -> None:
    assert {faults.rename(ROWS, NEWEST, seed)[1].subject for seed in range(20)} == {"torch-new", "jax"}


def test_duplicates_are_word_for_word_or_twice_as_large_a_day_later() -> None:
    found = {
        (len(rows), rows[4].value, rows[4].retrieved) for seed in range(20) for rows in [faults.duplicate(ROWS, NEWEST, seed)]
    }
    assert found == {(5, 520, AFTER), (5, 1040, dt.date(2020, 12, 2))}


def test_what_is_wrong_is_told_with_each_fault() -> None:
    found = {one.name: one.wrong for one in faults.every([*PAST, *ROWS], "2020-11", 6)}
    assert found
    for name, wrong in found.items():
        assert bool(wrong) != name.startswith("drop") or "duplicate" in name
    zeros = {key for name, wrong in found.items() if name.startswith("zero") and "of all" in name for key in wrong}
    assert zeros == {("gh_stars", subject, NOVEMBER) for subject in ("keras", "pytorch")}


@pytest.fixture(scope="module")
def cells() -> list[Cell]:
    if not raw.SHARED.is_dir():
        pytest.skip("the raw data is not here (shared/ beside the checkout)")
    return raw.cells()


def spoilt_cells(cells: list[Cell]) -> list[Cell]:
    """A truth in which TensorFlow had a tenth of the forks that the thread of 2020 prints: the thread is what is spoilt."""
    return [
        replace(one, value=one.value / 10)
        if (one.metric, one.subject, one.window.last.year) == ("gh_forks", "tensorflow", 2020)
        else one
        for one in cells
    ]


def test_the_judge_finds_what_rests_on_a_wrong_cell_unless_a_caveat_names_it(preview_2020: Path, cells: list[Cell]) -> None:
    thread, facts = (json.loads((preview_2020 / name).read_text()) for name in ("thread.json", "facts.json"))
    truth = spoilt_cells(cells)
    wrong = frozenset([("gh_forks", "tensorflow", edition.Window(dt.date(2020, 12, 31), dt.date(2021, 1, 1)))])
    assert judging.judge(edition.edition(thread, facts), frozenset(), cells) == []
    found = judging.judge(edition.edition(thread, facts), wrong, truth)
    assert {one.where for one in found} == {"text", "title", "alt_text"}
    assert any(one.text == "84k" and "wrong cell" in one.why and one.cited for one in found)
    assert any(one.text == "84k" and one.why.startswith("says 83500 to 84500") and not one.cited for one in found)
    told = copy.deepcopy(thread)
    sentence = "A fork starts a contribution, a copy for safekeeping or a course exercise"
    told["gates"] = [{"verdict": "caveat", "metric": "gh_forks", "subjects": ["tensorflow"], "sentence": sentence}]
    left = judging.judge(edition.edition(told, facts), wrong, truth)
    assert {one.post for one in left} == {1}  # the scoreboard prints it too, and does not say so
