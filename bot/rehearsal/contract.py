"""
What a request must look like: X's own OpenAPI file where it is given, and what could not be understood at all in any case.

X serves the file at https://api.x.com/2/openapi.json. Checking against it needs `jsonschema`, which is loaded only then.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from bot.rehearsal.asked import Asked
from bot.rehearsal.operations import CREATE, METADATA, UPLOAD

_POST_KEYS: Final = frozenset({"text", "media", "reply", "made_with_ai", "paid_partnership", "reply_settings", "quote_tweet_id"})


def complaints(contract: Contract | None, asked: Asked, operation: str, path_id: str | None) -> list[str]:
    """What is wrong with a request: one sentence for each fault; none if all is well."""
    if not operation:
        return ["X has no such operation, or the fake does not do it"]
    try:
        body = asked.parsed()
    except ValueError as error:
        return [f"the body cannot be read: {error}"]
    found = contract.complaints(operation, path_id, asked.query, asked.kind, body) if contract else []
    return found or list(_not_understood(operation, dict(asked.query), body))


def _not_understood(operation: str, query: Mapping[str, str], body: Any) -> Iterator[str]:
    if operation in (CREATE, METADATA, UPLOAD) and not isinstance(body, dict):
        yield "the body is no object"
        return
    yield from (f"{name} is no instant" for name in ("start_time", "end_time") if not _is_instant(query.get(name)))
    yield from (f"{name} is no number" for name in ("max_results", "since_id", "until_id") if not query.get(name, "0").isdigit())
    if operation == CREATE and set(body) - _POST_KEYS:
        yield f"the fake does not do {', '.join(sorted(set(body) - _POST_KEYS))}"


class Contract:
    """
    X's OpenAPI file: what an operation takes and gives.

    Objects of a request may hold nothing the file does not name, even where it does not forbid it (media metadata). One thing is
    taken that 2.167 does not name: `tweet.fields` where it has `post.fields`. Its pages still teach it (docs
    fundamentals/fields), tweepy 4.17 can say nothing else, and the streams of 2.167 keep it; their list of names is used.
    `old_names=False` refuses it.
    """

    def __init__(self, path: Path, *, old_names: bool = True) -> None:
        import jsonschema

        self._spec, self._closed = _specification(path)
        checker = jsonschema.FormatChecker(formats=())
        checker.checks("date-time")(_is_instant)
        self._validator = functools.partial(jsonschema.Draft202012Validator, format_checker=checker)
        self._old_names = old_names

    def complaints(
        self, operation: str, path_id: str | None, query: Sequence[tuple[str, str]], kind: str, body: Any
    ) -> list[str]:
        """What the file does not allow in a request. `body` is None if there is none."""
        described = self._described(operation)
        found = [
            f"the query names {name} more than once"
            for name in sorted({n for n, _ in query if [m for m, _ in query].count(n) > 1})
        ]
        parameters = {(each["in"], each["name"]): each["schema"] for each in map(self._resolved, described.get("parameters", []))}
        if self._old_names and ("query", "post.fields") in parameters:
            streams = self._spec["paths"]["/2/tweets/search/stream"]["get"]["parameters"]
            parameters["query", "tweet.fields"] = next(each for each in streams if each.get("name") == "tweet.fields")["schema"]
        given = [("query", name, value) for name, value in query]
        for place, name, value in given + ([("path", "id", path_id)] if path_id is not None else []):
            schema = parameters.get((place, name))
            if schema is None:
                found.append(f"the {place} parameter {name!r} does not exist")
            else:
                found += [
                    f"{place} parameter {name}: {error}" for error in self._errors(schema, _typed(value, self._resolved(schema)))
                ]
        content = described.get("requestBody", {}).get("content", {})
        if not content:
            return found + (["this operation takes no body"] if body is not None else [])
        if kind not in content:
            return [*found, f"the content type is {kind or 'missing'}, not {' or '.join(content)}"]
        return found + [f"body: {error}" for error in self._errors(content[kind]["schema"], body)]

    def answer_complaints(self, operation: str, status: int, body: object) -> list[str]:
        """What is wrong with an answer of the fake to a call that succeeded."""
        schema = self._described(operation)["responses"][str(status)]["content"]["application/json"]["schema"]
        return list(self._errors(schema, body, self._spec["components"]["schemas"]))

    def _described(self, operation: str) -> Any:
        method, path = operation.split()
        return self._spec["paths"][path.replace(":id", "{id}")][method.lower()]

    def _resolved(self, part: Any) -> Any:
        while "$ref" in part:
            part = functools.reduce(lambda at, step: at[step], part["$ref"].removeprefix("#/").split("/"), self._spec)
        return part

    def _errors(self, schema: Mapping[str, Any], value: object, schemas: Mapping[str, Any] | None = None) -> Iterator[str]:
        whole = {**schema, "components": {"schemas": self._closed if schemas is None else schemas}}
        for error in self._validator(whole).iter_errors(value):
            message = error.message if len(error.message) < 300 else f"{error.message[:100]} ... {error.message[-100:]}"
            yield f"{error.json_path}: {message}"


@functools.lru_cache(maxsize=2)
def _specification(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The file, and its schemas closed for requests; read once."""
    spec = json.loads(path.read_text("utf-8"))
    return spec, {name: _closed(part) for name, part in spec["components"]["schemas"].items()}


def _closed(schema: Any) -> Any:
    """The schema with every object closed that names its properties."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if schema.get("type") == "object" and isinstance(schema.get("properties"), dict) and schema["properties"]:
        closed.setdefault("additionalProperties", False)
    return closed


def _typed(value: str, schema: Mapping[str, Any]) -> object:
    """A parameter's text as the value its schema speaks of; lists are comma separated (explode: false)."""
    if schema.get("type") == "array":
        return value.split(",")
    if schema.get("type") == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    if schema.get("type") == "boolean" and value in ("true", "false"):
        return value == "true"
    return value


def _is_instant(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value) is not None
