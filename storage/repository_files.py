# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a small apt repository, as bytes: indices from original stanzas, and Releases.

Everything here is a function of its arguments: the same set gives the same bytes.
"""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from email.utils import format_datetime
from typing import TYPE_CHECKING

from snapshot.digest import Digest
from snapshot.errors import CorruptUpstream, NotFound
from snapshot.sources import SourceStanza

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from snapshot.environment import Environment, Member
    from snapshot.timestamp import Timestamp

#: Suite and component of an environment's repository: `deb <url> env main`.
SUITE = "env"
COMPONENT = "main"
#: Where the files of a source repository lie in it.
SOURCE_POOL = "pool"

_FIELD = re.compile(rb"^([!-9;-~]+):[ \t]*(.*?)[ \t\r]*$", re.MULTILINE)
_NAME = re.compile(rb"[A-Za-z0-9][A-Za-z0-9+.:~_%-]*")


@dataclass(frozen=True, slots=True)
class UnsignedRepository:
    """What a repository holds before somebody signs for it.

    Attributes:
        files: Indices by path relative to its URL.
        releases: The text of each Release, by its directory (empty, or with a slash at the end).
    """

    files: Mapping[str, bytes]
    releases: Mapping[str, bytes]


def environment_files(
    environment: Environment, stanzas: Mapping[Digest, bytes], date: Timestamp
) -> UnsignedRepository:
    """The repository that holds exactly the packages of an environment, but the packages.

    Both forms of a source line work: `deb <url>/ ./` and `deb <url>/ env main`. The Releases
    name the environment as their codename: `deb <url>/ <id> main`, of the same files, lets apt
    check that it was given the right one. The packages belong at `pool_path`.

    Args:
        environment: What it holds.
        stanzas: Original index stanzas by digest of the package file.
        date: Its `Date`.

    Raises:
        NotFound: A member has no stanza.
    """
    members = environment.members
    index = packages_index(members, stanzas)
    named = sorted({member.architecture for member in members} - {"all"}) or ["all"]
    files = {"Packages": index, "Packages.gz": compressed(index)}
    tree = f"dists/{SUITE}/"
    nested = {}
    for architecture in named:
        own = packages_index(
            [m for m in members if m.architecture in (architecture, "all")], stanzas
        )
        directory = f"{tree}{COMPONENT}/binary-{architecture}"
        nested[f"{directory}/Packages"] = own
        nested[f"{directory}/Packages.gz"] = compressed(own)
    head = {
        "Origin": "dejabuild",
        "Label": "dejabuild environment",
        "Suite": SUITE,
        "Codename": environment.id.hex,
        "Architectures": " ".join(named),
        "Components": COMPONENT,
    }
    return UnsignedRepository(
        files | nested,
        {"": release_text(head, date, files), tree: release_text(head, date, nested, tree)},
    )


def source_files(stanza: bytes, date: Timestamp) -> UnsignedRepository:
    """The flat repository of one source package, but its files: `deb-src <url>/ ./`.

    Args:
        stanza: The archive's own, of its Sources index.
        date: Its `Date`.

    Raises:
        InvalidInput: Not a stanza of a source package.
    """
    source = SourceStanza.parse(stanza)
    index = _replaced(stanza.strip(b"\n") + b"\n", b"directory", f"Directory: {SOURCE_POOL}")
    files = {"Sources": index, "Sources.gz": compressed(index)}
    head = {
        "Origin": "dejabuild",
        "Label": "dejabuild source",
        "Suite": f"{source.name}_{source.version}",
        "Architectures": "source",
    }
    return UnsignedRepository(files, {"": release_text(head, date, files)})


def pool_path(digest: Digest, name: str) -> str:
    """Where a package lies in an environment's repository: `pool/<sha256>/<file name>`."""
    return f"pool/{digest}/{name}"


def packages_index(members: Iterable[Member], stanzas: Mapping[Digest, bytes]) -> bytes:
    """A Packages file with the archive's own stanzas, `Filename` aside.

    Args:
        members: The packages, in any order.
        stanzas: The stanza of each, by the digest of the package file.

    Raises:
        NotFound: Stanzas are missing; names the packages.
        CorruptUpstream: A stanza describes another file than its member.
    """
    ordered = sorted(members)
    missing = [member for member in ordered if member.digest not in stanzas]
    if missing:
        names = ", ".join(f"{m.name}:{m.architecture} {m.version}" for m in missing[:5])
        raise NotFound(
            f"no index stanza for {len(missing)} of {len(ordered)} packages: {names}"
            + (", …" if len(missing) > 5 else ""),
            advice="mirror an archive whose index lists them",
        )
    return b"\n".join(_own(member, stanzas[member.digest]) for member in ordered)


def _own(member: Member, stanza: bytes) -> bytes:
    """The stanza with our `Filename`; each must say what the environment says."""
    body = stanza.strip(b"\n") + b"\n"
    fields = {m[1].lower(): m for m in _FIELD.finditer(body)}
    said = [_value(fields, key) for key in (b"package", b"architecture", b"version", b"sha256")]
    meant = [member.name, member.architecture, member.version, member.digest.hex]
    if said != meant:
        raise CorruptUpstream(
            f"the index stanza of {member.name}:{member.architecture} {member.version} "
            f"describes {' '.join(said)}"
        )
    name = _value(fields, b"filename").rpartition("/")[2]
    if not _NAME.fullmatch(name.encode()):
        raise CorruptUpstream(f"the index stanza of {member.name} has the Filename {name[:80]!r}")
    return _replaced(body, b"filename", f"Filename: {pool_path(member.digest, name)}")


def _replaced(body: bytes, key: bytes, line: str) -> bytes:
    """The stanza with another line for a field that has one."""
    found = next(match for match in _FIELD.finditer(body) if match[1].lower() == key)
    return body[: found.start()] + line.encode() + body[found.end() :]


def _value(fields: Mapping[bytes, re.Match[bytes]], key: bytes) -> str:
    return fields[key][2].decode("utf-8", "replace") if key in fields else ""


def compressed(data: bytes) -> bytes:
    """Gzip without a date or a name in it."""
    return gzip.compress(data, compresslevel=6, mtime=0)


def release_text(
    fields: Mapping[str, str], date: Timestamp, files: Mapping[str, bytes], prefix: str = ""
) -> bytes:
    """A Release file over the files below `prefix`, without Valid-Until.

    Args:
        fields: Header fields, in order.
        date: Its `Date`.
        files: All files of the repository by path.
        prefix: Such as `dists/env/`.
    """
    lines = [f"{key}: {value}" for key, value in fields.items()]
    lines.append(f"Date: {format_datetime(date.datetime(), usegmt=True).replace('GMT', 'UTC')}")
    lines.append("SHA256:")
    for path in sorted(path for path in files if path.startswith(prefix)):
        data = files[path]
        lines.append(f" {Digest.of(data)} {len(data):>10} {path.removeprefix(prefix)}")
    return "\n".join(lines).encode("ascii") + b"\n"
