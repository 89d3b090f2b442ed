# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring the packages of an environment here, by digest."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rebuilders.download_cache import DownloadCache
from rebuilders.failure import RebuildFailure
from rebuilders.server_connection import ServerConnection
from snapshot.digest import Digest
from snapshot.environment import Environment, Member
from snapshot.errors import NotFound, VerificationError
from snapshot.verdict import Reason

_AT_ONCE = 4


def fetch_members(
    environment: Environment, server: ServerConnection, cache: DownloadCache
) -> Mapping[Member, Path]:
    """All packages as files of the cache.

    Raises:
        RebuildFailure: `dependency-missing`, naming every package that the server lacks.
        TransientError: The server does not answer.
    """

    def fetch(member: Member) -> tuple[Member, Path | None]:
        def download(digest: Digest, path: Path) -> None:
            server.download(f"/file/{digest}/{member.name}.deb", path, digest)

        try:
            return member, cache.obtain(member.digest, download)
        except (NotFound, VerificationError):
            return member, None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = dict(pool.map(fetch, sorted(environment.members)))
    missing = [f"{m.name} {m.architecture} {m.version}" for m, path in found.items() if not path]
    if missing:
        raise RebuildFailure(
            Reason.DEPENDENCY_MISSING,
            f"the server lacks {len(missing)} packages of the environment: "
            + ", ".join(missing[:5]),
            evidence="\n".join(missing) + "\n",
        )
    return {member: path for member, path in found.items() if path is not None}
