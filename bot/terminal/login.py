"""Logging in, as a person sees it."""

from __future__ import annotations

import sys
import webbrowser
from typing import Final

from bot.domain.access import Access
from bot.terminal.checking import held
from bot.terminal.lines import say

_LONGEST: Final = 10_000


def show_address(address: str, browser: bool) -> None:
    """Where to agree; opened too, if there is a `browser` on this machine."""
    say("Open this address, as the account that is to post, and agree:")
    say(address)
    if browser and not webbrowser.open(address):
        say("No browser could be started; open it yourself. If that is on another machine, use --paste")


def pasted() -> str:
    """One line from the person."""
    say("Then paste the address the browser ends up at, although the page may not load, or the code in it:")
    return sys.stdin.readline(_LONGEST)


def show_login(access: Access) -> None:
    """Who is logged in, what the login may do, where it is kept."""
    say(f"Logged in as @{access.name}, account {access.account}")
    for line in held(access):
        say(f"  {line}")


def show_forgotten(place: str | None) -> None:
    """What was removed."""
    if place is None:
        say("There was no stored login")
        return
    say(f"Removed {place}")
    say("X knows the login until it ends; to end it there too, take the app's access back at x.com/settings/connected_apps")
