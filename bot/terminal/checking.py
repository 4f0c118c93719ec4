"""What is right and wrong with settings and recipes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.config import VARIABLES, Secret, Settings
from bot.domain.access import Access, Identity
from bot.terminal.lines import say
from bot.verbs.checking import Checked


def show_check(check: Checked) -> None:
    """Settings with secrets masked, then each report."""
    settings = check.settings
    shown = _shown(settings)
    for name in VARIABLES:
        say(f"{name:<23} {shown.get(name) or 'not set'}")
    for source, url in settings.source_urls.items():
        say(f"{source} is asked at {url}")
    for name, meant in settings.unknown.items():
        say(f"{name} is not read" + (f'; did you mean "{meant}"?' if meant else ""))
    _show_access(check.access)
    for name, summary in check.reports.items():
        first, *rest = summary.splitlines()
        say("\n".join([f"{name}: right ({first})", *rest]))
    for name, problem in check.problems.items():
        say(f"{name}: wrong\n{problem}")


def _shown(settings: Settings) -> Mapping[str, object]:
    """What is set or goes without saying, by variable; secrets are masked by themselves."""
    watched, style, engines = settings.watched, settings.watched.log_style, settings.engines
    host, port = watched.listen or ("", 0)
    return {
        **settings.secrets,
        "THREADMILL_HOME": settings.home,
        "DATABASE_URL": settings.database_url,
        "THREADMILL_BUDGET_USD": "" if settings.budget_usd is None else f"{settings.budget_usd:.3f}",
        "THREADMILL_REPORTS": ", ".join(settings.reports),
        "THREADMILL_MODES": ", ".join(f"{name}={mode}" for name, mode in settings.modes.items()),
        "THREADMILL_NOTIFY_EMAIL": ", ".join(watched.emails),
        "THREADMILL_LISTEN": "off" if watched.listen is None else f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "THREADMILL_LOG": f"{style}:debug" if watched.log_steps else style,
        **{f"THREADMILL_ENGINE_{name.upper()}": _address(address) for name, address in engines.addresses.items()},
        "THREADMILL_ENGINE_MEMORY": f"{engines.memory_bytes / 1e9:g}GB",
        "THREADMILL_ENGINE_BILLED": f"{engines.billed_bytes / 1e9:g}GB",
        "X_API_BASE_URL": settings.x_api_base_url,
        "THREADMILL_CONTACT": settings.contact,
        "X_CLIENT_ID": settings.x_client_id,
    }


def _address(address: Secret) -> str:
    """An engine's address without what may be a password or a token in it."""
    scheme, between, place = address.reveal().rpartition("://")
    user, at, host = place.rpartition("@")
    shown = re.split("[;?]", host)[0]
    return f"{scheme}{between}{'****' if user else ''}{at}{shown}{'****' if shown != host else ''}"


def _show_access(access: Access | None) -> None:
    """What would post, and how long it holds."""
    if access is None:
        say("X could not be posted to: there are no four keys and no login that fit; a preview needs none")
    elif access.kind == "keys":
        say(f"X would be posted to with OAuth 1.0a keys, as account {access.account}")
    else:
        say(f"X would be posted to with a login, as @{access.name}, account {access.account}")
        for line in held(access):
            say(f"  {line}")


def held(access: Access) -> Iterator[str]:
    """What a login may do, where it is kept and how long it holds."""
    yield f"may {', '.join(access.scopes)}"
    yield f"kept in {access.place}"
    if access.access_until is not None and access.login_until is not None:
        until = access.access_until.isoformat(timespec="minutes")
        yield f"good until {until}, renewed by itself until about {access.login_until.date()}"


def show_identity(found: Identity) -> None:
    """Whom X knows behind the credentials."""
    say(f"X was asked once: a user read, presumably billed ${found.cost_usd:.3f}")
    say(f"X knows these credentials: @{found.name}, account {found.account}")
    say("They may post" if found.writes else "Whether they may post X did not say; the first post tells")


def show_reports(reports: Mapping[str, str]) -> None:
    """Name and title."""
    for name, title in reports.items():
        say(f"{name:<24} {title}")
