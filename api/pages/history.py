# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole history of a source or binary package: a picture, and a table that says the same."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from api.archive_services import current_archive
from api.operation import Answer, Parameter, describe, text_answer
from api.pages.frame import show
from api.pages.search import browse
from api.pages.timeline import draw
from api.rebuild_services import current_rebuild
from api.schema import TEXT
from api.services import current_services
from snapshot.deb_version import version_key
from snapshot.errors import NotFound
from storage.catalogue.package_history import Stay
from storage.ledger.records import Target

PAGE = {200: text_answer("A page", "text/html")}
#: Rows of a table; a longer one goes on at the machine-readable address.
MOST_ROWS = 1000

_LIST = (
    Parameter("cat", TEXT, "How the names begin"),
    Parameter("after", TEXT, "Only names after this one"),
)


@describe(
    query=(*_LIST, Parameter("src", TEXT, "A name whose page is asked for")),
    answers={**PAGE, 302: Answer("The page is at `Location`", headers=("Location",))},
)
def sources() -> Response | BaseResponse:
    """Source packages by how their names begin."""
    name = request.args.get("src", "").strip()
    if name:
        return redirect(url_for("history.source", name=name))
    return browse("source")


@describe(
    query=(*_LIST, Parameter("bin", TEXT, "A name whose page is asked for")),
    answers={**PAGE, 302: Answer("The page is at `Location`", headers=("Location",))},
)
def binaries() -> Response | BaseResponse:
    """Binary packages by how their names begin."""
    name = request.args.get("bin", "").strip()
    if name:
        return redirect(url_for("history.binary", name=name))
    return browse("binary")


@describe(answers=PAGE, refuses=(404,))
def source(name: str) -> Response:
    """A source package: every version, where it was and when, as a picture and a table."""
    stays = current_archive().catalogue.history.of_source(name)
    if not stays:
        raise unknown("source", name)
    return _page(name, "source", stays, rebuilds=rebuilds_of(name))


@describe(answers=PAGE, refuses=(404,))
def binary(name: str) -> Response:
    """A binary package: every version, where it was and when, as a picture and a table."""
    stays = current_archive().catalogue.history.of_binary(name)
    if not stays:
        raise unknown("binary", name)
    return _page(name, "binary", stays, rebuilds=[])


def rebuilds_of(name: str, version: str | None = None) -> list[Target]:
    """What was to be rebuilt of a source package, the newest first; none without that half."""
    if current_services().rebuild is None:
        return []
    targets = current_rebuild().ledger.targets.of_source(name)
    found = [target for target in targets if version in (None, target.version)]
    return sorted(found, key=lambda target: (target.created_at, target.id), reverse=True)


def unknown(kind: str, name: str) -> NotFound:
    """The refusal for a name that no archive here ever had."""
    return NotFound(
        f"no {kind} package {name[:200]!r} in any archive here",
        advice=f"/{'package' if kind == 'source' else 'binary'}/?cat={name[:1]} lists names, "
        "and the search above finds others by how they begin",
    )


def _page(name: str, kind: str, stays: Sequence[Stay], *, rebuilds: Sequence[Target]) -> Response:
    newest = sorted(
        stays,
        key=lambda stay: (version_key(stay.version), stay.last, stay.archive, stay.suite),
        reverse=True,
    )
    return show(
        "history.html",
        name=name,
        kind=kind,
        timeline=draw(stays, name=name),
        stays=newest[:MOST_ROWS],
        left_out=len(newest) - len(newest[:MOST_ROWS]),
        versions=len({stay.version for stay in stays}),
        sources=sorted({stay.source for stay in stays} - {name}),
        rebuilds=rebuilds,
    )
