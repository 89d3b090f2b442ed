# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes of the dated archives and of files by digest."""

from __future__ import annotations

import calendar
import re
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request

from api.archive.apt_configuration import apt_configuration
from api.archive.at_time import check_archive
from api.archive.directory import LISTING
from api.archive.file_by_hash import answer_hash
from api.archive.listing import archives_page, months_page, runs_page
from api.archive.removed_run import REMOVED_RUN
from api.archive.tree import answer_path
from api.archive_services import current_archive
from api.encode_response import wants_json
from api.operation import (
    FILE_REFUSALS,
    Answer,
    Parameter,
    describe,
    file_answers,
    text_answer,
)
from api.refuse import refuse_plainly
from api.schema import STAMP, TEXT, list_of, record
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


@describe(
    answers={
        200: Answer(
            "A page of links, or JSON",
            {"text/html": TEXT, "application/json": record({"result": list_of(TEXT)})},
        )
    }
)
def list_archives() -> Response:
    """Every archive."""
    archives = current_archive().catalogue.archives()
    if wants_json():
        return jsonify({"result": [one.name for one in archives]})
    return archives_page(archives)


@describe(
    query=(
        Parameter("year", TEXT, "Of the month whose runs are asked for"),
        Parameter("month", TEXT, "The month itself, from 1"),
    ),
    answers={
        200: Answer(
            "Lines of snapshot.debian.org: a link per month or per run; or JSON",
            {
                "text/html": TEXT,
                "application/json": record({"archive": TEXT, "result": list_of(STAMP)}),
            },
        )
    },
    refuses=(404,),
)
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


@describe(
    answers={
        **file_answers(),
        200: Answer(
            "The file, or the listing of a directory",
            {"application/octet-stream": {}, "text/html": TEXT, "application/json": LISTING},
            ("X-Snapshot-Run",),
        ),
        **{
            status: Answer(
                "The run, or the file, was removed",
                {"application/json": REMOVED_RUN, "text/html": TEXT},
            )
            for status in (410, 451)
        },
    },
    refuses=FILE_REFUSALS,
)
def show_path(archive: str, date: str, path: str) -> BaseResponse:
    """A file, a directory, or a redirect to it."""
    trailing = "/" if path and request.path.endswith("/") and not path.endswith("/") else ""
    return answer_path(archive, date, path + trailing)


@describe(answers={200: text_answer("One stamp a line")}, refuses=(404,))
def plain_stamps(archive: str) -> Response:
    """Every stamp of an archive, one a line."""
    check_archive(archive)
    stamps = [f"{stamp}\n" for stamp in current_archive().catalogue.run_stamps(archive)]
    return Response("".join(stamps), mimetype="text/plain")


@describe(
    query=(Parameter("stored", TEXT, "404 if it would have to be fetched first, as peers ask"),),
    answers=file_answers(),
    refuses=FILE_REFUSALS,
)
def show_file(digest: str, name: str) -> Response:
    """A file by its SHA-1 or SHA-256; the name is for people."""
    return answer_hash(digest, name)
