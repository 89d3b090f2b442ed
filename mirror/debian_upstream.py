# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian-shaped upstreams: live mirrors, and dated services in snapshot.debian.org's shape.

A live mirror has `<base>/dists/…` and `<base>/pool/…`. A dated service has the same below
`<base>/archive/<name>/<timestamp>/`, and lists its timestamps at `<base>/mr/timestamp/`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from snapshot.errors import CorruptUpstream, InvalidInput
from snapshot.timestamp import Timestamp

if TYPE_CHECKING:
    from mirror.policy import ArchivePolicy
    from mirror.upstream import Upstream

#: Characters that Debian's servers expect unescaped in a path.
_SAFE = "/+~:"


@dataclass(frozen=True, slots=True)
class LiveDebian:
    """A mirror of now.

    Attributes:
        base: Without a final slash.
    """

    base: str

    def runs_url(self) -> str | None:
        """It knows only now."""
        return None

    def read_runs(self, document: bytes) -> list[Timestamp]:  # noqa: ARG002  the seam's shape
        """It has no list."""
        return []

    def release_url(self, suite: str, name: str, at: Timestamp | None) -> str:
        """See `Upstream.release_url`."""
        return self.file_url(f"dists/{suite}/{name}", at)

    def index_urls(
        self, suite: str, path: str, sha256: str, at: Timestamp | None, *, by_hash: bool
    ) -> tuple[str, ...]:
        """By hash first: the plain name changes under us while the archive is updated."""
        plain = self.file_url(f"dists/{suite}/{path}", at)
        if not by_hash:
            return (plain,)
        return (self.file_url(by_hash_path(f"dists/{suite}/{path}", sha256), at), plain)

    def file_url(self, path: str, at: Timestamp | None) -> str:  # noqa: ARG002  the seam's shape
        """See `Upstream.file_url`."""
        return f"{self.base}/{quote(path, safe=_SAFE)}"


@dataclass(frozen=True, slots=True)
class DatedDebian:
    """A service that keeps every run.

    Attributes:
        base: Without a final slash.
        archive: Its name of the archive.
    """

    base: str
    archive: str

    def runs_url(self) -> str | None:
        """See `Upstream.runs_url`."""
        return f"{self.base}/mr/timestamp/?archive={quote(self.archive)}"

    def read_runs(self, document: bytes) -> list[Timestamp]:
        """`{"result": {"<archive>": ["YYYYMMDDTHHMMSSZ", …]}}`, or a bare list as result."""
        try:
            result = json.loads(document)["result"]
            stamps = result if isinstance(result, list) else result.get(self.archive, [])
            return sorted({Timestamp.parse(stamp) for stamp in stamps})
        except (
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
            RecursionError,
            InvalidInput,
        ) as error:
            raise CorruptUpstream(
                f"{self.runs_url()}: not a list of timestamps: {document[:60]!r}",
                advice='is the address that of a dated service? A plain mirror is kind = "live"',
            ) from error

    def release_url(self, suite: str, name: str, at: Timestamp | None) -> str:
        """See `Upstream.release_url`."""
        return self.file_url(f"dists/{suite}/{name}", at)

    def index_urls(
        self, suite: str, path: str, sha256: str, at: Timestamp | None, *, by_hash: bool
    ) -> tuple[str, ...]:
        """The plain name first: below a timestamp it cannot change."""
        plain = self.file_url(f"dists/{suite}/{path}", at)
        if not by_hash:
            return (plain,)
        return (plain, self.file_url(by_hash_path(f"dists/{suite}/{path}", sha256), at))

    def file_url(self, path: str, at: Timestamp | None) -> str:
        """See `Upstream.file_url`."""
        when = str(at) if at is not None else "now"
        return f"{self.base}/archive/{quote(self.archive)}/{when}/{quote(path, safe=_SAFE)}"


def by_hash_path(path: str, sha256: str) -> str:
    """`…/by-hash/SHA256/<hex>` beside the plain name."""
    directory = path.rpartition("/")[0]
    return f"{directory}/by-hash/SHA256/{sha256}"


def debian_upstreams(policy: ArchivePolicy) -> tuple[Upstream, ...]:
    """The upstreams that a policy names, in order."""
    bases = [base.rstrip("/") for base in policy.upstreams]
    if policy.kind == "live":
        return tuple(LiveDebian(base) for base in bases)
    return tuple(DatedDebian(base, policy.upstream_name or policy.name) for base in bases)
