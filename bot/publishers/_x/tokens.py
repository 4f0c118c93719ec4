"""
Where a login with X is kept: one file, mode 0600 in a folder of its own with mode 0700, never the database.

A refresh token is good once, and what replaces it stands in one answer only. So room for that answer is made on the disk before
it is asked for, one process at a time asks, and what came is on the disk under its name before anything is done with it.
"""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import json
import os
import re
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.config import Secret
from bot.errors import BadInput, BadOutput, Later

FORMAT: Final = "threadmill login 1"
"""Changes with the fields: what another version wrote is not guessed at."""

_ROOM: Final = 64 * 1024
"""Bytes made sure of before a token is spent; a login takes less than two thousand."""
_LOGIN_HOLDS: Final = dt.timedelta(days=180)
"""A refresh token lives "about 6 months" (docs.x.com, token exchange, September 2026)."""
_YEARS: Final = range(2020, 2200)
SHAPE: Final = r"[!-~]{1,4000}"
"""What a header can carry; X's have about a hundred characters."""


@dataclass(frozen=True)
class Tokens:
    """One login: of which account, made with which app at which address, and until when its access token is good."""

    api: str
    client_id: str
    account: str
    username: str
    access: Secret
    refresh: Secret
    expires_at: dt.datetime
    renewed_at: dt.datetime
    scopes: tuple[str, ...]

    @property
    def holds_until(self) -> dt.datetime:
        """About when nobody may renew it any more."""
        return self.renewed_at + _LOGIN_HOLDS


