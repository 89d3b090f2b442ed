# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the archive half the two questions it exists for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    narrator = curl.narrator
    narrator.say(f"{name} {version} is gone from the newest date; when was it there?")
    answer = curl.get_json(f"/mr/binary/{name}/{version}/binfiles?fileinfo=1", show=14)
    if not answer.get("result"):
        raise DejabuildError(f"the server does not know {name} {version}")
    record = next((case for case in fixture.cases if "two dates" in case.name), None)
    if record is None:
        return
    narrator.say(f"which dates have everything that the record of {record.package} names?")
    needs: dict[str, Any] = curl.post_file("/mr/buildinfo", fixture.record(record), show=24)
    narrator.say(f"no single date has: {_summary(needs)}")


def _summary(answer: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in answer.items() if isinstance(value, str))
