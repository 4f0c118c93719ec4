"""A thread posted to a fake X on this machine, as it would be to the real one, whatever is made to go wrong."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bot import wiring
from bot.compose.documents import frozen
from bot.config import Secret
from bot.delivery import Clock, Round, deliver
from bot.domain.delivery import Frozen
from bot.domain.words import nearest
from bot.errors import BadInput, Later, Rejected, ThreadmillError, Unsure
from bot.ports import Progress
from bot.rehearsal import CREATE, FAULTS, METADATA, TIMELINE, UPLOAD, FakeX, Fault, Part, named
from bot.verbs.choosing import recipe_and_period
from bot.verbs.remembering import memory
from bot.verbs.threads import compose
from bot.verbs.workers import worker

_CALLS: Final = {"create": CREATE, "upload": UPLOAD, "alt-text": METADATA, "look": TIMELINE}
_MOST_RUNS: Final = 8
"""So often is the same command run again; every fault that can be got over is by then."""
_HANGS_S: Final = 0.5
"""How long the fake X hangs: not as long as the real one, for a person is watching."""


@dataclass(frozen=True)
class Run:
    """One run of the post command: what it said, if it did not end well, and with which exit code."""

    words: str
    exit_code: int


@dataclass(frozen=True)
class Rehearsal:
    """
    What became of a thread on the fake X: each run of the command, the calls by kind, what they would be billed, and the posts
    that stand on the account in the end. `complaints` is empty if that is the thread, once, whole and in order.
    """

    frozen: Frozen
    runs: tuple[Run, ...]
    calls: Mapping[str, int]
    billed_usd: float
    threads: tuple[tuple[Part, ...], ...]
    complaints: tuple[str, ...]


def rehearse(
    report: str,
    period: str | None,
    now: str | None,
    data: Sequence[str],
    offline: bool,
    faults: Sequence[str],
    openapi: str | None,
    progress: Progress,
) -> Rehearsal:
    """
    Compose a thread and post it to a fake X on loopback, with its own keys, clock and store: nothing of it is kept.

    `faults` are NAME, NAME@CALL or NAME@CALL:N, such as drop-after@create:2. `openapi` is X's own description, if it is at hand:
    every request is held against it.

    Raises:
        BadInput: a fault is none, or the report is for another network.
        BadInput, HeldBack, SourceUnavailable, BadStore: as for a preview.
    """
    house = wiring.house(now)
    recipe, when = recipe_and_period(house, report, period)
    if recipe.network != "x":
        raise BadInput(f"{report} is for {recipe.network}, and only X can be rehearsed; use threadmill preview")
    script = [_fault(text) for text in faults]
    with memory(house, recipe, when, offline, progress) as store:
        composed = compose(house, recipe, when, data, store, offline, progress)
    with _fake(house, openapi) as fake, tempfile.TemporaryDirectory(prefix="threadmill-") as home:
        for call, nth, fault in script:
            fake.faults.on(call, fault, nth)
        stage = _stage(house, fake, Path(home))
        thread = frozen(composed.edition, fake.account.id)
        runs = tuple(_runs(stage, fake, thread, progress))
        calls = Counter(call.operation for call in fake.calls)
        threads = tuple(tuple(thread) for thread in fake.threads())
        complaints = (*_complaints(thread, threads), *fake.violations, *(f"no call met {one}" for one in fake.faults.unused))
        return Rehearsal(thread, runs, calls, float(fake.billed), threads, complaints)


def _fault(text: str) -> tuple[str, int, Fault]:
    """ "drop-after@create:2" as the call it befalls, which one of them, and what it is."""
    found = re.fullmatch(r"([\w-]+)(?:@([\w-]+))?(?::([1-9]\d{0,3}))?", text)
    name, call = (found[1], found[2] or "create") if found else (text, "create")
    if name not in FAULTS:
        raise BadInput(f'there is no fault "{name[:80]}"{nearest(name, FAULTS)}; there are {", ".join(FAULTS)}')
    if call not in _CALLS:
        raise BadInput(f'there is no call "{call[:80]}"{nearest(call, _CALLS)}; there are {", ".join(_CALLS)}')
    return _CALLS[call], int(found[3] or 1) if found else 1, named(name, _HANGS_S if FAULTS[name].reset_in_s is None else None)


def _fake(house: wiring.House, openapi: str | None) -> FakeX:
    """
    A fake X that knows what time it is for this house.

    Raises:
        BadInput: the description cannot be read.
    """
    try:
        return FakeX(Path(openapi) if openapi else None, clock=house.clock)
    except ImportError as error:
        raise BadInput(f"{openapi} cannot be used: {error}; pip install 'threadmill[test]' brings what reads it") from error
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise BadInput(f"{openapi} is no description of X that can be read: {error}; it is X's openapi.json") from error


def _stage(house: wiring.House, fake: FakeX, home: Path) -> wiring.House:
    """The house with nothing but its folder left: keys, address, clock and store are the rehearsal's."""
    keys = fake.keys.environment(fake.url)
    secrets = {name: Secret(value) for name, value in keys.items() if name != "X_API_BASE_URL"}
    settings = replace(house.settings, home=home, database_url=None, x_api_base_url=fake.url, secrets=secrets)
    return replace(house, settings=settings, pinned=False, time=fake.now)


def _runs(stage: wiring.House, fake: FakeX, thread: Frozen, progress: Progress) -> Iterator[Run]:
    """The command, run again as its words ask for until it ends well or nothing changes any more."""
    say: Callable[[str], None] = lambda words: progress(words, 0, 0)  # noqa: E731
    network, limits = wiring.network(stage, thread.network), wiring.limits(thread.network)
    for _ in range(_MOST_RUNS):
        with wiring.store(stage) as store:
            edition = store.desk.freeze(thread)
            clock = Clock(fake.now, fake.advance)
            try:
                deliver(Round(edition, store.desk.frozen(edition), store.desk, network, limits, clock, worker(), say))
            except Later as error:
                yield Run(str(error), error.exit_code)
                fake.advance(max((error.until - fake.now()).total_seconds(), 0) + 1)
            except (Rejected, Unsure) as error:
                yield Run(str(error), error.exit_code)
                fake.advance(600)
            except ThreadmillError as error:
                yield Run(str(error), error.exit_code)
                return
            else:
                yield Run("", 0)
                return


def _complaints(thread: Frozen, threads: Sequence[Sequence[Part]]) -> Iterator[str]:
    """How what stands on the account differs from the thread."""
    if len(threads) != 1:
        yield f"the account has {len(threads)} threads instead of one"
        return
    there = [(part.text, list(part.images), list(part.alt_texts)) for part in threads[0]]
    sent = [(post.text, [one.sha256 for one in post.pictures], [one.alt_text for one in post.pictures]) for post in thread.posts]
    if len(there) != len(sent):
        yield f"{len(there)} of {len(sent)} posts stand on the account"
    for position, (found, meant) in enumerate(zip(there, sent, strict=False), 1):
        if found != meant:
            yield f"post {position} is not what was sent"
