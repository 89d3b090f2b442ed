# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of a bundle as an upstream: its indices and packages are stored, its Releases are files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snapshot.release import DOCUMENTS
from snapshot.timestamp import Timestamp

if TYPE_CHECKING:
    from pathlib import Path

    from mirror.upstream import Read
    from snapshot.bundle import BundledRun
    from snapshot.digest import Checksums
    from storage.blobs import BlobStore


class BundleUpstream:
    """See `mirror.upstream.Upstream`.

    Args:
        run: The run.
        place: An empty directory for its Releases; a capture reads them as from any mirror.
        blobs: Where everything of the bundle is.
    """

    def __init__(self, run: BundledRun, place: Path, blobs: BlobStore) -> None:
        self._run = run
        self._files: dict[tuple[str, str], str] = {}
        for number, member in enumerate(run.members):
            if member.path in DOCUMENTS:
                path = place / str(number)
                with blobs.open(member.digest) as reader, path.open("wb") as file:
                    file.writelines(reader)
                self._files[member.suite, member.path] = path.as_uri()

    @property
    def dated(self) -> bool:
        """It has one run, of the past."""
        return True

    def list_runs(
        self,
        read: Read,  # noqa: ARG002  the seam's shape
        first: Timestamp | None,  # noqa: ARG002
        last: Timestamp | None,  # noqa: ARG002
    ) -> list[Timestamp]:
        """See `Upstream.list_runs`."""
        return [self._run.stamp]

    def release_url(self, suite: str, name: str, at: Timestamp | None) -> str | None:  # noqa: ARG002
        """See `Upstream.release_url`."""
        return self._files.get((suite, name))

    def index_urls(
        self,
        suite: str,  # noqa: ARG002  the seam's shape
        path: str,  # noqa: ARG002
        checksums: Checksums,  # noqa: ARG002
        at: Timestamp | None,  # noqa: ARG002
        *,
        by_hash: bool,  # noqa: ARG002
    ) -> tuple[str, ...]:
        """Those of the bundle are stored already; it has no others."""
        return ()

    def file_urls(
        self,
        path: str,  # noqa: ARG002  the seam's shape
        checksums: Checksums,  # noqa: ARG002
        at: Timestamp | None,  # noqa: ARG002
    ) -> tuple[str, ...]:
        """Those of the bundle are stored already; it has no others."""
        return ()
