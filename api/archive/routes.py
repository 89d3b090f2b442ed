# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes of the dated archives and of files by digest."""

from __future__ import annotations

import calendar
import re
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request

from api.archive.apt_configuration import apt_configuration
from api.archive.at_time import check_archive
from api.archive.file_by_hash import answer_hash
from api.archive.listing import months_page, page, runs_page, wants_json
from api.archive.tree import answer_path
from api.archive_services import current_archive
from api.refuse import refuse_plainly
from snapshot.errors import NotFound
from snapshot.timestamp import Timestamp

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as BaseResponse


def make_blueprint() -> Blueprint:
    """The routes under `/archive/`, `/file/` and `/by-timestamp/`."""
    routes = Blueprint("archive", __name__)
    routes.get("/archive/")(list_archives)
    routes.get("/archive/<archive>/")(list_runs)
    routes.get("/archive/<archive>/<date>/", defaults={"path": ""})(show_path)
    routes.get("/archive/<archive>/<date>/<path:path>")(show_path)
    routes.get("/by-timestamp/<archive>.txt")(plain_stamps)
    routes.get("/file/<digest>", defaults={"name": ""})(show_file)
    routes.get("/file/<digest>/<name>")(show_file)
    routes.get("/client/apt.conf")(apt_configuration)
    return refuse_plainly(routes)


def list_archives() -> Response:
    """Every archive."""
    names = [record.name for record in current_archive().catalogue.archives()]
    if wants_json():
        return jsonify({"result": names})
    return page("Archives", [f'<a href="{name}/">{name}</a><br />' for name in names])


def list_runs(archive: str) -> Response:
    """The months of an archive, or the runs of one month."""
    check_archive(archive)
    # Old links separate by a semicolon.
    query = dict(re.findall(r"(year|month)=([0-9]{1,4})", request.query_string.decode("latin1")))
    if not query:
        stamps = current_archive().catalogue.run_stamps(archive)
        if wants_json():
            return jsonify({"archive": archive, "result": [str(stamp) for stamp in stamps]})
        return months_page(archive, stamps)
    year, month = int(query.get("year", 0)), int(query.get("month", 0))
    stamps = _runs_of_month(archive, year, month)
    if not stamps:
        raise NotFound(
            f"no run of {archive} in {year}-{month:02}",
            advice=f"/archive/{archive}/ lists the months there are",
        )
    if wants_json():
        return jsonify({"archive": archive, "result": [str(stamp) for stamp in stamps]})
    return runs_page(archive, year, month, stamps)


def _runs_of_month(archive: str, year: int, month: int) -> tuple[Timestamp, ...]:
    if not 1970 <= year <= 9999 or not 1 <= month <= 12:
        return ()
    days = calendar.monthrange(year, month)[1]
    first = Timestamp.parse(f"{year:04}{month:02}01")
    last = Timestamp.parse(f"{year:04}{month:02}{days:02}T235959Z")
    runs = current_archive().catalogue.runs(archive, after=first, before=last)
    return tuple(run.timestamp for run in runs)


def show_path(archive: str, date: str, path: str) -> BaseResponse:
    """A file, a directory, or a redirect to it."""
    trailing = "/" if path and request.path.endswith("/") and not path.endswith("/") else ""
    return answer_path(archive, date, path + trailing)


def plain_stamps(archive: str) -> Response:
    """Every stamp of an archive, one a line."""
    check_archive(archive)
    stamps = [f"{stamp}\n" for stamp in current_archive().catalogue.run_stamps(archive)]
    return Response("".join(stamps), mimetype="text/plain")


def show_file(digest: str, name: str) -> Response:
    """A file by its SHA-1 or SHA-256; the name is for people."""
    return answer_hash(digest, name)
