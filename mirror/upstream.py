# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the files of an archive are: the seam where each kind of upstream adds one module."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from snapshot.digest import Checksums
    from snapshot.timestamp import Timestamp

#: Brings a small document; raises `NotFound` and what else can happen on the way.
Read = Callable[[str], bytes]


class Upstream(Protocol):
    """Names URLs; fetches nothing. `at` is None for the archive of now.

    An upstream that does not know a time, or a file by what is known of it, names no URL.
    """

    @property
    def dated(self) -> bool:
        """Whether it has runs of the past."""
        ...

    def list_runs(
        self, read: Read, first: Timestamp | None, last: Timestamp | None
    ) -> list[Timestamp]:
        """Its runs in order of time; those outside the two stamps may be left out.

        Raises:
            CorruptUpstream: It has runs, but its list of them cannot be read.
        """
        ...

    def release_url(self, suite: str, name: str, at: Timestamp | None) -> str | None:
        """Of `InRelease`, `Release` or `Release.gpg`."""
        ...

    def index_urls(
        self, suite: str, path: str, checksums: Checksums, at: Timestamp | None, *, by_hash: bool
    ) -> tuple[str, ...]:
        """Of a member of a Release, the surest first; `by_hash` says the suite offers that."""
        ...

    def file_urls(self, path: str, checksums: Checksums, at: Timestamp | None) -> tuple[str, ...]:
        """Of a package file, by its path relative to the archive's root; the surest first."""
        ...
