# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from flask import Flask, Response

from api.guard_page import guard


def test_nothing_inline_runs_and_nothing_of_another_origin() -> None:
    with Flask("test", static_folder=None).test_request_context():
        headers = guard(Response("x", mimetype="text/html")).headers
        own = guard(
            Response("x", headers={"Content-Security-Policy": "default-src 'none'"})
        ).headers
    policy = dict(
        part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert own["Content-Security-Policy"] == "default-src 'none'"
