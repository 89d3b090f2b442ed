# SPDX-License-Identifier: GPL-3.0-or-later
"""`/archive/<archive>/<date>/<path>`: a whole archive as it was.

Files are answered in place, also under inexact dates: apt does not take its base address
from a redirect, so redirecting would double every request. Directories redirect to their
canonical address, as scripts that search for a stamp expect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, redirect, request

from api.archive.at_time import Moment, run_of_date
from api.archive.directory import answer_directory
from api.archive.removed_file import name_nearest
from api.archive.removed_run import answer_removed
from api.archive.view import dated_address
from api.archive_services import current_archive
from api.serve_file import IMMUTABLE, REVALIDATE, Sendable, serve_file
from snapshot.errors import InvalidInput, NotFound, Removed
from snapshot.pool_path import safe_relative_path

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as BaseResponse

    from storage.catalogue import StoredFile


def answer_path(archive: str, date: str, path: str) -> BaseResponse:
    """Answer with the file, the listing, or a redirect to the listing's own address.

    A date that means a removed run is answered 410, whether it is a stamp or lies between two:
    what such an address once gave, no other run may give.

    Raises:
        NotFound: Nothing of that name at that time.
    """
    moment = run_of_date(archive, date)
    plain = _checked(path)
    if moment.run.removed is not None:
        return answer_removed(moment.run, plain)
    catalogue = current_archive().catalogue
    if plain and not path.endswith("/"):
        found = catalogue.file_at(archive, moment.run.timestamp, plain)
        if found is not None:
            return _file(found, moment, plain)
    entries = catalogue.list_directory(archive, moment.run.timestamp, plain)
    if not entries:
        raise NotFound(
            f"no {plain!r} in {archive} at {moment.run.timestamp}",
            advice="not mirrored, or not there at that time: /mr/package/<name>/ tells where "
            "a package lived",
        )
    slash = f"{plain}/" if plain else ""
    if not moment.exact or not request.path.endswith("/"):
        stamp = date if moment.exact else moment.run.timestamp
        elsewhere = redirect(dated_address(archive, stamp, slash), 302)
        elsewhere.headers["Cache-Control"] = REVALIDATE
        return elsewhere
    return marked(answer_directory(moment.run, plain, entries), moment, slash)


def _file(found: StoredFile, moment: Moment, path: str) -> Response:
    cache = IMMUTABLE if moment.exact else REVALIDATE
    file = Sendable(found.digest, found.size, cache=cache, modified=moment.run.timestamp)
    try:
        return marked(serve_file(file), moment, path)
    except Removed as error:
        raise name_nearest(error, moment.run, path, found.digest) from error


def _checked(path: str) -> str:
    plain = path.strip("/")
    if not plain:
        return ""
    try:
        return safe_relative_path(plain)
    except InvalidInput as error:
        raise NotFound(error.message, advice=error.advice) from error


def marked(response: Response, moment: Moment, path: str) -> Response:
    """Say which run answered, and where that answer lives for ever."""
    response.headers["X-Snapshot-Run"] = str(moment.run.timestamp)
    if not moment.exact:
        address = dated_address(moment.run.archive, moment.run.timestamp, path)
        response.headers["Link"] = f'<{address}>; rel="canonical"'
    if moment.provisional:
        response.headers["X-Snapshot-Provisional"] = "1"
    return response
