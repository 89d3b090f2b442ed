# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding packages by name, and files by hash. Typing is served by `/mr/search`."""

from __future__ import annotations

import re
from typing import Literal

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from api.archive_services import current_archive
from api.find_names import LONGEST, is_text, names_beginning
from api.operation import Answer, Parameter, describe, text_answer
from api.pages.frame import show
from api.rebuild_services import current_rebuild
from api.schema import TEXT
from api.services import current_services
from storage.catalogue.search_names import FoundName
from storage.ledger import Filter, Page

_FOUND = 100
_BROWSED = 600
_HASH = re.compile(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")
_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"


@describe(
    query=(Parameter("q", TEXT, "How the name of a package begins, or a SHA-1 or SHA-256"),),
    answers={
        200: text_answer("Names that begin so", "text/html"),
        302: Answer("There is one such package or file, at `Location`", headers=("Location",)),
    },
)
def search() -> Response | BaseResponse:
    """Find source and binary packages by how their names begin, and files by hash."""
    query = request.args.get("q", "").strip()[:LONGEST]
    if not query:
        half = "pages.overview" if current_services().rebuild is not None else "history.sources"
        return redirect(url_for(half))
    if _HASH.fullmatch(query):
        return redirect(url_for("history.file", digest=query.lower()))
    names = names_beginning(query, most=_FOUND)
    exact = [one for one in names if one.name == query]
    if exact:
        page = "history.source" if exact[0].source else "history.binary"
        return redirect(url_for(page, name=query))
    rebuilds = _rebuilds(query)
    if len(rebuilds) == 1 and not names:
        distribution, source = rebuilds[0]
        return redirect(url_for("pages.package", distribution=distribution, source=source))
    return show(
        "search.html", query=query, names=names, rebuilds=rebuilds, more=len(names) == _FOUND
    )


def browse(kind: Literal["source", "binary"]) -> Response:
    """Names of one kind by how they begin, a page at a time."""
    prefix = request.args.get("cat", "").strip()[:LONGEST]
    after = request.args.get("after", "")[:LONGEST]
    names: tuple[FoundName, ...] = ()
    if prefix and is_text(prefix) and is_text(after):
        history = current_archive().catalogue.history
        names = history.names(prefix, most=_BROWSED, after=after)
    return show(
        "browse.html",
        kind=kind,
        prefix=prefix,
        letters=_LETTERS,
        names=[one.name for one in names if (one.source if kind == "source" else one.binary)],
        after=names[-1].name if len(names) == _BROWSED else None,
    )


def _rebuilds(name: str) -> list[tuple[str, str]]:
    """(distribution, source) of what was to be rebuilt under exactly this name."""
    if current_services().rebuild is None:
        return []
    ledger = current_rebuild().ledger
    found = {(target.distribution, target.source) for target in ledger.targets.of_source(name)}
    binaries = ledger.packages.binaries(Filter(name=name), Page(limit=_FOUND)).records
    return sorted(found | {(package.distribution, package.source) for package in binaries})
