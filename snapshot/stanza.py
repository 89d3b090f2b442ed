# SPDX-License-Identifier: GPL-3.0-or-later
"""Splitting an index into stanzas, as bytes.

A stanza is its lines joined by line ends, without the last one and without the blank lines
around it. That is the *entry* of the catalogue, so equal bytes here mean an equal entry.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from itertools import chain

from snapshot.errors import InvalidInput

#: No real stanza comes near; without a bound a file of one line would be held in memory.
MAX_STANZA = 8 << 20

_CUT = b"\n\n"
_ODD_BLANK = re.compile(rb"\n[ \t]+\n")
_BLANK_LINES = re.compile(rb"\n(?:[ \t]*\n)+")
_EDGES = re.compile(rb"\A[ \t\n]+\Z|\A(?:[ \t]*\n)+|(?:\n[ \t]*)+\Z")


def split_stanzas(data: bytes) -> list[bytes]:
    """All stanzas of an index that is in memory.

    Lines that hold only spaces or tabs separate too, as they do for dpkg and apt.
    """
    parts = _BLANK_LINES.split(data) if _ODD_BLANK.search(data) else data.split(_CUT)
    return [stanza for part in parts if (stanza := _without_edges(part))]


def iter_stanzas(chunks: Iterable[bytes], *, limit: int = MAX_STANZA) -> Iterator[bytes]:
    """The same stanzas from an index that arrives in pieces.

    Args:
        chunks: The index's bytes, cut anywhere.
        limit: Most bytes of one stanza.

    Raises:
        InvalidInput: A stanza larger than the limit.
    """
    return chain.from_iterable(cut_stanzas(chunks, limit=limit))


def cut_stanzas(chunks: Iterable[bytes], *, limit: int = MAX_STANZA) -> Iterator[list[bytes]]:
    """The same, those together that end in one piece.

    Args:
        chunks: The index's bytes, cut anywhere.
        limit: Most bytes of one stanza.

    Raises:
        InvalidInput: A stanza larger than the limit.
    """
    rest = b""
    for chunk in chunks:
        rest += chunk
        cut = rest.rfind(_CUT)
        if cut >= 0:
            yield split_stanzas(rest[:cut])
            rest = rest[cut + 2 :]
        if len(rest) > limit:
            raise InvalidInput(
                f"an index with a stanza of more than {limit} bytes", advice="it is not an index"
            )
    yield split_stanzas(rest)


def stanza_key(stanza: bytes) -> bytes:
    """The identity of an entry: the raw SHA-256 of its bytes (32 bytes)."""
    return hashlib.sha256(stanza).digest()


def _without_edges(part: bytes) -> bytes:
    """Without blank lines around; the common stanza has none and is not searched."""
    if part and part[0] > 0x20 and part[-1] > 0x20:
        return part
    return _EDGES.sub(b"", part)
