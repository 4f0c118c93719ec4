"""What holds of every live room: a reply that is not what it should be gives a named error or fewer figures, never another one."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.plugins import load, rooms
from tests.builders import FEW
from tests.sources.fuzzing import Example, figures, foreign, spoilt

LIVE = [name for name in rooms("sources") if {"SERVICE", "COMPUTED"} & set(vars(load("sources", name, ())))]


def examples(name: str) -> list[Example]:
    found: list[Example] = import_module(f"tests.sources.test_{name}").EXAMPLES
    return found


def room(name: str) -> ModuleType:
    return load("sources", name, ("Source", "METRICS"))


def test_there_are_live_rooms() -> None:
    assert LIVE


@pytest.mark.parametrize("name", LIVE)
def test_the_examples_hold_figures(name: str) -> None:
    assert examples(name)
    for example in examples(name):
        assert figures(room(name), example.reply, example)


@pytest.mark.parametrize("name", LIVE)
def test_a_foreign_or_broken_body_gives_no_other_figure(name: str) -> None:
    asked = room(name)
    for example in examples(name):
        right = figures(asked, example.reply, example)
        for reply in foreign(example):
            assert figures(asked, reply, example) <= right, reply.body[:80]


@pytest.mark.parametrize("name", LIVE)
def test_a_spoilt_value_or_row_gives_no_other_figure(name: str) -> None:
    asked = room(name)
    for example in examples(name):
        right = figures(asked, example.reply, example)
        for reply in spoilt(example):
            assert figures(asked, reply, example) <= right, reply.body[:300]


@pytest.mark.parametrize("name", LIVE)
@FEW
@given(body=st.binary(max_size=300))
def test_any_bytes_are_survived(name: str, body: bytes) -> None:
    asked = room(name)
    for example in examples(name):
        figures(asked, replace(example.reply, body=body), example)
