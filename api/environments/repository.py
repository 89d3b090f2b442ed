# SPDX-License-Identifier: GPL-3.0-or-later
"""An environment as a signed apt repository, made on first use and kept as blobs.

`deb <base>/environments/<id>/ env main` and `deb <base>/environments/<id>/ ./` both work.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from api.archive_services import current_archive
from api.environments.text import environment_id, load_environment
from api.operation import FILE_REFUSALS, describe, file_answers
from api.serve_file import Sendable, serve_file
from snapshot.digest import Digest
from snapshot.errors import NotFound, Unsupported

if TYPE_CHECKING:
    from flask import Response

_POOL = re.compile(r"pool/([0-9a-f]{64})/[^/]+")


@describe(answers=file_answers(), refuses=(*FILE_REFUSALS, 501))
def repository_file(identity: str, path: str) -> Response:
    """One file of the repository.

    Raises:
        NotFound: No such environment, or no such file in its repository.
        Unsupported: This server has no key to sign with.
    """
    digest = environment_id(identity)
    package = _POOL.fullmatch(path)
    if package is not None:
        return _package(identity, Digest(package[1]))
    made, blobs = current_archive().made, current_archive().blobs
    files = made.files(digest, lambda: _make(identity))
    found = files.get(path.removeprefix("./"))
    if found is not None and not blobs.contains(found):
        # Nothing refers to these files: they are collected after a while, and made again.
        made.forget(digest)
        files = made.files(digest, lambda: _make(identity))
        found = files.get(path.removeprefix("./"))
    if found is None:
        raise NotFound(
            f"no {path[:200]!r} in the repository of environment {identity}",
            advice=f"it has {', '.join(sorted(files)[:4])} …",
        )
    return serve_file(Sendable(found, blobs.size(found)))


def repository_key() -> bytes:
    """The armored public key that signs every environment's repository.

    Raises:
        Unsupported: This server has none.
    """
    signer = current_archive().signer
    if signer is None:
        raise Unsupported(
            "this server signs no repositories", advice="its operator can run: dejabuild init"
        )
    return signer.public_key()


def _package(identity: str, digest: Digest) -> Response:
    """A member's own bytes; other blobs are not offered under an environment's name."""
    environment = load_environment(identity)
    if all(member.digest != digest for member in environment.members):
        raise NotFound(f"{digest} is no package of environment {identity}")
    indexed = current_archive().catalogue.indexed([digest]).get(digest)
    size = indexed.size if indexed is not None else current_archive().blobs.size(digest)
    return serve_file(Sendable(digest, size))


def _make(identity: str) -> dict[str, Digest]:
    """Make all files and keep them; the same environment always gives the same bytes."""
    archive = current_archive()
    if archive.signer is None:
        raise Unsupported(
            "this server signs no repositories", advice="its operator can run: dejabuild init"
        )
    environment = load_environment(identity)
    if environment.kind != "deb":
        raise Unsupported(
            f"environment {identity} is of kind {environment.kind}; repositories are made for deb",
            advice=f"its packages are at /file/<sha256>, listed in /environments/{identity}",
        )
    stanzas = archive.catalogue.stanzas([member.digest for member in environment.members])
    made = archive.signer.environment_repository(environment.members, stanzas)
    blobs = {path: archive.blobs.add([data]) for path, data in made.items()}
    archive.catalogue.record_blobs(list(blobs.values()))
    return {path: blob.digest for path, blob in blobs.items()}
