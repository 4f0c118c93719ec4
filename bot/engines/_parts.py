"""Files of an input with their digests, and the part that is computed of some of them: a Parquet file with the list beside it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.engines import _files
from bot.ports import Digested, Format, Input

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_LISTED: Final = 10_000
"""Files a manifest names one by one; of more it names the shards, whose own lists are kept beside their parts."""
_BY: Final = b"computed_by"
"""Where a part says which version of an engine computed it."""


@dataclass(frozen=True)
class Group:
    """Some files of an input, as they were found and digested."""

    files: Sequence[_files.File]
    seen: Sequence[_files.Seen]

    @property
    def bytes(self) -> int:
        """How many there are in all."""
        return sum(file.bytes for file in self.files)

    @property
    def listed(self) -> str:
        """A line for each: its digest, size and path."""
        return "".join(f"{one.sha256}\t{file.bytes}\t{file.path}\n" for file, one in zip(self.files, self.seen, strict=True))

    def rows(self, form: Format) -> int:
        """How many rows they have, as far as that can be known without reading them once more."""
        if form is Format.FILES:
            return len(self.files)
        if form is Format.PARQUET:
            import pyarrow.parquet as pq

            return sum(pq.read_metadata(file.path).num_rows for file in self.files)
        return sum(max(one.lines, 0) for one in self.seen)


@dataclass(frozen=True)
class Shard:
    """A group of the large input, and where its part is or is to be."""

    group: Group
    part: Path

    @property
    def computed_by(self) -> str:
        """The version of the engine that computed the part, perhaps long ago."""
        import pyarrow.parquet as pq

        metadata: dict[bytes, bytes] = pq.read_schema(self.part).metadata or {}
        return metadata.get(_BY, b"").decode()

    def write(self, batches: Callable[[], Iterator[pa.RecordBatch]], schema: pa.Schema, by: str) -> None:
        """
        The part, in place all at once or not at all.

        Raises:
            SourceUnavailable: one of the files has changed meanwhile.
        """
        beside = self.part.with_suffix(f".{os.getpid()}.new")
        beside.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write(batches(), schema.with_metadata({_BY: by}), beside)
            _files.refuse_changed(self.group.files)
            self.part.with_suffix(".tsv").write_text(self.group.listed, encoding="utf-8")
            beside.replace(self.part)
        finally:
            beside.unlink(missing_ok=True)


def of_shards(one: Input, shards: Sequence[Shard]) -> tuple[Digested, bytes]:
    """The large input with a digest of all its files, and the list that has this digest."""
    groups = [shard.group for shard in shards]
    if sum(len(group.files) for group in groups) <= _MOST_LISTED:
        return of_groups(one, groups)
    lines = (
        f"{digest(shard.group.listed)}\t{shard.group.bytes}\t{len(shard.group.files)} files, {shard.part.stem}.tsv\n"
        for shard in shards
    )
    return _told(one, groups, "".join(lines))


def of_groups(one: Input, groups: Sequence[Group]) -> tuple[Digested, bytes]:
    """The same of any input, every file by itself."""
    return _told(one, groups, "".join(group.listed for group in groups))


def digest(*texts: str) -> str:
    """Of texts in their order, none of which can be taken for a part of another."""
    sums = hashlib.sha256()
    for text in texts:
        sums.update(f"{len(text)}:{text}".encode())
    return sums.hexdigest()


def _told(one: Input, groups: Sequence[Group], listed: str) -> tuple[Digested, bytes]:
    body = listed.encode()
    files, size = sum(len(group.files) for group in groups), sum(group.bytes for group in groups)
    return Digested(one.name, str(one.place), files, size, hashlib.sha256(body).hexdigest()), body


def _write(batches: Iterator[pa.RecordBatch], schema: pa.Schema, path: Path) -> None:
    import pyarrow.parquet as pq

    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch.cast(schema))
