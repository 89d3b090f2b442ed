# SPDX-License-Identifier: GPL-3.0-or-later
"""One version of a source package: its files, what was built from it, where that was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Response

from api.archive_services import current_archive
from api.operation import describe
from api.pages.frame import show
from api.pages.history import MOST_ROWS, PAGE, rebuilds_of, unknown
from api.pages.timeline import draw
from storage.catalogue.records import FileLocation, PackageRecord


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file of a package, at the first place that had it."""

    package: PackageRecord
    name: str
    first: FileLocation


@describe(answers=PAGE, refuses=(404,))
def version(name: str, version: str) -> Response:
    """One version of a source package: its files, its binaries, and where all that was."""
    catalogue = current_archive().catalogue
    sources = _files(catalogue.source_files(name, version))
    binaries = _files(catalogue.files_of_source(name, version))
    if not sources and not binaries:
        raise unknown("source", f"{name} {version}")
    stays = [stay for stay in catalogue.history.of_source(name) if stay.version == version]
    shown = binaries[:MOST_ROWS]
    return show(
        "version.html",
        name=name,
        version=version,
        sources=sources,
        binaries=shown,
        left_out=len(binaries) - len(shown),
        stays=stays,
        timeline=draw(stays, name=f"{name} {version}") if stays else None,
        rebuilds=rebuilds_of(name, version),
    )


def _files(places: Iterable[FileLocation]) -> list[ShownFile]:
    """Each distinct file once, in the order of packages, at the place where it was first."""
    first: dict[tuple[PackageRecord, str], FileLocation] = {}
    for place in places:
        key = (place.package, place.file.digest.hex)
        if key not in first or place.first_seen < first[key].first_seen:
            first[key] = place
    return sorted(
        (
            ShownFile(package, place.file.path.rpartition("/")[2], place)
            for (package, _), place in first.items()
        ),
        key=lambda file: (
            file.package.name,
            file.package.version,
            file.package.architecture,
            file.name,
        ),
    )
