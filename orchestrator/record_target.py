# SPDX-License-Identifier: GPL-3.0-or-later
"""A target from a build record: what the record says was built is what must come out."""

from __future__ import annotations

import re

from orchestrator.originals import IndexedFile, Originals
from snapshot.buildinfo import ArtifactChecksum, BuildInfo
from snapshot.deb_version import without_epoch
from snapshot.digest import Digest
from snapshot.errors import InvalidInput
from snapshot.verdict import Original
from storage.ledger.values import NewArtifact, NewTarget

#: What a rebuild makes and compares; sources and the record itself are inputs.
_PACKAGE = re.compile(r"(?P<name>[^_/]+)_(?P<version>[^_/]+)_(?P<architecture>[^_/.]+)\.u?deb")


def target_from_buildinfo(
    info: BuildInfo,
    *,
    name: str,
    digest: Digest,
    originals: Originals,
    distribution: str = "",
    environment: Digest | None = None,
    release: str = "",
) -> NewTarget:
    """The target that a record describes.

    Args:
        info: The record, read.
        name: Its file name.
        digest: Its SHA-256: what a link about the result names as material.
        originals: The archive half: which of its files a verified index names.
        distribution: rebuilderd's word; empty: the record's own `Build-Origin`.
        environment: Id of the environment, if everything it names was found.
        release: Suite that points to it; empty for a posted record.

    Raises:
        InvalidInput: The record describes no binary package.
    """
    packages = [c for c in info.checksums if _PACKAGE.fullmatch(c.name)]
    if not packages:
        raise InvalidInput(
            f"{name}: it describes no binary package", advice="a source-only record proves nothing"
        )
    known = originals.indexed(c.checksums.sha256 for c in packages if c.checksums.sha256)
    native = any(word not in {"all", "source"} for word in info.architectures)
    return NewTarget(
        kind="buildinfo",
        distribution=distribution or info.build_origin.lower() or "debian",
        source=info.source,
        version=info.version,
        architecture=info.host_architecture if native else "all",
        input_name=name,
        input_digest=digest,
        artifacts=tuple(
            _artifact(
                c,
                info.version,
                tuple(known.get(c.checksums.sha256, ())) if c.checksums.sha256 else (),
            )
            for c in packages
        ),
        build=info.build_kind,
        environment=environment,
        release=release,
    )


def _artifact(
    checksum: ArtifactChecksum, built: str, indexed: tuple[IndexedFile, ...]
) -> NewArtifact:
    match = _PACKAGE.fullmatch(checksum.name)
    assert match is not None  # noqa: S101  # only these get here
    # File names carry no epoch: the index knows the version, else the record does, unless this
    # package has one of its own. An index that comes later is compared with it.
    version = built if without_epoch(built) == match["version"] else match["version"]
    file = next((f for f in indexed if f.name == match["name"]), None)
    return NewArtifact(
        file_name=checksum.name,
        name=match["name"],
        version=file.version if file else version,
        architecture=match["architecture"],
        sha256=checksum.checksums.sha256,
        size=checksum.checksums.size,
        origin=Original.INDEX if file and file.verified else Original.RECORD,
    )
