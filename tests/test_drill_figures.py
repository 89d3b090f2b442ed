# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from tests.drill_figures import FIGURE, add_up


def test_what_belongs_to_one_drill_is_added_up() -> None:
    found = add_up(
        [
            (FIGURE, ("kills", {"points": 20, "before the end": 19})),
            ("another property", "x"),
            (FIGURE, ["kills", {"points": 5}]),  # as xdist hands it on
            (FIGURE, ("fuzzing", {"documents": 1000})),
        ]
    )
    assert found == {
        "kills": {"points": 25, "before the end": 19},
        "fuzzing": {"documents": 1000},
    }