class Drawer:
    """
    The place of one login: that of an address of the API, so that what a rehearsal logs in to is never taken for X.

    Its file is read by anybody and written by whoever holds it alone.
    """

    def __init__(self, home: Path, api: str, clock: Callable[[], dt.datetime]) -> None:
        self._api, self._clock = api, clock
        name = re.sub(r"[^A-Za-z0-9.-]+", "-", api.partition("://")[2])[:100]
        self.path = home / "logins" / f"{name}.json"
        self._new, self._lock = self.path.with_suffix(".new"), self.path.with_suffix(".lock")

    def __repr__(self) -> str:
        return f"Drawer({str(self.path)!r})"

    def read(self) -> Tokens | None:
        """
        The login, or None if there is none.

        Raises:
            BadInput: the file cannot be read, or holds none of this version. What it holds is never shown.
        """
        try:
            found = _read(self.path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BadInput(
                f"the stored login {self.path} cannot be read: {error.strerror}; it is another user's or no file; correct that, "
                "or log in again: threadmill login x"
            ) from None
        if found is None or found.api != self._api:
            raise BadInput(
                f"the stored login {self.path} is damaged, of another version or of another address; it was edited, cut short or "
                "copied there; remove it with threadmill login x --forget, then log in again: threadmill login x"
            )
        return found

    @contextmanager
    def alone(self, patience_s: float) -> Iterator[None]:
        """
        Hold the drawer: nobody else writes it meanwhile. A login that a killed process had written out is put in its place first.

        Raises:
            Later: somebody else holds it for longer than `patience_s`. BadOutput: nothing can be written there.
        """
        with _told(self.path):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if (mode := stat.S_IMODE(self.path.parent.stat().st_mode)) & 0o077:
                self.path.parent.chmod(mode & 0o700)
            lock = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            self._take(lock, patience_s)
            self._adopt()
            yield
        finally:
            os.close(lock)  # and with it the lock, as when the process is killed

    @contextmanager
    def room(self) -> Iterator[Callable[[Tokens], None]]:
        """
        Room for a login to come, as what keeps it; only while the drawer is held.

        Raises:
            BadOutput: there is no room, or (from what keeps it) the login could not be put there after all.
        """
        with _told(self.path):
            descriptor = os.open(self._new, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        empty = True

        def keep(tokens: Tokens) -> None:
            nonlocal empty
            try:
                empty = False
                _write(descriptor, _document(tokens), 0)  # blanks behind it are still JSON
                os.fsync(descriptor)
                self._put()
            except OSError as error:
                problem = error.strerror
            else:
                return
            raise BadOutput(
                f"X gave new tokens, and they could not be kept in {self.path}: {problem}; the disk failed between two writes, "
                "and the tokens from before are used up; mend the disk and run the same command again, and if X knows the "
                "login no more by then, log in again: threadmill login x"
            )

        try:
            with _told(self.path):
                os.fchmod(descriptor, 0o600)
                _write(descriptor, b" " * _ROOM, 0)
                os.fsync(descriptor)
            yield keep
        finally:
            os.close(descriptor)
            if empty:
                with suppress(OSError):
                    self._new.unlink()

    def forget(self) -> bool:
        """
        Remove the login; whether there was one. Only while the drawer is held.

        Raises:
            BadOutput: it cannot be removed.
        """
        there = self.path.is_symlink() or self.path.exists()
        with _told(self.path):
            for path in (self._new, self.path):
                path.unlink(missing_ok=True)
            self._settle()
        return there

    def _take(self, lock: int, patience_s: float) -> None:
        until = time.monotonic() + patience_s
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= until:
                    break
                time.sleep(0.05)
            except OSError as error:
                raise BadOutput(
                    f"{self._lock} cannot be locked: {error.strerror}; some network file systems have no locks; set "
                    "THREADMILL_HOME to a folder on a disk of this machine"
                ) from error
            else:
                return
        raise Later(
            "another threadmill holds the login and does not let go of it; it renews it, which takes seconds unless X is "
            "slow; run the same command again",
            self._clock() + dt.timedelta(minutes=1),
        )

    def _adopt(self) -> None:
        """A whole login beside the file is newer: whoever holds the drawer puts it in its place before writing another."""
        with suppress(OSError):
            found = _read(self._new)
            if found is not None and found.api == self._api:
                self._put()

    def _put(self) -> None:
        self._new.replace(self.path)
        self._settle()

    def _settle(self) -> None:
        """The names in the folder are on the disk."""
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            with suppress(OSError):  # some file systems cannot, and then need not
                os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What the system says of the folder, in words."""
    try:
        yield
    except OSError as error:
        raise BadOutput(
            f"no login can be kept in {path.parent}: {error.strerror}; the disk is full, or the folder is another user's or "
            "read-only; nothing was asked of X. Make room or set THREADMILL_HOME, then run the same command again"
        ) from error


def _write(descriptor: int, data: bytes, at: int) -> None:
    while data:
        written = os.pwrite(descriptor, data, at)
        data, at = data[written:], at + written


def _read(path: Path) -> Tokens | None:
    """The login in a file, None if it holds none. OSError is the system's."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is no plain file")
        with open(descriptor, "rb", closefd=False) as file:
            return _tokens(file.read(_ROOM + 1))
    finally:
        os.close(descriptor)


def _document(tokens: Tokens) -> bytes:
    fields = {
        "format": FORMAT,
        "api": tokens.api,
        "client_id": tokens.client_id,
        "account": tokens.account,
        "username": tokens.username,
        "access_token": tokens.access.reveal(),
        "refresh_token": tokens.refresh.reveal(),
        "expires_at": tokens.expires_at.isoformat(),
        "renewed_at": tokens.renewed_at.isoformat(),
        "scopes": list(tokens.scopes),
    }
    return json.dumps(fields, indent=1).encode() + b"\n"


def _tokens(document: bytes) -> Tokens | None:
    """The login in a document, None if it is none: no error that would hold a piece of it."""
    try:
        found = json.loads(document)
        if not isinstance(found, dict) or set(found) != _FIELDS or found["format"] != FORMAT:
            return None
        return Tokens(
            api=_text(found, "api", r"https?://[!-~]{1,500}"),
            client_id=_text(found, "client_id", r"[!-~]{1,200}"),
            account=_text(found, "account", r"[0-9]{1,19}"),
            username=_text(found, "username", r"[A-Za-z0-9_]{1,50}"),
            access=Secret(_text(found, "access_token", SHAPE)),
            refresh=Secret(_text(found, "refresh_token", SHAPE)),
            expires_at=_instant(found, "expires_at"),
            renewed_at=_instant(found, "renewed_at"),
            scopes=tuple(_text({"scope": one}, "scope", r"[a-z.]{1,50}") for one in _list(found, "scopes")),
        )
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None


_FIELDS: Final = {
    "format", "api", "client_id", "account", "username", "access_token", "refresh_token", "expires_at", "renewed_at", "scopes",
}  # fmt: skip


def _text(found: Mapping[str, object], name: str, shape: str) -> str:
    value = found[name]
    if not isinstance(value, str) or not re.fullmatch(shape, value):
        raise TypeError(name)
    return value


def _list(found: Mapping[str, object], name: str) -> list[object]:
    value = found[name]
    if not isinstance(value, list):
        raise TypeError(name)
    return value


def _instant(found: Mapping[str, object], name: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(_text(found, name, r"[ -~]{1,40}"))
    if moment.tzinfo is None or moment.year not in _YEARS:
        raise ValueError(name)
    return moment.astimezone(dt.UTC)
