# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses of the pages of the rebuild half."""

from __future__ import annotations

from flask import Blueprint

from api.limit_ids import refuse_large_ids
from api.pages import attempt, overview, packages
from api.pages.frame import dress


def make_blueprint() -> Blueprint:
    """Verdicts, attempts, campaigns, workers."""
    blueprint = Blueprint("pages", __name__)
    for path, name, view in (
        ("/", "overview", overview.overview),
        ("/campaigns", "campaigns", overview.campaigns),
        ("/workers", "workers", overview.workers),
        ("/campaigns/<name>", "campaign", packages.campaign),
        ("/rebuilds/<distribution>/<source>", "package", packages.package),
        ("/badges/<distribution>/<source>.svg", "badge", packages.badge),
        ("/attempts.atom", "feed", packages.feed),
        ("/attempts/<int:attempt_id>", "attempt", attempt.attempt),
    ):
        blueprint.add_url_rule(path, name, view, methods=["GET"])
    blueprint.before_request(refuse_large_ids)
    return dress(blueprint)
