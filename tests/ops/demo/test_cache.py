# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ops.demo.cache import KEPT_SECONDS, DemoCache, default_cache


def test_the_place_can_be_named() -> None:
    assert default_cache({"DEJABUILD_CACHE": "/c", "HOME": "/h"}) == Path("/c/demo")
    assert default_cache({"HOME": "/h"}) == Path("/h/.cache/dejabuild/demo")
    assert default_cache({"HOME": "/h", "XDG_CACHE_HOME": "/x"}) == Path("/x/dejabuild/demo")


def test_two_runs_at_once_make_a_result_once(tmp_path: Path) -> None:
    made: list[int] = []
    started = threading.Barrier(2)

    def make(out: Path) -> None:
        made.append(1)
        (out / "file").write_text("x")

    def run() -> None:
        started.wait()
        assert (DemoCache(tmp_path).result(["key"], make) / "file").read_text() == "x"

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1]


def test_who_waits_for_another_run_is_told(tmp_path: Path) -> None:
    first, second = DemoCache(tmp_path), DemoCache(tmp_path)
    told, released = threading.Event(), threading.Event()

    def wait() -> None:
        with second.lock("apt", told.set):
            assert released.is_set()

    with first.lock("apt"):
        waiting = threading.Thread(target=wait)
        waiting.start()
        assert told.wait(10)
        released.set()
    waiting.join(10)
    assert not waiting.is_alive()


def test_a_result_that_failed_in_the_middle_is_not_there(tmp_path: Path) -> None:
    cache = DemoCache(tmp_path)

    def fail(out: Path) -> None:
        (out / "half").touch()
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        cache.result(["key"], fail)
    assert list(cache.result(["key"], lambda _: None).iterdir()) == []
    assert [p.name for p in (tmp_path / "results").iterdir() if p.name.startswith(".")] == []


def test_another_key_is_another_result(tmp_path: Path) -> None:
    cache = DemoCache(tmp_path)
    assert cache.result(["ab", "c"], lambda _: None) != cache.result(["a", "bc"], lambda _: None)


def test_files_are_kept_under_their_digest(tmp_path: Path) -> None:
    cache = DemoCache(tmp_path)
    (tmp_path / "x").write_bytes(b"x")
    digest = cache.keep(tmp_path / "x")
    kept = cache.file(digest)
    assert kept is not None
    assert kept.read_bytes() == b"x"
    assert cache.file("0" * 64) is None


def test_only_what_nobody_used_is_forgotten(tmp_path: Path) -> None:
    cache = DemoCache(tmp_path)
    (tmp_path / "x").write_bytes(b"x")
    digest = cache.keep(tmp_path / "x")
    result = cache.result(["key"], lambda _: None)
    now = result.stat().st_mtime
    cache.forget_unused(now + 1)
    assert cache.file(digest)
    cache.forget_unused(now + KEPT_SECONDS + 1000)
    assert cache.file(digest) is None
    assert not result.exists()
