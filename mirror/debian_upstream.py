# SPDX-License-Identifier: GPL-3.0-or-later
"""A Debian-shaped mirror of now: `<base>/dists/…` and `<base>/pool/…`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from snapshot.coordinates import suite_directory

if TYPE_CHECKING:
    from mirror.upstream import Read
    from snapshot.digest import Checksums
    from snapshot.timestamp import Timestamp

#: Characters that Debian's servers expect unescaped in a path.
_SAFE = "/+~:"


@dataclass(frozen=True, slots=True)
class LiveDebian:
    """A mirror of now. Of the past it still has the package files that are in use.

    Attributes:
        base: Without a final slash.
    """

    base: str

    @property
    def dated(self) -> bool:
        """It knows only now."""
        return False

    def list_runs(
        self,
        read: Read,  # noqa: ARG002  the seam's shape
        first: Timestamp | None,  # noqa: ARG002
        last: Timestamp | None,  # noqa: ARG002
    ) -> list[Timestamp]:
        """It has none."""
        return []

    def release_url(self, suite: str, name: str, at: Timestamp | None) -> str | None:
        """See `Upstream.release_url`."""
        return None if at is not None else self._url(f"{suite_directory(suite)}{name}")

    def index_urls(
        self, suite: str, path: str, checksums: Checksums, at: Timestamp | None, *, by_hash: bool
    ) -> tuple[str, ...]:
        """By hash first: the plain name changes under us while the archive is updated."""
        if at is not None:
            return ()
        path = f"{suite_directory(suite)}{path}"
        hashed = hashed_paths(path, checksums) if by_hash else ()
        return tuple(self._url(one) for one in (*hashed, path))

    def file_urls(
        self,
        path: str,
        checksums: Checksums,  # noqa: ARG002  the seam's shape
        at: Timestamp | None,  # noqa: ARG002
    ) -> tuple[str, ...]:
        """See `Upstream.file_urls`."""
        return (self._url(path),)

    def _url(self, path: str) -> str:
        return f"{self.base}/{quoted(path)}"


def quoted(path: str) -> str:
    """A path as Debian's servers expect it in a URL."""
    return quote(path, safe=_SAFE)


def hashed_paths(path: str, checksums: Checksums) -> tuple[str, ...]:
    """`…/by-hash/<algorithm>/<hex>` beside the plain name, of the strongest digest known."""
    directory = path.rpartition("/")[0]
    above = f"{directory}/" if directory else ""
    if checksums.sha256 is not None:
        return (f"{above}by-hash/SHA256/{checksums.sha256}",)
    if checksums.sha1 is not None:
        return (f"{above}by-hash/SHA1/{checksums.sha1}",)
    return ()
