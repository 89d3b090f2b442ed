# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of hosts: shared, whole, and never believed when it is damaged."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.host_states import HostFile, HostState, _state, read_hosts

BANNED = HostState(2, 1000.0, 4600.0, quiet_until=1001.5)


def test_what_one_process_writes_another_reads(tmp_path: Path) -> None:
    file = HostFile(tmp_path / "run" / "hosts.json")
    with file.changing() as states:
        states["mirror.example:8080"] = BANNED
    assert read_hosts(tmp_path / "run" / "hosts.json") == {"mirror.example:8080": BANNED}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"a": 1}',
        '{"a": {}}',
        '{"a": {"bans": true, "banned_at": 0, "until": 0, "probing": false, "quiet_until": 0}}',
        '{"a": {"bans": 1, "banned_at": 0, "until": NaN, "probing": false, "quiet_until": 0}}',
        '{"a": {"bans": 1, "banned_at": 0, "until": -1, "probing": false, "quiet_until": 0}}',
        '{"a": {"bans": 1, "banned_at": 0, "until": 1e999, "probing": false, "quiet_until": 0}}',
        '{"a": {"bans": 1%s, "banned_at": 0, "until": 0, "probing": false, "quiet_until": 0}}'
        % ("0" * 400),
        "[" * 100_000,
        "\0" * 5000,
        " " * 1_100_000 + "{}",
    ],
)
def test_garbage_is_no_news(tmp_path: Path, text: str) -> None:
    path = tmp_path / "hosts.json"
    path.write_text(text)
    assert read_hosts(path) == {}
    with HostFile(path).changing() as states:
        states["a"] = BANNED
    assert read_hosts(path) == {"a": BANNED}


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.just("1")


@given(st.fixed_dictionaries({one.name: SCALARS for one in fields(HostState)}))
def test_any_record_is_a_state_or_nothing(record: dict[str, object]) -> None:
    state = _state(record)
    assert state is None or asdict(state) == record


def test_one_bad_record_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "hosts.json"
    path.write_text(json.dumps({"good": asdict(BANNED), "bad": {"bans": "many"}}))
    assert read_hosts(path) == {"good": BANNED}


def test_changes_of_many_threads_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "hosts.json"

    def change(number: int) -> None:
        for _ in range(20):
            with HostFile(path).changing() as states:
                before = states.get(str(number), HostState())
                states[str(number)] = HostState(before.bans + 1)

    threads = [threading.Thread(target=change, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read_hosts(path) == {str(number): HostState(20) for number in range(4)}


def test_news_is_only_what_somebody_wrote_since(tmp_path: Path) -> None:
    path = tmp_path / "hosts.json"
    file = HostFile(path)
    assert file.news() is None
    with HostFile(path).changing() as states:
        states["a"] = BANNED
    assert file.news() == {"a": BANNED}
    assert file.news() is None


def test_a_place_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file where a directory should be")
    with HostFile(tmp_path / "run" / "hosts.json").changing() as states:
        states["a"] = BANNED
    assert read_hosts(tmp_path / "run" / "hosts.json") == {}


def test_news_of_others_do_not_hide_what_could_not_be_written(tmp_path: Path) -> None:
    path = tmp_path / "run" / "hosts.json"
    (tmp_path / "run").write_text("a file where the directory should be")
    file = HostFile(path)
    with file.changing() as states:
        states["mine"] = BANNED
    (tmp_path / "run").unlink()
    with HostFile(path).changing() as states:
        states["theirs"] = BANNED
    assert file.news() == {"mine": BANNED, "theirs": BANNED}
    with file.changing():
        pass
    assert read_hosts(path) == {"mine": BANNED, "theirs": BANNED}
