# SPDX-License-Identifier: GPL-3.0-or-later
"""`/environments/<id>/source/<name>_<version>/`: one source package as a signed apt repository.

`deb-src <address> ./` and `apt-get source <name>` bring what is built in the environment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.archive_services import current_archive
from api.environments.text import environment_id
from api.make_once import send_made
from api.operation import FILE_REFUSALS, describe, file_answers
from api.serve_file import Sendable, serve_file
from snapshot.errors import NotFound
from snapshot.sources import SourceStanza
from storage.repository_files import SOURCE_POOL, source_files

if TYPE_CHECKING:
    from flask import Response


@describe(answers=file_answers(), refuses=(*FILE_REFUSALS, 501))
def source_file(identity: str, package: str, path: str) -> Response:
    """One file of the repository.

    Args:
        identity: The environment.
        package: `<name>_<version>`, with the version's epoch.
        path: Relative to the repository.

    Raises:
        NotFound: No such environment, source package or file, or several source packages.
        Unsupported: This server has no key to sign with.
    """
    environment_id(identity)
    plain = path.removeprefix("./")
    stanza = _stanza(package)
    folder, _, name = plain.rpartition("/")
    if folder == SOURCE_POOL:
        return _file(stanza, name)
    return send_made(
        f"source {package}",
        plain,
        lambda signer: signer.sign_repository(source_files(stanza, signer.made)),
    )


def _stanza(package: str) -> bytes:
    """The stanza of the one source package of that name and version."""
    name, _, version = package.partition("_")
    found = current_archive().catalogue.source_stanzas(name, version)
    if not found:
        raise NotFound(
            f"no source package {name[:80]} {version[:80]} here",
            advice="the address ends in source/<name>_<version>/, with the version's epoch; "
            f"/mr/package/{name[:80]}/ lists the versions that are mirrored",
        )
    contents = {
        frozenset((file.name, file.checksums.sha256) for file in SourceStanza.parse(stanza).files)
        for stanza in found
    }
    if len(contents) > 1:
        raise NotFound(
            f"{name} {version} is the name of {len(contents)} source packages with other files",
            advice=f"/mr/package/{name}/{version}/srcfiles?fileinfo=1 tells which lived where",
        )
    return found[0]


def _file(stanza: bytes, name: str) -> Response:
    source = SourceStanza.parse(stanza)
    for file in source.files:
        digest = file.checksums.sha256
        if file.name == name and digest is not None:
            return serve_file(Sendable(digest, file.checksums.size))
    raise NotFound(f"{source.name} {source.version} has no file {name[:200]!r}")
