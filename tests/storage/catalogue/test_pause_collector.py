# SPDX-License-Identifier: GPL-3.0-or-later
"""The collector is off while anybody imports, and then as it was."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from storage.catalogue.pause_collector import collector_paused


@pytest.fixture(autouse=True)
def collector_as_before() -> Iterator[None]:
    was = gc.isenabled()
    gc.enable()
    yield
    if not was:
        gc.disable()


def test_it_runs_again_when_the_last_one_is_done() -> None:
    first, second = collector_paused(), collector_paused()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not gc.isenabled()
    second.__exit__(None, None, None)
    assert gc.isenabled()


def test_it_runs_again_after_an_error() -> None:
    @collector_paused()
    def fail() -> None:
        assert not gc.isenabled()
        raise KeyError

    for _ in range(2):
        with pytest.raises(KeyError):
            fail()
        assert gc.isenabled()


def test_who_had_it_off_keeps_it_off() -> None:
    gc.disable()
    with collector_paused():
        assert not gc.isenabled()
    assert not gc.isenabled()
