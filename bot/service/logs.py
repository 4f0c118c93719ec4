"""
Logs: one line for what happened, with the instant, how grave it is, and the run it belongs to. No secret is in any.

Everything below logs through the standard library, as every library does; only here it is known how a line looks.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import math
import os
import re
import sys
import threading
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Final

import structlog
from structlog.typing import EventDict, WrappedLogger

from bot.config import Secret, Settings
from bot.domain.words import printable
from bot.ports import Progress
from bot.service.masking import Masking

_FIRST: Final = ("timestamp", "level", "event", "run", "logger")
_DEEPEST: Final = 6
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


def configure(style: str, secrets: Iterable[Secret], *, steps: bool = False, **bound: object) -> None:
    """
    Write all logs of this process to the standard error from now on, each line with what is `bound`, and with no secret in it.

    `style` is "json" or "console"; empty for "console" where a person watches, else "json". `steps` writes every step too. Of
    other libraries warnings are written and what is worse; of exceptions nobody caught, and of Python's warnings, a line each.
    """
    handler = _Handler()
    handler.setFormatter(_Lines(_processors(style, Masking(secrets), {"run": "", **bound})))
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.WARNING)
    logging.getLogger("bot").setLevel(logging.DEBUG if steps else logging.INFO)
    logging.captureWarnings(True)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    sys.excepthook = _tell
    sys.unraisablehook = lambda found: _tell(found.exc_type, found.exc_value, found.exc_traceback)
    threading.excepthook = lambda found: _tell(found.exc_type, found.exc_value, found.exc_traceback)


def configure_by(settings: Settings, run: str = "") -> None:
    """All that is logged from now on, in the shape the settings want, as of one run if one is given."""
    watched = settings.watched
    configure(watched.log_style, settings.hidden, steps=watched.log_steps, **({"run": run} if run else {}))


def log(name: str) -> structlog.stdlib.BoundLogger:
    """A logger of a module: `log(__name__).info("turn begun", report=..., period=...)`."""
    found: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return found


def bound(**values: object) -> AbstractContextManager[None]:
    """What each line of this thread has besides, within a `with` block: the run, the report."""
    return structlog.contextvars.bound_contextvars(**values)


def steps() -> Progress:
    """Tells each step to the log, for whoever wants to see them all."""
    step = log("bot.steps")

    def told(name: str, done: int, total: int) -> None:
        step.debug(name, **({"done": done} if done else {}), **({"total": total} if total else {}))

    return told


def _processors(style: str, mask: Masking, always: Mapping[str, object]) -> list[structlog.typing.Processor]:
    watched = sys.stderr is not None and sys.stderr.isatty()
    console = style == "console" or (style == "" and watched)
    colors = watched and not os.environ.get("NO_COLOR")

    def settled(_: WrappedLogger, __: str, said: EventDict) -> EventDict:
        record: logging.LogRecord = said.pop("_record")
        said.pop("_from_structlog")
        flat = {_flat(str(name), mask): _flat(value, mask) for name, value in {**always, **said}.items()}
        flat["timestamp"] = dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds")
        flat["level"] = record.levelname.lower()
        flat["logger"] = record.name
        flat.setdefault("event", "")
        return {name: flat[name] for name in (*_FIRST, *(name for name in flat if name not in _FIRST))}

    def as_json(_: WrappedLogger, __: str, said: EventDict) -> str:
        return json.dumps(said)  # ASCII: U+2028 would end a line for some, and a terminal may know no Unicode

    def on_a_line(_: WrappedLogger, __: str, said: EventDict) -> EventDict:
        return {name: value if name == "exception" else _plain(value) for name, value in said.items()}

    shown: list[structlog.typing.Processor] = [as_json]
    if console:
        shown = [on_a_line, structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.contextvars.merge_contextvars, structlog.processors.format_exc_info, settled, *shown]


def _flat(value: object, mask: Masking, depth: int = 0) -> Any:
    """What JSON can say of a value, without secrets, and without half characters, which many readers refuse."""
    match value:
        case None | bool() | int():
            return value
        case float() if math.isfinite(value):
            return value
        case Mapping() if depth < _DEEPEST:
            return {_flat(str(name), mask): _flat(one, mask, depth + 1) for name, one in value.items()}
        case list() | tuple() | set() | frozenset() if depth < _DEEPEST:
            return [_flat(one, mask, depth + 1) for one in value]
        case dt.date():
            return value.isoformat()
        case _:
            return mask(_SURROGATES.sub("\N{REPLACEMENT CHARACTER}", _words(value)))


def _words(value: object) -> str:
    try:
        return str(value) if isinstance(value, (str, BaseException)) else repr(value)
    except Exception as error:  # a line is written whatever is in it
        return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"


def _plain(value: Any) -> Any:
    """A text on one line, without what a terminal would obey."""
    return printable(value).replace("\n", "\\n") if isinstance(value, str) else value


class _Lines(logging.Formatter):
    """A record as a line; one that cannot be formatted is a line too, never the library's own complaint, which masks nothing."""

    def __init__(self, processors: list[structlog.typing.Processor]) -> None:
        super().__init__()
        extra = structlog.stdlib.ExtraAdder()
        self._lines = structlog.stdlib.ProcessorFormatter(processors=processors, foreign_pre_chain=[extra])

    def format(self, record: logging.LogRecord) -> str:
        try:
            return self._lines.format(record)
        except Exception as error:  # a library's "%d" % "x"
            said = f"{_words(record.msg)} {_words(record.args)} (it could not be formatted: {_words(error)})"
            again = logging.LogRecord(record.name, record.levelno, record.pathname, record.lineno, "%s", (said,), None)
            again.created = record.created
            return self._lines.format(again)


class _Handler(logging.StreamHandler[Any]):
    """Writes to the standard error. A full disk or a closed pipe does not end the bot, and nothing is printed in its place."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Nothing can be said where nothing can be written."""


def _tell(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if error is not None and not issubclass(kind, (KeyboardInterrupt, SystemExit)):
        logging.getLogger("bot").critical("ended by a defect", exc_info=(kind, error, trace))
