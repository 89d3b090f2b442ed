# SPDX-License-Identifier: GPL-3.0-or-later
"""Content identity: SHA-256 as a type, never as a bare string.

SHA-1 and MD5 appear only inside `Checksums`: they are recorded because archives and
clients name files by them, and they are never trusted.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from snapshot.errors import InvalidInput

_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """The SHA-256 of some bytes.

    Attributes:
        hex: 64 lower-case hexadecimal digits.
    """

    hex: str

    def __post_init__(self) -> None:
        if not _HEX.fullmatch(self.hex):
            raise InvalidInput(
                f"not a SHA-256 digest: {self.hex[:80]!r}",
                advice="expected 64 lower-case hexadecimal digits",
            )

    def __hash__(self) -> int:
        return hash(self.hex)

    @property
    def raw(self) -> bytes:
        """The 32 bytes themselves."""
        return bytes.fromhex(self.hex)

    @classmethod
    def of(cls, data: bytes) -> Digest:
        """Hash bytes that are already in memory."""
        return cls(hashlib.sha256(data).hexdigest())

    @classmethod
    def from_raw(cls, raw: bytes) -> Digest:
        """From the 32 bytes a database or a hash object holds."""
        return cls(raw.hex())

    def __str__(self) -> str:
        return self.hex


@dataclass(frozen=True, slots=True)
class Checksums:
    """What an index says about a file before anybody has its bytes.

    Attributes:
        size: Length in bytes.
        sha256: Absent only in indices from before 2007.
        sha1: 40 hexadecimal digits; recorded, never trusted.
        md5: 32 hexadecimal digits; recorded, never trusted.
    """

    size: int
    sha256: Digest | None = None
    sha1: str | None = None
    md5: str | None = None

    def __post_init__(self) -> None:
        if self.size < 0:
            raise InvalidInput(f"a file cannot have the size {self.size}")
