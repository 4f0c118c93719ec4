"""The environment, read once: where things are kept, and the secrets, which do not show themselves."""

from __future__ import annotations

import difflib
import hmac
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from bot.domain.schedule import Mode
from bot.domain.words import nearest
from bot.errors import BadInput

VARIABLES: Final[Mapping[str, str]] = {
    "THREADMILL_HOME": "where state and downloaded files are kept",
    "DATABASE_URL": "the store; SQLite under THREADMILL_HOME without it",
    "THREADMILL_BUDGET_USD": "what a calendar month (UTC) may be billed at the most, over all accounts of the store",
    "THREADMILL_KEEP_DAYS": "for how many days replies are kept that no thread cites; 800 without it",
    "THREADMILL_REPORTS": "the reports that threadmill run sees to; all that have a schedule without it",
    "THREADMILL_MODES": "what is done with a report's threads, in place of its recipe's word: report=mode or report/network=mode",
    "THREADMILL_NOTIFY_URL": "a webhook that is told what a person should know; Slack's and Discord's show it",
    "THREADMILL_NOTIFY_EMAIL": "mail addresses that are told the same, with commas between them",
    "THREADMILL_SMTP_URL": "the mail server it goes through: smtp://user:password@host:port, or smtps://",
    "THREADMILL_PING_URL": "a dead man's switch that is asked after every look; it raises the alarm when nobody asks",
    "THREADMILL_LISTEN": "where /healthz and /metrics are answered, or off",
    "THREADMILL_LOG": "how logs are written: json or console, with :debug for every step",
    "THREADMILL_ENGINE_DUCKDB": "a database file whose tables are read; none without it",
    "THREADMILL_ENGINE_SPARK": "a Spark master (spark://host:7077, local[4]) or Spark Connect (sc://host:15002)",
    "THREADMILL_ENGINE_CLICKHOUSE": "a ClickHouse server: https://user:password@host:8443/database; chDB in process without it",
    "THREADMILL_ENGINE_BIGQUERY": "the Google Cloud project that is billed for BigQuery",
    "THREADMILL_ENGINE_MEMORY": "what an engine in this process may use, such as 2GB",
    "THREADMILL_ENGINE_BILLED": "what one query may read where bytes are billed, such as 100GB",
    "X_API_BASE_URL": "the X API",
    "THREADMILL_CONTACT": "an address or page that tells the services we ask who runs this bot",
    "GITHUB_TOKEN": "GitHub token without any permission; with it one request asks for all repositories",
    "OPENALEX_API_KEY": "OpenAlex key (free); without one only a few questions a day are answered",
    "STACKEXCHANGE_KEY": "Stack Exchange key (free); 300 questions a day without one",
    "HF_TOKEN": "Hugging Face token (free); fewer questions are answered without one",
    "X_CONSUMER_KEY": "X app key",
    "X_CONSUMER_SECRET": "X app secret",
    "X_ACCESS_TOKEN": "X account token",
    "X_ACCESS_TOKEN_SECRET": "X account token secret",
    "X_CLIENT_ID": "X app's OAuth 2.0 client id, for threadmill login x",
    "X_CLIENT_SECRET": "X app's OAuth 2.0 client secret, if it has one",
}
"""Every variable that is read. `.env.example` names the same ones; a test compares the two."""

_SECRETS: Final = (
    "GITHUB_TOKEN", "OPENALEX_API_KEY", "STACKEXCHANGE_KEY", "HF_TOKEN",
    "X_CONSUMER_KEY", "X_CONSUMER_SECRET", "X_ACCESS_TOKEN", "X_ACCESS_TOKEN_SECRET", "X_CLIENT_SECRET",
)  # fmt: skip
_URL_OF: Final = "THREADMILL_URL_"
"""What the variables that replace a source's address begin with; the source's name follows in capitals."""

KEEP_DAYS: Final = 800
"""Comparisons reach back two years, and are told some weeks after a period has ended."""
_LEAST_DAYS, _MOST_DAYS = 60, 36_500

_ENGINE: Final = "THREADMILL_ENGINE_"
_MAY_HOLD_A_KEY: Final = re.compile(r"[@;?]")
"""In an address: user:password@, Spark Connect's /;token=, a query. To hide others would hide "local" wherever it stands."""

_LONGEST_PATH: Final = 1000


_HOST: Final = r"(?:[\w.-]+|\[[0-9a-fA-F:.]+\])"
_LOOPBACK: Final = r"(?:127\.0\.0\.1|localhost|\[::1\])"
_PORT: Final = r"(?::\d{1,5})?"
_LISTEN: Final = ("127.0.0.1", 8713)


