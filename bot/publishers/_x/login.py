"""How a login comes to be, and goes: a person agrees in a browser, or OAuth 1.0a keys are exchanged for one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.config import Secret
from bot.domain.access import Access, Identity
from bot.errors import BadInput, Later, Rejected
from bot.publishers._x import grants
from bot.publishers._x.callback import Callback
from bot.publishers._x.consent import PATH, Answer, Attempt, attempt, brought, pasted
from bot.publishers._x.credentials import LOCK_S, Fresh, account_of, missing, over_tls, told, undisturbed
from bot.publishers._x.tokens import Drawer, Tokens

if TYPE_CHECKING:
    from bot.publishers._x.session import Patience

_SET_UP: Final = "set up OAuth 2.0 in the app's settings at console.x.com (permission Read and write, type Automated App or bot)"


class Asked:
    """A login a person was asked for. `address` is to be opened in a browser."""

    def __init__(self, door: Door, attempt: Attempt, callback: Callback | None) -> None:
        self._door, self._attempt, self._callback = door, attempt, callback

    @property
    def address(self) -> str:
        """Where X asks for consent."""
        return self._attempt.address

    def paste(self, text: str) -> Access:
        """
        Log in with what a person pasted.

        Raises:
            BadInput: it is no answer, or another account's. Rejected, Later: as X says. Nothing was stored.
        """
        return self._door.enter(self._attempt, pasted(text, self._attempt, self._door.now()))

    def wait(self, seconds: float) -> Access:
        """
        Log in with what the browser brings back.

        Raises:
            as `paste`, and Later: it brought nothing in time.
        """
        assert self._callback is not None  # noqa: S101 - who pastes does not wait
        found = self._callback.wait(seconds)
        if found is not None:
            return self._door.enter(self._attempt, found)
        away = self._callback.turned_away
        others = f" ({away} answers to something else were turned away)" if away else ""
        raise Later(
            f"no answer of X came back within {seconds / 60:.0f} minutes{others}; nobody agreed, the browser runs on another "
            "machine, or this callback address is not among the app's at console.x.com; run threadmill login x again, or with "
            "--paste",
            self._door.now(),
        )


class Door:
    """Where logins for one address of the API come in. `verify` asks X whose credentials they are."""

    def __init__(
        self,
        keys: Mapping[str, Secret],
        base_url: str,
        drawer: Drawer,
        client_id: str,
        clock: Callable[[], dt.datetime],
        patience: Patience,
        verify: Callable[[Fresh], Identity],
    ) -> None:
        self._keys, self._base_url, self._drawer, self._client_id = keys, base_url, drawer, client_id
        self._patience, self._verify = patience, verify
        self.now = clock

    @contextmanager
    def ask(self, port: int, listen: bool) -> Iterator[Asked]:
        """
        Ask for a login whose answer comes to `port` of this machine, and `listen` there unless the person pastes it.

        Raises:
            BadInput: there is no app to ask for, the port is taken, or no login could be stored.
        """
        self._prepare()
        with self._drawer.alone(LOCK_S), self._drawer.room():
            pass  # before a person is troubled
        begun = attempt(self._client_id, self._base_url, f"http://127.0.0.1:{port}{PATH}", grants.SCOPES)
        if not listen:
            yield Asked(self, begun, None)
            return
        with Callback(port, lambda target: brought(target, begun, self.now())) as callback:
            yield Asked(self, begun, callback)

    def enter(self, begun: Attempt, answer: Answer) -> Access:
        """Redeem the code at once; it is good for 30 seconds."""
        if not isinstance(answer, Secret):
            raise answer
        return self._stored(
            lambda now: grants.redeem(
                self._app(), self._base_url, answer, begun.verifier, begun.redirect_uri, now, self._patience
            ),
            "in the browser, log in to X as the account that is to post",
        )

    def exchange(self) -> Access:
        """
        A login for the account of the four OAuth 1.0a keys, without a person.

        Raises:
            BadInput: a key or the client id is missing, or the login could not be stored. Rejected, Later: as X says.
        """
        if names := missing(self._keys):
            raise BadInput(
                f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} not set, and only all four OAuth 1.0a keys of an "
                "account can be exchanged; set them, or log in without --exchange"
            )
        self._prepare()
        token, secret = self._keys["X_ACCESS_TOKEN"], self._keys["X_ACCESS_TOKEN_SECRET"]
        account = account_of(self._keys)
        with self._drawer.alone(LOCK_S), self._drawer.room() as keep, undisturbed():
            self._same(Identity(account, account, None, 0), "set the keys of the account that is to post")
            now = self.now()
            granted = grants.exchange(self._app(), self._base_url, token, secret, now, self._patience)
            scopes = granted.scopes or grants.SCOPES
            whose = (self._base_url, self._client_id, account, account)
            tokens = Tokens(
                *whose, granted.access, _complete(granted, scopes), granted.expires_at, renewed_at=now, scopes=tuple(scopes)
            )
            keep(tokens)  # at once: a pair exchanged earlier has ended, and whose this one is the keys say
        with suppress(Later):  # its name can wait; who may not post learns it from the first call
            tokens = replace(tokens, username=self._verify(Fresh(granted, scopes)).name)
            with self._drawer.alone(LOCK_S), self._drawer.room() as keep:
                keep(tokens)
        return told(self._drawer, tokens)

    def forget(self) -> str | None:
        """
        Remove the stored login, whatever it is; its place, or None if there was none.

        Raises:
            BadOutput: it cannot be removed. Later: another process holds it.
        """
        if not self._drawer.path.parent.is_dir():
            return None
        with self._drawer.alone(LOCK_S):
            return str(self._drawer.path) if self._drawer.forget() else None

    def _prepare(self) -> None:
        if not self._client_id:
            raise BadInput(
                f"X_CLIENT_ID is not set, and X logs nobody in without the app's; {_SET_UP}, then put its Client ID into "
                "X_CLIENT_ID, and its Client Secret, if it has one, into X_CLIENT_SECRET"
            )
        over_tls(self._base_url)
        self._drawer.read()

    def _app(self) -> grants.App:
        return grants.App(self._client_id, self._keys.get("X_CLIENT_SECRET"))

    def _stored(self, grant: Callable[[dt.datetime], grants.Granted], otherwise: str) -> Access:
        """What X grants, once it is known whose it is and that it may post."""
        with self._drawer.alone(LOCK_S), self._drawer.room() as keep:
            now = self.now()
            granted = grant(now)
            scopes = granted.scopes or grants.SCOPES
            refresh = _complete(granted, scopes)
            owner = self._verify(Fresh(granted, scopes))
            self._same(owner, otherwise)
            whose = (self._base_url, self._client_id, owner.account, owner.name)
            tokens = Tokens(*whose, granted.access, refresh, granted.expires_at, renewed_at=now, scopes=tuple(scopes))
            keep(tokens)
        return told(self._drawer, tokens)

    def _same(self, owner: Identity, otherwise: str) -> None:
        """One account for all credentials: a thread belongs to one."""
        stored = self._drawer.read()
        if not missing(self._keys) and (keys := account_of(self._keys)) != owner.account:
            other = f"the four OAuth 1.0a keys are account {keys}'s"
            instead = "unset the keys"
        elif stored is not None and stored.account != owner.account:
            other = f"the stored login is @{stored.username}'s, account {stored.account}"
            instead = "remove that login with threadmill login x --forget"
        else:
            return
        raise BadInput(
            f"this login is @{owner.name}'s, account {owner.account}, and {other}; nothing was stored, for a thread belongs to "
            f"one account; {otherwise}, or {instead}; then run the same command again"
        )


def _complete(granted: grants.Granted, scopes: Sequence[str]) -> Secret:
    """The refresh token of a login that may do all a thread needs."""
    lacking = [scope for scope in grants.SCOPES if scope not in scopes]
    if not lacking and granted.refresh is not None:
        return granted.refresh
    raise Rejected(
        f"X granted a login without {', '.join(lacking) or 'a refresh token'}, and nothing was stored; the app's permission was "
        "less than Read and write when it was agreed to, and a login keeps what it was made with; set the app to Read and "
        "write at console.x.com, then log in again: threadmill login x"
    )
