# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses of the pages of the archive half; those of packages are snapshot.debian.org's."""

from __future__ import annotations

from flask import Blueprint

from api.pages import history, locations, package_feed, search, version
from api.pages.frame import dress


def make_blueprint() -> Blueprint:
    """Search, packages through time, files by hash."""
    blueprint = Blueprint("history", __name__)
    for path, name, view in (
        ("/search", "search", search.search),
        ("/package/", "sources", history.sources),
        ("/binary/", "binaries", history.binaries),
        ("/package/<name>/", "source", history.source),
        ("/package/<name>/feed.atom", "feed", package_feed.package_feed),
        ("/package/<name>/<version>/", "version", version.version),
        ("/binary/<name>/", "binary", history.binary),
        ("/locations/<digest>", "file", locations.file),
    ):
        blueprint.add_url_rule(path, name, view, methods=["GET"])
    return dress(blueprint)