class Secret:
    """A text that does not show itself. No `str`: json and `+` would take a string's characters without asking it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Secret('****')"

    def __str__(self) -> str:
        return "****"

    def __format__(self, spec: str) -> str:
        return format("****", spec)

    def reveal(self) -> str:
        """The secret itself, for the one call that needs it."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)


@dataclass(frozen=True)
class Watched:
    """
    How an unattended bot is watched; the addresses of webhook, ping and mail server are among the secrets.

    `emails` are told by mail. `listen` is host and port of /healthz and /metrics, None for nowhere; port 0 is any that is free.
    `log_style` is "json", "console", or empty for what suits where it is read.
    """

    emails: tuple[str, ...] = ()
    listen: tuple[str, int] | None = _LISTEN
    log_style: str = ""
    log_steps: bool = False


@dataclass(frozen=True)
class Engines:
    """
    Where engines are reached, by their names, and what they may use. An address may hold a password.

    `memory_bytes` is for one in this process, `billed_bytes` for one query where bytes are billed.
    """

    addresses: Mapping[str, Secret] = field(default_factory=dict)
    memory_bytes: int = 2 * 10**9
    billed_bytes: int = 100 * 10**9


@dataclass(frozen=True)
class Settings:
    """
    What the environment says. `unknown` are variables that look like ours but are not, with the one probably meant.

    `reports` are those that are scheduled, all that can be without any; `modes` go by a report's name, or "report/network".
    """

    home: Path
    database_url: Secret | None
    x_api_base_url: str
    contact: str
    budget_usd: float | None
    source_urls: Mapping[str, str]
    secrets: Mapping[str, Secret] = field(repr=False)
    unknown: Mapping[str, str] = field(default_factory=dict)
    x_client_id: str = ""
    keep_days: int = KEEP_DAYS
    reports: tuple[str, ...] = ()
    modes: Mapping[str, Mode] = field(default_factory=dict)
    watched: Watched = field(default_factory=Watched)
    engines: Engines = field(default_factory=Engines)

    @property
    def hidden(self) -> tuple[Secret, ...]:
        """Everything that must not be shown, by anybody, anywhere."""
        engines = [address for address in self.engines.addresses.values() if _MAY_HOLD_A_KEY.search(address.reveal())]
        return (*self.secrets.values(), *([self.database_url] if self.database_url else []), *engines)


def settings(environment: Mapping[str, str]) -> Settings:
    """
    Settings from environment variables.

    Raises:
        BadInput: a variable has a value that cannot be meant.
    """
    base = environment.get("X_API_BASE_URL", "").rstrip("/") or "https://api.x.com"
    if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#@]*)?", base):  # not repeated: it may hold a password
        raise BadInput("X_API_BASE_URL is no plain http(s) address without a user in it; unset it to use https://api.x.com")
    return Settings(
        home=_home(environment.get("THREADMILL_HOME") or "~/.local/share/threadmill"),
        database_url=Secret(environment["DATABASE_URL"]) if environment.get("DATABASE_URL") else None,
        x_api_base_url=base,
        contact=_contact(environment.get("THREADMILL_CONTACT", "").strip()),
        budget_usd=_budget(environment.get("THREADMILL_BUDGET_USD", "").strip()),
        source_urls=dict(_source_urls(environment)),
        secrets={name: _secret(name, environment[name]) for name in _SECRETS if environment.get(name, "").strip()}
        | dict(_addresses(environment)),
        unknown=dict(_unknown_variables(environment)),
        x_client_id=_secret("X_CLIENT_ID", client_id).reveal()
        if (client_id := environment.get("X_CLIENT_ID", "").strip())
        else "",
        reports=tuple(_reports(environment.get("THREADMILL_REPORTS", ""))),
        modes=dict(_modes(environment.get("THREADMILL_MODES", ""))),
        watched=_watched(environment),
        keep_days=_keep_days(environment.get("THREADMILL_KEEP_DAYS", "").strip()),
        engines=_engines(environment),
    )


def _secret(name: str, text: str) -> Secret:
    """A key as a header can carry it; a line end that came with a paste is taken off."""
    key = text.strip()
    if not re.fullmatch(r"[!-~]+", key):
        raise BadInput(f"{name} holds a blank or a character no key has; copy it again, alone")
    return Secret(key)


