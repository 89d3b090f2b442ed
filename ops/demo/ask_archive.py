# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the archive half the two questions it exists for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ops.demo.cases import TWO_DATES
from snapshot.errors import DejabuildError

if TYPE_CHECKING:
    from ops.demo.curl import Curl
    from ops.demo.fixture import Fixture


def ask_archive(curl: Curl, fixture: Fixture) -> None:
    """Where did a version live; what does a record need.

    Raises:
        DejabuildError: An answer is not the right one.
    """
    name, version = fixture.lived
    curl.narrator.say(f"{name} {version} is gone from the newest date; where did it live?")
    answer = curl.get_json(f"/mr/binary/{name}/{version}/binfiles?fileinfo=1", show=12)
    if not answer.get("result"):
        raise DejabuildError(f"the server does not know {name} {version}")
    for case in fixture.cases:
        if case.name.endswith(TWO_DATES):
            curl.narrator.say(f"what did the build of {case.package} need, and where is that now?")
            tell_needs(curl, curl.post_file("/mr/buildinfo", fixture.record(case), show=1))
            return


def tell_needs(curl: Curl, answer: dict[str, Any]) -> None:
    """What a posted record needs, in a few lines instead of thousands.

    Raises:
        DejabuildError: Something is missing, or one date would do.
    """
    if answer["missing"]:
        names = ", ".join(gap["name"] for gap in answer["missing"])
        raise DejabuildError(f"missing of {answer['source']}: {names}")
    dates = answer["timestamps"]
    if len(dates) < 2:
        raise DejabuildError(f"one date has all that {answer['source']} needs")
    found = [item for item in answer["found"] if item["kind"] == "binary"]
    tell = curl.narrator.say
    tell(f"{len(found)} packages, all found; no single date has them, the fewest are:")
    for step in dates:
        tell(f"  {step['archive']} {step['suite']} {step['timestamp']}: {step['packages']}")
    tell(f"as one small signed repository of exactly these: {answer['environment_url']}")
