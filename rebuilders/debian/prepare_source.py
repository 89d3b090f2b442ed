# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring a source package here: its description, and every file that it names, by digest."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rebuilders.download_cache import DownloadCache
from rebuilders.failure import RebuildFailure
from rebuilders.server_connection import ServerConnection
from snapshot.buildinfo import BuildInfo
from snapshot.digest import Digest
from snapshot.dsc import Dsc
from snapshot.errors import InvalidInput, NotFound, VerificationError
from snapshot.verdict import Reason


@dataclass(frozen=True, slots=True)
class SourcePackage:
    """A source package, complete.

    Attributes:
        folder: Holds the files under their own names.
        dsc_name: File name of the description.
        dsc_digest: Its digest.
        dsc: What it says.
    """

    folder: Path
    dsc_name: str
    dsc_digest: Digest
    dsc: Dsc


def source_of_record(
    record: BuildInfo, server: ServerConnection, cache: DownloadCache, folder: Path
) -> SourcePackage:
    """The source that a build record names.

    Raises:
        RebuildFailure: `source-missing`, with the file that is missing.
    """
    name, version = record.source, record.source_version
    listed = next((c for c in record.checksums if c.name.endswith(".dsc")), None)
    path = folder / ".description"
    try:
        if listed is not None and listed.checksums.sha256 is not None:
            digest = listed.checksums.sha256
            server.download(f"/file/{digest}/{quote(listed.name)}", path, digest)
            return complete_source(path, listed.name, server, cache, folder)
        route = f"/mr/package/{quote(name)}/{quote(version, safe=':+~')}/srcfiles?fileinfo=1"
        found = _description(server.get_json(route))
        server.download(f"/file/{found[0]}/{quote(found[1])}", path, None)
        return complete_source(path, found[1], server, cache, folder)
    except (NotFound, VerificationError) as error:
        raise RebuildFailure(
            Reason.SOURCE_MISSING, f"source {name} {version}: {error.message}"
        ) from error


def complete_source(
    dsc_path: Path,
    dsc_name: str,
    server: ServerConnection,
    cache: DownloadCache,
    folder: Path,
) -> SourcePackage:
    """Fetch every file that a description names, into one folder beside it.

    Raises:
        RebuildFailure: `source-missing`.
    """
    data = dsc_path.read_bytes()
    try:
        dsc = Dsc.parse(data, name=dsc_name)
    except InvalidInput as error:
        raise RebuildFailure(Reason.SOURCE_MISSING, error.message) from error
    for file in dsc.files:
        digest = file.checksums.sha256
        if digest is None:
            raise RebuildFailure(
                Reason.UNSUPPORTED, f"{dsc_name} names {file.name} without a SHA-256"
            )

        def download(wanted: Digest, path: Path, name: str = file.name) -> None:
            server.download(f"/file/{wanted}/{quote(name)}", path, wanted)

        try:
            _place(cache.obtain(digest, download), folder / file.name)
        except (NotFound, VerificationError) as error:
            raise RebuildFailure(
                Reason.SOURCE_MISSING, f"{dsc_name} names {file.name}: {error.message}"
            ) from error
    _place(dsc_path, folder / dsc_name)
    return SourcePackage(folder, dsc_name, Digest.of(data), dsc)


def _place(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
    target.chmod(0o444)


def _description(answer: Any) -> tuple[str, str]:
    """Digest (sha1 or sha256) and name of the first .dsc in a `srcfiles` answer."""
    infos = answer.get("fileinfo", {}) if isinstance(answer, dict) else {}
    for digest, places in infos.items():
        for place in places:
            name = str(place.get("name", ""))
            if name.endswith(".dsc") and "/" not in name and str(digest).isalnum():
                return str(digest), name
    raise NotFound("the server's list of files has no .dsc")
