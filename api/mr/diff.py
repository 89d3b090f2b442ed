# SPDX-License-Identifier: GPL-3.0-or-later
"""`/mr/diff/<archive>/<suite>`: what came, went and changed in a suite between two runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from flask import request

from api.archive.at_time import run_of_date
from api.archive_services import current_archive
from api.operation import Parameter, describe, json_answer
from api.public_url import public_url
from api.schema import SHA256, STAMP, TEXT, WHOLE, list_of, or_null, record
from api.services import current_services
from snapshot.coordinates import FLAT, Coordinates
from snapshot.errors import InvalidInput, NotFound
from snapshot.timestamp import Timestamp
from storage.catalogue.suite_diff import Change, DiffRequest, SuiteDiff, Version

_DEFAULT, _MOST = 1000, 10_000
_DATE = {"type": "string", "examples": ["20260711T101637Z", "20260711", "now"]}
_VERSIONS = list_of(record({"version": TEXT, "sha256": list_of(SHA256)}, title="ListedVersion"))
_PACKAGE = {"name": TEXT, "architecture": TEXT, "component": TEXT, "indices": list_of(TEXT)}
_INDICES = list_of(record({"component": TEXT, "architecture": TEXT}, title="Index"))
_DIFF = record(
    {
        "_comment": TEXT,
        "archive": TEXT,
        "suite": TEXT,
        "from": STAMP,
        "to": STAMP,
        "added": list_of(record({**_PACKAGE, "versions": _VERSIONS}, title="Listed")),
        "removed": list_of(record({**_PACKAGE, "versions": _VERSIONS}, title="Listed")),
        "changed": list_of(
            record({**_PACKAGE, "before": _VERSIONS, "after": _VERSIONS}, title="Changed")
        ),
        "described": WHOLE,
        "compared": _INDICES,
        "only_from": _INDICES,
        "only_to": _INDICES,
        "next": or_null(TEXT),
    },
    title="SuiteDiff",
)


_described = describe(
    query=(
        Parameter("from", _DATE, "A date: the earlier run. Default: the run before the later one"),
        Parameter("to", _DATE, "A date: the later run. Default: now"),
        Parameter("component", TEXT, "Only indices of this component"),
        Parameter("architecture", TEXT, "Only indices of this architecture, or `source`"),
        Parameter("limit", WHOLE, f"Names of one answer, {_DEFAULT} by default, {_MOST} at most"),
        Parameter("after", TEXT, "Only names after this one, as `next` says"),
    ),
    answers={200: json_answer(_DIFF, "Changes by name; `next` is the address of further ones")},
    refuses=(404,),
)


@_described
def flat_diff(archive: str) -> dict[str, Any]:
    """Packages that came, went or changed in a flat repository at the root of an archive."""
    return suite_diff(archive, FLAT)


@_described
def suite_diff(archive: str, suite: str) -> dict[str, Any]:
    """Packages that came to a suite, went from it or changed there, between two runs."""
    catalogue = current_archive().catalogue
    end = run_of_date(archive, request.args.get("to") or "now").run.timestamp
    date = request.args.get("from") or str(_before(archive, end))
    start = run_of_date(archive, date).run.timestamp
    if start > end:
        raise InvalidInput(f"from ({start}) is later than to ({end})", advice="exchange the two")
    wanted = DiffRequest(
        archive,
        _suite_of(archive, suite, start, end),
        start,
        end,
        component=request.args.get("component") or None,
        architecture=request.args.get("architecture") or None,
        after=request.args.get("after", ""),
        most=_limit(),
        most_rows=current_services().web.limits.changes,
    )
    return _told(wanted, catalogue.history.diff(wanted))


def _before(archive: str, end: Timestamp) -> Timestamp:
    earlier = current_archive().catalogue.run_at(archive, Timestamp(end.epoch - 1))
    if earlier is None:
        raise NotFound(
            f"{end} is the oldest run of {archive}: there is none before it",
            advice=f"/mr/timestamp/{archive} lists the runs there are; name a later one by `to`",
        )
    return earlier.timestamp


def _suite_of(archive: str, name: str, start: Timestamp, end: Timestamp) -> str:
    """The suite that a name, such as `stable`, meant at both runs.

    A flat repository is called by its directory, with or without the slash that ends its name.
    """
    catalogue = current_archive().catalogue
    name = FLAT if name in (".", FLAT) else name.rstrip("/")
    dates = (start, end)
    meant = {catalogue.suite_aliases(archive, at).get(name, name) for at in dates}
    if len(meant) > 1:
        raise InvalidInput(
            f"{name[:80]} of {archive} was not the same suite at {start} and at {end}",
            advice=f"name one of them: {', '.join(sorted(meant))}",
        )
    suite = meant.pop()
    held = {one.suite for at in dates for one in catalogue.releases_at(archive, at)}
    return f"{suite}/" if suite not in held and f"{suite}/" in held else suite


def _limit() -> int:
    text = request.args.get("limit") or str(_DEFAULT)
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= _MOST and len(text) < 9):
        raise InvalidInput(
            f"not a limit: {text[:40]!r}", advice=f"a whole number from 1 to {_MOST}"
        )
    return int(text)


def _told(wanted: DiffRequest, diff: SuiteDiff) -> dict[str, Any]:
    kinds: dict[str, list[dict[str, Any]]] = {"added": [], "removed": [], "changed": []}
    described = 0
    for change in diff.changes:
        if change.kind == "described":
            described += 1
        else:
            kinds[change.kind].append(_change(change))
    return {
        "_comment": "dejabuild",
        "archive": wanted.archive,
        "suite": wanted.suite,
        "from": str(wanted.start),
        "to": str(wanted.end),
        **kinds,
        "described": described,
        "compared": _indices(diff.compared),
        "only_from": _indices(diff.only_from),
        "only_to": _indices(diff.only_to),
        "next": None if diff.next_after is None else _next(wanted, diff.next_after),
    }


def _change(change: Change) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": change.name,
        "architecture": change.architecture,
        "component": change.component,
        "indices": list(change.indices),
    }
    if change.kind == "changed":
        return told | {"before": _versions(change.before), "after": _versions(change.after)}
    return told | {"versions": _versions(change.before or change.after)}


def _versions(versions: Iterable[Version]) -> list[dict[str, Any]]:
    return [
        {"version": one.version, "sha256": [digest.hex for digest in one.digests]}
        for one in versions
    ]


def _indices(streams: Iterable[Coordinates]) -> list[dict[str, str]]:
    return [{"component": one.component, "architecture": one.architecture} for one in streams]


def _next(wanted: DiffRequest, after: str) -> str:
    """The same question for the names that follow; the stamps in it are exact."""
    query = {
        "from": wanted.start,
        "to": wanted.end,
        "component": wanted.component,
        "architecture": wanted.architecture,
        "limit": wanted.most,
        "after": after,
    }
    given = {name: value for name, value in query.items() if value is not None}
    suite = "" if wanted.suite == FLAT else wanted.suite
    return f"{public_url()}/mr/diff/{wanted.archive}/{suite}?{urlencode(given)}"
