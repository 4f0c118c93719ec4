"""What is kept and for how long: pruned, backed up, restored."""

from __future__ import annotations

from pathlib import Path

from bot import __version__, wiring
from bot.domain.keeping import Backup, Pruned, Restored


def prune(yes: bool) -> Pruned:
    """
    Let go of what is older than it is kept; without `yes` only what would go.

    Raises:
        BadStore: as the store says. What went before stays gone: a pruning is many small steps.
    """
    house = wiring.house()
    with wiring.store(house) as store:
        return store.prune(store.now(), wiring.kept_for(house), dry=not yes)


def back_up(file: str) -> Backup:
    """
    Write all that is in the store to a file, while others may go on writing.

    Raises:
        BadOutput: the file cannot be written, or something else is there. BadStore: as the store says.
    """
    with wiring.store(wiring.house()) as store:
        return store.back_up(Path(file), __version__)


def restore(file: str) -> tuple[Backup, Restored]:
    """
    Fill an empty store from a backup. What may have gone out since it was made is looked for before it is sent, or held.

    Raises:
        BadInput: the file is no backup, or damaged. BadStore: the store is not empty, or as it says.
    """
    return wiring.restore(wiring.house(), Path(file).expanduser())
