"""
No secret is left anywhere, whatever fails: neither in words and logs nor in files, tables, pages and pictures.

Many commands run, each in a process of its own with everything logged at DEBUG, and with secrets nobody can take for anything else.
Then all they left behind is searched.
"""

from __future__ import annotations

import base64
import datetime as dt
import itertools
import json
import logging
import os
import signal
import stat
import struct
import subprocess
import sys
import time
import traceback
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest

from bot import wiring
from bot.config import VARIABLES, Secret
from bot.delivery import Clock, Round
from bot.domain.delivery import Picture
from bot.errors import ThreadmillError
from bot.ports import Reply
from bot.publishers import x
from bot.publishers._x.session import Patience
from bot.rehearsal import CREATE, FAULTS, METADATA, SCOPES, TIMELINE, TOKEN, UPLOAD, Client, Keys, named
from bot.store import open_store
from tests.crashes import traces
from tests.crashes.deadly_x import DeadlyX
from tests.crashes.echo import FORMS, STATUSES, an_echo
from tests.crashes.nursery import COMMANDS, Ending, Nursery, a_command
from tests.crashes.thread import REPORT, a_thread, png
from tests.publishers import logins
from tests.store.databases import PASSWORD, PostgreSQLDatabase, Server

_ROOT = Path(__file__).parents[2]
KEYS = Keys("ZebraQuartz7+/=", "WalrusOnyx9&%", "1001-FalconTopaz3~OtterJade5", "MarmotOpal8:@#")
SECRETS: Final = {
    "X_CONSUMER_KEY": KEYS.consumer_key,
    "X_CONSUMER_SECRET": KEYS.consumer_secret,
    "X_ACCESS_TOKEN": KEYS.access_token,
    "X_ACCESS_TOKEN_SECRET": KEYS.access_token_secret,
    "X_CLIENT_SECRET": "NewtTurquoise3:=&",
    "GITHUB_TOKEN": "GeckoBeryl2-x",
    "OPENALEX_API_KEY": "HeronAmber4",
    "STACKEXCHANGE_KEY": "IbexCoral6((",
    "HF_TOKEN": "JackalPearl1",
}
PROXY_PASSWORD: Final = "LemurAgate11"
WRONG_PASSWORD: Final = "KoalaGarnet10/@%"
ALL: Final = {**SECRETS, "the proxy's password": PROXY_PASSWORD, "a wrong password": WRONG_PASSWORD, "the password": PASSWORD}


@dataclass(frozen=True)
class Command:
    """One run of the bot: what is asked of it, with which variables, and what goes wrong at X. It may be killed after two posts, or have a login."""

    arguments: tuple[str, ...] = ("post", REPORT, "--yes", "--period")
    environment: dict[str, str] = field(default_factory=dict)
    faults: tuple[tuple[str, str, int], ...] = ()
    killed: bool = False
    login: bool = False


def the_commands(echo: str, socket: Path) -> Iterator[Command]:
    yield from (Command(killed=True), Command(killed=True))
    for fault in FAULTS:
        yield Command(faults=((CREATE, fault, 2), (TIMELINE, "503-after", 2)))
    yield from (
        Command(faults=((call, fault, 1),)) for call in (UPLOAD, METADATA) for fault in ("401", "truncated", "403-forbidden")
    )
    for fault in ("401", "400-invalid-grant", "500-after", "truncated", "html-200-after", "hang-late", "429-rate-limited"):
        yield Command(faults=((TOKEN, fault, 1), (CREATE, "403-forbidden", 1)), login=True)
    for number, status in enumerate(STATUSES):
        yield Command(environment={"X_API_BASE_URL": f"{echo}/{status}/{FORMS[number % len(FORMS)]}/{number % 4}"})
    password, wrong = (quote(one, safe="") for one in (PROXY_PASSWORD, WRONG_PASSWORD))
    for address in ("http://127.0.0.1:1", f"http://me:{wrong}@127.0.0.1:1", f"https://127.0.0.1:1?key={wrong}", WRONG_PASSWORD):
        yield Command(environment={"X_API_BASE_URL": address})
    for proxy in (f"http://me:{password}@127.0.0.1:1", f"http://me:{password}@{echo.removeprefix('http://')}", f"me:{password}"):
        for base in ("http", "https"):
            address = f"{base}://x.invalid/401/plain/0"
            yield Command(environment={"X_API_BASE_URL": address, "HTTP_PROXY": proxy, "HTTPS_PROXY": proxy})
    for name, secret in itertools.islice(SECRETS.items(), 4):
        for value in (f"{secret} {secret}", f"{secret}more"):
            yield Command(environment={name: value})
    verbs = itertools.cycle((Command().arguments, ("status",), ("check", REPORT)))
    for database in (
        f"postgresql://guarded:{wrong}@/threadmill?host={socket}",
        f"postgresql://guarded:{wrong}@127.0.0.1:1/threadmill",
        f"postgresql://guarded@127.0.0.1:1/threadmill?password={wrong}&sslpassword={wrong}",
        f"postgresql://guarded:{WRONG_PASSWORD}@127.0.0.1:1/threadmill",
        f"postgresql://guarded:{wrong}@127.0.0.1:many/threadmill",
        f"mysql://me:{wrong}@127.0.0.1/threadmill",
        f"me:{wrong}",
    ):
        yield Command(next(verbs), {"DATABASE_URL": database})
        yield Command(next(verbs), {"DATABASE_URL": database})


