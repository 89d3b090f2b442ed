# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from pathlib import Path

import pytest

from ops.data_directory import DataDirectory, data_directory, read_secret, write_once
from ops.settings import Settings
from snapshot.errors import ConfigurationError, Denied


def test_secrets_are_made_once_and_readable_by_their_group_only(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path / "data")
    data.make(token=lambda: "first")
    data.make(token=lambda: "second")
    assert read_secret(data.auth_cookie) == "first"
    assert {p.stat().st_mode & 0o777 for p in (data.auth_cookie, data.signup_secret)} == {0o640}
    assert data.keys.stat().st_mode & 0o777 == 0o700


def test_a_secret_is_long_and_different_each_time(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    data.make()
    cookie, signup = read_secret(data.auth_cookie), read_secret(data.signup_secret)
    assert len(cookie) == len(signup) == 64
    assert cookie != signup


def test_nothing_is_left_of_a_draft(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    assert write_once(path, "one\n", mode=0o640)
    assert not write_once(path, "two\n", mode=0o640)
    assert [p.name for p in tmp_path.iterdir()] == ["secret"]
    assert path.read_text() == "one\n"


def test_a_place_that_cannot_be_made_is_one_clear_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="file/data: the data directory cannot be made"):
        DataDirectory(tmp_path / "file" / "data").make()


def test_an_absent_or_empty_secret_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="dejabuild init"):
        read_secret(tmp_path / "absent")
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(ConfigurationError, match="empty: empty"):
        read_secret(tmp_path / "empty")


def test_settings_without_a_data_directory_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"server\.data"):
        data_directory(Settings())


def test_a_directory_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(Denied, match=f"{tmp_path}: the data directory cannot be written"):
        DataDirectory(tmp_path).make()
