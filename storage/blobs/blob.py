# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known about stored bytes, and the one pass in which it is found out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from snapshot.digest import Checksums, Digest
from snapshot.errors import InvalidInput, VerificationError


@dataclass(frozen=True, slots=True, order=True)
class Blob:
    """Some bytes that a store holds.

    Attributes:
        digest: SHA-256, their name.
        size: Length in bytes.
        sha1: 40 hexadecimal digits, because old clients ask by it; never trusted.
    """

    digest: Digest
    size: int
    sha1: str


@dataclass(frozen=True, slots=True, order=True)
class StoredBlob:
    """A durable blob as its store finds it, unread.

    Attributes:
        digest: Its name.
        size: Length in bytes.
        stored: When it was stored, or given to the store again; epoch seconds.
    """

    digest: Digest
    size: int
    stored: float


def digest_named(name: str) -> Digest | None:
    """The blob that a file of a store is named after; None: it is somebody else's file.

    File systems and people leave others, such as the `.nfs…` of a file that was removed while
    it was being read.
    """
    try:
        return Digest(name)
    except InvalidInput:
        return None


class RunningHash:
    """SHA-256, SHA-1 and length of a stream, in one pass.

    MD5 is never computed: indices say it, and nobody may rely on it.
    """

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        self.size = 0

    def update(self, chunk: bytes | bytearray | memoryview) -> None:
        """Take the next bytes."""
        self._sha256.update(chunk)
        self._sha1.update(chunk)
        self.size += len(chunk)

    def blob(self) -> Blob:
        """What the bytes so far are."""
        return Blob(
            digest=Digest(self._sha256.hexdigest()),
            size=self.size,
            sha1=self._sha1.hexdigest(),
        )


def check(blob: Blob, expect: Checksums, what: str) -> None:
    """Compare what arrived with what was promised.

    Raises:
        VerificationError: Naming `what`, and the promise that does not hold. A promise
            without a SHA-256 is checked by size alone: the caller decides whether that is enough.
    """
    if blob.size != expect.size:
        raise VerificationError(f"{what}: expected {expect.size:,} bytes, got {blob.size:,}")
    if expect.sha256 is not None and blob.digest != expect.sha256:
        raise VerificationError(
            f"{what}: {blob.size:,} bytes of the right length with the wrong SHA-256 "
            f"{blob.digest.hex[:16]}…, expected {expect.sha256.hex[:16]}…"
        )
