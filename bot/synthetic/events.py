"""
GitHub's public events as GH Archive has kept them since 2015, JSON lines in a file for each hour, and the stars among them.

`YYYY-MM-DD-H.json.gz`, where the hour has no leading zero. A star is a WatchEvent ("started"). One event in a hundred is there
twice, in its own hour or once more in the next; a repository is renamed at noon of the first day and keeps its id; now and then
a name is spelt with capitals; messages of commits talk of events.

`truth.csv`: WatchEvents by day (of created_at, UTC), repository id and name in small letters, each event once. An hour depends
on the seed, its place and the number of its events alone: more days add files.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from bot.errors import BadInput
from bot.synthetic._draws import Draws
from bot.synthetic._parts import each

TRUTH: Final = ("day", "repo_id", "repo", "stars")
MOST_AN_HOUR: Final = 1_000_000
"""Each hour has so many ids."""
RENAMED_AFTER: Final = 12
"""Hours. From then on google/jax is jax-ml/jax."""
_FIRST_ID: Final = 45_000_000_000
_AGAIN: Final = 3
"""So many events of the hour before may come again."""
_REPOSITORIES: Final = {
    (45717250, "tensorflow/tensorflow"): 14,
    (65600975, "pytorch/pytorch"): 26,
    (33015583, "keras-team/keras"): 8,
    (154739597, "google/jax"): 9,
    (155220641, "huggingface/transformers"): 24,
    (900000001, "made-up/pytorch"): 5,
    (900000002, "made-up/notes"): 200,
}
_RENAMED: Final = {"google/jax": "jax-ml/jax"}
_TYPES: Final = {
    "PushEvent": 500, "CreateEvent": 120, "WatchEvent": 90, "PullRequestEvent": 80, "IssueCommentEvent": 60, "IssuesEvent": 40,
    "ForkEvent": 30, "DeleteEvent": 30,
}  # fmt: skip
_MESSAGES: Final = ("Fix typo", 'Count "type":"WatchEvent" once', "Añade pruebas\n\n- más", "修复", 'Say {"action": "started"}')


@dataclass(frozen=True)
class Events:
    """What is asked for."""

    first: dt.date
    days: int
    an_hour: int

    def __post_init__(self) -> None:
        if self.days < 1 or not 1 <= self.an_hour <= MOST_AN_HOUR:
            raise BadInput(
                f"--days {self.days} --events-per-hour {self.an_hour}: there is at least one day, and an hour has ids for "
                f"{MOST_AN_HOUR:,} events. Give --days a number from 1 and --events-per-hour one from 1 to {MOST_AN_HOUR:,}."
            )

    @property
    def size(self) -> str:
        return f"{self.an_hour:,} events an hour, some of them twice, for {self.days} days from {self.first}"

    @property
    def options(self) -> str:
        return f"--start {self.first} --days {self.days} --events-per-hour {self.an_hour}"


_Stars = Counter[tuple[str, int, str]]
"""By day, repository id and name in small letters."""


def make(events: Events, out: Path, seed: int, processes: int) -> None:
    """Writes everything below `out`."""
    stars: _Stars = Counter()
    for found in each(partial(_write, events, out, seed), range(24 * events.days), processes):
        stars.update(found)
    with (out / "truth.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(TRUTH)
        table.writerows((*key, stars[key]) for key in sorted(stars))


def _write(events: Events, out: Path, seed: int, hour: int) -> _Stars:
    """The file of an hour, and its own stars. Events of the hour before that come again are counted there."""
    date, of_day = events.first + dt.timedelta(days=hour // 24), hour % 24
    own = list(_hour(events, seed, hour, events.an_hour))
    before = list(_hour(events, seed, hour - 1, min(_AGAIN, events.an_hour))) if hour else []
    draws = Draws(seed, "events/again", str(hour))
    again = [event for event in before if draws.chance(300)]
    lines = [event for one in own for event in ([one, one] if draws.chance(8) else [one])]
    packed = io.BytesIO()
    with gzip.GzipFile("", "wb", fileobj=packed, mtime=0) as file:  # else the name and the time of its making were in it
        for event in (*again, *lines):
            file.write(json.dumps(event.told, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    (out / f"{date}-{of_day}.json.gz").write_bytes(packed.getvalue())
    return Counter((str(date), event.repo_id, event.repo.lower()) for event in own if event.type == "WatchEvent")


@dataclass(frozen=True)
class _Event:
    id: int
    type: str
    actor: int
    repo_id: int
    repo: str
    created_at: dt.datetime
    message: str

    @property
    def told(self) -> dict[str, object]:
        """As a line of the archive has it."""
        login = f"made-up-{self.actor}"
        told: dict[str, object] = {
            "id": str(self.id),
            "type": self.type,
            "actor": {
                "id": self.actor,
                "login": login,
                "display_login": login,
                "gravatar_id": "",
                "url": f"https://api.github.com/users/{login}",
                "avatar_url": f"https://avatars.githubusercontent.com/u/{self.actor}?",
            },
            "repo": {"id": self.repo_id, "name": self.repo, "url": f"https://api.github.com/repos/{self.repo}"},
            "payload": self._payload(),
            "public": True,
            "created_at": f"{self.created_at:%Y-%m-%dT%H:%M:%SZ}",
        }
        owner = self.repo.partition("/")[0]
        return told if owner == "made-up" else {**told, "org": {"id": self.repo_id // 7, "login": owner, "gravatar_id": ""}}

    def _payload(self) -> dict[str, object]:
        if self.type == "WatchEvent":
            return {"action": "started"}
        if self.type == "PushEvent":
            commit = {"sha": f"{self.id:040x}", "message": self.message, "distinct": True}
            return {"push_id": self.id // 2, "size": 1, "distinct_size": 1, "ref": "refs/heads/main", "commits": [commit]}
        if self.type == "IssueCommentEvent":
            return {"action": "created", "comment": {"id": self.id // 3, "body": self.message}}
        return {"action": "opened", "number": self.id % 9999}


def _hour(events: Events, seed: int, hour: int, count: int) -> Iterator[_Event]:
    """The first events of an hour, in the order of their times; the same ones, however many are asked for."""
    draws = Draws(seed, "events", f"{hour}/{events.an_hour}")
    start = dt.datetime.combine(events.first, dt.time(), dt.UTC) + dt.timedelta(hours=hour)
    for number in range(count):
        created_at = start + dt.timedelta(seconds=3600 * number // events.an_hour)
        kind = draws.weighted(_TYPES)
        repo_id, name = draws.weighted(_REPOSITORIES)
        now = _RENAMED.get(name, name) if hour >= RENAMED_AFTER else name
        spelt = now.replace("pytorch", "PyTorch") if draws.chance(20) else now
        actor, message = draws.between(1000, 900_000), draws.one_of(_MESSAGES)
        yield _Event(_FIRST_ID + hour * MOST_AN_HOUR + number, kind, actor, repo_id, spelt, created_at, message)
