# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pwd
from pathlib import Path

import pytest

from rebuilders.debian.identities import find_identities
from snapshot.errors import ConfigurationError

NOBODY = pwd.getpwnam("nobody").pw_uid


def test_root_builds_as_an_id_that_no_account_has() -> None:
    found = find_identities(uid=0)
    assert (found.mode, found.id_map) == ("root", None)
    assert found.build_uid not in {entry.pw_uid for entry in pwd.getpwall()}
    assert found.build_uid >= 1000


def test_a_user_with_subordinate_ids_builds_in_a_user_namespace(tmp_path: Path) -> None:
    for kind in ("uid", "gid"):
        (tmp_path / f"sub{kind}").write_text("other:1:70000\nnobody:100000:65536\n")
    found = find_identities(uid=NOBODY, etc=tmp_path)
    assert found.mode == "user"
    assert found.id_map
    assert list(found.id_map["uid"]) == [(0, NOBODY, 1), (1, 100000, 65535)]


def test_a_user_without_them_is_told_the_command(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        find_identities(uid=NOBODY, etc=tmp_path)
    assert "usermod --add-subuids" in caught.value.advice
    (tmp_path / "subuid").write_text("nobody:100000:10\n")
    with pytest.raises(ConfigurationError):
        find_identities(uid=NOBODY, etc=tmp_path)