def _home(path: str) -> Path:
    try:
        home = Path(path).expanduser()
    except RuntimeError as error:
        raise BadInput(f"THREADMILL_HOME cannot be found: {error}; set it to a folder that can be written") from None
    if len(path) > _LONGEST_PATH or "\0" in path:
        raise BadInput("THREADMILL_HOME is no path a folder can have; set it to a folder that can be written")
    return home


def _budget(text: str) -> float | None:
    if not re.fullmatch(r"(\d{1,6}(\.\d{1,3})?)?", text, re.ASCII):
        raise BadInput("THREADMILL_BUDGET_USD is no amount of US dollars such as 5 or 2.50; unset it for no limit")
    return float(text) if text else None


def _keep_days(text: str) -> int:
    if not text:
        return KEEP_DAYS
    if not re.fullmatch(r"\d{1,5}", text, re.ASCII) or not _LEAST_DAYS <= int(text) <= _MOST_DAYS:
        raise BadInput(
            f"THREADMILL_KEEP_DAYS is no number of days from {_LEAST_DAYS} to {_MOST_DAYS}; unset it to keep them {KEEP_DAYS}"
        )
    return int(text)


def _engines(environment: Mapping[str, str]) -> Engines:
    found = {}
    for name in ("duckdb", "spark", "clickhouse", "bigquery"):
        if text := environment.get(f"{_ENGINE}{name.upper()}", "").strip():
            if not re.fullmatch(r"[ -~]{1,1000}", text):  # not repeated: it may hold a password
                raise BadInput(f"{_ENGINE}{name.upper()} holds a character no address has; write it anew, or unset it")
            found[name] = Secret(text)
    usual = Engines()
    return Engines(
        found,
        _size(environment, f"{_ENGINE}MEMORY", usual.memory_bytes, least=32 * 10**6),
        _size(environment, f"{_ENGINE}BILLED", usual.billed_bytes, least=0),
    )


def _size(environment: Mapping[str, str], name: str, usual: int, least: int) -> int:
    """A number of bytes with its unit: 500MB, 2GB, 1.5TB."""
    text = environment.get(name, "").strip()
    if not text:
        return usual
    match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?) ?([MGT])B", text, re.ASCII)
    size = round(float(match[1]) * {"M": 10**6, "G": 10**9, "T": 10**12}[match[2]]) if match else -1
    if size < least:
        raise BadInput(
            f'{name} "{text}" is no size such as 500MB or 2GB'
            f"{f', {least // 10**6}MB at least' if least else ''}; write it so, or unset it for the default"
        )
    return size


def _contact(text: str) -> str:
    if not re.fullmatch(r"[ -~]{0,200}", text) or any(one in text for one in "()\\"):
        raise BadInput("THREADMILL_CONTACT holds what a User-Agent cannot; give a mail address or the address of a page")
    return text


def _reports(text: str) -> Iterable[str]:
    names = [name for part in text.split(",") if (name := part.strip())]
    for name in names:
        if names.count(name) > 1:
            raise BadInput(f'THREADMILL_REPORTS names "{name}" twice; each report is scheduled once')
    return names


def _modes(text: str) -> Iterable[tuple[str, Mode]]:
    seen: list[str] = []
    for part in (part.strip() for part in text.split(",")):
        if not part:
            continue
        match = re.fullmatch(r"([^\s/=]+(?:/[^\s/=]+)?) *= *(\w+)", part)
        if match is None:
            raise BadInput(
                f'THREADMILL_MODES says "{part}"; write report=mode or report/network=mode with commas between, such as '
                "dl-frameworks=auto,python-web-frameworks/x=dry"
            )
        key, mode = match.groups()
        if mode not in list(Mode):
            there = ", ".join(Mode)
            raise BadInput(f'THREADMILL_MODES gives {key} the unknown mode "{mode}"{nearest(mode, Mode)}; there are {there}')
        if key in seen:
            raise BadInput(f"THREADMILL_MODES gives {key} two modes; keep the one you mean")
        seen.append(key)
        yield key, Mode(mode)


