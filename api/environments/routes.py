# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes of environments."""

from __future__ import annotations

from flask import Blueprint, Response, request
from markupsafe import escape

from api.archive.listing import page
from api.encode_response import wants_json
from api.environments.pins import delete_pin, put_pin
from api.environments.repository import repository_file
from api.environments.source import source_file
from api.environments.text import (
    environment_json,
    environment_text,
    load_environment,
    post_environment,
    usage,
)
from api.make_once import repository_signer
from api.operation import FILE_REFUSALS, Answer, describe, file_answers, text_answer
from api.public_url import public_url
from api.refuse import refuse_as_json
from api.schema import SHA256, TEXT, YES_OR_NO, list_of, record

KEYRING = Answer("An OpenPGP key", {"application/octet-stream": {}})
_MEMBER = record(
    {"name": TEXT, "architecture": TEXT, "version": TEXT, "sha256": SHA256}, title="Member"
)
_ENVIRONMENT = record(
    {"id": SHA256, "kind": TEXT, "members": list_of(_MEMBER), "sources": TEXT, "pinned": YES_OR_NO},
    title="Environment",
)


def make_blueprint() -> Blueprint:
    """Everything under `/environments`."""
    routes = Blueprint("environments", __name__)
    routes.post("/environments")(post_environment)
    routes.get("/environments/key.asc")(show_key)
    routes.get("/environments/key.gpg")(show_keyring)
    routes.get("/environments/<identity>")(show_environment)
    routes.put("/environments/<identity>/pins/<token>")(put_pin)
    routes.delete("/environments/<identity>/pins/<token>")(delete_pin)
    routes.get("/environments/<identity>/source/<package>/<path:path>")(source_file)
    routes.get("/environments/<identity>/<path:path>")(repository_file)
    return refuse_as_json(routes)


@describe(
    answers={
        **file_answers("text/plain"),
        200: Answer(
            "The text; JSON or a page when `Accept` names it",
            {"text/plain": TEXT, "application/json": _ENVIRONMENT, "text/html": TEXT},
        ),
    },
    refuses=FILE_REFUSALS,
)
def show_environment(identity: str) -> Response:
    """Text, unless JSON or a page is asked for by name."""
    if wants_json():
        return environment_json(identity)
    if request.accept_mimetypes.best == "text/html":
        return _page(identity)
    return environment_text(identity)


@describe(answers={200: text_answer("Armored OpenPGP")}, refuses=(501,))
def show_key() -> Response:
    """The key to put where the source line's `signed-by` points."""
    return Response(repository_signer().public_key(), mimetype="text/plain")


@describe(answers={200: KEYRING}, refuses=(501,))
def show_keyring() -> Response:
    """The same key for gpgv and debootstrap, without armor."""
    return Response(repository_signer().keyring(), mimetype="application/octet-stream")


def _page(identity: str) -> Response:
    environment = load_environment(identity)
    key = f"{public_url()}/environments/key.asc"
    commands = f"curl -o /etc/apt/keyrings/dejabuild.asc {key}\n{usage(environment.id)}"
    lines = [
        f"<p>{len(environment.members)} packages of kind {environment.kind}.</p>",
        f"<pre>{escape(commands)}</pre>",
        "<table>",
    ]
    lines += [
        f"<tr><td>{escape(member.name)}<td>{escape(member.architecture)}"
        f"<td>{escape(member.version)}<td><a href='/file/{member.digest}'>{member.digest}</a>"
        for member in sorted(environment.members)
    ]
    return page(f"Environment {identity[:16]}…", [*lines, "</table>"])
