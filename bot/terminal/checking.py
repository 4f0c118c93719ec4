"""What is right and wrong with settings and recipes."""

from __future__ import annotations

from collections.abc import Mapping

from bot.config import VARIABLES
from bot.terminal.lines import say
from bot.verbs.checking import Checked


def show_check(check: Checked) -> None:
    """Settings with secrets masked, then each report."""
    settings = check.settings
    say(f"THREADMILL_HOME        {settings.home}")
    say(f"DATABASE_URL           {settings.database_url or 'not set'}")
    say(f"X_API_BASE_URL         {settings.x_api_base_url}")
    say(f"THREADMILL_CONTACT     {settings.contact or 'not set'}")
    for source, url in settings.source_urls.items():
        say(f"{source} is asked at {url}")
    for name in VARIABLES:
        if name in ("THREADMILL_HOME", "THREADMILL_CONTACT", "DATABASE_URL", "X_API_BASE_URL"):
            continue
        say(f"{name:<22} {settings.secrets.get(name, 'not set')}")
    for name, meant in settings.unknown.items():
        say(f"{name} is not read" + (f'; did you mean "{meant}"?' if meant else ""))
    for name, summary in check.reports.items():
        first, *rest = summary.splitlines()
        say("\n".join([f"{name}: right ({first})", *rest]))
    for name, problem in check.problems.items():
        say(f"{name}: wrong\n{problem}")


def show_reports(reports: Mapping[str, str]) -> None:
    """Name and title."""
    for name, title in reports.items():
        say(f"{name:<24} {title}")
