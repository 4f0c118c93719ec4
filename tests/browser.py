"""Finds a Chromium to try the page in. `python -m tests.browser` exits 0 if there is one."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def executable() -> str | None:
    """The path of an installed Chromium, or of the one playwright brought; None if there is neither."""
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    if _MAC.is_file():
        return str(_MAC)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if path and Path(path).is_file() else None


if __name__ == "__main__":
    sys.exit(executable() is None)
