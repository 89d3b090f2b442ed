# SPDX-License-Identifier: GPL-3.0-or-later
"""From a job to a task: bring its input here and settle what must be reproduced."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from rebuilders.failure import RebuildFailure
from rebuilders.server_connection import ServerConnection
from rebuilders.task import Task
from snapshot.buildinfo import BuildInfo
from snapshot.digest import Digest
from snapshot.errors import InvalidInput, NotFound, PermanentError, VerificationError
from snapshot.verdict import Reason
from snapshot.wire import ExpectedArtifact, JobArtifact, JobAssignment

_BY_DIGEST = re.compile(r"/file/([0-9a-f]{64})(?:/|\Z)")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~:@%=-]{0,254}")
DEFAULT_TIMEOUT = 24 * 3600


def obtain_input(assignment: JobAssignment, server: ServerConnection, folder: Path) -> Task:
    """Download the input of a job.

    Raises:
        RebuildFailure: `buildinfo-missing` (or `source-missing`), or an unusable job.
    """
    url = assignment.job.url
    name = file_name(url)
    missing = Reason.SOURCE_MISSING if name.endswith(".dsc") else Reason.BUILDINFO_MISSING
    path = folder / name
    try:
        digest = server.download(url, path, digest_in(url))
    except (NotFound, VerificationError) as error:
        raise RebuildFailure(missing, f"the input is not at the server: {error.message}") from error
    except PermanentError as error:
        raise RebuildFailure(missing, error.message) from error
    extension = assignment.extension
    expect = extension.expect if extension and extension.expect else ()
    return Task(
        assignment=assignment,
        kind=extension.kind if extension else assignment.job.backend,
        input_path=path,
        input_name=name,
        input_digest=digest,
        expect=expect or _expected(assignment.artifacts, path, name),
        timeout=float(extension.timeout if extension else DEFAULT_TIMEOUT),
    )


def file_name(url: str) -> str:
    """Last segment of a URL, if it is fit to be a file's name here.

    Raises:
        RebuildFailure: `unsupported`.
    """
    name = unquote(urlsplit(url).path.rpartition("/")[2])
    if not _FILE_NAME.fullmatch(name):
        raise RebuildFailure(Reason.UNSUPPORTED, f"the URL names no file: {url[:200]}")
    return name


def digest_in(url: str) -> Digest | None:
    """The digest that a URL of the file service carries."""
    match = _BY_DIGEST.search(urlsplit(url).path)
    return Digest(match[1]) if match else None


def _expected(
    artifacts: tuple[JobArtifact, ...], path: Path, name: str
) -> tuple[ExpectedArtifact, ...]:
    """What a server without our extension asks for: digests in its URLs, or in the record."""
    recorded = {}
    if name.endswith(".buildinfo"):
        try:
            record = BuildInfo.parse(path.read_bytes(), name=name)
        except InvalidInput as error:
            raise RebuildFailure(Reason.BUILDINFO_INVALID, str(error)) from error
        recorded = {c.name: c.checksums for c in record.checksums if not c.name.endswith(".dsc")}
    found = []
    for artifact in artifacts:
        wanted = file_name(artifact.url)
        known = recorded.get(wanted)
        digest = digest_in(artifact.url) or (known.sha256 if known else None)
        if digest is None:
            raise RebuildFailure(Reason.UNSUPPORTED, f"nothing says what {wanted} must be")
        found.append(ExpectedArtifact(wanted, digest, known.size if known else 0))
    if found:
        return tuple(found)
    return tuple(ExpectedArtifact(n, c.sha256, c.size) for n, c in recorded.items() if c.sha256)
