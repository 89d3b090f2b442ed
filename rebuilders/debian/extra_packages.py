# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages that a build daemon had and its record does not list, as they were at the time.

fakeroot is never recorded, though every build needed it before dpkg 1.22.13. The server's
dated history says which version was current, so nothing has to be guessed from today's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from rebuilders.debian.deb_file import inspect
from rebuilders.download_cache import DownloadCache
from rebuilders.failure import NotApplicable
from rebuilders.server_connection import ServerConnection
from snapshot.deb_version import version_key
from snapshot.environment import Environment, Member
from snapshot.errors import InvalidInput, NotFound
from snapshot.timestamp import Timestamp

FAKEROOT = ("fakeroot", "libfakeroot")
#: What build daemons hold beyond the essential: seen missing from records.
BUILDD_EXTRAS = ("apt", "libapt-pkg6.0", "ca-certificates", "openssl", "tzdata", "passwd", "mount")
#: Without this one a strategy is not worth trying.
_REQUIRED = frozenset(FAKEROOT)


def with_packages(
    environment: Environment,
    names: Iterable[str],
    *,
    architecture: str,
    built: Timestamp | None,
    server: ServerConnection,
    cache: DownloadCache,
) -> tuple[Environment, tuple[str, ...]]:
    """The environment and, of each name, the version that was current at the build.

    Returns:
        The larger environment, and what was added as `name=version`.

    Raises:
        NotApplicable: It already holds them all, or the server does not know one it needs.
    """
    present = {member.name for member in environment.members}
    added = []
    for name in names:
        if name in present:
            continue
        member = _find(name, architecture, built, server, cache)
        if member is not None:
            added.append(member)
        elif name in _REQUIRED:
            raise NotApplicable(f"the server has no {name} of the time of the build")
    if not added:
        raise NotApplicable("nothing to add")
    words = tuple(f"{member.name}={member.version}" for member in sorted(added))
    return Environment(environment.kind, environment.members | frozenset(added)), words


def _find(
    name: str,
    architecture: str,
    built: Timestamp | None,
    server: ServerConnection,
    cache: DownloadCache,
) -> Member | None:
    try:
        known = server.get_json(f"/mr/binary/{quote(name)}/")
    except NotFound:
        return None
    found: list[tuple[Timestamp, str, str]] = []
    for entry in known.get("result", []):
        version = str(entry.get("binary_version") or entry.get("version") or "")
        found.extend(_files(name, version, architecture, server))
    if not found:
        return None
    digest = _current(found, built)
    path = cache.root / f"extra-{name}-{digest}"
    try:
        sha256 = server.download(f"/file/{digest}/{quote(name)}.deb", path, None)
    except NotFound:
        return None
    control = inspect(cache.keep(path, sha256))
    path.unlink(missing_ok=True)
    return Member(control.name, control.architecture, control.version, sha256)


def _files(
    name: str, version: str, architecture: str, server: ServerConnection
) -> list[tuple[Timestamp, str, str]]:
    """(first seen, version, digest) of each file of one version."""
    route = f"/mr/binary/{quote(name)}/{quote(version, safe=':+~')}/binfiles?fileinfo=1"
    try:
        answer: Any = server.get_json(route)
    except NotFound:
        return []
    found = []
    for entry in answer.get("result", []):
        if entry.get("architecture") not in (architecture, "all"):
            continue
        digest = str(entry.get("hash", ""))
        seen = [_stamp(place) for place in answer.get("fileinfo", {}).get(digest, [])]
        if digest.isalnum():
            found.append((min(seen, default=Timestamp(0)), version, digest))
    return found


def _current(found: list[tuple[Timestamp, str, str]], built: Timestamp | None) -> str:
    """The newest version that was there at the build; the oldest if all came later."""
    ordered = sorted(found, key=lambda item: (item[0], version_key(item[1])))
    before = [item for item in ordered if built is None or item[0] <= built]
    chosen = max(before, key=lambda item: version_key(item[1])) if before else ordered[0]
    return chosen[2]


def _stamp(place: Any) -> Timestamp:
    try:
        return Timestamp.parse(str(place.get("first_seen", "")))
    except InvalidInput:
        return Timestamp(0)
