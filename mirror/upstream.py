# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the files of an archive are: the seam where each kind of upstream adds one module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from snapshot.timestamp import Timestamp


class Upstream(Protocol):
    """Names URLs; fetches nothing. `at` is None for an upstream that only knows now."""

    def runs_url(self) -> str | None:
        """Where the list of its runs is; None for an upstream that only knows now."""
        ...

    def read_runs(self, document: bytes) -> list[Timestamp]:
        """The runs that such a list names, in order of time.

        Raises:
            CorruptUpstream: Not such a list.
        """
        ...

    def release_url(self, suite: str, name: str, at: Timestamp | None) -> str:
        """Of `InRelease`, `Release` or `Release.gpg`."""
        ...

    def index_urls(
        self, suite: str, path: str, sha256: str, at: Timestamp | None, *, by_hash: bool
    ) -> tuple[str, ...]:
        """Of a member of a Release, the surest first; `by_hash` says the suite offers that."""
        ...

    def file_url(self, path: str, at: Timestamp | None) -> str:
        """Of a package file, by its path relative to the archive's root."""
        ...
