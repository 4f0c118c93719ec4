"""X as it is when nothing goes wrong: who asks, whether they may, and what each call does."""

from __future__ import annotations

from dataclasses import replace

from bot.rehearsal.accounts import Account, Client
from bot.rehearsal.answers import (
    FORBIDDEN,
    OAUTH1_PERMISSIONS,
    OUT_OF_CREDITS,
    RATE_LIMITED,
    TOO_MANY,
    UNAUTHORIZED,
    Answer,
    invalid,
)
from bot.rehearsal.asked import Asked
from bot.rehearsal.authorize import Page, Person
from bot.rehearsal.budget import Bill, Windows
from bot.rehearsal.clock import Clock
from bot.rehearsal.media import Uploads
from bot.rehearsal.oauth1 import Signatures
from bot.rehearsal.oauth2 import TokenEndpoint
from bot.rehearsal.operations import CREATE, DELETE, ME, TIMELINE, TOKEN, UPLOAD
from bot.rehearsal.posts import Posts, Rules
from bot.rehearsal.scopes import LEVELS, NEEDS
from bot.rehearsal.timeline import Timeline
from bot.rehearsal.tokens import Grant, Tokens


class Site:
    """Accounts, posts, images and tokens, and the one way to change them from outside."""

    def __init__(
        self,
        account: Account,
        clock: Clock,
        bill: Bill,
        windows: Windows,
        rules: Rules,
        client: Client,
        grants: frozenset[str] | None,
    ) -> None:
        self.accounts = {account.id: account}
        self.bill, self.windows = bill, windows
        self.uploads = Uploads(clock, bill)
        self.posts = Posts(clock, bill, self.uploads, rules)
        self.tokens = Tokens(clock, account.id)
        self.person = Person(account)
        self.page = Page(client, self.person, clock, self.tokens, grants)
        self._endpoint = TokenEndpoint(client, self.accounts, self.page, self.tokens, grants)
        self._timeline = Timeline(self.accounts, self.posts, self.uploads, bill)
        self._signatures = Signatures(self.accounts)
        self._clock, self._client = clock, client

    def answer(self, asked: Asked, operation: str, path_id: str | None, wrong: list[str]) -> tuple[Answer, str]:
        """What X answers to a request, and whose window it counts in, "" for nobody's. `wrong` are complaints about it."""
        if operation == TOKEN:
            allowed = self.windows.count(operation, self._client.id)
            return self._endpoint.answer(asked, wrong) if allowed else RATE_LIMITED, self._client.id
        grant = self._grant(asked)
        if grant is None:
            return UNAUTHORIZED, ""
        answer = self._checked(asked, operation, path_id, wrong, grant)
        if grant.access_level:  # seen on answers of v1.1 only; that it comes with v2 is ours
            answer = replace(answer, headers={"x-access-level": grant.access_level, **answer.headers})
        return answer, grant.account_id

    def _checked(self, asked: Asked, operation: str, path_id: str | None, wrong: list[str], grant: Grant) -> Answer:
        if not grant.scopes >= NEEDS[operation]:
            # ocaml-social-sdk#25: a token without media.write; keys that were made while the app was read-only say more
            return OAUTH1_PERMISSIONS if grant.access_level else FORBIDDEN
        if not self.windows.count(operation, grant.account_id):
            return TOO_MANY
        if wrong:
            return invalid(wrong[0])
        if self.bill.used_up:
            return OUT_OF_CREDITS
        return self._act(operation, self.accounts[grant.account_id], path_id, asked)

    def _grant(self, asked: Asked) -> Grant | None:
        """Who asks, and what they may; None if nobody knows."""
        scheme, _, rest = asked.headers.get("authorization", "").partition(" ")
        if scheme == "Bearer":
            return self.tokens.grant(rest)
        account = self._signatures.account(asked, self._clock.skew_s) if scheme == "OAuth" else None
        return Grant(account.id, LEVELS[account.access_level], account.access_level) if account else None

    def _act(self, operation: str, account: Account, path_id: str | None, asked: Asked) -> Answer:
        if operation == CREATE:
            return self.posts.create(account, asked.json())
        if operation == DELETE:
            return self.posts.delete(account, path_id or "")
        if operation == ME:
            self.bill.read("user read", account.id)
            return Answer(200, {"data": {"id": account.id, "name": account.username, "username": account.username}})
        if operation == TIMELINE:
            return self._timeline.page(account, path_id or "", dict(asked.query))
        return self.uploads.upload(account, asked) if operation == UPLOAD else self.uploads.describe(account, asked.json())
