"""
What every engine does. A room of the wing is a module with `connect(means) -> Engine`, EXTRA, and `elsewhere`.

EXTRA is what `pip install 'threadmill[...]'` calls its packages; `elsewhere(address)` says whether it is reached by a connection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bot.config import Secret
from bot.errors import BadInput, SourceUnavailable
from bot.ports import Format

if TYPE_CHECKING:
    import pyarrow as pa
    from ibis.expr.types import Table


@dataclass(frozen=True)
class Means:
    """
    What an engine may use: its address (None for its default), memory, the bytes one query may be billed, a folder to spill.

    `memory_bytes` is for an engine in this process or started by it; of one that runs elsewhere its own settings count.
    """

    address: Secret | None
    memory_bytes: int
    billed_bytes: int
    scratch: Path


class Engine(Protocol):
    """
    An engine, connected, with its session in UTC. Whatever it raises, `failed` puts into words.

    `version` is its name with its version ("DuckDB 2.0.0"); a result is kept under it. `shard_bytes` is how much of an input it
    is given at once.
    """

    @property
    def version(self) -> str: ...

    @property
    def shard_bytes(self) -> int: ...

    def files(self, name: str, paths: Sequence[str], form: Format, columns: Mapping[str, str]) -> Table:
        """
        Files as one table, with at least those of the columns that they have; `columns` are hints of their types.

        Raises:
            BadInput: the engine does not read files of this form.
        """
        ...

    def table(self, place: str) -> Table:
        """A table it has by itself. Raises BadInput if there is none of that name."""
        ...

    def state(self, place: str) -> str:
        """What a table of its own says of its state: another text when it has changed; empty if that cannot be known."""
        ...

    def cost(self, expression: Table) -> int:
        """
        The bytes a query would be billed, asked for without running it; 0 where nothing is billed.

        Raises:
            BadInput: more than may be.
        """
        ...

    def batches(self, expression: Table) -> Iterator[pa.RecordBatch]:
        """The rows of an expression, in the types it says."""
        ...

    def failed(self, error: Exception) -> Exception:
        """What an error of the engine means: SourceUnavailable if it is away or died, BadInput if data or settings are wrong."""
        ...

    def stop(self) -> None:
        """End what it is at, from another thread: that then raises. Nothing, if it is at nothing or cannot be stopped."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


def said(error: Exception) -> str:
    """The first words of an engine's error, without the stack traces some put behind."""
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words[:300]}{'…' if len(words) > 300 else ''}"


def away(engine: str, where: str, error: Exception, check: str) -> SourceUnavailable:
    """An engine that cannot be reached or has died."""
    return SourceUnavailable(
        f"the engine {engine} at {where} cannot be reached or has failed ({said(error)}). Nothing is stored of what it was asked "
        f"last; what it finished before is kept, and is gone on from. {check}"
    )


def unread(engine: str, error: Exception) -> BadInput:
    """Data an engine cannot read as what they should be."""
    return BadInput(
        f"{engine} cannot compute this ({said(error)}). The data are probably not of the shape the source describes, or were cut "
        "short. Compare them with docs/scale.md; nothing is stored"
    )


def without(engine: str, extra: str, module: str) -> BadInput:
    """An engine whose packages are not installed."""
    return BadInput(
        f'the engine "{engine}" needs the package "{module}", which is not installed here: pip install \'threadmill[{extra}]\''
    )
