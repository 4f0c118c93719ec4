"""The environment: what is set is read, what is misspelt is named, and no secret shows itself."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.config import Secret, Settings, Watched, environment, settings
from bot.domain.schedule import Mode
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


# Who watches ----------------------------------------------------------------------------------------------------------------------

HOOK = "https://hooks.example.org/services/T0/B1/k3y?thread=1"
MAILS = {"THREADMILL_NOTIFY_EMAIL": "ops@example.org", "THREADMILL_SMTP_URL": "smtp://mill:s%40lt@mail.example.org:587"}


def test_without_a_word_it_is_watched_on_this_machine_only_and_nobody_is_told() -> None:
    assert settings({}).watched == Watched(emails=(), listen=("127.0.0.1", 8713), log_style="", log_steps=False)
    empty = dict.fromkeys(("THREADMILL_NOTIFY_URL", "THREADMILL_NOTIFY_EMAIL", "THREADMILL_SMTP_URL", "THREADMILL_PING_URL"), " ")
    assert settings({**empty, "THREADMILL_LISTEN": "", "THREADMILL_LOG": ""}) == settings({})


def test_who_watches_is_read() -> None:
    told = settings(
        {
            "THREADMILL_NOTIFY_URL": f" {HOOK}\n",
            "THREADMILL_NOTIFY_EMAIL": "ops@example.org, o'neil+x@a-b.example.org,",
            "THREADMILL_SMTP_URL": "smtps://mill:s%40lt@mail.example.org:465?from=mill@example.org",
            "THREADMILL_PING_URL": "https://hc-ping.com/6f2c",
            "THREADMILL_LISTEN": "[::1]:0",
            "THREADMILL_LOG": "json:debug",
        }
    )
    assert told.watched == Watched(("ops@example.org", "o'neil+x@a-b.example.org"), ("::1", 0), "json", log_steps=True)
    assert {name: secret.reveal() for name, secret in told.secrets.items()} == {
        "THREADMILL_NOTIFY_URL": HOOK,
        "THREADMILL_PING_URL": "https://hc-ping.com/6f2c",
        "THREADMILL_SMTP_URL": "smtps://mill:s%40lt@mail.example.org:465?from=mill@example.org",
    }


def test_an_address_of_an_engine_is_hidden_if_it_may_hold_a_key() -> None:
    told = settings(
        {
            "THREADMILL_ENGINE_SPARK": "sc://host:15002/;token=abc",
            "THREADMILL_ENGINE_CLICKHOUSE": "https://u:pw@host:8443/db",
            "THREADMILL_ENGINE_BIGQUERY": "a-project",
        }
    )
    assert {secret.reveal() for secret in told.hidden} == {"sc://host:15002/;token=abc", "https://u:pw@host:8443/db"}
    assert {name: secret.reveal() for name, secret in told.engines.addresses.items()} == {
        "spark": "sc://host:15002/;token=abc", "clickhouse": "https://u:pw@host:8443/db", "bigquery": "a-project",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "size"), [("32MB", 32_000_000), ("1.5 GB", 1_500_000_000), ("2TB", 2_000_000_000_000), ("", 2_000_000_000)]
)
def test_the_memory_of_an_engine_is_a_size(text: str, size: int) -> None:
    assert settings({"THREADMILL_ENGINE_MEMORY": text}).engines.memory_bytes == size


@pytest.mark.parametrize("text", ["31.999MB", "2", "2GiB", "-2GB", "GB", "٢GB", "1e3MB"])
def test_what_is_no_size_is_refused_with_what_it_is(text: str) -> None:
    with pytest.raises(BadInput, match=f'THREADMILL_ENGINE_MEMORY "{text}" is no size such as 500MB or 2GB, 32MB at least'):
        settings({"THREADMILL_ENGINE_MEMORY": text})


def test_everything_that_must_not_be_shown_is_hidden() -> None:
    told = settings({"DATABASE_URL": "postgresql://u:pw@db/mill", "GITHUB_TOKEN": TOKEN, "THREADMILL_NOTIFY_URL": HOOK, **MAILS})
    assert {secret.reveal() for secret in told.hidden} == {
        "postgresql://u:pw@db/mill", TOKEN, HOOK, "smtp://mill:s%40lt@mail.example.org:587",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["THREADMILL_NOTIFY_URL", "THREADMILL_PING_URL"])
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9000/hunter2", "http://[::1]/hunter2", "http://localhost:1", "https://a.example:443"]
)
def test_an_address_of_a_watcher_is_taken_over_tls_or_on_this_machine(name: str, url: str) -> None:
    assert settings({name: url}).secrets[name].reveal() == url


@pytest.mark.parametrize("name", ["THREADMILL_NOTIFY_URL", "THREADMILL_PING_URL"])
@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.org/hunter2",
        "http://127.0.0.1.example.org/hunter2",
        "https://user:hunter2@example.org/",
        "https://example.org/hunter2 x",
        "https://example.org/hunter2#x",
        "https://example.org:99999/hunter2",
        "https://example.org:0/hunter2",
        "https://[::1/hunter2",
        "https://exämple.org/hunter2",
        "ftp://example.org/hunter2",
        "hunter2",
    ],
)
def test_another_address_of_a_watcher_is_refused_and_not_repeated(name: str, url: str) -> None:
    with pytest.raises(BadInput, match=f"^{name} is no plain https address") as told:
        settings({name: url})
    assert "hunter2" not in str(told.value)


@pytest.mark.parametrize("url", ["smtp://mail.example.org", "smtps://[::1]:465/", "smtp://a:b@127.0.0.1:25?from=a@example.org"])
def test_a_mail_server_is_taken(url: str) -> None:
    assert settings({**MAILS, "THREADMILL_SMTP_URL": url}).secrets["THREADMILL_SMTP_URL"].reveal() == url


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org:587",
        "http://mail.example.org",
        "smtp://mill:hunter2@@mail.example.org",
        "smtp://mill:hunt/er2@mail.example.org",
        "smtp://mill@mail.example.org",
        "smtp://mail.example.org:66000",
        "smtp://mill:hunter2@mail.example.org/inbox",
        "smtp://mill:hunter2@mail.example.org?from=nobody",
        "smtp://mill:hunter2@mail.example.org?to=a@example.org",
        "smtp://mill:hünter2@mail.example.org",
    ],
)
def test_what_is_no_mail_server_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(BadInput, match="^THREADMILL_SMTP_URL is no address of a mail server") as told:
        settings({**MAILS, "THREADMILL_SMTP_URL": url})
    assert "hunt" not in str(told.value)


@pytest.mark.parametrize("name", MAILS)
def test_mail_needs_both_whom_and_through_which_server(name: str) -> None:
    with pytest.raises(BadInput, match="belong together"):
        settings({name: MAILS[name]})


@pytest.mark.parametrize(
    "text", ["ops", "ops@", "@example.org", "Ops <ops@example.org>", "a b@example.org", "a@b\nBcc: c@d", "ö@example.org"]
)
def test_what_is_no_mail_address_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="which is no mail address"):
        settings({**MAILS, "THREADMILL_NOTIFY_EMAIL": f"ops@example.org,{text}"})


@pytest.mark.parametrize(
    ("text", "listen"),
    [
        ("0.0.0.0:80", ("0.0.0.0", 80)),
        ("localhost:65535", ("localhost", 65535)),
        ("[::]:8713", ("::", 8713)),
        (" 127.0.0.1:0 ", ("127.0.0.1", 0)),
        ("off", None),
        ("OFF", None),
    ],
)
def test_where_to_listen_is_a_host_and_a_port_or_off(text: str, listen: tuple[str, int] | None) -> None:
    assert settings({"THREADMILL_LISTEN": text}).watched.listen == listen


@pytest.mark.parametrize(
    "text", ["8713", ":8713", "127.0.0.1", "127.0.0.1:65536", "::1:8713", "a b:1", "http://127.0.0.1:1", "h:٥"]
)
def test_what_is_no_place_to_listen_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="^THREADMILL_LISTEN is .*, which is no host and port"):
        settings({"THREADMILL_LISTEN": text})


@pytest.mark.parametrize(
    ("text", "style", "steps"),
    [("json", "json", False), ("console", "console", False), ("console:debug", "console", True), (":debug", "", True)],
)
def test_how_logs_are_written_is_read(text: str, style: str, steps: bool) -> None:
    assert (settings({"THREADMILL_LOG": text}).watched.log_style, settings({"THREADMILL_LOG": text}).watched.log_steps) == (
        style,
        steps,
    )


@pytest.mark.parametrize("text", ["xml", "JSON", "json:info", "json debug", "json:debug:"])
def test_another_way_to_write_logs_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="^THREADMILL_LOG is json or console"):
        settings({"THREADMILL_LOG": text})


def test_the_reports_and_modes_of_an_unattended_bot_are_read() -> None:
    told = {
        "THREADMILL_REPORTS": " dl-frameworks, python-web-frameworks,",
        "THREADMILL_MODES": "dl-frameworks=auto, python-web-frameworks/x = dry,dl-frameworks/x=approve",
    }
    assert settings(told).reports == ("dl-frameworks", "python-web-frameworks")
    assert settings(told).modes == {
        "dl-frameworks": Mode.AUTO, "python-web-frameworks/x": Mode.DRY, "dl-frameworks/x": Mode.APPROVE,
    }  # fmt: skip
    assert (settings({"THREADMILL_REPORTS": " ", "THREADMILL_MODES": ","}).reports, settings({}).modes) == ((), {})


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("REPORTS", "a,b,a", 'THREADMILL_REPORTS names "a" twice; each report is scheduled once'),
        ("MODES", "a", 'THREADMILL_MODES says "a"; write report=mode or report/network=mode with commas between, such as '
                       "dl-frameworks=auto,python-web-frameworks/x=dry"),
        ("MODES", "=auto", 'THREADMILL_MODES says "=auto"; write'),
        ("MODES", "a=", 'THREADMILL_MODES says "a="; write'),
        ("MODES", "a/=auto", 'THREADMILL_MODES says "a/=auto"; write'),
        ("MODES", "a/b/c=auto", 'THREADMILL_MODES says "a/b/c=auto"; write'),
        ("MODES", "a=auto b=dry", 'THREADMILL_MODES says "a=auto b=dry"; write'),
        ("MODES", "a=aprove", 'THREADMILL_MODES gives a the unknown mode "aprove" (did you mean "approve"?); there are auto, approve, dry'),
        ("MODES", "a=AUTO", 'THREADMILL_MODES gives a the unknown mode "AUTO"; there are auto, approve, dry'),
        ("MODES", "a=auto,b=dry,a=auto", "THREADMILL_MODES gives a two modes; keep the one you mean"),
    ],
)  # fmt: skip
def test_reports_and_modes_that_cannot_be_meant_are_refused(name: str, text: str, says: str) -> None:
    with pytest.raises(BadInput) as error:
        settings({f"THREADMILL_{name}": text})
    assert str(error.value).startswith(says)


@pytest.mark.parametrize(("text", "days"), [("", 800), ("60", 60), (" 400 ", 400), ("36500", 36_500)])
def test_replies_are_kept_as_long_as_it_says(text: str, days: int) -> None:
    assert settings({"THREADMILL_KEEP_DAYS": text}).keep_days == days


@pytest.mark.parametrize("text", ["59", "0", "-60", "36501", "two years", "1e3", "60.5", "\u0666\u0660"])
def test_a_time_to_keep_replies_that_is_none_or_too_short_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="^THREADMILL_KEEP_DAYS is no number of days from 60 to 36500; unset it to keep them 800$"):
        settings({"THREADMILL_KEEP_DAYS": text})
