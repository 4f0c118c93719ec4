from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot import plugins
from bot.errors import BadRecipe
from bot.plugins import known_metrics, load, nearest, rooms
from tests.builders import a_metric

NEEDS = {"sources": ("Source", "METRICS", "ORIGINS"), "charts": ("NOUN", "draw", "describe"), "publishers": ("LIMITS",)}


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of somebody else's modules."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "their_pkg").mkdir()
    (tmp_path / "their_pkg" / "__init__.py").write_text("", encoding="utf-8")
    monkeypatch.delitem(__import__("sys").modules, "their_pkg", raising=False)
    return tmp_path / "their_pkg"


@pytest.fixture
def _forgetful() -> Iterator[None]:
    known_metrics.cache_clear()
    yield
    known_metrics.cache_clear()


def refusal(wing: str, name: str, *needs: str) -> str:
    with pytest.raises(BadRecipe) as error:
        load(wing, name, needs)
    return str(error.value)


@pytest.mark.parametrize(
    ("wing", "some"), [("sources", {"csv", "archive"}), ("charts", {"ranking", "trend"}), ("publishers", {"x", "disk"})]
)
def test_every_wing_has_rooms_and_shared_modules_are_none_of_them(wing: str, some: set[str]) -> None:
    found = rooms(wing)
    assert some <= set(found)
    assert found == sorted(found)
    assert not any(name.startswith("_") for name in found)
    assert not {"theme", "canvas", "fonts"} & set(found)


@pytest.mark.parametrize("name", [*rooms("sources")])
def test_every_source_has_what_its_port_asks_for(name: str) -> None:
    assert load("sources", name, NEEDS["sources"]).__name__ == f"bot.sources.{name}"


def test_an_absent_room_is_told_from_a_broken_and_an_unfit_one(elsewhere: Path) -> None:
    (elsewhere / "broken.py").write_text("1 / 0", encoding="utf-8")
    (elsewhere / "bare.py").write_text("METRICS = ()", encoding="utf-8")
    assert refusal("sources", "cvs").startswith('there is no source "cvs" (did you mean "csv"?); there are ')
    assert refusal("charts", "zzz").startswith('there is no chart "zzz"; there are ')
    assert refusal("sources", "their_pkg.absent") == (
        'there is no module "their_pkg.absent" for the source "their_pkg.absent"; install it or correct the name'
    )
    assert refusal("sources", "nobodys_pkg.source").startswith('there is no module "nobodys_pkg.source" for the source')
    assert refusal("sources", "their_pkg.broken") == (
        'the source "their_pkg.broken" is broken: importing their_pkg.broken fails with ZeroDivisionError: division by zero'
    )
    assert refusal("sources", "their_pkg.bare", "METRICS", "Source", "ORIGINS") == (
        'the source "their_pkg.bare" is unfit: their_pkg.bare has no Source, ORIGINS; see bot/ports/'
    )


def test_a_fit_module_of_somebody_else_is_a_room(elsewhere: Path) -> None:
    (elsewhere / "fit.py").write_text("METRICS = ()", encoding="utf-8")
    assert load("sources", "their_pkg.fit", ("METRICS",)).__name__ == "their_pkg.fit"


@pytest.mark.parametrize("missing", ["not_installed", "their", "t"])
def test_a_room_whose_library_is_missing_names_the_library(elsewhere: Path, missing: str) -> None:
    (elsewhere / "needy.py").write_text(f"import {missing}", encoding="utf-8")
    assert (
        refusal("sources", "their_pkg.needy")
        == f'the source "their_pkg.needy" needs the module "{missing}", which is not installed'
    )


def test_a_syntax_error_makes_a_room_broken(elsewhere: Path) -> None:
    (elsewhere / "odd.py").write_text("def", encoding="utf-8")
    assert refusal("sources", "their_pkg.odd").startswith(
        'the source "their_pkg.odd" is broken: importing their_pkg.odd fails with SyntaxError'
    )


@pytest.mark.parametrize("name", ["", "../csv", "_table", ".csv", "bot", "csv.py"])
def test_a_name_that_can_be_no_room_is_refused_in_words(name: str) -> None:
    assert refusal("sources", name)


@pytest.mark.usefixtures("_forgetful")
def test_every_metric_has_one_home() -> None:
    found = known_metrics()
    assert {"pypi_downloads_year", "kaggle_survey_use", "gh_stars"} <= set(found)
    assert all(metric.key == key for key, metric in found.items())
    assert all(metric.base in found for metric in found.values() if metric.base)


@pytest.mark.usefixtures("_forgetful")
def test_two_sources_that_define_one_metric_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "rooms", lambda wing: ["one", "two"])
    monkeypatch.setattr(
        plugins, "load", lambda wing, name, needs: SimpleNamespace(METRICS=(a_metric("stars"), a_metric(f"of {name}")))
    )
    with pytest.raises(BadRecipe, match='^two sources define the metric "stars"; a definition has one home$'):
        known_metrics()


def test_the_nearest_word_is_offered_or_none() -> None:
    assert [nearest("pytroch", ["pytorch", "keras"]), nearest("zzz", ["pytorch"]), nearest("a", [])] == [
        ' (did you mean "pytorch"?)',
        "",
        "",
    ]