def _source_urls(environment: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """The sources that are asked elsewhere, by name. Over TLS, but for servers on this machine."""
    for name, url in environment.items():
        if not name.startswith(_URL_OF) or not url:
            continue
        local = re.fullmatch(r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?(/[^\s?#@]*)?", url)
        if not local and not re.fullmatch(r"https://[^\s/?#@]+(/[^\s?#@]*)?", url):  # not repeated: it may hold a password
            raise BadInput(
                f"{name} is no plain https address without a user in it (http is for this machine only); unset it to ask "
                "the service itself"
            )
        yield name.removeprefix(_URL_OF).lower(), url.rstrip("/")


def environment(folder: Path) -> Mapping[str, str]:
    """The process's environment over the values of a `.env` file in the folder, if there is one."""
    dotenv = folder / ".env"
    if not dotenv.is_file():
        return dict(os.environ)
    from dotenv import dotenv_values

    try:
        values = dotenv_values(dotenv, interpolate=False)  # a secret must not be read into another variable
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{dotenv} cannot be read: {error}; save it as UTF-8") from error
    return {**{name: value for name, value in values.items() if value is not None}, **os.environ}


def _unknown_variables(environment: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    for name in environment:
        if name in VARIABLES or name.startswith(_URL_OF):
            continue
        near = difflib.get_close_matches(name, VARIABLES, n=1, cutoff=0.85)
        if name.startswith("THREADMILL_") or near:
            yield name, near[0] if near else ""


def _addresses(environment: Mapping[str, str]) -> Iterable[tuple[str, Secret]]:
    """Addresses that are secrets: whoever knows one can write there."""
    for name in ("THREADMILL_NOTIFY_URL", "THREADMILL_PING_URL"):
        if url := environment.get(name, "").strip():
            yield name, _web_address(name, url)
    if url := environment.get("THREADMILL_SMTP_URL", "").strip():
        yield "THREADMILL_SMTP_URL", _mail_server(url)


def _web_address(name: str, url: str) -> Secret:
    place = rf"(?:https://{_HOST}|http://{_LOOPBACK}){_PORT}"
    if not re.fullmatch(rf"{place}(?:/[!-~]*)?", url) or "#" in url or not _possible(url):  # not repeated: it is a secret
        raise BadInput(
            f"{name} is no plain https address without a user in it (http is for this machine only); copy it again, or unset it"
        )
    return Secret(url)


def _mail_server(url: str) -> Secret:
    user = r"(?:[^\s/?#@:\[\]]+:[^\s/?#@:\[\]]+@)?"
    if not re.fullmatch(rf"smtps?://{user}{_HOST}{_PORT}/?(?:\?from=[^\s&#?@]+@[\w.-]+)?", url, re.ASCII) or not _possible(url):
        raise BadInput(
            "THREADMILL_SMTP_URL is no address of a mail server (it is not repeated here, for it may hold a password); write "
            "smtp://user:password@host:587 or smtps://user:password@host:465, in user and password %40 for @, %3A for : and %2F "
            "for /, and ?from=ADDRESS behind it if mails come from another address than the user"
        )
    return Secret(url)


def _possible(url: str) -> bool:
    try:
        return url.isascii() and urlsplit(url).port != 0
    except ValueError:  # a port beyond 65535, or half an IPv6 address
        return False


def _watched(environment: Mapping[str, str]) -> Watched:
    emails = _emails(environment.get("THREADMILL_NOTIFY_EMAIL", ""))
    if bool(emails) != bool(environment.get("THREADMILL_SMTP_URL", "").strip()):
        raise BadInput(
            "THREADMILL_NOTIFY_EMAIL and THREADMILL_SMTP_URL belong together: whom to write to, and through which server; set "
            "both or none"
        )
    style, _, steps = environment.get("THREADMILL_LOG", "").strip().partition(":")
    if style not in ("json", "console", "") or steps not in ("debug", ""):
        raise BadInput(
            "THREADMILL_LOG is json or console, or json:debug or console:debug for every step; unset it for the default"
        )
    return Watched(emails, _listen(environment.get("THREADMILL_LISTEN", "").strip()), style, bool(steps))


def _emails(text: str) -> tuple[str, ...]:
    found = tuple(one.strip() for one in text.split(",") if one.strip())
    for one in found:
        if not re.fullmatch(r"[!#-'*+\-/-9=?A-Z^-~.]{1,64}@[A-Za-z0-9.-]{1,250}", one):
            raise BadInput(
                f"THREADMILL_NOTIFY_EMAIL has {one[:80]!a}, which is no mail address; write one like ops@example.org, or several "
                "with commas between them"
            )
    return found


def _listen(text: str) -> tuple[str, int] | None:
    if text.lower() == "off":
        return None
    if not text:
        return _LISTEN
    match = re.fullmatch(rf"({_HOST}):(\d{{1,5}})", text, re.ASCII)
    if not match or int(match[2]) > 65535:
        raise BadInput(
            f"THREADMILL_LISTEN is {text[:80]!a}, which is no host and port; write 127.0.0.1:8713, 0.0.0.0:8713 to be reached "
            "from other machines, or off"
        )
    return match[1].strip("[]"), int(match[2])
