# SPDX-License-Identifier: GPL-3.0-or-later
"""Repositories are made once by a process, and only so many are remembered."""

from __future__ import annotations

import threading

import pytest

from api import made_repositories
from api.made_repositories import Files, MadeRepositories
from snapshot.digest import Digest
from storage.catalogue import MadeFile

ONE, TWO = "environment 1", "environment 2"
KEY = "1 key"
FIRST, SECOND = MadeFile(Digest.of(b"1"), 1), MadeFile(Digest.of(b"2"), 1)


def test_many_at_once_make_it_once() -> None:
    repositories, calls = MadeRepositories(), []
    start = threading.Barrier(4)

    def make() -> Files:
        calls.append(1)
        return {"InRelease": FIRST}

    def ask() -> None:
        start.wait()
        assert repositories.files(ONE, KEY, make) == {"InRelease": FIRST}

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
        repositories.files(identity, KEY, lambda: calls.append(1) or {})  # type: ignore[func-returns-value]
    assert len(calls) == 3


def test_what_is_forgotten_is_made_again() -> None:
    repositories = MadeRepositories()
    assert repositories.files(ONE, KEY, lambda: {"InRelease": FIRST}) == {"InRelease": FIRST}
    for _ in range(2):
        repositories.forget(ONE)
    assert repositories.files(ONE, KEY, lambda: {"InRelease": SECOND}) == {"InRelease": SECOND}
