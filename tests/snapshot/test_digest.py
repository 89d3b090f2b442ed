# SPDX-License-Identifier: GPL-3.0-or-later
"""A digest is a type: nothing but 64 lower-case digits gets in."""

import pytest

from snapshot.digest import Checksums, Digest
from snapshot.errors import InvalidInput

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_digest_of_nothing_is_the_known_one() -> None:
    assert Digest.of(b"").hex == EMPTY
    assert str(Digest.of(b"")) == EMPTY


@pytest.mark.parametrize(
    "bad", ["", "abc", EMPTY.upper(), EMPTY + "0", "g" * 64, "a" * 40, EMPTY + "\n"]
)
def test_anything_else_is_refused(bad: str) -> None:
    with pytest.raises(InvalidInput, match="not a SHA-256 digest"):
        Digest(bad)


def test_raw_bytes_round_trip() -> None:
    digest = Digest.of(b"x")
    assert Digest.from_raw(digest.raw) == digest
    assert len(digest.raw) == 32


def test_digests_sort_by_their_text() -> None:
    assert min(Digest("b" * 64), Digest("a" * 64)).hex == "a" * 64


def test_a_negative_size_is_refused() -> None:
    with pytest.raises(InvalidInput):
        Checksums(size=-1)