def a_place_to_post(folder: Path, command: Command) -> DeadlyX:
    app = Client("client-7", SECRETS["X_CLIENT_SECRET"], ("http://127.0.0.1:8080/callback",))
    there = DeadlyX(state=folder / "fake-x.json", client=app)
    there.account = replace(there.account, keys=KEYS)
    there._site.accounts[there.account.id] = there.account
    for call, fault, nth in command.faults:
        there.faults.on(call, named(fault, 0.2 if FAULTS[fault].reset_in_s is None else None), nth)
    if command.killed:
        there.after_create[2] = lambda: os.kill(there.client_pid, signal.SIGKILL)
    if command.login:
        tokens = there.log_in(*SCOPES)
        now = dt.datetime.now(dt.UTC)
        told = {"client_id": app.id, "access_token": tokens.access, "refresh_token": tokens.refresh}
        place = logins.place(folder / "home", there.url)
        place.parent.mkdir(mode=0o700, parents=True)
        place.write_text(json.dumps(logins.fields(there.url, now, dt.timedelta(minutes=-1)) | told))
        place.chmod(0o600)
        (folder.parent / f"tokens-{folder.name}").write_text(f"{tokens.access} {tokens.refresh}")
    return there


@dataclass(frozen=True)
class Left:
    """What was left behind: the endings of the commands, every thing that can be searched, and the tokens of the logins."""

    endings: list[tuple[Command, Ending]]
    things: list[tuple[str, bytes]]
    tokens: dict[str, str]


