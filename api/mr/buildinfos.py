# SPDX-License-Identifier: GPL-3.0-or-later
"""`/mr/buildinfos/…`: the build records that are stored here, by source, digest and artifact."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from api.archive_services import current_archive
from api.operation import describe, json_answer
from api.public_url import file_url, public_url
from api.schema import SHA256, STAMP, TEXT, list_of, or_null, record
from snapshot.digest import Digest
from snapshot.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from storage.catalogue import BuildInfoRecord

Answer = dict[str, Any]

_MEMBERS = {
    "sha256": SHA256,
    "name": TEXT,
    "kind": TEXT,
    "source": TEXT,
    "source_version": TEXT,
    "version": TEXT,
    "architectures": list_of(TEXT),
    "build_architecture": TEXT,
    "build_date": or_null(STAMP),
    "origin": TEXT,
    "signature": TEXT,
    "url": TEXT,
}
_RECORD = record(_MEMBERS, title="StoredRecord")
_OF_SOURCE = record(
    {"_comment": TEXT, "source": TEXT, "version": or_null(TEXT), "result": list_of(_RECORD)},
    title="RecordsOfSource",
)
_OF_FILE = record(
    {"_comment": TEXT, "hash": TEXT, "result": list_of(_RECORD)}, title="RecordsOfFile"
)
_ONE = record({"_comment": TEXT, **_MEMBERS, "built": list_of(SHA256)}, title="OneRecord")
_ADVICE = "POST the record itself to /mr/buildinfo to see what it needs"


@describe(answers={200: json_answer(_OF_SOURCE)}, refuses=(404,))
def of_source(name: str) -> Answer:
    """Build records of a source package, of all its versions."""
    return _of_source(name, None)


@describe(answers={200: json_answer(_OF_SOURCE)}, refuses=(404,))
def of_version(name: str, version: str) -> Answer:
    """Build records of one version of a source package."""
    return _of_source(name, version)


@describe(answers={200: json_answer(_ONE)}, refuses=(404,))
def one_record(digest: str) -> Answer:
    """A build record by the SHA-256 of its bytes, with the files it says that it built."""
    catalogue, identity = current_archive().catalogue, _digest(digest)
    found = catalogue.buildinfo(identity)
    if found is None:
        raise NotFound(f"no build record {digest[:80]} here", advice=_ADVICE)
    built = [one.hex for one in catalogue.built_by(identity)]
    return {"_comment": "dejabuild", **_told(found, public_url()), "built": built}


@describe(answers={200: json_answer(_OF_FILE)}, refuses=(404,))
def of_file(digest: str) -> Answer:
    """Build records that say they built a file, whether or not an index ever named it."""
    found = current_archive().catalogue.buildinfos_that_built(_digest(digest))
    if not found:
        raise NotFound(f"no build record here says that it built {digest[:80]}", advice=_ADVICE)
    return {"_comment": "dejabuild", "hash": digest, "result": _all_told(found)}


def _of_source(name: str, version: str | None) -> Answer:
    found = current_archive().catalogue.buildinfos(name, version)
    if not found:
        wanted = f"{name} {version}" if version else name
        raise NotFound(f"no build record of {wanted[:200]!r} here", advice=_ADVICE)
    return {
        "_comment": "dejabuild",
        "source": name,
        "version": version,
        "result": _all_told(found),
    }


def _digest(word: str) -> Digest:
    """The SHA-256 in an address; a SHA-1 of a file that is known will do.

    Raises:
        NotFound: Neither.
    """
    try:
        if len(word) != 40:
            return Digest(word)
        known = current_archive().catalogue.blob_by_hash(word)
    except InvalidInput as error:
        raise NotFound(error.message, advice=error.advice) from error
    if known is None:
        raise NotFound(f"nothing here has the SHA-1 {word}", advice="ask by the SHA-256")
    return known.digest


def _all_told(found: Iterable[BuildInfoRecord]) -> list[dict[str, Any]]:
    base = public_url()
    return [_told(one, base) for one in found]


def _told(found: BuildInfoRecord, base: str) -> dict[str, Any]:
    return {
        "sha256": found.digest.hex,
        "name": found.name,
        "kind": found.kind,
        "source": found.source,
        "source_version": found.source_version,
        "version": found.version,
        "architectures": list(found.architectures),
        "build_architecture": found.build_architecture,
        "build_date": str(found.build_date) if found.build_date else None,
        # Where it lay on this machine is nobody's business.
        "origin": "file" if found.origin.startswith("file:") else found.origin,
        "signature": found.signature_state,
        "url": file_url(base, found.digest, found.name),
    }
