# SPDX-License-Identifier: GPL-3.0-or-later
"""Another dejabuild server, asked by digest for what it has stored: `<base>/file/<sha256>`.

It is asked for what it holds itself and nothing else (`?stored`): two servers that are each
other's peers would wait for one another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mirror.upstream import Read
    from snapshot.digest import Checksums
    from snapshot.timestamp import Timestamp


@dataclass(frozen=True, slots=True)
class Peer:
    """A server that may have bytes of any archive. It tells nothing about runs.

    Attributes:
        base: Without a final slash.
    """

    base: str

    @property
    def dated(self) -> bool:
        """It is not asked for runs."""
        return False

    def list_runs(
        self,
        read: Read,  # noqa: ARG002  the seam's shape
        first: Timestamp | None,  # noqa: ARG002
        last: Timestamp | None,  # noqa: ARG002
    ) -> list[Timestamp]:
        """None that it is asked for."""
        return []

    def release_url(self, suite: str, name: str, at: Timestamp | None) -> str | None:  # noqa: ARG002
        """No digest is known before it is read."""
        return None

    def index_urls(
        self,
        suite: str,  # noqa: ARG002  the seam's shape
        path: str,  # noqa: ARG002
        checksums: Checksums,
        at: Timestamp | None,  # noqa: ARG002
        *,
        by_hash: bool,  # noqa: ARG002
    ) -> tuple[str, ...]:
        """See `Upstream.index_urls`."""
        return self._by_digest(checksums)

    def file_urls(
        self,
        path: str,  # noqa: ARG002  the seam's shape
        checksums: Checksums,
        at: Timestamp | None,  # noqa: ARG002
    ) -> tuple[str, ...]:
        """See `Upstream.file_urls`."""
        return self._by_digest(checksums)

    def _by_digest(self, checksums: Checksums) -> tuple[str, ...]:
        if checksums.sha256 is None:
            return ()
        return (f"{self.base}/file/{checksums.sha256}?stored=1",)
