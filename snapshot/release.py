# SPDX-License-Identifier: GPL-3.0-or-later
"""Release and InRelease files of a suite (repository format of apt)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from snapshot.clearsign import signed_part
from snapshot.control import read_fields
from snapshot.digest import Checksums
from snapshot.errors import InvalidInput
from snapshot.file_list import read_file_lists
from snapshot.pool_path import safe_relative_path
from snapshot.timestamp import Timestamp

_LISTS = {"sha256": ("SHA256",), "sha1": ("SHA1",), "md5": ("MD5Sum",)}


#: The signed document, or the plain one with its signature beside it.
DOCUMENTS = ("InRelease", "Release", "Release.gpg")


@dataclass(frozen=True, slots=True)
class Release:
    """What a suite says about itself.

    Attributes:
        origin: Such as `Debian`.
        label: Such as `Debian-Security`.
        suite: Such as `stable`.
        codename: Such as `bookworm`.
        date: When it was made; the stamp of a run comes from here.
        valid_until: From when on a *live* mirror must not be trusted; None: for ever.
        architectures: Without `source`.
        components: As written; Debian-Security writes `updates/main` in old suites.
        acquire_by_hash: Whether `by-hash/` directories exist.
        no_support_for_all: Whether `Architecture: all` packages are in every index
            (True) or only in `binary-all` (False means they may be in both).
        snapshots: apt's template of a snapshot server, if the suite names one.
        files: Path relative to the suite's directory to checksums.
    """

    origin: str
    label: str
    suite: str
    codename: str
    date: Timestamp
    valid_until: Timestamp | None
    architectures: tuple[str, ...]
    components: tuple[str, ...]
    acquire_by_hash: bool
    no_support_for_all: bool
    snapshots: str | None
    files: Mapping[str, Checksums]

    @classmethod
    def parse(cls, data: bytes, *, name: str = "Release") -> Release:
        """Read a Release, or the signed text of an InRelease. No signature is checked here.

        Args:
            data: The file.
            name: How to call it in errors.

        Raises:
            InvalidInput: Truncated, binary, without a date or without digests, or with a
                path that leaves the suite's directory.
        """
        part = signed_part(data, name=name)
        fields = read_fields(part.text, document=name, first_line=part.first_line)
        files = read_file_lists(
            fields, _LISTS, check=lambda path: safe_relative_path(path, what="path of an index")
        )
        if not files:
            raise InvalidInput(
                f"{name}: no list of files (SHA256, SHA1 or MD5Sum)", advice="it is truncated"
            )
        unsupported = fields.text("No-Support-for-Architecture-all")
        return cls(
            origin=fields.text("Origin"),
            label=fields.text("Label"),
            suite=fields.text("Suite"),
            codename=fields.text("Codename"),
            date=fields.checked("Date", Timestamp.from_rfc2822),
            valid_until=fields.date("Valid-Until"),
            architectures=tuple(fields.text("Architectures").split()),
            components=tuple(fields.text("Components").split()),
            acquire_by_hash=fields.text("Acquire-By-Hash").lower() == "yes",
            no_support_for_all="Packages" in unsupported.split(),
            snapshots=fields.text("Snapshots") or None,
            files=files,
        )
