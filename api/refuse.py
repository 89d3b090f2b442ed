# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of the archive half: one sentence and what to try, as JSON, as a page or as text.

Addresses of programs are always refused in JSON, others when the request asks for JSON by name.
Addresses of pages are else refused by a page, as all are that a browser asks for.
An error must never be kept by a cache: what is not mirrored today may be tomorrow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, jsonify, render_template, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from api.encode_response import wants_json
from api.error_response import error_response, error_status
from api.guard_page import guard
from snapshot.errors import DejabuildError, InvalidInput, TransientError

if TYPE_CHECKING:
    from flask import Blueprint

_PROGRAMS = ("/mr/", "/environments", "/openapi.json")
_PAGES = ("/package", "/binary", "/locations/", "/search")
_TREES = ("/archive/", "/file/", "/removal", "/resigned/")
_OURS = (*_PROGRAMS, *_PAGES, *_TREES, "/by-timestamp/", "/cgi-bin/", "/client/")


def always_json(address: str) -> bool:
    """Whether a path, or the rule of one, belongs to programs, which read refusals as JSON."""
    return address.startswith(_PROGRAMS)


def always_page(address: str) -> bool:
    """Whether a path, or the rule of one, belongs to people: a refusal is a page, or JSON."""
    return address.startswith(_PAGES)


def refuse_plainly(routes: Blueprint) -> Blueprint:
    """Answer every refusal of these routes in words."""
    routes.register_error_handler(DejabuildError, _refuse)
    return routes


def refuse_as_json(routes: Blueprint) -> Blueprint:
    """Answer every refusal of these routes in words, readable from other origins."""
    routes.after_request(_as_json)
    routes.after_request(open_to_all)
    return refuse_plainly(routes)


def answer_http_error(error: HTTPException) -> Response | HTTPException:
    """Answer for what the framework refuses, also addresses of no blueprint, in our words."""
    if not request.path.startswith(_OURS):
        return error
    answer = _worded(error.description or error.name, _advice(error), error.code or 500)
    for name, value in error.get_headers():
        if name != "Content-Type":
            answer.headers[name] = value
    return open_to_all(answer) if always_json(request.path) else answer


def open_to_all(response: Response) -> Response:
    """Let pages of other origins read it."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _as_json(response: Response) -> Response:
    """The line that a body was refused with (`api.request_body`), which all halves use, as JSON."""
    if response.status_code < 400 or response.mimetype != "text/plain":
        return response
    return _worded(response.get_data(as_text=True).strip(), "", response.status_code)


def _refuse(error: Exception) -> Response:
    assert isinstance(error, DejabuildError)  # noqa: S101  # registered for these only
    if not _in_json() and not _in_html():
        return _uncached(error_response(error))
    # A body that cannot be understood is 422; a bad word in an address is 400.
    unprocessable = isinstance(error, InvalidInput) and request.method == "POST"
    status = 422 if unprocessable else error_status(error)
    response = _worded(error.message, error.advice, status)
    if isinstance(error, TransientError):
        response.headers["Retry-After"] = str(int(error.retry_after or 5))
    return response


def error_page(error: DejabuildError) -> Response:
    """A refusal as a page whatever the address is, or as JSON when that is asked for by name."""
    if wants_json():
        return _refuse(error)
    return _page(error.message, error.advice, error_status(error))


def _page(words: str, advice: str, status: int) -> Response:
    title = "Not found" if status in (404, 410) else "That did not work"
    page = render_template("missing.html", title=title, message=words, advice=advice)
    return guard(_uncached(Response(page, status=status, mimetype="text/html")))


def _advice(error: HTTPException) -> str:
    if isinstance(error, MethodNotAllowed):
        return f"this address answers {', '.join(sorted(error.valid_methods or ()))}"
    return "every address is told in /openapi.json" if error.code == 404 else ""


def _worded(words: str, advice: str, status: int) -> Response:
    """What was wrong and what to try."""
    if _in_json():
        response = jsonify({"error": words, "try": advice})
    elif _in_html():
        return _page(words, advice, status)
    else:
        lines = f"{words}\n  {advice}\n" if advice else f"{words}\n"
        response = Response(lines, mimetype="text/plain")
    response.status_code = status
    return _uncached(response)


def _in_json() -> bool:
    return always_json(request.path) or wants_json()


def _in_html() -> bool:
    return always_page(request.path) or request.accept_mimetypes.best == "text/html"


def _uncached(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
