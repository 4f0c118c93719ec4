"""The service is there for months: what it does not need every day is not in its memory."""

from __future__ import annotations

import subprocess
import sys


def test_what_tells_and_what_draws_is_loaded_when_it_is_needed() -> None:
    program = (
        "import sys, bot.service.serving, bot.telling.mail, bot.telling.ping, bot.telling.webhook; print(*sorted(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    loaded = set(ran.stdout.split())
    assert "bot.service.endpoint" in loaded
    heavy = {"requests", "urllib3", "smtplib", "pandas", "numpy", "matplotlib", "PIL", "jinja2", "tweepy", "alembic", "bot.wire"}
    assert loaded & heavy == set()
