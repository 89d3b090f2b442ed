# SPDX-License-Identifier: GPL-3.0-or-later
"""`/mr/package…` and `/mr/binary…`: names, versions and files of packages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.archive_services import current_archive
from api.mr.location import FILE_QUERY, FILEINFO, file_names, hash_name, with_fileinfo
from api.operation import describe, json_answer
from api.schema import HASH, TEXT, list_of, record
from snapshot.deb_version import version_key
from snapshot.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from storage.catalogue.records import FileLocation

Answer = dict[str, Any]

_COMMENT = {"_comment": TEXT}
_SOURCE = {**_COMMENT, "package": TEXT, "version": TEXT}
_HASHES = list_of(record({"hash": HASH}))
_FILES = list_of(record({"architecture": TEXT, "hash": HASH}, title="FileOfArchitecture"))
_BINARY = record({"name": TEXT, "version": TEXT, "files": _FILES}, title="BinaryWithFiles")
_BINARY_VERSION = record(
    {"name": TEXT, "binary_version": TEXT, "source": TEXT, "version": TEXT}, title="BinaryVersion"
)


@describe(
    answers={200: json_answer(record({**_COMMENT, "result": list_of(record({"package": TEXT}))}))}
)
def packages() -> Answer:
    """Every source package."""
    names = current_archive().catalogue.source_names()
    return {"_comment": "dejabuild", "result": [{"package": name} for name in names]}


@describe(
    answers={
        200: json_answer(
            record({**_COMMENT, "package": TEXT, "result": list_of(record({"version": TEXT}))})
        )
    },
    refuses=(404,),
)
def package(name: str) -> Answer:
    """Versions of a source package, newest first."""
    versions = _newest_first(current_archive().catalogue.source_versions(name))
    if not versions:
        raise _unknown("source package", name)
    return {
        "_comment": "dejabuild",
        "package": name,
        "result": [{"version": version} for version in versions],
    }


@describe(
    query=FILE_QUERY,
    answers={200: json_answer(record({**_SOURCE, "result": _HASHES}, optional=FILEINFO))},
    refuses=(404,),
)
def source_files(name: str, version: str) -> Answer:
    """Files of a source package."""
    places = current_archive().catalogue.source_files(name, version)
    if not places:
        raise _unknown("source", f"{name} {version}")
    answer = {
        "_comment": "dejabuild",
        "package": name,
        "version": version,
        "result": [{"hash": digest} for digest in file_names(places)],
    }
    return with_fileinfo(answer, places)


@describe(
    answers={
        200: json_answer(
            record({**_SOURCE, "result": list_of(record({"name": TEXT, "version": TEXT}))})
        )
    },
    refuses=(404,),
)
def binary_packages(name: str, version: str) -> Answer:
    """Binary packages built from a source, whatever their own version."""
    catalogue = current_archive().catalogue
    found = catalogue.binaries_of(name, version)
    # A source of which nothing was built is known all the same.
    if not found and not catalogue.source_files(name, version):
        raise _unknown("source", f"{name} {version}")
    return {
        "_comment": "dejabuild",
        "package": name,
        "version": version,
        "result": [
            {"name": binary, "version": own}
            for binary, own in sorted({(one.name, one.version) for one in found})
        ],
    }


@describe(
    query=FILE_QUERY,
    answers={
        200: json_answer(
            record(
                {**_SOURCE, "binary": TEXT, "binary_version": TEXT, "result": _FILES},
                optional=FILEINFO,
            )
        )
    },
    refuses=(404,),
)
def binary_files_of_source(name: str, version: str, binary: str, own: str) -> Answer:
    """Files of a binary package that came from one source."""
    places = _from_source(current_archive().catalogue.binary_files(binary, own), name, version)
    if not places:
        raise _unknown("binary package", f"{binary} {own} from {name} {version}")
    answer = {
        "_comment": "dejabuild",
        "package": name,
        "version": version,
        "binary": binary,
        "binary_version": own,
        "result": _by_architecture(places),
    }
    return with_fileinfo(answer, places)


@describe(
    query=FILE_QUERY,
    answers={
        200: json_answer(
            record(
                {
                    **_SOURCE,
                    "result": record({"source": _HASHES, "binaries": list_of(_BINARY)}),
                },
                optional=FILEINFO,
            )
        )
    },
    refuses=(404,),
)
def all_files(name: str, version: str) -> Answer:
    """Sources and binaries; either may be missing, not both."""
    catalogue = current_archive().catalogue
    sources = catalogue.source_files(name, version)
    places = list(sources)
    found: dict[tuple[str, str], list[FileLocation]] = {}
    for place in catalogue.files_of_source(name, version):
        found.setdefault((place.package.name, place.package.version), []).append(place)
        places.append(place)
    if not places:
        raise _unknown("source", f"{name} {version}")
    binaries = [
        {"name": binary, "version": own, "files": _by_architecture(files)}
        for (binary, own), files in sorted(found.items())
    ]
    answer = {
        "_comment": "dejabuild",
        "package": name,
        "version": version,
        "result": {
            "source": [{"hash": digest} for digest in file_names(sources)],
            "binaries": binaries,
        },
    }
    return with_fileinfo(answer, places)


@describe(
    answers={
        200: json_answer(record({**_COMMENT, "binary": TEXT, "result": list_of(_BINARY_VERSION)}))
    },
    refuses=(404,),
)
def binary(name: str) -> Answer:
    """Versions of a binary package with the source of each, newest first."""
    found = current_archive().catalogue.binary_versions(name)
    if not found:
        raise _unknown("binary package", name)
    rows = {(one.version, one.source, one.source_version) for one in found}
    ordered = sorted(rows, key=lambda row: (version_key(row[0]), row), reverse=True)
    return {
        "_comment": "dejabuild",
        "binary": name,
        "result": [
            {"name": name, "binary_version": own, "source": source, "version": version}
            for own, source, version in ordered
        ],
    }


@describe(
    query=FILE_QUERY,
    answers={
        200: json_answer(
            record(
                {**_COMMENT, "binary": TEXT, "binary_version": TEXT, "result": _FILES},
                optional=FILEINFO,
            )
        )
    },
    refuses=(404,),
)
def binary_files(name: str, version: str) -> Answer:
    """Files of a binary package, of any source."""
    places = current_archive().catalogue.binary_files(name, version)
    if not places:
        raise _unknown("binary package", f"{name} {version}")
    answer = {
        "_comment": "dejabuild",
        "binary": name,
        "binary_version": version,
        "result": _by_architecture(places),
    }
    return with_fileinfo(answer, places)


def _from_source(places: Iterable[FileLocation], name: str, version: str) -> list[FileLocation]:
    return [
        place
        for place in places
        if (place.package.source, place.package.source_version) == (name, version)
    ]


def _by_architecture(places: Sequence[FileLocation]) -> list[dict[str, str]]:
    rows = {(place.package.architecture, hash_name(place)) for place in places}
    return [{"architecture": architecture, "hash": digest} for architecture, digest in sorted(rows)]


def _newest_first(versions: Iterable[str]) -> list[str]:
    return sorted(set(versions), key=lambda version: (version_key(version), version), reverse=True)


def _unknown(what: str, name: str) -> NotFound:
    return NotFound(
        f"no {what} {name[:200]!r} in any archive here",
        advice="/mr/package/<name>/ and /mr/binary/<name>/ list versions, /mr/package/ all names",
    )
