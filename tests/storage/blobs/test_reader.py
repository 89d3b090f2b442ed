# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a part of a stream and nothing beyond it."""

from __future__ import annotations

import io

from storage.blobs.reader import CHUNK, BlobReader

DATA = bytes(range(256)) * 4096


def test_an_iteration_is_bounded_in_pieces_and_length() -> None:
    pieces = list(BlobReader(io.BytesIO(DATA), len(DATA) - 1))
    assert b"".join(pieces) == DATA[:-1]
    assert max(map(len, pieces)) <= CHUNK


def test_the_end_closes_the_stream() -> None:
    stream = io.BytesIO(DATA)
    list(BlobReader(stream, 10))
    assert stream.closed


def test_a_closed_reader_has_nothing_left() -> None:
    reader = BlobReader(io.BytesIO(DATA), 10)
    with reader:
        assert reader.read(3) == DATA[:3]
    reader.close()
    assert reader.read() == b""
