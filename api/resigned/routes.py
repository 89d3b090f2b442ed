# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes of the dated archives whose Releases we sign again; lists are those of `/archive`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, request

from api.archive.directory import LISTING
from api.archive.routes import list_archives, list_runs
from api.environments.routes import show_key, show_keyring
from api.operation import FILE_REFUSALS, Answer, describe, file_answers
from api.refuse import refuse_plainly
from api.resigned.release import answer_resigned
from api.schema import TEXT

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as BaseResponse


def make_blueprint() -> Blueprint:
    """The routes under `/resigned/`."""
    routes = Blueprint("resigned", __name__)
    routes.get("/resigned/")(list_archives)
    routes.get("/resigned/key.asc")(show_key)
    routes.get("/resigned/key.gpg")(show_keyring)
    routes.get("/resigned/<archive>/")(list_runs)
    routes.get("/resigned/<archive>/<date>/", defaults={"path": ""})(show_path)
    routes.get("/resigned/<archive>/<date>/<path:path>")(show_path)
    return refuse_plainly(routes)


@describe(
    answers={
        **file_answers(),
        200: Answer(
            "The file, or the listing of a directory",
            {"application/octet-stream": {}, "text/html": TEXT, "application/json": LISTING},
            ("X-Snapshot-Run",),
        ),
    },
    refuses=(*FILE_REFUSALS, 501),
)
def show_path(archive: str, date: str, path: str) -> BaseResponse:
    """A file, a directory, or a redirect to it; Releases under the operator's signature."""
    trailing = "/" if path and request.path.endswith("/") and not path.endswith("/") else ""
    return answer_resigned(archive, date, path + trailing)
