"""
The house's typeface: three static weights of Inter, made once from the variable font and kept in matplotlib's cache.

matplotlib 3.11 ignores the weight axis of a variable font, and a system font called "Inter" silently wins over one that is
added under that name; hence static files under a private family name. Inter's licence (OFL 1.1) reserves no font name.
"""

from __future__ import annotations

import atexit
import hashlib
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.font_manager import FontEntry, fontManager

FAMILY: Final = "Threadmill Inter"
REGULAR: Final = 400
SEMIBOLD: Final = 600
BOLD: Final = 700

_OPTICAL_SIZE: Final = {REGULAR: 14, SEMIBOLD: 14, BOLD: 32}
"""Bold stands in titles and large figures only, so it takes the display cut."""
_CHARACTERS: Final = (
    (0x20, 0x7E), (0xA0, 0x17F), (0x2002, 0x2003), (0x2009, 0x2009), (0x2010, 0x2015), (0x2018, 0x201E), (0x2020, 0x2022),
    (0x2026, 0x2026), (0x202F, 0x2030), (0x2032, 0x2033), (0x2039, 0x203A), (0x2044, 0x2044), (0x20AC, 0x20AC),
    (0x2122, 0x2122), (0x2190, 0x2193), (0x2212, 0x2212), (0x2248, 0x2248), (0x2264, 0x2265),
)  # fmt: skip
"""Latin, Latin Extended-A, punctuation, arrows, minus and comparison signs."""
_FEATURES: Final = ("kern", "tnum", "mark", "mkmk", "ccmp", "locl")


def ensure(progress: Callable[[str], None] | None = None) -> None:
    """
    The three weights, known to matplotlib under FAMILY. Cached fonts cost two milliseconds; the first call on a machine
    makes them, which takes two to four seconds and is told to `progress` in words. Two processes may call at once.
    """
    if progress and not _complete(_kept()):
        progress("Making the chart fonts, once on this machine")
    known = {entry.fname for entry in fontManager.ttflist if entry.name == FAMILY}
    for weight in _OPTICAL_SIZE:
        name = str(path(weight))
        if name not in known:
            # At the front, because findfont stops at the first exact match: 188 system fonts need not be weighed.
            fontManager.ttflist.insert(0, FontEntry(fname=name, name=FAMILY, weight=weight, size="scalable"))


def path(weight: int) -> Path:
    """The font file of a weight (400, 600 or 700), made if it is not there yet."""
    return _folder() / f"{weight}.ttf"


@cache
def _folder() -> Path:
    if _complete(_kept()):
        return _kept()
    try:
        return _made(_kept())
    except OSError:  # a read-only home, as in many containers
        folder = Path(tempfile.mkdtemp(prefix="threadmill-fonts-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return _made(folder)


@cache
def _kept() -> Path:
    recipe = repr((_OPTICAL_SIZE, _CHARACTERS, _FEATURES)).encode()
    digest = hashlib.sha256(_source().read_bytes() + recipe).hexdigest()[:16]
    return Path(mpl.get_cachedir()) / "threadmill-fonts" / digest


def _complete(folder: Path) -> bool:
    return all((folder / f"{weight}.ttf").is_file() for weight in _OPTICAL_SIZE)


def _source() -> Path:
    """The variable font inside the fontpkg-inter package, found without running the package."""
    spec = importlib.util.find_spec("fontpkg_inter")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            "the package fontpkg-inter, which carries the chart font, is not installed", name="fontpkg_inter"
        )
    return Path(spec.submodule_search_locations[0]) / "files" / "Inter[opsz,wght].ttf"


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for weight, optical_size in _OPTICAL_SIZE.items():
        handle, draft = tempfile.mkstemp(dir=folder, suffix=".part")
        os.close(handle)
        _instance(weight, optical_size, Path(draft))
        Path(draft).replace(folder / f"{weight}.ttf")  # whole or not at all, also when two processes are here
    return folder


def _instance(weight: int, optical_size: int, target: Path) -> None:
    # Half a second to import, and needed once a machine.
    from fontTools import subset
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    font = TTFont(_source(), recalcTimestamp=False)
    options = subset.Options(layout_features=list(_FEATURES), notdef_outline=True, hinting=False)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[code for first, last in _CHARACTERS for code in range(first, last + 1)])
    subsetter.subset(font)  # first: instancing all 2,900 glyphs takes four times as long
    instancer.instantiateVariableFont(font, {"wght": weight, "opsz": optical_size}, inplace=True)
    font.save(target)
