"""
The bytes of a response, read as a stream and cut off at a limit. For the client alone.

They are decompressed here, piece by piece: libraries inflate a whole read at once, and go on reading while nothing comes out.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Final

import urllib3

_CHUNK: Final = 64 * 1024


class TooMuch(Exception):
    """A reply is longer than any honest one."""


def read(
    raw: urllib3.BaseHTTPResponse,
    headers: Mapping[str, str],
    limit: int,
    cut: bool = False,
) -> bytes:
    """
    The decompressed body. `cut` ends it at the limit instead of refusing it.

    Raises:
        TooMuch: more bytes than the limit, as sent or decompressed.
        zlib.error: it cannot be decompressed, or not to its end.
    """
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", "deflate", ""):
        raise TooMuch(f"sent a body in an encoding nobody asked for ({encoding[:20]})")
    inflate = zlib.decompressobj(47) if "gzip" in encoding or encoding == "deflate" else None
    found, sent = bytearray(), 0
    while piece := raw.read1(_CHUNK, decode_content=False):
        sent += len(piece)
        while piece:
            found += inflate.decompress(piece, _CHUNK) if inflate else piece
            piece = inflate.unconsumed_tail if inflate else b""
            if len(found) > limit or sent > limit:
                if cut:
                    return bytes(found[:limit])
                raise TooMuch(f"sent more than {limit:,} bytes")
    if inflate and sent and not cut and (not inflate.eof or inflate.unused_data):
        raise zlib.error("there is more behind its end" if inflate.eof else "it breaks off")
    return bytes(found)


def head(headers: Mapping[str, str], names: Sequence[str]) -> bytes:
    """The headers that belong to the answer, as they are kept in front of the body."""
    if not names:
        return b""
    lines = [f"{name}: {headers.get(name, '')}\n" for name in names]
    return "".join(lines).encode("latin-1", "replace") + b"\n"
