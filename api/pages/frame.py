# SPDX-License-Identifier: GPL-3.0-or-later
"""What all pages share: the templates, the style, the script, and the headers they carry."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, render_template, request, send_from_directory

from api.guard_page import guard
from api.operation import describe, file_answers
from api.pages import words
from api.public_url import public_url
from api.refuse import error_page
from api.services import current_services
from snapshot.digest import Digest
from snapshot.errors import DejabuildError

_STATIC = Path(__file__).with_name("static")

ARCHIVES = "/archive/"


def make_blueprint() -> Blueprint:
    """The files that pages refer to, and what their templates know."""
    site = Blueprint("site", __name__, template_folder="templates")
    site.get("/pages/<path:path>")(show_static)
    for word in (words.count, words.when, words.iso, words.duration, words.meaning):
        site.add_app_template_filter(word, word.__name__)
    site.app_context_processor(_context)
    return dress(site)


def dress(blueprint: Blueprint) -> Blueprint:
    """Give every answer of a blueprint the headers of pages, and its refusals their look."""
    blueprint.register_error_handler(DejabuildError, error_page)
    blueprint.after_request(_finish)
    return blueprint


@describe(answers=file_answers(), refuses=(404,))
def show_static(path: str) -> Response:
    """The style, the script and the pictures of the pages."""
    return send_from_directory(_STATIC, path)


def show(template: str, **known: Any) -> Response:
    """A page that browsers ask for again each time; a validator saves sending it again."""
    response = Response(render_template(template, **known), mimetype="text/html")
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


def _finish(response: Response) -> Response:
    named = request.endpoint == "site.show_static" and request.args.get("v") == _static_version()
    if named and response.status_code in (200, 304):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return guard(response)


def _context() -> dict[str, Any]:
    services = current_services()
    return {
        "archives_url": ARCHIVES,
        "environment_url": _environment_url,
        "has_archive": services.archive is not None,
        "has_rebuild": services.rebuild is not None,
        "static_version": _static_version(),
    }


@cache
def _static_version() -> str:
    """Changes with the style and the script, so that browsers may keep both."""
    names = ("style.css", "search.js")
    return hashlib.sha256(b"".join((_STATIC / name).read_bytes() for name in names)).hexdigest()[
        :12
    ]


def _environment_url(environment: Digest) -> str:
    return f"{public_url()}/environments/{environment}"
