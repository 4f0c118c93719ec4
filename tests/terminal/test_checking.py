"""What check says is set: every variable, and no secret."""

from __future__ import annotations

import pytest

from bot.config import VARIABLES, settings
from bot.terminal.checking import show_check
from bot.verbs.checking import Checked


def shown(capsys: pytest.CaptureFixture[str], **variables: str) -> dict[str, str]:
    show_check(Checked(settings(variables), None, {}, {}))
    lines = capsys.readouterr().out.splitlines()[: len(VARIABLES)]
    return {name: value.strip() for name, _, value in (line.partition(" ") for line in lines)}


def test_every_variable_is_shown_as_it_is_understood(capsys: pytest.CaptureFixture[str]) -> None:
    found = shown(
        capsys,
        THREADMILL_HOME="/srv/mill",
        THREADMILL_BUDGET_USD="5",
        THREADMILL_REPORTS="a,b",
        THREADMILL_MODES="a=auto",
        THREADMILL_NOTIFY_URL="https://hooks.example.org/hunter2",
        THREADMILL_NOTIFY_EMAIL="ops@example.org,boss@example.org",
        THREADMILL_SMTP_URL="smtp://u:hunter2@mail.example.org",
        THREADMILL_LISTEN="[::1]:80",
        THREADMILL_LOG="json:debug",
        DATABASE_URL="postgresql://u:hunter2@db/mill",
        GITHUB_TOKEN="hunter2",
        THREADMILL_ENGINE_SPARK="sc://spark:15002/;token=hunter2",
        THREADMILL_ENGINE_CLICKHOUSE="https://u:hunter2@house:8443/mill",
        THREADMILL_ENGINE_MEMORY="4GB",
    )
    assert list(found) == list(VARIABLES)
    assert {name: value for name, value in found.items() if value != "not set"} == {
        "THREADMILL_HOME": "/srv/mill",
        "DATABASE_URL": "****",
        "THREADMILL_BUDGET_USD": "5.000",
        "THREADMILL_REPORTS": "a, b",
        "THREADMILL_MODES": "a=auto",
        "THREADMILL_NOTIFY_URL": "****",
        "THREADMILL_NOTIFY_EMAIL": "ops@example.org, boss@example.org",
        "THREADMILL_SMTP_URL": "****",
        "THREADMILL_LISTEN": "[::1]:80",
        "THREADMILL_LOG": "json:debug",
        "THREADMILL_ENGINE_SPARK": "sc://spark:15002/****",
        "THREADMILL_ENGINE_CLICKHOUSE": "https://****@house:8443/mill",
        "THREADMILL_ENGINE_MEMORY": "4GB",
        "THREADMILL_ENGINE_BILLED": "100GB",
        "X_API_BASE_URL": "https://api.x.com",
        "GITHUB_TOKEN": "****",
    }


@pytest.mark.parametrize(("text", "says"), [("", "127.0.0.1:8713"), ("off", "off"), ("0.0.0.0:0", "0.0.0.0:0")])
def test_where_health_is_answered_is_shown_also_if_it_goes_without_saying(
    capsys: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    assert shown(capsys, THREADMILL_LISTEN=text)["THREADMILL_LISTEN"] == says
