# SPDX-License-Identifier: GPL-3.0-or-later
"""The WSGI application: blueprints of both halves over one set of services."""

from __future__ import annotations

from flask import Flask, request
from werkzeug.exceptions import BadRequest, HTTPException

from api import archive_routes, rebuild_routes
from api.leading_slashes import DropLeadingSlashes
from api.normalize_path import NormalizePath
from api.refuse import answer_http_error
from api.services import EXTENSION, Services
from api.short_way import ShortWay


def create_app(services: Services) -> Flask:
    """Make the application.

    Args:
        services: Opened and wired parts; the application closes none of them.

    Returns:
        A WSGI application; it keeps no state of its own between requests.
    """
    app = Flask("api", static_folder=None)
    app.extensions[EXTENSION] = services
    # Both slash forms are routed explicitly: a redirect would break clients that refuse to
    # follow one from https to http.
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.before_request(_refuse_odd_text)
    app.register_error_handler(HTTPException, answer_http_error)
    for blueprint in archive_routes.blueprints():
        app.register_blueprint(blueprint)
    if services.rebuild is not None:
        for blueprint in rebuild_routes.blueprints():
            app.register_blueprint(blueprint)
        app.wsgi_app = NormalizePath(app.wsgi_app)  # type: ignore[method-assign]
    app.wsgi_app = ShortWay(app.wsgi_app, app)  # type: ignore[method-assign]
    app.wsgi_app = DropLeadingSlashes(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _refuse_odd_text() -> None:
    """No name of ours holds a NUL, and PostgreSQL cannot even compare with one.

    Bytes that were sent unescaped and are not UTF-8 make no query.
    """
    try:
        nul = "\0" in request.path or any("\0" in value for value in request.args.values())
    except UnicodeDecodeError:
        raise BadRequest("the query is not UTF-8") from None
    if nul:
        raise BadRequest("a NUL byte in the address")
