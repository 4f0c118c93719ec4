"""Ways to spoil a reply, and what must hold of a room whatever it is handed."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any, Final

from bot.domain.measure import WHOLE, Missing, Observation, Subject
from bot.domain.period import Period
from bot.errors import SourceUnavailable
from bot.plugins import known_metrics
from bot.ports import Reply

OCTOBER: Final = Period.month(2026, 10)
BAD_VALUES: Final[tuple[Any, ...]] = (None, "", "x", "-1", "NaN", -1, 1.5, 1e300, 10**30, True, [], {}, [None], {"a": 1})
FOREIGN_BODIES: Final = (
    b"", b"  \n", b"\xef\xbb\xbf", b"null", b"true", b"0", b'"404"', b"[]", b"{}", b"[[]]", b"404", b"500", b"\xff\xfe\x00",
    b"<!DOCTYPE html><html><body>Down for maintenance</body></html>", b"<?xml version='1.0'?><feed/>",
    b"Code: 396. DB::Exception: Limit for result exceeded", b'{"errors": [{"message": "Something went wrong"}]}',
    b'{"error": "Not Found"}', b"version https://git-lfs.github.com/spec/v1\n", b"[" * 5000, b'{"a":' * 5000, b"9" * 5000,
)  # fmt: skip


@dataclass(frozen=True)
class Example:
    """
    A good reply of a room with the subjects it is read for.

    `loses_unseen` says why a row that is missing from the reply cannot be noticed; empty where it must be. `source` is the room
    with settings, where it cannot do without.
    """

    reply: Reply
    subjects: tuple[Subject, ...]
    period: Period = OCTOBER
    loses_unseen: str = ""
    source: Any = None


def figures(room: ModuleType, reply: Reply, example: Example) -> set[tuple[object, ...]]:
    """What a room reads out of a reply, as comparable values; nothing where it refuses the reply as it should."""
    try:
        found = (example.source or room.Source()).parse(reply, example.subjects, example.period)
    except SourceUnavailable:
        return set()
    known = known_metrics()
    for seen in found:
        assert isinstance(seen, Observation | Missing)
        assert seen.subject == WHOLE or seen.subject in {subject.key for subject in example.subjects}
        if isinstance(seen, Observation):
            assert known[seen.metric].unit.refuse(seen.value) is None
            assert seen.payload_sha256 == reply.sha256
    return {(seen.metric, seen.subject, seen.period, seen.value) for seen in found if isinstance(seen, Observation)}


def foreign(example: Example) -> Iterator[Reply]:
    """Bodies of anything else, and the good one broken off at many places."""
    for body in FOREIGN_BODIES:
        yield replace(example.reply, body=body)
    body = example.reply.body
    for end in range(0, len(body), max(1, len(body) // 97)):
        yield replace(example.reply, body=body[:end])


def spoilt(example: Example) -> Iterator[Reply]:
    """The good reply with one value replaced by a bad one, or one row doubled or taken out: for replies in JSON."""
    lead, gap, body = (
        example.reply.body.rpartition(b"\n\n") if example.reply.body[:1] not in b"{[" else (b"", b"", example.reply.body)
    )
    try:
        lines = [json.loads(line) for line in body.splitlines()] if b"\n{" in body else [json.loads(body)]
    except ValueError:
        return
    for document in _spoilt_lines(lines, example.loses_unseen):
        yield replace(example.reply, body=lead + gap + "\n".join(map(json.dumps, document)).encode())


def _spoilt_lines(lines: list[Any], loses_unseen: str) -> Iterator[list[Any]]:
    for path in _paths(lines):
        if len(path) > 1:
            for value in BAD_VALUES:
                yield _with(lines, path, value)
        at = _at(lines, path)
        if isinstance(at, list) and at and len(path) > 0:
            yield _with(lines, path, [*at, at[0]])
            if not loses_unseen:
                yield _with(lines, path, at[1:])
                yield _with(lines, path, at[:-1])


def _paths(value: Any, path: tuple[Any, ...] = (), most: int = 12) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _paths(one, (*path, key), most)
    elif isinstance(value, list):
        chosen = range(len(value)) if len(value) <= most else [*range(most // 2), *range(len(value) - most // 2, len(value))]
        for index in chosen:
            yield from _paths(value[index], (*path, index), most)


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def _with(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The value with something else at a path; copied on the way there only, for nobody changes what is copied."""
    if not path:
        return new
    changed = copy.copy(value)
    changed[path[0]] = _with(value[path[0]], path[1:], new)
    return changed
