# SPDX-License-Identifier: GPL-3.0-or-later
"""Repositories are made once by a process, and only so many are remembered."""

from __future__ import annotations

import threading

import pytest

from api import made_repositories
from api.made_repositories import Files, MadeRepositories
from snapshot.digest import Digest

ONE, TWO = Digest.of(b"1"), Digest.of(b"2")


def test_many_at_once_make_it_once() -> None:
    repositories, calls = MadeRepositories(), []
    start = threading.Barrier(4)

    def make() -> Files:
        calls.append(1)
        return {"InRelease": ONE}

    def ask() -> None:
        start.wait()
        assert repositories.files(ONE, make) == {"InRelease": ONE}

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1


def test_the_oldest_is_forgotten_and_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(made_repositories, "REMEMBERED", 1)
    repositories, calls = MadeRepositories(), []
    for identity in (ONE, ONE, TWO, ONE):
        repositories.files(identity, lambda: calls.append(1) or {})  # type: ignore[func-returns-value]
    assert len(calls) == 3


def test_what_is_forgotten_is_made_again() -> None:
    repositories = MadeRepositories()
    assert repositories.files(ONE, lambda: {"InRelease": ONE}) == {"InRelease": ONE}
    for _ in range(2):
        repositories.forget(ONE)
    assert repositories.files(ONE, lambda: {"InRelease": TWO}) == {"InRelease": TWO}
