"""What is written into the log, line by line, and what never is."""

from __future__ import annotations

import datetime as dt
import json
import logging
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from bot.config import VARIABLES, Secret, settings
from bot.service import logs

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    def read() -> list[dict[str, Any]]:
        out, err = capsys.readouterr()
        assert out == ""
        return [json.loads(line) for line in err.splitlines()]

    return read


def without_time(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name != "timestamp"}


def test_a_line_has_instant_level_event_and_run(lines: Lines) -> None:
    logs.configure("json", [], run="r-17", worker="mill/1")
    before = dt.datetime.now(dt.UTC)
    logs.log("bot.verbs.turns").info("turn begun", report="r", attempts=2, at=dt.datetime(2026, 11, 5, 9, tzinfo=dt.UTC))
    (line,) = lines()
    assert list(line)[:5] == ["timestamp", "level", "event", "run", "logger"]
    assert without_time(line) == {
        "level": "info",
        "event": "turn begun",
        "run": "r-17",
        "logger": "bot.verbs.turns",
        "worker": "mill/1",
        "report": "r",
        "attempts": 2,
        "at": "2026-11-05T09:00:00+00:00",
    }
    written = dt.datetime.fromisoformat(line["timestamp"])
    assert written.utcoffset() == dt.timedelta(0)
    assert abs(written - before) < dt.timedelta(seconds=10)


def test_what_is_bound_is_in_each_line_of_the_block_and_wins(lines: Lines) -> None:
    logs.configure("json", [], run="process")
    log = logs.log("bot.service")
    with logs.bound(run="turn-1", report="r"):
        log.info("one")
        logging.getLogger("bot.delivery").warning("two")
        logging.getLogger("apscheduler").error("three %s", 3)
    log.info("four")
    assert [(line["event"], line["run"], line.get("report"), line["level"]) for line in lines()] == [
        ("one", "turn-1", "r", "info"),
        ("two", "turn-1", "r", "warning"),
        ("three 3", "turn-1", "r", "error"),
        ("four", "process", None, "info"),
    ]


def test_a_thread_has_what_the_process_was_given(lines: Lines) -> None:
    logs.configure("json", [], run="r-17")
    thread = threading.Thread(target=lambda: logs.log("bot.sources").info("asked"))
    thread.start()
    thread.join()
    assert [line["run"] for line in lines()] == ["r-17"]


def test_without_a_run_the_line_says_so(lines: Lines) -> None:
    logs.configure("json", [])
    logs.log("bot").info("up")
    assert [line["run"] for line in lines()] == [""]


def test_other_libraries_are_heard_from_warnings_on_whatever_the_level_of_ours(lines: Lines) -> None:
    logs.configure("json", [], steps=True)
    logging.getLogger("urllib3.connectionpool").debug('"POST /services/key HTTP/1.1" 200')
    logging.getLogger("apscheduler.scheduler").info("Added job")
    logging.getLogger("apscheduler.scheduler").warning("Run time of job was missed by %s", "0:00:40", extra={"job": "look"})
    logging.getLogger("bot.store").debug("a detail")
    assert [(line["logger"], line["event"], line.get("job")) for line in lines()] == [
        ("apscheduler.scheduler", "Run time of job was missed by 0:00:40", "look"),
        ("bot.store", "a detail", None),
    ]


@pytest.mark.parametrize(("steps", "events"), [(False, []), (True, [("drawing", 3, 8), ("loading", None, None)])])
def test_steps_are_written_for_whoever_wants_them(lines: Lines, steps: bool, events: list[object]) -> None:
    logs.configure("json", [], steps=steps)
    told = logs.steps()
    told("drawing", 3, 8)
    told("loading", 0, 0)
    assert [(line["event"], line.get("done"), line.get("total")) for line in lines()] == events


