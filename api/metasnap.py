# SPDX-License-Identifier: GPL-3.0-or-later
"""metasnap.debian.net's line protocol, which devscripts' debootsnap speaks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from api.archive.at_time import check_archive
from api.archive_services import current_archive
from api.mr.location import timestamp_ranges
from api.operation import Parameter, describe, text_answer
from api.refuse import refuse_plainly
from api.schema import TEXT, record
from api.services import current_services
from snapshot.errors import InvalidInput
from snapshot.need import Need

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.catalogue.records import FileLocation

_PACKAGE = re.compile(r"([A-Za-z0-9][A-Za-z0-9+._-]*):([a-z0-9-]+)=([A-Za-z0-9.+~:_-]+)")


def make_blueprint() -> Blueprint:
    """`/cgi-bin/api`."""
    routes = Blueprint("metasnap", __name__)
    routes.get("/cgi-bin/api")(list_stamps)
    routes.post("/cgi-bin/api")(find_packages)
    return refuse_plainly(routes)


@describe(
    query=(Parameter("timestamps", TEXT, "An archive"),),
    answers={200: text_answer("One stamp a line")},
    refuses=(404,),
)
def list_stamps() -> Response:
    """`?timestamps=<archive>`: one stamp a line."""
    archive = request.args.get("timestamps", "")
    check_archive(archive)
    return _lines([str(stamp) for stamp in current_archive().catalogue.run_stamps(archive)])


_QUESTION = record({"archive": TEXT, "arch": TEXT, "pkgs": TEXT}, title="MetasnapQuestion")


@describe(
    body={"application/x-www-form-urlencoded": _QUESTION, "multipart/form-data": _QUESTION},
    answers={
        200: text_answer("Lines `name arch version suite component begin end`"),
        404: text_answer("Lines `name arch version` of the packages that are not here"),
    },
    refuses=(404, 413, 422),
)
def find_packages() -> Response:
    """Lines `name arch version suite component begin end`; 404 with the unknown ones."""
    request.max_content_length = request.max_form_memory_size = 4 << 20
    archive, native, needs = _asked("archive"), _asked("arch"), _needs(_asked("pkgs"))
    found: dict[Need, list[FileLocation]] = {need: [] for need in needs}
    catalogue = current_archive().catalogue
    for candidate in catalogue.locate(needs):
        if candidate.coordinates.archive != archive:
            continue
        for need in (
            Need(candidate.name, candidate.version, candidate.architecture),
            Need(candidate.name, candidate.version, native),
        ):
            if need in found and (candidate.architecture in (need.architecture, "all")):
                found[need] += catalogue.locations(candidate.digest)
                break
    missing = [need for need, places in found.items() if not places]
    if missing:
        return _lines([_called(need) for need in missing], 404)
    rows = {
        f"{_called(said)} {place.coordinates.suite} {place.coordinates.component} {first} {last}"
        for need, places in found.items()
        for said, place in _in_its_index(need, places)
        if place.coordinates.archive == archive
        for first, last in timestamp_ranges(place)
    }
    return _lines(sorted(rows))


def _in_its_index(need: Need, places: list[FileLocation]) -> Iterator[tuple[Need, FileLocation]]:
    """The places in indices of the architecture that was asked for.

    If it is in none, those for all architectures, which are said by that name: debootsnap then
    reads `binary-all` as well.
    """
    own = [place for place in places if place.coordinates.architecture == need.architecture]
    said = need if own else need._replace(architecture="all")
    yield from ((said, place) for place in own or places)


def _called(need: Need) -> str:
    return f"{need.name} {need.architecture} {need.version}"


def _asked(name: str) -> str:
    """A word of the question: debootsnap sends each as if it were a file."""
    part = request.files.get(name)
    return part.read().decode("utf-8", "replace") if part else request.form.get(name, "")


def _needs(text: str) -> list[Need]:
    """What is asked for: nothing, when a client asks again without all that was not here."""
    words = [word for word in text.split(",") if text.strip()]
    most = current_services().web.limits.packages
    if len(words) > most:
        raise InvalidInput(f"more than {most} packages in one question", advice="ask for fewer")
    needs = []
    for word in words:
        match = _PACKAGE.fullmatch(word.strip())
        if match is None:
            raise InvalidInput(
                f"not a package: {word[:80]!r}", advice="pkgs=name:arch=version,name:arch=version"
            )
        needs.append(Need(match[1], match[3], match[2]))
    return needs


def _lines(lines: list[str], status: int = 200) -> Response:
    text = "".join(f"{line}\n" for line in lines)
    return Response(text, status=status, mimetype="text/plain")
