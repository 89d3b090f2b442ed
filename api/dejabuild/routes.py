# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own routes in one table: method, path, view."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response

from api.dejabuild import campaigns, post_rebuild, targets, upload_evidence
from api.encode_response import encode
from api.error_response import error_response
from api.limit_ids import refuse_large_ids
from snapshot.errors import DejabuildError

_PIECE = "/jobs/<int:job_id>/evidence/<kind>"

_ROUTES: tuple[tuple[str, str, Callable[..., Response]], ...] = (
    ("POST", "/rebuilds", post_rebuild.post_rebuild),
    ("GET", "/campaigns", campaigns.list_campaigns),
    ("POST", "/campaigns", campaigns.post_campaign),
    ("GET", "/campaigns/<name>", campaigns.get_campaign),
    ("PUT", _PIECE, upload_evidence.put_evidence),
    ("PUT", f"{_PIECE}/<name>", upload_evidence.put_evidence),
    ("GET", _PIECE, upload_evidence.get_evidence),
    ("GET", f"{_PIECE}/<name>", upload_evidence.get_evidence),
    ("GET", "/targets/<int:target_id>", targets.get_target),
    ("GET", "/attempts/<int:attempt_id>", targets.get_attempt),
    (
        "GET",
        "/attempts/<int:attempt_id>/evidence/<int:evidence_id>",
        targets.evidence_file,
    ),
)


def make_blueprint() -> Blueprint:
    """Every route above."""
    blueprint = Blueprint("dejabuild", __name__, url_prefix="/api/dejabuild/v1")
    for method, path, view in _ROUTES:
        blueprint.add_url_rule(path, view.__name__, view, methods=[method])
    blueprint.register_error_handler(DejabuildError, error_response)
    blueprint.before_request(refuse_large_ids)
    blueprint.after_request(encode)
    return blueprint
