# SPDX-License-Identifier: GPL-3.0-or-later
"""`POST /mr/buildinfo`: what a build record needs, where it is, and what is missing.

The answer holds the predecessor's `results`, and beyond it every package with its digest
and address, the fewest dated suites, ready-made apt sources, and the environment's id.
"""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from api.dated_sources import deb822_sources, one_line_sources
from api.keep_environment import keep_environment
from api.operation import Parameter, describe, json_answer
from api.public_url import public_url
from api.request_body import end_request, read_body
from api.resolve_record import resolve_record
from api.schema import SHA1, SHA256, STAMP, TEXT, WHOLE, list_of, or_null, record
from api.services import current_services
from snapshot.need import Need
from snapshot.record import Record, read_record
from snapshot.resolver import Chosen, Resolution

#: Room for the other parts of a multipart body.
_FORM_OVERHEAD = 64 << 10


_NEED = {"name": TEXT, "version": TEXT, "architecture": TEXT, "kind": TEXT}
_FOUND = record(
    {
        **_NEED,
        "sha256": SHA256,
        "sha1": or_null(SHA1),
        "size": WHOLE,
        "path": TEXT,
        "url": TEXT,
        "locations": list_of(
            record(
                {
                    "archive_name": TEXT,
                    "suite_name": TEXT,
                    "component_name": TEXT,
                    "first_seen": list_of(STAMP),
                }
            )
        ),
    },
    title="FoundPackage",
)
_DATED_SUITE = {"archive": TEXT, "suite": TEXT, "timestamp": STAMP}
_RESOLVED = record(
    {
        "_comment": TEXT,
        "kind": TEXT,
        "source": or_null(TEXT),
        "source_version": or_null(TEXT),
        "version": or_null(TEXT),
        "build_architecture": or_null(TEXT),
        "build_date": or_null(STAMP),
        "results": list_of(
            record(
                {
                    "archive_name": TEXT,
                    "suite_name": TEXT,
                    "component_name": TEXT,
                    "architecture": TEXT,
                    "timestamps": list_of(STAMP),
                }
            )
        ),
        "found": list_of(_FOUND),
        "missing": list_of(record({**_NEED, "why": TEXT, "nearest": or_null(TEXT)})),
        "ambiguous": list_of(record(_NEED)),
        "unverified": list_of(record(_NEED)),
        "timestamps": list_of(
            record(
                {
                    **_DATED_SUITE,
                    "components": list_of(TEXT),
                    "architectures": list_of(TEXT),
                    "packages": WHOLE,
                }
            )
        ),
        "sources": TEXT,
        "sources_list": list_of(TEXT),
        "environment": or_null(SHA256),
        "environment_url": or_null(TEXT),
    },
    title="ResolvedRecord",
)


@describe(
    query=(Parameter("suite_name", TEXT, "Look in this suite only"),),
    body={
        "text/plain": TEXT,
        "multipart/form-data": record({"buildinfo": TEXT}),
    },
    answers={
        200: json_answer(_RESOLVED, "Every package is here"),
        404: json_answer(_RESOLVED, "Some are missing"),
    },
    refuses=(413, 415, 422, 501, 507),
)
def answer_buildinfo() -> Response:
    """Resolve the posted record: 200 when all of it is here, 404 with the list otherwise."""
    data, name = _posted()
    record = read_record(data, name, limit=current_services().web.limits.buildinfo)
    resolution = resolve_record(record, suite=request.args.get("suite_name"))
    response = jsonify(_answer(record, resolution))
    # A missing source is named too, but the environment can be had without it.
    response.status_code = 200 if resolution.environment is not None else 404
    return response


def _posted() -> tuple[bytes, str]:
    """The record and what to call it: the multipart field `buildinfo`, or the raw body."""
    limit = current_services().web.limits.buildinfo
    if request.mimetype == "application/json":
        end_request(415, "send the build record itself (curl --data-binary @FILE), not JSON")
    if request.mimetype != "multipart/form-data":
        return read_body(limit, what="build record"), "build record"
    request.max_content_length = limit + _FORM_OVERHEAD
    request.max_form_memory_size = limit + _FORM_OVERHEAD
    try:
        upload = request.files.get("buildinfo")
        text = request.form.get("buildinfo")
    except RequestEntityTooLarge:
        end_request(413, f"build record has exceeded limit ({limit} bytes)")
    if upload is not None:
        data = upload.stream.read(limit + 1)
        if len(data) > limit:
            end_request(413, f"build record has exceeded limit ({limit} bytes)")
        return data, (upload.filename or "build record")[:200]
    if text is None:
        end_request(422, "no field `buildinfo` in the form (curl -F buildinfo=@FILE)")
    return text.encode(), "build record"


def _answer(record: Record, resolution: Resolution) -> dict[str, Any]:
    base = public_url()
    environment = resolution.environment
    if environment is not None:
        keep_environment(environment)
    return {
        "_comment": "dejabuild",
        "kind": record.kind,
        "source": record.source,
        "source_version": record.source_version,
        "version": record.version,
        "build_architecture": record.build_architecture,
        "build_date": str(record.build_date) if record.build_date else None,
        "results": _results(resolution),
        "found": [_found(choice, base) for choice in resolution.chosen],
        "missing": [
            {**_need(gap.need), "why": gap.why, "nearest": gap.nearest}
            for gap in resolution.missing
        ],
        "ambiguous": [_need(need) for need in resolution.ambiguous],
        "unverified": [_need(need) for need in resolution.unverified],
        "timestamps": [
            {
                "archive": step.archive,
                "suite": step.suite,
                "timestamp": str(step.at),
                "components": list(step.components),
                "architectures": list(step.architectures),
                "packages": len(step.needs),
            }
            for step in resolution.cover
        ],
        # As many as there are: they are the fewest.
        "timestamps_at_least": resolution.at_least,
        "sources": deb822_sources(resolution.cover, base),
        "sources_list": one_line_sources(resolution.cover, base),
        "environment": environment.id.hex if environment is not None else None,
        "environment_url": (
            f"{base}/environments/{environment.id}/" if environment is not None else None
        ),
    }


def _results(resolution: Resolution) -> list[dict[str, Any]]:
    """The predecessor's shape: coordinates with the stamps to take from them."""
    stamps: dict[tuple[str, str, str, str], list[str]] = {}
    for step in resolution.cover:
        for component in step.components:
            for architecture in step.architectures:
                key = (step.archive, step.suite, component, architecture)
                stamps.setdefault(key, []).append(str(step.at))
    return [
        {
            "archive_name": archive,
            "suite_name": suite,
            "component_name": component,
            "architecture": architecture,
            "timestamps": sorted(at),
        }
        for (archive, suite, component, architecture), at in stamps.items()
    ]


def _need(need: Need) -> dict[str, Any]:
    return {
        "name": need.name,
        "version": need.version,
        "architecture": need.architecture,
        "kind": need.kind,
    }


def _found(choice: Chosen, base: str) -> dict[str, Any]:
    file = choice.file
    name = file.path.rpartition("/")[2]
    return {
        **_need(choice.need),
        "architecture": file.architecture,
        "sha256": file.digest.hex,
        "sha1": file.sha1,
        "size": file.size,
        "path": f"/{file.path}",
        "url": f"{base}/file/{file.digest}/{name}",
        "locations": [
            {
                "archive_name": one.coordinates.archive,
                "suite_name": one.coordinates.suite,
                "component_name": one.coordinates.component,
                "first_seen": [str(interval.first) for interval in one.intervals],
            }
            for one in choice.candidates
        ],
    }
