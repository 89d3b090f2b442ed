# SPDX-License-Identifier: GPL-3.0-or-later
"""`/environments/<id>/pins/<token>`: the operator of this server says what is kept.

A token is any name. Without one, and without a job or a closure that needs it, an environment
goes when many others were asked for.
"""

from __future__ import annotations

from flask import Response

from api.archive_services import current_archive
from api.auth import is_admin
from api.environments.text import environment_id
from api.keep_environment import pin_environment
from api.operation import Answer, describe
from api.rebuild_services import RebuildServices
from api.services import current_services
from snapshot.coordinates import checked_name
from snapshot.errors import Denied

_KEPT = {204: Answer("Done")}


@describe(answers=_KEPT, refuses=(403, 404, 410, 451))
def put_pin(identity: str, token: str) -> Response:
    """Keep an environment for a token; the same again changes nothing.

    Raises:
        Denied: The request is not the operator's.
        NotFound: No such environment.
        InvalidInput: Not a name.
    """
    holder = _holder(token)
    pin_environment(environment_id(identity), holder)
    return Response(status=204)


@describe(answers=_KEPT, refuses=(403, 404, 410, 451))
def delete_pin(identity: str, token: str) -> Response:
    """Let it go again.

    Raises:
        Denied: The request is not the operator's.
        NotFound: No such environment.
        InvalidInput: Not a name.
    """
    holder = _holder(token)
    current_archive().catalogue.unpin(holder, environment_id(identity))
    return Response(status=204)


def _holder(token: str) -> str:
    """Who holds the pin.

    Raises:
        Denied: The request is not the operator's.
    """
    rebuild = current_services().rebuild
    if not isinstance(rebuild, RebuildServices) or not is_admin(rebuild.secrets):
        raise Denied("only the operator says what is kept", advice="send X-Auth-Cookie")
    return f"token:{checked_name(token, 'token')}"
