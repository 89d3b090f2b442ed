# SPDX-License-Identifier: GPL-3.0-or-later
"""An environment as a signed apt repository, made on first use and kept as blobs.

`deb <base>/environments/<id>/ <id> main`, `… env main` and `… ./` all work; with the first, apt
says so when it is given another environment's files.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from api.archive_services import current_archive
from api.environments.text import environment_id, load_environment
from api.keep_environment import environment_subject, note_use
from api.make_once import send_made
from api.operation import FILE_REFUSALS, describe, file_answers
from api.serve_file import Sendable, serve_file
from snapshot.digest import Digest
from snapshot.errors import NotFound, Unsupported
from storage.repository_files import SUITE, environment_files

if TYPE_CHECKING:
    from flask import Response

    from storage.signed_repository import RepositorySigner

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
    plain = path.removeprefix("./")
    if plain.startswith(f"dists/{digest}/"):
        plain = f"dists/{SUITE}/{plain.removeprefix(f'dists/{digest}/')}"
    if plain.endswith("InRelease"):
        note_use(digest)
    return send_made(environment_subject(digest), plain, lambda signer: _make(identity, signer))


def _package(identity: str, digest: Digest) -> Response:
    """A member's own bytes; other blobs are not offered under an environment's name."""
    environment = load_environment(identity)
    if all(member.digest != digest for member in environment.members):
        raise NotFound(f"{digest} is no package of environment {identity}")
    indexed = current_archive().catalogue.indexed([digest]).get(digest)
    size = indexed.size if indexed is not None else current_archive().blobs.size(digest)
    return serve_file(Sendable(digest, size))


def _make(identity: str, signer: RepositorySigner) -> dict[str, bytes]:
    environment = load_environment(identity)
    if environment.kind != "deb":
        raise Unsupported(
            f"environment {identity} is of kind {environment.kind}; repositories are made for deb",
            advice=f"its packages are at /file/<sha256>, listed in /environments/{identity}",
        )
    stanzas = current_archive().catalogue.stanzas([one.digest for one in environment.members])
    return signer.sign_repository(environment_files(environment, stanzas, signer.made))
