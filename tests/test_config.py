"""The environment: what is set is read, what is misspelt is named, and no secret shows itself."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.config import Secret, Settings, environment, settings
from bot.errors import BadInput

TOKEN = "tok-3f9a77"


def test_without_variables_there_are_defaults_and_no_secrets() -> None:
    assert settings({}) == Settings(
        Path("~/.local/share/threadmill").expanduser(), None, "https://api.x.com", "", None, {}, {}, {}
    )
    assert settings({"X_API_BASE_URL": "", "THREADMILL_HOME": "", "DATABASE_URL": "", "X_CONSUMER_KEY": ""}) == settings({})


def test_variables_are_read() -> None:
    found = settings(
        {
            "THREADMILL_HOME": "~/mill",
            "DATABASE_URL": "postgresql://u:pw@db/mill",
            "X_API_BASE_URL": "http://127.0.0.1:9000/x/",
            "X_ACCESS_TOKEN": TOKEN,
            "HOME": "/root",
        }
    )
    assert (found.home, found.x_api_base_url, dict(found.unknown)) == (Path("~/mill").expanduser(), "http://127.0.0.1:9000/x", {})
    assert found.database_url is not None
    assert found.database_url.reveal() == "postgresql://u:pw@db/mill"
    assert {name: secret.reveal() for name, secret in found.secrets.items()} == {"X_ACCESS_TOKEN": TOKEN}


@pytest.mark.parametrize(
    "url",
    ["api.x.com", "ftp://api.x.com", "https://", "https://a b", "https://x?y=1", "https://x#y", "javascript:alert(1)", "//x"],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(
        BadInput,
        match=r"^X_API_BASE_URL is no plain http\(s\) address without a user in it; unset it to use https://api\.x\.com$",
    ):
        settings({"X_API_BASE_URL": url})


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("THREADMILL_HOEM", {"THREADMILL_HOEM": "THREADMILL_HOME"}),
        ("X_COMSUMER_KEY", {"X_COMSUMER_KEY": "X_CONSUMER_KEY"}),
        ("X_ACCES_TOKEN_SECRET", {"X_ACCES_TOKEN_SECRET": "X_ACCESS_TOKEN_SECRET"}),
        ("THREADMILL_ZZZ", {"THREADMILL_ZZZ": ""}),
        ("THREADMILL_CONTACTS", {"THREADMILL_CONTACTS": "THREADMILL_CONTACT"}),
        ("GITHUB_TOKN", {"GITHUB_TOKN": "GITHUB_TOKEN"}),
        ("PATH", {}),
        ("X_ACCESS_TOKEN", {}),
    ],
)
def test_a_variable_that_looks_like_ours_but_is_not_is_named(name: str, meant: Mapping[str, str]) -> None:
    assert settings({name: "x"}).unknown == meant


def test_the_process_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("X_CONSUMER_KEY=file\nX_CONSUMER_SECRET='of file'\n# note\nNOTHING\n", encoding="utf-8")
    monkeypatch.setenv("X_CONSUMER_KEY", "process")
    found = environment(tmp_path)
    assert (found["X_CONSUMER_KEY"], found["X_CONSUMER_SECRET"]) == ("process", "of file")
    assert "NOTHING" not in found


def test_without_a_file_the_process_is_all_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X_CONSUMER_KEY", "process")
    assert environment(tmp_path)["X_CONSUMER_KEY"] == "process"


def test_reading_the_file_leaves_the_process_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("X_CONSUMER_SECRET", raising=False)
    (tmp_path / ".env").write_text("X_CONSUMER_SECRET=file\n", encoding="utf-8")
    environment(tmp_path)
    assert "X_CONSUMER_SECRET" not in environment(tmp_path / "elsewhere")


def test_a_file_of_variables_that_is_not_utf_8_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"X_CONSUMER_KEY=caf\xe9\n")
    with pytest.raises(BadInput, match=r"\.env"):
        environment(tmp_path)


SECRET = Secret(TOKEN)


@pytest.mark.parametrize(
    "shown",
    [
        lambda: repr(SECRET),
        lambda: str(SECRET),
        lambda: f"{SECRET}",
        lambda: f"{SECRET!r} {SECRET!s} {SECRET:>40}",
        lambda: "{} {:.3}".format(SECRET, SECRET),  # noqa: UP032 - each way of showing is tried
        lambda: "%s %r" % (SECRET, SECRET),  # noqa: UP031 - each way of showing is tried
        lambda: json.dumps({"token": SECRET}, default=str),
        lambda: json.dumps([SECRET], default=repr),
        lambda: repr(vars(settings({"X_ACCESS_TOKEN": TOKEN, "DATABASE_URL": TOKEN}))),
        lambda: repr(settings({"X_ACCESS_TOKEN": TOKEN, "DATABASE_URL": TOKEN})),
        lambda: json.dumps(vars(settings({"X_ACCESS_TOKEN": TOKEN, "DATABASE_URL": TOKEN})), default=str),
        lambda: repr({"a": [SECRET]}),
        lambda: "".join(map(str, [SECRET])),
        lambda: logging.LogRecord("a", 1, "f", 1, "token %s", (SECRET,), None).getMessage(),
        lambda: repr(ValueError(SECRET)) + str(ValueError(SECRET)),
    ],
)  # fmt: skip
def test_a_secret_does_not_show(shown: object) -> None:
    assert TOKEN not in shown()  # type: ignore[operator]


def test_a_secret_is_revealed_where_it_is_asked_for() -> None:
    assert SECRET.reveal() == TOKEN
    assert type(SECRET.reveal()) is str


def test_a_source_may_be_asked_elsewhere() -> None:
    told = {
        "THREADMILL_URL_HN_HIRING": "http://127.0.0.1:9000/",
        "THREADMILL_URL_NPM": "https://npm.example.org/x",
        "THREADMILL_URL_X": "",
    }
    assert dict(settings(told).source_urls) == {"hn_hiring": "http://127.0.0.1:9000", "npm": "https://npm.example.org/x"}
    assert dict(settings(told).unknown) == {}


@pytest.mark.parametrize(
    "url",
    [
        "http://npm.example.org",
        "http://127.0.0.1.example.org",
        "http://127.0.0.1:9000@example.org",
        "https://user:hunter2@example.org",
        "ftp://example.org",
        "example.org",
        "https://example.org/?key=hunter2",
    ],
)
def test_a_source_is_asked_over_tls_but_on_this_machine(url: str) -> None:
    with pytest.raises(BadInput, match="^THREADMILL_URL_NPM is no plain https address") as told:
        settings({"THREADMILL_URL_NPM": url})
    assert "hunter2" not in str(told.value)


@pytest.mark.parametrize("contact", ["a\nHost: evil", "ü", "x" * 201, "(nested)"])
def test_a_contact_that_would_break_a_header_is_refused(contact: str) -> None:
    with pytest.raises(BadInput, match="THREADMILL_CONTACT"):
        settings({"THREADMILL_CONTACT": contact})


@pytest.mark.parametrize(
    ("text", "usd"), [("", None), ("0", 0.0), ("5", 5.0), ("2.50", 2.5), (" 0.035 ", 0.035), ("999999.999", 999999.999)]
)
def test_a_budget_is_an_amount_of_dollars_or_none(text: str, usd: float | None) -> None:
    assert settings({"THREADMILL_BUDGET_USD": text}).budget_usd == usd


@pytest.mark.parametrize("text", ["-1", "five", "5,00", "1e3", "nan", "inf", "$5", "0.0001", "1234567", "٥", "5 USD", "5.", ".5"])
def test_a_budget_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="THREADMILL_BUDGET_USD is no amount of US dollars such as 5 or 2.50"):
        settings({"THREADMILL_BUDGET_USD": text})
