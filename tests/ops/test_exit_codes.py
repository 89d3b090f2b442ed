# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
from collections.abc import Iterator

from ops.exit_codes import LATE, VERDICT_CODES
from snapshot.errors import DejabuildError
from snapshot.verdict import Status
from tests.house import TOP


def documented() -> dict[int, set[str]]:
    page = (TOP / "docs/reference/exit-codes.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| (\d+) \| ([^|]*) \|", page)
    return {int(code): set(re.findall(r"\w+", names)) for code, names in rows}


def tree(kind: type[DejabuildError]) -> Iterator[type[DejabuildError]]:
    yield kind
    for child in kind.__subclasses__():
        # Leaves that a room keeps to itself share the code of what they are.
        if child.__module__ == "snapshot.errors":
            yield from tree(child)


def test_every_error_has_its_row_and_every_row_its_error() -> None:
    codes: dict[int, set[str]] = {code: set() for code in documented()}
    for kind in tree(DejabuildError):
        if kind.__name__ != "PermanentError":
            codes.setdefault(kind.exit_code, set()).add(kind.__name__)
    for status, code in VERDICT_CODES.items():
        if status is not Status.GOOD:
            codes.setdefault(code, set()).add(status.name)
    codes.setdefault(LATE, set()).add("LATE")
    assert codes == documented()


def test_a_verdict_is_never_taken_for_an_error() -> None:
    assert set(VERDICT_CODES) == set(Status)
    assert VERDICT_CODES[Status.GOOD] == 0
    others = set(VERDICT_CODES.values()) - {0}
    assert others.isdisjoint({1, 2} | {kind.exit_code for kind in tree(DejabuildError)})
