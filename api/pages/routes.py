# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses of the pages, and the headers that every page carries."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, render_template, request

from api.encode_response import encode
from api.error_response import error_status
from api.limit_ids import refuse_large_ids
from api.pages import attempt, overview, packages, words
from api.public_url import public_url
from snapshot.digest import Digest
from snapshot.errors import DejabuildError

_STATIC = Path(__file__).with_name("static")

#: No script at all; styles, pictures and forms from here only; nobody frames us.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)

ARCHIVES = "/archive/"


def make_blueprint() -> Blueprint:
    """Pages, their style and pictures."""
    blueprint = Blueprint(
        "pages", __name__, template_folder="templates", static_folder="static",
        static_url_path="/pages",
    )  # fmt: skip
    for path, name, view in (
        ("/", "overview", overview.overview),
        ("/search", "search", overview.search),
        ("/campaigns", "campaigns", overview.campaigns),
        ("/workers", "workers", overview.workers),
        ("/campaigns/<name>", "campaign", packages.campaign),
        ("/rebuilds/<distribution>/<source>", "package", packages.package),
        ("/badges/<distribution>/<source>.svg", "badge", packages.badge),
        ("/attempts.atom", "feed", packages.feed),
        ("/attempts/<int:attempt_id>", "attempt", attempt.attempt),
    ):
        blueprint.add_url_rule(path, name, view, methods=["GET"])
    for word in (words.count, words.when, words.iso, words.duration, words.meaning):
        blueprint.add_app_template_filter(word, word.__name__)
    blueprint.context_processor(_context)
    blueprint.register_error_handler(DejabuildError, _error_page)
    blueprint.before_request(refuse_large_ids)
    blueprint.after_request(_guard)
    return blueprint


def _context() -> dict[str, Any]:
    return {
        "archives_url": ARCHIVES,
        "environment_url": _environment_url,
        "style_version": _style_version(),
    }


def _style_version() -> str:
    """Changes with the style, so that browsers may keep it."""
    return hashlib.sha256((_STATIC / "style.css").read_bytes()).hexdigest()[:12]


def _environment_url(environment: Digest) -> str:
    return f"{public_url()}/environments/{environment}"


def _error_page(error: DejabuildError) -> Response:
    page = render_template("missing.html", message=error.message, advice=error.advice)
    return Response(page, status=error_status(error), mimetype="text/html")


def _guard(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    if request.endpoint == "pages.static" and "v" in request.args:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return encode(response)