NASTY = "a\nb\r\x1b[31mc\x00\u2028\u2029\x85\x0b\x0cd\ud800e\udfffé\N{GRINNING FACE}"
CLEAN = "a\nb\r\x1b[31mc\x00\u2028\u2029\x85\x0b\x0cd\ufffde\ufffdé\N{GRINNING FACE}"


def test_a_line_is_one_line_whatever_is_in_it(lines: Lines, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", [])
    logs.log("bot").info(NASTY, value=NASTY, **{NASTY: [NASTY]})
    err = capsys.readouterr().err
    assert (err.isascii(), err.count("\n"), len(err.splitlines())) == (True, 1, 1)
    line = json.loads(err)
    assert (line["event"], line["value"], line[CLEAN]) == (CLEAN, CLEAN, [CLEAN])


class Hostile:
    def __repr__(self) -> str:
        raise RuntimeError("no")


def test_any_value_can_be_said(lines: Lines) -> None:
    logs.configure("json", [])
    circle: list[object] = []
    circle.append(circle)
    values = {
        "nan": float("nan"), "inf": float("-inf"), "bytes": b"\xff", "none": None, "yes": True, "set": {1}, "day": dt.date(2026, 1, 2),
        "error": ValueError("bad"), "nested": {"a": {"b": (1.5, Secret("x"))}}, "hostile": Hostile(), 7: "seven",
    }  # fmt: skip
    logs.log("bot").info("all", values=values, circle=circle)
    (line,) = lines()
    assert line["values"] == {
        "nan": "nan", "inf": "-inf", "bytes": "b'\\xff'", "none": None, "yes": True, "set": [1], "day": "2026-01-02", "error": "bad",
        "nested": {"a": {"b": [1.5, "Secret('****')"]}}, "hostile": "<Hostile that cannot be shown: RuntimeError>", "7": "seven",
    }  # fmt: skip


def test_an_exception_is_one_line_with_its_trace(lines: Lines) -> None:
    logs.configure("json", [])
    try:
        raise KeyError("missing")
    except KeyError:
        logs.log("bot").exception("failed")
    (line,) = lines()
    assert (line["level"], line["event"]) == ("error", "failed")
    assert line["exception"].startswith("Traceback (most recent call last):\n")
    assert line["exception"].endswith("KeyError: 'missing'")


def test_what_a_library_formats_wrongly_is_written_all_the_same(lines: Lines) -> None:
    logs.configure("json", [Secret("tok-1234")])
    logging.getLogger("other").error("%d posts", "tok-1234")
    (line,) = lines()
    assert line["event"].startswith("%d posts ('****',) (it could not be formatted: ")


def test_what_nobody_caught_is_a_line(lines: Lines) -> None:
    logs.configure("json", [Secret("tok-1234")], run="r-17")

    def fail() -> None:
        raise RuntimeError("with tok-1234")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    try:
        fail()
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    for line in lines():
        assert (line["level"], line["event"], line["run"]) == ("critical", "ended by a defect", "r-17")
        assert line["exception"].endswith("RuntimeError: with ****")


def test_a_warning_of_python_is_a_line(lines: Lines) -> None:
    logs.configure("json", [])
    warnings.simplefilter("always")
    warnings.warn("old ways", FutureWarning, stacklevel=1)
    (line,) = lines()
    assert (line["level"], line["logger"]) == ("warning", "py.warnings")
    assert "FutureWarning: old ways" in line["event"]


def test_a_log_that_cannot_be_written_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def write(self, _: str) -> None:
            raise OSError(28, "No space left on device")

        def flush(self) -> None: ...

        def isatty(self) -> bool:
            return False

    for stream in (Full(), None):
        monkeypatch.setattr(sys, "stderr", stream)
        logs.configure("json", [])
        logs.log("bot").error("said to nobody")


def test_on_a_console_a_line_is_words_and_obeys_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("console", [Secret("tok-1234")], run="r-17")
    logs.log("bot.verbs").warning("held\nfor \x1b[31mtok-1234", report="r")
    try:
        raise ValueError("tok-1234 is wrong")
    except ValueError:
        logs.log("bot.verbs").exception("failed")
    first, second, *trace = capsys.readouterr().err.splitlines()
    assert "held\\nfor \ufffd[31m****" in first
    assert all(word in first for word in ("warning", "run=r-17", "report=r"))
    assert "failed" in second
    assert trace[-1] == "ValueError: **** is wrong"


@pytest.mark.parametrize(("style", "json_"), [("", True), ("json", True), ("console", False)])
def test_where_nobody_watches_lines_are_json(capsys: pytest.CaptureFixture[str], style: str, json_: bool) -> None:
    logs.configure(style, [])
    logs.log("bot").info("up")
    assert capsys.readouterr().err.startswith("{") == json_


# Secrets --------------------------------------------------------------------------------------------------------------------------

CANARY = "canary%2F7f3a9e51"
ADDRESSES = {
    "DATABASE_URL": f"postgresql://mill:{CANARY}@db.example.org/mill",
    "THREADMILL_NOTIFY_URL": f"https://hooks.example.org/in/{CANARY}",
    "THREADMILL_PING_URL": f"https://ping.example.org/{CANARY}?k={CANARY}",
    "THREADMILL_SMTP_URL": f"smtp://mill:{CANARY}@mail.example.org:587",
}
KEYS = [name for name in VARIABLES if name.endswith(("_KEY", "_SECRET", "_TOKEN"))]


def test_there_are_secrets_to_try() -> None:
    told = settings({**dict.fromkeys(KEYS, CANARY), **ADDRESSES, "THREADMILL_NOTIFY_EMAIL": "a@b.org"})
    assert set(told.secrets) | {"DATABASE_URL"} == {*KEYS, *ADDRESSES}
    assert len(KEYS) == 9


@pytest.mark.parametrize("style", ["json", "console"])
@pytest.mark.parametrize("name", [*KEYS, *ADDRESSES])
def test_no_secret_of_the_settings_is_in_any_line(name: str, style: str, capsys: pytest.CaptureFixture[str]) -> None:
    value = ADDRESSES.get(name, CANARY)
    with_mail = {"THREADMILL_NOTIFY_EMAIL": "a@b.org"} if name == "THREADMILL_SMTP_URL" else {}
    told = settings({name: value, **with_mail})
    logs.configure(style, told.hidden, run=value)
    log = logs.log("bot")
    decoded = "canary/7f3a9e51" if name in ADDRESSES else CANARY
    for text in (value, CANARY, decoded, f"GET /in/{CANARY} HTTP/1.1"):
        log.info(text, value=text, nested=[{text: (text,)}], settings=told)
        logging.getLogger("urllib3.connectionpool").warning("retrying %r", text, extra={"where": text})
        try:
            try:
                raise OSError(text)
            except OSError as error:
                raise RuntimeError(f"because of {text}") from error
        except RuntimeError as error:
            log.exception("failed", error=error)
            log.error("failed", exc_info=error)  # noqa: TRY400 - the other way to say it
        logging.getLogger("other").error("%d", text)
    written = capsys.readouterr().err
    assert written.count("failed") >= 8
    assert "7f3a9e51" not in written


def test_a_process_of_its_own_writes_the_same(tmp_path: object) -> None:
    program = """
import logging, sys
from bot.config import Secret
from bot.service import logs
assert "structlog" in sys.modules
logs.configure("", [Secret("tok-1234")], run="r-17")
logs.log("bot").info("up tok-1234")
raise RuntimeError("tok-1234")
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert (ran.returncode, ran.stdout) == (1, "")
    up, down = (json.loads(line) for line in ran.stderr.splitlines())
    assert (up["event"], up["run"]) == ("up ****", "r-17")
    assert (down["event"], down["exception"].splitlines()[-1]) == ("ended by a defect", "RuntimeError: ****")
