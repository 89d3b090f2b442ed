# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes of the machine-readable API; with and without a slash at the end, no redirects.

The application's `strict_slashes = False` makes every rule answer both forms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from api.encode_response import encode
from api.mr import buildinfo, buildinfos, diff, files, packages, search, status, timestamps
from api.refuse import refuse_as_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

_ROUTES: tuple[tuple[str, Callable[..., ResponseReturnValue]], ...] = (
    ("/mr/package", packages.packages),
    ("/mr/package/<name>", packages.package),
    ("/mr/package/<name>/<version>/srcfiles", packages.source_files),
    ("/mr/package/<name>/<version>/binpackages", packages.binary_packages),
    (
        "/mr/package/<name>/<version>/binfiles/<binary>/<own>",
        packages.binary_files_of_source,
    ),
    ("/mr/package/<name>/<version>/allfiles", packages.all_files),
    ("/mr/binary/<name>", packages.binary),
    ("/mr/binary/<name>/<version>/binfiles", packages.binary_files),
    ("/mr/search", search.search),
    ("/mr/status", status.status),
    ("/mr/diff/<archive>", diff.flat_diff),
    ("/mr/diff/<archive>/<path:suite>", diff.suite_diff),
    ("/mr/buildinfo/<digest>", buildinfos.one_record),
    ("/mr/buildinfos/<name>", buildinfos.of_source),
    ("/mr/buildinfos/<name>/<version>", buildinfos.of_version),
    ("/mr/file/<digest>/buildinfos", buildinfos.of_file),
    ("/mr/timestamp", timestamps.all_timestamps),
    ("/mr/timestamp/<archive>", timestamps.timestamps),
    ("/mr/timestamp/<archive>/<date>", timestamps.nearest_timestamp),
    ("/mr/file/<digest>/info", files.file_info),
    ("/mr/file/<digest>/download", files.download),
)


def make_blueprint() -> Blueprint:
    """Everything under `/mr/`."""
    routes = Blueprint("mr", __name__)
    for address, view in _ROUTES:
        routes.get(address)(view)
    routes.post("/mr/buildinfo")(buildinfo.answer_buildinfo)
    # The list of all packages is a megabyte.
    routes.after_request(encode)
    return refuse_as_json(routes)
