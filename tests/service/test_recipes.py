"""Recipes that are edited while the service runs."""

from __future__ import annotations

import datetime as dt
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.service.recipes import Recipes
from tests.service.test_waiting import heard, started
from tests.unattended.mill import Mill

NOW = dt.datetime(2026, 3, 2, 6, tzinfo=dt.UTC)
YEARLY = 'cron = "0 6 1 7 *"\nzone = "UTC"\ndelay = "2h"\ngrace = "1h"\nlatest = "300d"\npatience = "1h"\nretry = "1h"'


@pytest.fixture
def mill(tmp_path: Path) -> Iterator[Mill]:
    with Mill(tmp_path, NOW, "approve") as made:
        made.report("yearly", "year", YEARLY, "2025", 1)
        yield made


@pytest.fixture
def recipe(mill: Mill) -> Path:
    return mill.folder / "templates" / "yearly" / "report.toml"


def becomes(recipe: Path, before: str, after: str) -> None:
    text = recipe.read_text()
    assert before in text
    recipe.write_text(text.replace(before, after))


def modes(recipes: Recipes) -> dict[str, str]:
    return {key: str(report.schedule.mode) for key, report in recipes.reports.items() if report.schedule is not None}


def test_a_recipe_stays_as_it_was_read_until_it_is_read_anew(mill: Mill, recipe: Path) -> None:
    recipes = Recipes(mill.house())
    recipes.load()
    copy, text = recipes.copies["yearly"] / "report.toml", recipe.read_text()
    becomes(recipe, '"approve"', '"dry"')
    assert (modes(recipes), copy.read_text()) == ({"yearly": "approve"}, text)
    recipes.load()
    assert (modes(recipes), recipes.problems) == ({"yearly": "dry"}, {})
    assert (recipes.copies["yearly"] / "report.toml").read_text() == recipe.read_text()
    assert copy.read_text() == text  # a child that was started before may not have read it yet


def test_a_broken_recipe_goes_on_as_it_was_and_one_that_was_never_whole_does_not(mill: Mill, recipe: Path) -> None:
    recipes, text = Recipes(mill.house()), recipe.read_text()
    becomes(recipe, "[schedule]", "[[schedule")
    recipes.load()
    assert (modes(recipes), recipes.copies) == ({}, {})
    assert "it is not scheduled until it is mended. Mend it, and send SIGHUP" in recipes.told("yearly")
    recipe.write_text(text)
    recipes.load()
    copy = recipes.copies["yearly"]
    becomes(recipe, "[schedule]", "[[schedule")
    recipes.load()
    assert (modes(recipes), recipes.copies) == ({"yearly": "approve"}, {"yearly": copy})
    assert "it goes on as it was before. Mend it, and send SIGHUP" in recipes.told("yearly")


def test_sighup_reads_them_anew_and_a_broken_one_goes_on_as_it_was(mill: Mill, recipe: Path) -> None:
    process = started(mill.folder, f"sqlite:///{mill.folder}/threadmill.db", "yearly")
    try:
        assert heard(process, "scheduled")["mode"] == "approve"
        heard(process, "ready")
        becomes(recipe, '"approve"', '"dry"')
        process.send_signal(signal.SIGHUP)
        assert heard(process, "scheduled")["mode"] == "dry"
        becomes(recipe, "[schedule]", "[[schedule")
        process.send_signal(signal.SIGHUP)
        assert "it goes on as it was before" in str(heard(process, "broken recipe")["error"])
        assert heard(process, "scheduled")["mode"] == "dry"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.communicate()
