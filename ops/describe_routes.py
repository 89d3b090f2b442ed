# SPDX-License-Identifier: GPL-3.0-or-later
"""Make docs/reference/http.md from the routes themselves: each with the first line of its view.

`.venv/bin/python -m ops.describe_routes > docs/reference/http.md`; a test holds them equal.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from api.app import create_app
from ops.initialize import initialize
from ops.settings import ServerSettings, Settings
from ops.wire_parts import wire_services

HEAD: Final = """# HTTP routes

Every route of `dejabuild serve`, made from the code. What the archive routes answer in detail:
[archive-http.md](archive-http.md), and the rebuild routes: [rebuild-http.md](rebuild-http.md).
Refusals are one line that says what was asked and what to do.
Writing needs `X-Auth-Cookie` (administrator), `X-Signup-Secret` (a new worker) or `X-Worker-Key`
(a worker that registered); without it: 403.
"""
TITLES: Final[dict[str, str]] = {
    "archive": "Archives, as apt reads them",
    "resigned": "Archives, signed again",
    "mr": "Lookups (`/mr`)",
    "environments": "Environments",
    "metasnap": "metasnap's protocol",
    "removals": "What was taken out",
    "openapi": "This page for programs",
    "rebuilderd": "rebuilderd's wire",
    "dejabuild": "Our own rebuild routes",
    "pages": "Pages",
}


def route_lines(app: Any) -> Iterator[str]:
    """Write the routes of an application, by blueprint.

    Args:
        app: The flask application; flask itself is known to `api` only.

    Yields:
        Lines of Markdown.
    """
    found: dict[str, dict[str, tuple[set[str], str]]] = {}
    for rule in app.url_map.iter_rules():
        room = rule.endpoint.partition(".")[0]
        told = (app.view_functions[rule.endpoint].__doc__ or "").strip().partition("\n")[0]
        methods, _ = found.setdefault(room, {}).setdefault(rule.rule, (set(), told))
        methods |= (rule.methods or set()) - {"OPTIONS", "HEAD"}
    known = [room for room in TITLES if room in found]
    for room in (*known, *sorted(set(found) - set(known))):
        yield f"\n## {TITLES.get(room, room)}\n\n| method | path | |\n|---|---|---|\n"
        for path, (methods, told) in sorted(found[room].items()):
            yield f"| {' '.join(sorted(methods))} | `{path}` | {told} |\n"


def routes_reference(folder: Path) -> str:
    """Write the whole page.

    Args:
        folder: An empty directory for the application's data.

    Returns:
        Markdown.
    """
    settings = Settings(server=ServerSettings(data=folder))
    initialize(settings, clock=time.time)
    return HEAD + "".join(route_lines(create_app(wire_services(settings))))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        sys.stdout.write(routes_reference(Path(scratch)))
