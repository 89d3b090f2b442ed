# SPDX-License-Identifier: GPL-3.0-or-later
"""`POST /mr/buildinfo`: what a build record needs, where it is, and what is missing.

The answer holds the predecessor's `results`, and beyond it every package with its digest
and address, the fewest dated suites, ready-made apt sources, and the environment's id.
`?v=2` is the same without the past: every location, the bound, and the alternatives as values.
"""

from __future__ import annotations

from flask import Response, request

from api.encode_response import json_response
from api.keep_environment import offer_environment
from api.mr import answer_record, answer_record_v2
from api.mr.posted_record import posted_record
from api.operation import Parameter, describe, json_answer
from api.public_url import public_url
from api.request_body import end_request
from api.resolve_record import resolve_record
from api.schema import TEXT, Schema, record

_ANSWERS = {"1": answer_record.record_json, "2": answer_record_v2.record_json}
_RESOLVED: Schema = {"anyOf": [answer_record.RESOLVED, answer_record_v2.RESOLVED]}


@describe(
    query=(
        Parameter("suite_name", TEXT, "Look in this suite only"),
        Parameter("v", {"enum": list(_ANSWERS)}, "Version of the answer; 1 when not given"),
        Parameter(
            "url", TEXT, "Take the record from here, on a host that the settings name; no body"
        ),
    ),
    body={
        "text/plain": TEXT,
        "multipart/form-data": record({"buildinfo": TEXT}),
    },
    answers={
        200: json_answer(_RESOLVED, "Every package is here"),
        404: json_answer(_RESOLVED, "Some are missing"),
    },
    refuses=(403, 413, 415, 422, 501, 502, 503, 507),
)
def answer_buildinfo() -> Response:
    """Resolve the posted record: 200 when all of it is here, 404 with the list otherwise."""
    answer = _ANSWERS.get(request.args.get("v", "1"))
    if answer is None:
        end_request(400, f"v is one of {', '.join(_ANSWERS)}")
    asked = posted_record()
    resolution = resolve_record(asked, suite=request.args.get("suite_name"))
    if resolution.environment is not None:
        offer_environment(resolution.environment)
    # A missing source is named too, but the environment can be had without it.
    status = 200 if resolution.environment is not None else 404
    return json_response(answer(asked, resolution, public_url()), status)
