# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of the archive half: one sentence and what to try, as text or as JSON.

An error must never be kept by a cache: what is not mirrored today may be tomorrow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, jsonify, request
from werkzeug.exceptions import HTTPException

from api.error_response import error_response, error_status
from snapshot.errors import DejabuildError, InvalidInput, TransientError

if TYPE_CHECKING:
    from flask import Blueprint


def refuse_plainly(routes: Blueprint) -> Blueprint:
    """Answer every refusal of these routes as text."""
    routes.register_error_handler(DejabuildError, _plain)
    return routes


def refuse_as_json(routes: Blueprint) -> Blueprint:
    """Answer every refusal of these routes as JSON, readable from other origins."""
    routes.register_error_handler(DejabuildError, _json)
    routes.register_error_handler(HTTPException, _json_of_http)
    routes.after_request(_open_to_all)
    return routes


def answer_unrouted(error: HTTPException) -> Response | HTTPException:
    """Answer for addresses that belong to no blueprint, in the words of their half."""
    if request.path.startswith(("/mr/", "/environments")):
        return _open_to_all(_json_of_http(error))
    if request.path.startswith(("/archive/", "/file/", "/cgi-bin/")):
        text = f"{error.description or error.name}\n"
        return _uncached(Response(text, status=error.code or 500, mimetype="text/plain"))
    return error


def _plain(error: Exception) -> Response:
    assert isinstance(error, DejabuildError)  # noqa: S101  # registered for these only
    return _uncached(error_response(error))


def _json(error: Exception) -> Response:
    assert isinstance(error, DejabuildError)  # noqa: S101  # registered for these only
    # A body that cannot be understood is 422; a bad word in an address is 400.
    unprocessable = isinstance(error, InvalidInput) and request.method == "POST"
    response = jsonify({"error": error.message, "try": error.advice})
    response.status_code = 422 if unprocessable else error_status(error)
    if isinstance(error, TransientError):
        response.headers["Retry-After"] = str(int(error.retry_after or 5))
    return _uncached(response)


def _json_of_http(error: HTTPException) -> Response:
    if error.response is not None and isinstance(error.response, Response):
        return error.response
    response = jsonify({"error": error.description or error.name, "try": ""})
    response.status_code = error.code or 500
    return _uncached(response)


def _uncached(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _open_to_all(response: Response) -> Response:
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
