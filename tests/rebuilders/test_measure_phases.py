# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from rebuilders.measure_phases import Phases


def test_seconds_add_up_in_the_order_of_the_first_start() -> None:
    times = iter([0.0, 1.5, 2.0, 2.25, 3.0, 4.0])
    phases = Phases(lambda: next(times))
    for name in ("build", "compare", "build"):
        with phases.measure(name):
            pass
    assert list(phases.seconds().items()) == [("build", 2.5), ("compare", 0.25)]


def test_a_phase_that_fails_counts_too() -> None:
    times = iter([0.0, 2.0])
    phases = Phases(lambda: next(times))
    with pytest.raises(ValueError, match="x"), phases.measure("build"):
        raise ValueError("x")
    assert phases.seconds() == {"build": 2.0}
