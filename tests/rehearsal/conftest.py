"""A fake X as strict as it can be here, and a client in front of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.rehearsal import FakeX
from tests.rehearsal.clients import OPENAPI, App, Bot, Clock


@pytest.fixture
def fake() -> Iterator[FakeX]:
    """As strict as it can be here."""
    with FakeX(OPENAPI if OPENAPI.is_file() else None, clock=Clock()) as running:
        yield running


@pytest.fixture
def bot(fake: FakeX) -> Iterator[Bot]:
    made = Bot(fake.url)
    yield made
    made.session.close()


@pytest.fixture
def app(fake: FakeX) -> App:
    return App(fake.url)
