"""What every room of every wing must have: the contracts of bot/ports/. First of all, that there are rooms."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re

import pytest

from bot.analysis.frames import BUILDERS
from bot.domain.honesty import statements
from bot.domain.measure import Metric, Origin
from bot.domain.thread import Limits
from bot.plugins import known_metrics, load, rooms, source

SOURCES, CHARTS, PUBLISHERS = rooms("sources"), rooms("charts"), rooms("publishers")


def test_there_are_rooms_in_every_wing() -> None:
    assert {"archive", "csv", "kaggle_survey", "so_survey"} <= set(SOURCES)
    assert {"ranking", "scoreboard", "share", "survey", "trend"} <= set(CHARTS)
    assert {"disk", "x"} <= set(PUBLISHERS)
    assert len(known_metrics()) > 10


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_is_a_frozen_dataclass_that_fetches_and_parses(name: str) -> None:
    room = source(name)
    assert dataclasses.is_dataclass(room.Source)
    assert room.Source.__dataclass_params__.frozen
    assert list(inspect.signature(room.Source.fetch).parameters) == ["self", "client", "subjects", "period"]
    assert list(inspect.signature(room.Source.parse).parameters) == ["self", "reply", "subjects", "period"]
    assert all(isinstance(metric, Metric) for metric in room.METRICS)
    assert all(isinstance(origin, Origin) and origin.citation and origin.terms for origin in room.ORIGINS)
    assert len(room.__doc__ or "") > 100


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_that_says_all_never_looks_at_the_period(name: str) -> None:
    room = source(name)
    used = {node.id for node in ast.walk(ast.parse(inspect.getsource(room.Source))) if isinstance(node, ast.Name)}
    assert not (getattr(room, "SAYS_ALL", False) and ("period" in used or hasattr(room, "SERVICE")))


def test_the_archive_and_files_by_hand_say_all() -> None:
    assert {name for name in SOURCES if getattr(source(name), "SAYS_ALL", False)} >= {"archive", "csv", "manual"}


@pytest.mark.parametrize("metric", known_metrics().values(), ids=lambda metric: metric.key)
def test_what_a_metric_says_of_itself_can_be_printed(metric: Metric) -> None:
    for text in (metric.measures, metric.does_not_measure, metric.known_biases, metric.title, metric.heading):
        assert not [found for found in statements(text) if found.kind == "figure"]
        assert not re.search(r"\w\.\w", text)  # nothing X would turn into a link
    assert len(metric.heading) <= 18
    assert metric.base is None or metric.base in known_metrics()


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_kind_draws_describes_and_has_its_rows_built(name: str) -> None:
    room = load("charts", name, ("NOUN", "draw", "describe"))
    assert room.NOUN
    assert list(inspect.signature(room.draw).parameters) == ["data"]
    assert list(inspect.signature(room.describe).parameters) == ["data"]
    assert name in BUILDERS


def test_nothing_is_built_for_a_chart_there_is_not() -> None:
    assert sorted(BUILDERS) == CHARTS


@pytest.mark.parametrize("name", PUBLISHERS)
def test_a_publisher_publishes_or_says_what_its_network_allows(name: str) -> None:
    room = load("publishers", name, ())
    assert isinstance(getattr(room, "LIMITS", None), Limits) or callable(room.folder)
