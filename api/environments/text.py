# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of an environment: posted, and given back by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, jsonify, request

from api.archive_services import current_archive
from api.keep_environment import keep_environment, keep_offered
from api.operation import Answer, describe
from api.public_url import public_url
from api.refuse_removed import refuse_removed
from api.request_body import end_request, read_body
from api.schema import SHA256, TEXT, WHOLE, list_of, record
from api.serve_file import Sendable, serve_file
from api.services import current_services
from snapshot.digest import Digest
from snapshot.environment import Environment
from snapshot.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snapshot.environment import Member


_KEPT = record(
    {"id": SHA256, "url": TEXT, "members": WHOLE, "known": WHOLE, "missing": list_of(TEXT)},
    title="KeptEnvironment",
)


@describe(
    body={"text/plain": TEXT},
    answers={201: Answer("It is kept", {"application/json": _KEPT}, ("Location",))},
    refuses=(413, 415, 422, 501, 507),
)
def post_environment() -> Response:
    """Keep a posted environment: 201 with its id and which members nobody here knows."""
    if request.mimetype == "application/json":
        end_request(415, "send the canonical text of an environment, not JSON")
    limit = current_services().web.limits.environment
    environment = Environment.from_text(read_body(limit, what="environment"))
    missing = _unknown(environment.members)
    keep_environment(environment)
    response = jsonify(
        {
            "id": environment.id.hex,
            "url": f"{public_url()}/environments/{environment.id}/",
            "members": len(environment.members),
            "known": len(environment.members) - len(missing),
            "missing": [member.line() for member in missing],
        }
    )
    response.status_code = 201
    response.headers["Location"] = f"{request.script_root}/environments/{environment.id}/"
    return response


def environment_text(identity: str) -> Response:
    """The canonical text, immutable."""
    digest = environment_id(identity)
    size = current_archive().blobs.size(digest)
    return serve_file(Sendable(digest, size, media_type="text/plain"))


def environment_json(identity: str) -> Response:
    """What it is and how to use it."""
    environment = load_environment(identity)
    known = current_archive().catalogue.environment(environment.id)
    answer: dict[str, Any] = {
        "id": environment.id.hex,
        "kind": environment.kind,
        "members": [
            {
                "name": member.name,
                "architecture": member.architecture,
                "version": member.version,
                "sha256": member.digest.hex,
            }
            for member in sorted(environment.members)
        ],
        "sources": usage(environment.id),
        "pinned": known is not None and known.pinned,
    }
    return jsonify(answer)


def usage(identity: Digest) -> str:
    """The one line that gives apt this environment, and lets it check that it is this one."""
    url = f"{public_url()}/environments/{identity}/"
    return f"deb [signed-by=/etc/apt/keyrings/dejabuild.asc] {url} {identity} main"


def environment_id(identity: str) -> Digest:
    """The id in an address.

    Raises:
        NotFound: Not an id, or no environment of ours.
        Removed: Its text was taken out.
    """
    try:
        digest = Digest(identity)
    except InvalidInput as error:
        raise NotFound(error.message, advice=error.advice) from error
    refuse_removed(digest)
    archive = current_archive()
    known = archive.catalogue.environment(digest) is not None and archive.blobs.contains(digest)
    if not known and not keep_offered(digest):
        raise NotFound(
            f"no environment {identity} here",
            advice="POST its text to /environments, or a build record to /mr/buildinfo",
        )
    return digest


def load_environment(identity: str) -> Environment:
    """The environment itself."""
    digest = environment_id(identity)
    with current_archive().blobs.open(digest) as reader:
        return Environment.from_text(reader.read())


def _unknown(members: Iterable[Member]) -> list[Member]:
    """Members whose files neither the catalogue nor the store knows."""
    archive = current_archive()
    ordered = sorted(members)
    known = archive.catalogue.indexed([member.digest for member in ordered])
    return [
        member
        for member in ordered
        if member.digest not in known and not archive.blobs.contains(member.digest)
    ]
