# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that this server makes and signs: once, then they are blobs like any other.

The catalogue knows which they are (`storage.catalogue.made_files`); each process remembers those
it was asked for lately. They are a function of their subject and the key: two processes that make
them at the same moment store the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.archive_services import current_archive
from api.serve_file import REVALIDATE, Sendable, serve_file
from api.services import current_services
from snapshot.errors import NotFound, Unsupported
from snapshot.timestamp import Timestamp
from storage.catalogue import BlobState, MadeFile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flask import Response

    from api.made_repositories import Files
    from storage.signed_repository import RepositorySigner

    Make = Callable[[RepositorySigner], Mapping[str, bytes]]


def repository_signer() -> RepositorySigner:
    """Who signs here.

    Raises:
        Unsupported: Nobody does.
    """
    signer = current_archive().signer
    if signer is None:
        raise Unsupported(
            "this server signs no repositories", advice="its operator can run: dejabuild init"
        )
    return signer


def send_made(subject: str, path: str, make: Make) -> Response:
    """Send one of the files that are made of a subject.

    Args:
        subject: Its kind, and which: `environment <id>`.
        path: Of the file, as `make` names it.
        make: Makes all of them.

    Raises:
        NotFound: There is no such file among them.
        Unsupported: This server has no key to sign with.
    """
    archive, maker = current_archive(), repository_signer().maker
    files = archive.made.files(subject, maker, lambda: _kept_or_made(subject, make))
    found = files.get(path)
    if found is not None and not archive.blobs.contains(found.digest):
        # Somebody let them go: in another process, or a store that lost them.
        forget_made([subject])
        files = archive.made.files(subject, maker, lambda: _kept_or_made(subject, make))
        found = files.get(path)
    if found is None:
        raise NotFound(
            f"no {path[:200]!r} in what is made of {subject}",
            advice=f"it has {', '.join(sorted(files)[:4])} …",
        )
    # Another key gives other bytes, and so does an index that was mirrored since.
    return serve_file(Sendable(found.digest, found.size, cache=REVALIDATE))


def forget_made(subjects: Sequence[str]) -> None:
    """Let the made files of subjects go, and their bytes unless something else needs them."""
    made = current_archive().made
    for subject in subjects:
        made.forget(subject)
    _free(subjects)


def _free(subjects: Sequence[str]) -> None:
    archive = current_archive()
    free = archive.catalogue.made.forget(subjects)
    archive.catalogue.set_blob_state(free, BlobState.REMOVED)
    for digest in free:
        archive.blobs.delete(digest)


def _kept_or_made(subject: str, make: Make) -> Files:
    archive, signer = current_archive(), repository_signer()
    known = archive.catalogue.made.of(subject, signer.maker)
    if known:
        return known
    blobs = {path: archive.blobs.add([data]) for path, data in make(signer).items()}
    archive.catalogue.record_blobs(list(blobs.values()))
    files = {path: MadeFile(blob.digest, blob.size) for path, blob in blobs.items()}
    web = current_services().web
    archive.catalogue.made.keep(subject, signer.maker, files, Timestamp(int(web.clock())))
    # Anybody may have them made: of each kind as many are kept as environments are.
    kind = subject.partition(" ")[0]
    _free(archive.catalogue.made.beyond(kind, web.limits.environments, newest=subject))
    return files
