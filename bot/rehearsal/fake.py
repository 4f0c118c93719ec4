"""The fake X itself: it records every request, lets it meet its fault, and shows a test what became of it."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.rehearsal import contract, oauth2
from bot.rehearsal.accounts import CLIENT, FIRST, KEYS, Account, Client, Keys, another
from bot.rehearsal.answers import NOT_FOUND, Answer
from bot.rehearsal.asked import Asked, Call
from bot.rehearsal.authorize import Person
from bot.rehearsal.budget import Bill, Windows
from bot.rehearsal.clock import Clock
from bot.rehearsal.contract import Contract
from bot.rehearsal.faults import Fault
from bot.rehearsal.media import Media
from bot.rehearsal.operations import TOKEN, operation_of
from bot.rehearsal.posts import DAY_S, ORIGINALS_A_DAY, REPLIES_A_DAY, Post, Rules
from bot.rehearsal.record import described
from bot.rehearsal.script import Faults
from bot.rehearsal.site import Site
from bot.rehearsal.timeline import Branched, Part, chains
from bot.rehearsal.tokens import Family, Grant
from bot.rehearsal.wire import Listening


class FakeX:
    """
    Runs for a `with` block. The first account is the bot's: `account`, its `keys`, and BEARER as an OAuth 2.0 token.
    `client` is the app, `person` who lets it in.

    `url` is its address. `faults` is the script of what goes wrong. What happened stands in `calls` (every request), `violations`
    (one sentence for each thing X would not have understood), `posts` and `media` (by id), `creates` (posts made through the API)
    and `billed` (USD; `bill` has the items); `thread` and `threads` put the posts in order.

    Args:
        openapi: X's OpenAPI file. Without it only what X could not understand at all is refused.
        clock: the test's time; `advance` moves X beyond it.
        visibility_lag_s: how long a new post is neither in the timeline nor answerable. `parent_lag_s` sets the latter apart.
        clock_skew_s: how far X's clock is ahead of the test's: in created_at, ids, resets, Date, and for signatures.
        duplicate_window_s: how long the same text is refused; X does not say. Deleted posts do not count; ours, too.
        missing_delete: what a DELETE of a post that is gone answers: 404, or 200 as though it had done it. Nobody wrote it down.
        credits: what there is to spend; X lets the last call go through and then answers 402. None is without end.
        limits: calls in 15 minutes by operation, where they are not to be those of LIMITS.
        owns_app: whether the account owns the app, which makes reading its timeline cheap.
        client: the app as OAuth 2.0 knows it, with its redirect URIs; without a secret it is a public one.
        grants: the OAuth 2.0 scopes the app can have at most, whatever it asks for; None is all.
        access_level: "read" if the OAuth 1.0a keys were made while the app was read-only.
        old_names: whether `tweet.fields` is taken beside `post.fields`.
        state: a file that holds the state as JSON, replaced after each change.
        port: 0 takes one that is free.
    """

    def __init__(
        self,
        openapi: Path | None = None,
        *,
        username: str = "threadmill_bot",
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
        visibility_lag_s: float = 0,
        parent_lag_s: float | None = None,
        clock_skew_s: float = 0,
        duplicate_window_s: float = DAY_S,
        missing_delete: int = 404,
        credits: Decimal | None = None,  # noqa: A002 - X's word
        limits: Mapping[str, int] | None = None,
        originals_a_day: int = ORIGINALS_A_DAY,
        replies_a_day: int = REPLIES_A_DAY,
        owns_app: bool = True,
        text_limit: int = 280,
        client: Client = CLIENT,
        grants: Collection[str] | None = None,
        access_level: str = "read-write",
        old_names: bool = True,
        state: Path | None = None,
        port: int = 0,
    ) -> None:
        self.account = Account(str(FIRST), username, KEYS, owns_app, text_limit, access_level)
        self.client = client
        self.contract = Contract(openapi, old_names=old_names) if openapi else None
        self.faults = Faults()
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self._clock = Clock(clock, clock_skew_s)
        rules = Rules(visibility_lag_s, parent_lag_s, duplicate_window_s, missing_delete, originals_a_day, replies_a_day)
        bill, windows = Bill(self._clock, credits), Windows(self._clock, limits or {})
        at_most = None if grants is None else frozenset(grants)
        self._site = Site(self.account, self._clock, bill, windows, rules, client, at_most)
        self._state = state
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._server = Listening(self, port)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FakeX:
        self._write_state()
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()  # wakes what hangs
        self._server.shutdown()
        self._server.server_close()

    # What a test does, and looks at

    @property
    def keys(self) -> Keys:
        return self.account.keys

    @property
    def person(self) -> Person:
        """Who sits before the page on which the app is let in: `fake.person.agrees = False` and it is refused."""
        return self._site.person

    @property
    def accounts(self) -> Mapping[str, Account]:
        return self._site.accounts

    @property
    def posts(self) -> Mapping[str, Post]:
        return self._site.posts.by_id

    @property
    def media(self) -> Mapping[str, Media]:
        return self._site.uploads.by_id

    @property
    def creates(self) -> int:
        return self._site.posts.creates

    @property
    def billed(self) -> Decimal:
        return self._site.bill.total

    @property
    def bill(self) -> list[tuple[str, Decimal]]:
        return self._site.bill.items

    @property
    def clock_skew_s(self) -> float:
        return self._clock.skew_s

    @clock_skew_s.setter
    def clock_skew_s(self, seconds: float) -> None:
        self._clock.skew_s = seconds

    def advance(self, seconds: float) -> None:
        """Moves X's time on: what is hidden appears, windows open again, media expire."""
        with self._lock:
            self._clock.advance(seconds)
            self._write_state()

    def now(self) -> dt.datetime:
        """X's time."""
        return self._clock.now()

    def stranger(self, username: str) -> Account:
        """Another account, with keys of its own."""
        with self._lock:
            account = another(FIRST + len(self.accounts), username)
            self._site.accounts[account.id] = account
            return account

    def token(self, *scopes: str, account: Account | None = None) -> str:
        """A new OAuth 2.0 access token with these scopes, as though somebody had logged in; it lives for two hours."""
        return self.log_in(*scopes, account=account).access

    def log_in(self, *scopes: str, account: Account | None = None) -> Family:
        """New tokens with these scopes, without the page: `access`, and `refresh` if offline.access is among them."""
        with self._lock:
            return self._site.tokens.begin(Grant((account or self.account).id, frozenset(scopes)))

    def write_by_hand(self, text: str, account: Account | None = None, parent: str | None = None) -> Post:
        """A post that did not come through the API: nobody is billed, nothing is refused, `creates` does not count it."""
        with self._lock:
            post = self._site.posts.make((account or self.account).id, text, parent, ())
            self._write_state()
            return post

    def delete_by_hand(self, post_id: str) -> None:
        with self._lock:
            self.posts[post_id].deleted = True
            self._write_state()

    def thread(self, root_id: str) -> list[Part]:
        """
        The chain of the author's own posts from this one down, in order.

        Raises:
            Branched: a post of it has two answers: somebody posted twice.
        """
        with self._lock:
            found = [chain for chain in chains(self.posts, self.posts[root_id].author) if chain[0].id == root_id]
        if len(found) > 1:
            raise Branched(f"{root_id} is the root of {len(found)} chains: {[[part.text for part in chain] for chain in found]}")
        return found[0] if found else []

    def threads(self, account: Account | None = None) -> list[list[Part]]:
        """Every chain of the account, oldest first: from a post without a living parent of its own to one without an answer."""
        with self._lock:
            return list(chains(self.posts, (account or self.account).id))

    def state(self) -> dict[str, Any]:
        """All of it as JSON values; images as digests; neither keys nor tokens."""
        with self._lock:
            return described(self)

    def _write_state(self) -> None:
        if self._state is None:
            return
        beside = self._state.with_name(self._state.name + ".new")
        beside.write_text(json.dumps(self.state()), "utf-8")
        beside.replace(self._state)

    # One request, as the wire hands it over

    def meet(self, asked: Asked) -> tuple[Call, Answer | None, Fault | None]:
        """Everything between a request and its answer, with the waits of a fault. No answer: the connection is closed."""
        operation, path_id = operation_of(asked.method, asked.path)
        with self._lock:
            body, query = asked.for_the_record(), asked.query_for_the_record()
            if operation == TOKEN:
                body, query = oauth2.for_the_record(asked), {}
            call = Call(operation, asked.method, asked.path, query, body, self.now())
            self.calls.append(call)
            fault = self.faults.take(operation) if operation else None
            call.fault = fault.name if fault else ""
            wrong = self._complaints(asked, operation, path_id)
            self._note(asked, wrong)
            self._write_state()
        if fault and fault.waits == "before":
            self.wait(fault.wait_s)
            if self._closing.is_set():
                return call, None, fault
        with self._lock:
            answer = self._decided(asked, call, path_id, wrong, fault)
            call.status = answer.status if answer else None
            self._write_state()
        if fault and fault.waits == "after":
            self.wait(fault.wait_s)
        return call, answer, fault

    def visited(self, asked: Asked) -> Answer:
        """Somebody looked at the page on which the app is let in: no call of the API, so no fault befalls it."""
        with self._lock:
            answer, wrong = self._site.page.visit(asked.query)
            self._note(asked, wrong)
            self._write_state()
            return answer

    def finished(self, call: Call) -> None:
        """A whole answer went out."""
        with self._lock:
            call.answered = True
            self._write_state()

    def _note(self, asked: Asked, wrong: list[str]) -> None:
        self.violations += [f"{asked.method} {asked.path}: {complaint}" for complaint in wrong]

    def failed(self, what: str) -> None:
        """The fake itself broke: no test may pass over that."""
        with self._lock:
            self.violations.append(f"the fake itself failed: {what}")
            self._write_state()

    def wait(self, seconds: float) -> None:
        """Passes time, unless the fake ends."""
        self._closing.wait(seconds)

    def _decided(self, asked: Asked, call: Call, path_id: str | None, wrong: list[str], fault: Fault | None) -> Answer | None:
        """X's own answer, or the fault's; None closes the connection. The effect happens here."""
        if not call.operation:
            return NOT_FOUND
        if fault and not fault.accepts:
            return self._shown(call, fault.answer, fault) if fault.answer and not fault.close else None
        own, account_id = self._site.answer(asked, call.operation, path_id, wrong)
        call.accepted = own.status < 300
        if fault and fault.close:
            return None
        return self._shown(call, fault.answer if fault and fault.answer else own, fault, account_id)

    def _shown(self, call: Call, answer: Answer, fault: Fault | None, account_id: str = "") -> Answer:
        return self._site.windows.shown(answer, call.operation, account_id or self.account.id, fault)

    def _complaints(self, asked: Asked, operation: str, path_id: str | None) -> list[str]:
        if operation == TOKEN:
            return oauth2.complaints(asked)
        return contract.complaints(self.contract, asked, operation, path_id)
