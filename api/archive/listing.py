# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of links: archives, months, runs, directories.

The lines of months and runs are exactly those of snapshot.debian.org: several programs
find stamps in them with regular expressions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Response, render_template
from markupsafe import Markup, escape

from api.guard_page import guard
from api.serve_file import REVALIDATE

if TYPE_CHECKING:
    from snapshot.timestamp import Timestamp
    from storage.catalogue.records import ArchiveRecord, DirectoryEntry, RunRecord


def page(title: str, lines: Iterable[str]) -> Response:
    """A page of lines that are HTML already, each on a line of its own."""
    known = {"title": title, "lines": [Markup(line) for line in lines]}  # noqa: S704  # escaped by callers
    response = Response(render_template("lines.html", **known), mimetype="text/html")
    response.headers["Cache-Control"] = REVALIDATE
    return guard(response)


def archives_page(archives: Iterable[ArchiveRecord]) -> Response:
    """Every archive with its runs; no stamps, which scrapers would take for links to runs."""
    rows = [
        f'<tr><td><a href="{one.name}/">{one.name}</a></td><td class="right">{one.runs:,}</td>'
        f"<td>{one.first.datetime():%Y-%m-%d}</td>"
        f"<td>{one.last.datetime():%Y-%m-%d %H:%M}</td></tr>"
        for one in archives
    ]
    if not rows:
        return page("Archives", ["<p>There is none yet: dejabuild mirror sync makes one.</p>"])
    head = "<tr><th>Archive</th><th class=right>Runs</th><th>Oldest</th><th>Newest</th></tr>"
    return page("Archives", ["<table>", head, *rows, "</table>"])


def months_page(archive: str, stamps: Sequence[Timestamp]) -> Response:
    """One link per month in which there is a run."""
    months = sorted({(stamp.datetime().year, stamp.datetime().month) for stamp in stamps})
    lines = []
    for year in sorted({year for year, _ in months}):
        lines.append(f'<p class="months"><b>{year}</b>')
        lines += [
            f'<a href="./?year={year}&amp;month={month}">{month:02}</a>'
            for of_year, month in months
            if of_year == year
        ]
        lines.append("</p>")
    return page(f"{archive}: runs by month", lines)


def runs_page(archive: str, year: int, month: int, stamps: Sequence[Timestamp]) -> Response:
    """One link per run of a month."""
    lines = [
        f'<a href="{stamp}/">{stamp.datetime():%Y-%m-%d %H:%M:%S}</a><br />' for stamp in stamps
    ]
    return page(f"{archive}: runs of {year}-{month:02}", ['<div class="runs">', *lines, "</div>"])


def listing_page(
    run: RunRecord, path: str, entries: Sequence[DirectoryEntry], above: Iterable[str] = ()
) -> Response:
    """What a directory held, below some lines of HTML."""
    rows = [*above, "<table><tr><th></th><th>Name</th><th>Size</th></tr>"]
    rows.append('<tr><td>d</td><td><a href="../">..</a></td><td></td></tr>')
    for entry in entries:
        name = entry.name if entry.file is not None else f"{entry.name}/"
        link = f'<a href="{escape(quote(name))}">{escape(name)}</a>'
        if entry.target is not None:
            link += f' -&gt; <a href="{escape(quote(entry.target))}/">{escape(entry.target)}</a>'
        size = entry.file.size if entry.file is not None else ""
        mark = {"directory": "d", "file": "-", "link": "l"}[entry.kind.value]
        rows.append(f"<tr><td>{mark}</td><td>{link}</td><td>{size}</td></tr>")
    rows.append("</table>")
    return page(f"{run.archive} at {run.timestamp}: /{path}", rows)