@pytest.fixture(scope="module")
def left(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Left:
    """Half of the commands keep their threads in PostgreSQL, as a user with a password, half of them in one file."""
    folder = tmp_path_factory.mktemp("left")
    database = server.empty_database()
    guarded = f"postgresql://guarded:{quote(PASSWORD, safe='')}@/threadmill?host={database.socket}"
    stores = (f"sqlite:///{folder}/threadmill.db", guarded)
    with an_echo(list(SECRETS.values())[:4]) as echo, ExitStack() as stack:
        commands = list(enumerate(the_commands(echo, database.socket)))
        for turn, url in enumerate((stores[0], database.url)):
            with open_store(url) as store:
                for number, command in commands[turn::2]:
                    thread = a_thread(year(number))
                    plain = tuple(replace(post, pictures=(), cost_usd=0.015) for post in thread.posts)
                    store.desk.freeze(thread if "/media/" in str(command.faults) else replace(thread, posts=plain))
        database.ask("GRANT ALL ON ALL TABLES IN SCHEMA public TO guarded")
        database.ask("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO guarded")
        running = really_run(folder / "really", stores, echo)
        nurseries = [stack.enter_context(Nursery(COMMANDS)) for _ in range(2)]

        def work(nursery: Nursery) -> list[tuple[Command, Ending]]:
            endings = []
            while commands:
                number, command = commands.pop()
                endings.append((command, run(nursery, folder / f"{number:03}", number, command, stores[number % 2])))
            return endings

        with ThreadPoolExecutor(len(nurseries)) as pool:
            endings = [one for some in pool.map(work, nurseries) for one in some]
        for process in running:
            process.wait(60)
    tokens = taken_away(folder)
    things = [*traces.left_in(folder), *rows_of(database), ("the server's log", Path(server.engine.log).read_bytes())]
    return Left(endings, things, tokens)


def taken_away(folder: Path) -> dict[str, str]:
    """The tokens that logins began with and those they have now, which stand in their own files alone; without these files."""
    tokens: dict[str, str] = {}
    for path in folder.glob("tokens-*"):
        tokens |= {f"{path.name} {number}": token for number, token in enumerate(path.read_text().split())}
        path.unlink()
    for path in folder.glob("*/home/logins/*.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        told = json.loads(path.read_text())
        tokens |= {f"{path} {name}": told[name] for name in ("access_token", "refresh_token")}
        path.unlink()
    return tokens


def year(number: int) -> str:
    """Of the thread a command posts: in its store each has its own that gets so far, and all of them are over."""
    return f"{1970 + number // 2 % 56}"


def run(nursery: Nursery, folder: Path, number: int, command: Command, url: str) -> Ending:
    folder.mkdir()
    arguments = [*command.arguments, year(number)] if command.arguments[0] == "post" else command.arguments
    with a_place_to_post(folder, command) as there:
        silent = any("hang" in fault for _, fault, _ in command.faults)
        http_s = [0.15, 0.15, 0.3] if silent else [5, 5, 15]
        told = {"X_CLIENT_ID": there.client.id} | SECRETS | command.environment
        more = {"environment": told, "debug": True, "http_s": http_s, "patience_s": 0.5}
        return nursery.raise_one(a_command(url, there, folder, *arguments, **more))


_LOUD: Final = """
import http.client, logging
logging.basicConfig(level=logging.DEBUG, filename="debug.log")
logging.getLogger("sqlalchemy").setLevel(logging.DEBUG)
http.client.HTTPConnection.debuglevel = 1
"""


def really_run(folder: Path, stores: Sequence[str], echo: str) -> list[subprocess.Popen[bytes]]:
    """Some commands as whoever runs the bot starts them."""
    started = []
    for number, (arguments, environment) in enumerate(
        (
            (["preview", REPORT, "--period", "2020"], {}),
            (["post", REPORT, "--period", "1970", "--yes"], {"X_API_BASE_URL": f"{echo}/401/plain/0", "DATABASE_URL": stores[1]}),
            (["post", REPORT, "--period", "1970"], {"DATABASE_URL": stores[0]}),
            (["status"], {"DATABASE_URL": stores[1]}),
            (["check", REPORT], {"DATABASE_URL": stores[1]}),
        )
    ):
        here = folder / f"{number}"
        here.mkdir(parents=True)
        (here / "sitecustomize.py").write_text(_LOUD)
        clean = {name: value for name, value in os.environ.items() if name not in VARIABLES}
        told = {"PYTHONPATH": f"{here}{os.pathsep}{_ROOT}", "THREADMILL_HOME": str(here / "home")}
        with (here / "stdout").open("wb") as out, (here / "stderr").open("wb") as err:
            command = [sys.executable, "-m", "bot", *arguments]
            started.append(subprocess.Popen(command, cwd=here, env=clean | SECRETS | told | environment, stdout=out, stderr=err))
    return started


def rows_of(database: PostgreSQLDatabase) -> Iterator[tuple[str, bytes]]:
    for (table,) in database.ask("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"):
        yield from traces.rows_left(f"PostgreSQL, table {table}", database.ask(f'SELECT * FROM "{table}"'))


def test_no_command_that_fails_leaves_a_secret_behind(left: Left) -> None:
    """First that they failed in every way there is, and left what is searched: a search of nothing finds nothing."""
    assert [(command, ending.said) for command, ending in left.endings if ending.code == 1] == []
    assert {ending.code for _, ending in left.endings} == {0, 2, 4, 5, 7, -signal.SIGKILL}
    places = [place for place, _ in left.things]
    for name in ("debug.log", "stdout", "stderr", "fake-x.json"):
        assert sum(place.endswith(f"/{name}") for place in places) >= len(left.endings)
    for of in ("threadmill.db, table", "PostgreSQL, table"):
        for table in ("edition", "delivery", "upload", "payload, unpacked"):
            assert f"{of} {table}" in places
    assert "threadmill.db-wal" in places
    assert any(place.endswith("index.html") for place in places)
    assert any(place.endswith(".png, unpacked") for place in places)
    logs = {place: content for place, content in left.things if place.endswith("/debug.log")}
    assert sum(b"BEGIN" in content for content in logs.values()) > len(left.endings) / 2

    assert len(set(left.tokens.values())) > 2 * sum(command.login for command, _ in left.endings)  # some were renewed

    assert traces.found(ALL | left.tokens, left.things) == []


CALLS: Final = (
    ("upload", Picture(png(1), "A picture.", 4, 4)),
    ("describe", "1", "A picture."),
    ("create", "Text", [], ""),
    ("recent", dt.datetime(2026, 11, 22, tzinfo=dt.UTC), dt.datetime(2026, 11, 23, tzinfo=dt.UTC)),
    ("remove", "1"),
)


def test_no_error_and_nothing_it_leads_to_shows_a_key(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Every call, with every answer of a server that repeats what it was sent: words, causes, contexts, values and logs."""
    keys = {name: Secret(value) for name, value in SECRETS.items()}
    told: list[tuple[str, bytes]] = []
    with an_echo(list(SECRETS.values())[:4]) as echo, caplog.at_level(logging.DEBUG):
        for turn, (status, form, (name, *arguments)) in enumerate(itertools.product(STATUSES, FORMS, CALLS)):
            network = x.network(keys, f"{echo}/{status}/{form}/{turn % 4}", lambda: dt.datetime.now(dt.UTC))
            told.append((f"{name} {status} {form}", shown(getattr(network, name), *arguments).encode()))
            told.append(("network", f"{network!r} {network}".encode()))
    told += [("streams", "".join(capfd.readouterr()).encode()), ("logs", caplog.text.encode())]
    assert len({content for _, content in told}) > len(STATUSES)
    assert traces.found(SECRETS, told) == []


def shown(call: Callable[..., object], *arguments: object) -> str:
    """Everything of an error, and of all it leads to, that may come to be printed; nothing if all is well."""
    told: list[str] = []
    try:
        call(*arguments)
    except ThreadmillError as error:
        ahead: list[BaseException] = [error]
        for one in ahead:
            told += [repr(one), repr(vars(one)), *traceback.format_exception(one)]
            ahead += [other for other in (one.__cause__, one.__context__) if other is not None and other not in ahead]
    return "".join(told)


def test_no_value_that_holds_a_secret_shows_it(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    database = server.empty_database()
    open_store(database.url).close()
    database.ask("GRANT ALL ON ALL TABLES IN SCHEMA public TO guarded")
    address = f"postgresql://guarded:{quote(PASSWORD, safe='')}@/threadmill?host={database.socket}"
    for name, value in (SECRETS | {"DATABASE_URL": address, "THREADMILL_HOME": str(tmp_path)}).items():
        monkeypatch.setenv(name, value)
    house = wiring.house()
    network = wiring.network(house, "x")
    with wiring.store(house) as store:
        frozen = a_thread("2020")
        clock = Clock(house.clock, time.sleep)
        this = Round(1, frozen, store.desk, network, wiring.limits("x"), clock, "here", print)
        values = [house, house.settings, *house.settings.secrets.values(), network, store, store.desk, frozen, this, Patience()]
        told = [(type(value).__name__, form(value).encode()) for value in values for form in (repr, str, "{}".format)]
    wrong = address.replace("guarded:", f"guarded:{quote(WRONG_PASSWORD, safe='')}")
    told += [("BadStore", shown(open_store, one).encode()) for one in (wrong, address.replace("/threadmill", "/nowhere"))]
    assert all(content for _, content in told)
    assert traces.found(ALL, told) == []


@pytest.mark.parametrize("secret", [KEYS.access_token, PASSWORD])
def test_the_search_finds_a_secret_wherever_and_however_it_is_left(secret: str, tmp_path: Path) -> None:
    quoted, coded = quote(secret, safe=""), base64.b64encode(f"user:{secret}".encode()).decode()
    (tmp_path / "a.log").write_text(f"Authorization: OAuth oauth_token={quoted}")
    (tmp_path / "b.log").write_text(f"Proxy-Authorization: Basic {coded}")
    (tmp_path / "c.html").write_text(f"<p>{secret[::-1]}</p>")
    (tmp_path / "d.json").write_text(json.dumps({"told": secret.upper()}))
    (tmp_path / "e.bin").write_bytes(b"\0" + secret.encode("utf-16-le"))
    (tmp_path / "f.txt").write_text(secret.encode().hex())
    words = b"Software\0\0" + zlib.compress(f"drawn by {secret}".encode())
    chunk = struct.pack(">I", len(words)) + b"zTXt" + words + struct.pack(">I", zlib.crc32(b"zTXt" + words))
    (tmp_path / "g.png").write_bytes(png(1)[:33] + chunk + png(1)[33:])
    (tmp_path / secret.replace("/", "")).touch()
    with open_store(f"sqlite:///{tmp_path}/i.db") as store:
        store.keep("npm", "key", Reply(b"x" * 500 + secret.encode(), "https://example.org/", "/x", dt.datetime.now(dt.UTC)))
        kept_open = {place for place, _ in traces.left_in(tmp_path)}
    found = traces.found({"it": secret}, traces.left_in(tmp_path))
    places = {one.partition(": ")[2] for one in found}
    assert places == {
        "a.log", "b.log", "c.html", "d.json", "e.bin", "f.txt", "g.png, unpacked", "i.db, table payload, unpacked",
        f"the name of {secret.replace('/', '')}",
    }  # fmt: skip
    assert "i.db-wal" in kept_open
    assert traces.found({"another": "PumaJasper12"}, traces.left_in(tmp_path)) == []
