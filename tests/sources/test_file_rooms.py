"""What all file-loading rooms have in common."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys

import pytest

from bot.domain.measure import Metric, Origin
from bot.sources import archive, conference_papers, csv, github_history, kaggle_survey, so_survey, top_pypi

ROOMS = (archive, conference_papers, csv, github_history, kaggle_survey, so_survey, top_pypi)
DEFINED = [metric for room in ROOMS for metric in room.METRICS]
ORIGINS = [origin for room in ROOMS for origin in room.ORIGINS]


@pytest.mark.parametrize("metric", DEFINED, ids=lambda metric: metric.key)
def test_what_readers_are_shown_has_no_digits_and_no_bare_domains(metric: Metric) -> None:
    shown = (metric.title, metric.short, metric.noun, metric.measures, metric.does_not_measure, metric.known_biases)

    for sentence in (*shown, *(one.reason for one in metric.breaks)):
        assert not re.search(r"\d|\w\.\w", sentence), sentence
    assert 0 < len(metric.short) <= 18


def test_no_metric_is_defined_twice_and_every_base_exists() -> None:
    keys = [metric.key for metric in DEFINED]

    assert sorted(keys) == sorted(set(keys))
    assert {metric.base for metric in DEFINED if metric.base} <= set(keys)
    assert len({metric.short for metric in DEFINED}) == len(DEFINED)


@pytest.mark.parametrize("origin", ORIGINS, ids=lambda origin: origin.name)
def test_every_origin_can_be_named_with_its_terms(origin: Origin) -> None:
    assert all((origin.name, origin.terms, origin.citation))
    assert origin.homepage.startswith("https://")


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.__name__)
def test_a_room_is_a_frozen_source_with_a_documented_module(room: object) -> None:
    source = room.Source  # type: ignore[attr-defined]

    assert dataclasses.is_dataclass(source)
    assert source.__dataclass_params__.frozen
    assert room.__doc__


def test_importing_the_rooms_loads_no_heavy_library() -> None:
    code = (
        "import sys; import bot.archive.build, bot.sources.csv, bot.sources.archive; "
        "print(sorted({'pandas', 'numpy', 'matplotlib', 'requests'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
