# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn the machine's own apt sources into pull-through archives.

What an operator gets who set nothing: the archives this machine installs from, believed exactly as
far as apt believes them, indices captured now and package files when they are first asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mirror.keyring import binary_keyring
from ops.apt_sources import AptSource
from ops.settings import ArchiveSettings
from snapshot.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class OwnArchives:
    """What came of the machine's sources.

    Attributes:
        archives: By name, the last part of their address.
        skipped: One sentence for each source that cannot be mirrored, with its place.
    """

    archives: Mapping[str, ArchiveSettings]
    skipped: tuple[str, ...]


def own_archives(
    sources: Iterable[AptSource], *, root: Path, keyrings: Path, architecture: str
) -> OwnArchives:
    """Make one archive of all sources with the same address.

    Args:
        sources: From `ops.apt_sources.read_apt_sources`.
        root: Root directory that the sources' keyring paths start from.
        keyrings: Directory to write one keyring per archive into; made when absent.
        architecture: The machine's Debian architecture.

    Returns:
        Settings for archives whose files are fetched on demand.
    """
    skipped: list[str] = []
    groups: dict[str, list[AptSource]] = {}
    for source in sources:
        why = _unusable(source)
        if why:
            skipped.append(f"{source.origin}: {source.uri} is left out: {why}")
        else:
            groups.setdefault(source.uri, []).append(source)
    archives: dict[str, ArchiveSettings] = {}
    for uri, group in groups.items():
        name = _free_name(uri, archives)
        try:
            keyring = _write_keyring(group, root=root, path=keyrings / f"{name}.pgp")
        except ConfigurationError as problem:
            skipped.append(f"{group[0].origin}: {uri} is left out: {problem.message}")
            continue
        archives[name] = _archive(uri, group, keyring, architecture)
    return OwnArchives(archives, tuple(skipped))


def _unusable(source: AptSource) -> str:
    if not source.uri.startswith(("http://", "https://")):
        return "only http and https are mirrored"
    if not source.components:
        return "it is flat: give it a table [archive.<name>] of its own"
    return ""


def _free_name(uri: str, taken: Mapping[str, object]) -> str:
    last = uri.rstrip("/").rpartition("/")[2].lower()
    name = re.sub(r"[^a-z0-9+.-]+", "-", last).strip("-.+") or "archive"
    names = (name, *(f"{name}-{number}" for number in range(2, len(taken) + 3)))
    return next(one for one in names if one not in taken)


def _archive(
    uri: str, group: Sequence[AptSource], keyring: Path | None, architecture: str
) -> ArchiveSettings:
    limited = {one for source in group for one in source.architectures}
    native = tuple(sorted(limited)) if limited else (architecture,)
    return ArchiveSettings(
        upstreams=(uri,),
        suites=_union(source.suites for source in group),
        components=_union(source.components for source in group),
        architectures=_union((native, ("all", "source"))),
        keyring=keyring,
        trust="none" if keyring is None else "release",
        files="on-demand",
        extras=("translations",),
    )


def _union(lists: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for one in lists for item in one))


def _write_keyring(group: Sequence[AptSource], *, root: Path, path: Path) -> Path | None:
    """Write every key the group is signed by into one binary keyring; None: nothing is checked."""
    if any(source.trusted for source in group):
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    packets: dict[bytes, None] = {}
    for signed_by in dict.fromkeys(source.signed_by for source in group):
        for value in signed_by or ("",):
            for file in _key_files(value, root=root, draft=draft):
                packets[binary_keyring(file)] = None
    if not packets:
        raise ConfigurationError("apt has no key for it")
    draft.write_bytes(b"".join(packets))
    draft.rename(path)
    return path


def _key_files(value: str, *, root: Path, draft: Path) -> list[Path]:
    if value.startswith("-----BEGIN"):
        draft.write_text(value, encoding="ascii")
        return [draft]
    if value.startswith("/"):
        return [root / value.lstrip("/")]
    # No Signed-By, or the fingerprint of one of the keys that apt trusts anyway.
    apt = root / "etc/apt"
    trusted = (apt / "trusted.gpg.d").glob("*")
    files = [apt / "trusted.gpg", *sorted(f for f in trusted if f.suffix in {".gpg", ".asc"})]
    return [file for file in files if file.is_file() and file.stat().st_size > 0]
