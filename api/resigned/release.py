# SPDX-License-Identifier: GPL-3.0-or-later
"""`/resigned/<archive>/<date>/<path>`: an archive as it was, but for who signs its Releases.

Today's apt refuses old Releases thrice: they are out of date, their keys expired, their signatures
are of kinds that are no longer believed. Here the operator vouches for what was verified when it
was mirrored. Indices and packages are the same files; the view below `/archive` stays as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.archive.at_time import Moment, run_of_date
from api.archive.tree import answer_path, marked
from api.archive_services import current_archive
from api.make_once import send_made
from api.refuse_removed import refuse_removed
from api.serve_file import ensure_here
from snapshot.coordinates import suite_directory
from snapshot.digest import Digest
from snapshot.errors import Unsupported
from snapshot.release import DOCUMENTS
from storage.resign_release import resigned_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from werkzeug.wrappers import Response

    from storage.catalogue import StoredRelease

#: How a run is proved whose Releases may be vouched for: somebody signed them.
_SIGNED = ("release", "release-sha1", "release-md5")


def answer_resigned(archive: str, date: str, path: str) -> Response:
    """Answer a Release signed by us, and everything else as `/archive` does.

    Raises:
        NotFound: Nothing of that name at that time.
        Removed: The original was taken out.
        Unsupported: There is no key, or nobody signed the original.
    """
    folder, _, name = path.rpartition("/")
    if name not in DOCUMENTS:
        return answer_path(archive, date, path)
    moment = run_of_date(archive, date)
    release = _release(moment, folder)
    if release is None or moment.run.removed is not None:
        return answer_path(archive, date, path)
    if moment.run.trust not in _SIGNED:
        raise Unsupported(
            f"nobody's signature of {release.suite} was verified in the run {moment.run.timestamp} "
            f"of {archive}: it is not signed again",
            advice="the same address below /archive has it as it was",
        )
    refuse_removed(release.inrelease)
    subject = f"release {release.inrelease}"
    if moment.run.trust != "release":
        # It names no SHA-256: we add those of what is mirrored of it, which may be more by now.
        subject += f" {Digest.of(_text(moment, release))}"
    response = send_made(
        subject,
        name,
        lambda signer: signer.sign_release(_text(moment, release)),
    )
    return marked(response, moment, path)


def _release(moment: Moment, folder: str) -> StoredRelease | None:
    """The Release of the suite whose directory it is; an alias of the suite will do."""
    catalogue, run = current_archive().catalogue, moment.run
    found = {one.suite: one for one in catalogue.releases_at(run.archive, run.timestamp)}
    names = {suite: suite for suite in found}
    names |= catalogue.suite_aliases(run.archive, run.timestamp)
    directory = f"{folder}/" if folder else ""
    return next(
        (found.get(suite) for name, suite in names.items() if suite_directory(name) == directory),
        None,
    )


def _text(moment: Moment, release: StoredRelease) -> bytes:
    ensure_here(release.inrelease)
    with current_archive().blobs.open(release.inrelease) as reader:
        document = reader.read()
    return resigned_text(document, release.inrelease, _mirrored(moment, release.suite))


def _mirrored(moment: Moment, suite: str) -> Iterator[tuple[str, Digest, int]]:
    """What the run holds of a suite's Release."""
    inventory, run = current_archive().catalogue.inventory, moment.run
    for member in inventory.members_of_run(run.archive, run.timestamp):
        if member.suite == suite and member.path not in DOCUMENTS:
            yield member.path, member.digest, member.size
