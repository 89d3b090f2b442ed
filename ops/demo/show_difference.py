# SPDX-License-Identifier: GPL-3.0-or-later
"""Shows the lines in which a package differs when only the newest suite is used."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ops.demo.cases import NEWEST
from ops.demo.check_attestations import ATTEMPTS

if TYPE_CHECKING:
    from ops.demo.curl import Curl
    from ops.demo.final_table import Result

# diffoscope draws a tree before each line of the difference.
_CHANGED = re.compile(r"^[│ ├┄─╴]*([-+](?![-+]).*)$")


def show_difference(curl: Curl, result: Result, lines: int = 6) -> None:
    """Tell why an environment must be the recorded one, in diffoscope's own words."""
    if not result.case.name.endswith(NEWEST) or not result.attempt:
        return
    attempt = curl.get_json(f"{ATTEMPTS}/{result.attempt}")
    reports = [a["diffoscope"] for a in attempt["artifacts"] if a["diffoscope"]]
    if not reports:
        return
    text = curl.get(reports[0].removeprefix(curl.base)).decode("utf-8", errors="replace")
    curl.narrator.say(f"{result.case.name}, diffoscope says:")
    curl.narrator.answer("\n".join(changed_lines(text)), lines)


def changed_lines(report: str) -> list[str]:
    """The removed and added lines of a report without the tree; dependencies alone if any."""
    found = [match[1] for match in map(_CHANGED.match, report.splitlines()) if match]
    return [line for line in found if "Depends" in line] or found
