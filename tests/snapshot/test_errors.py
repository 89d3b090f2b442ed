# SPDX-License-Identifier: GPL-3.0-or-later
"""Every error class has its own documented exit code, and advice follows the message."""

import re

import pytest

from snapshot import errors


def _tree(root: type[errors.DejabuildError]) -> list[type[errors.DejabuildError]]:
    return [root, *(leaf for child in root.__subclasses__() for leaf in _tree(child))]


def test_the_tree_drawn_in_the_docstring_is_the_tree() -> None:
    drawn = dict(re.findall(r"([A-Z]\w+) +(\d+)", errors.__doc__ or ""))
    own = [c for c in _tree(errors.DejabuildError) if c.__module__ == "snapshot.errors"]
    assert {c.__name__: str(c.exit_code) for c in own} == drawn


def test_advice_stands_below_the_message() -> None:
    error = errors.InvalidInput("a.buildinfo, line 3: no colon", advice="write Field: value")
    assert str(error) == "a.buildinfo, line 3: no colon\n  write Field: value"


def test_only_transient_errors_carry_a_waiting_time() -> None:
    assert errors.TransientError("busy", retry_after=3.5).retry_after == pytest.approx(3.5)
    assert not hasattr(errors.NotFound("x"), "retry_after")
