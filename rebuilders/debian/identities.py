# SPDX-License-Identifier: GPL-3.0-or-later
"""Under which ids a worker builds: the host's as root, a user namespace's without.

Root and user-namespace trees are separate: their files belong to different ids, and overlayfs
marks deleted files differently in them.
"""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from snapshot.errors import ConfigurationError

_RANGE = 65536

IdMap = Mapping[str, Sequence[Sequence[int]]]


@dataclass(frozen=True, slots=True)
class Identities:
    """How this worker gets root inside a chroot.

    Attributes:
        mode: `root` or `user`; names the cache of layers.
        id_map: Ranges of a user namespace; None as root.
        build_uid: Uid and gid of builds, an id that no account of the host has.
    """

    mode: str
    id_map: IdMap | None
    build_uid: int


def find_identities(*, uid: int | None = None, etc: Path = Path("/etc")) -> Identities:
    """What this process may do.

    Args:
        uid: Effective user id; the process's own by default.
        etc: Where `subuid` and `subgid` are.

    Raises:
        ConfigurationError: Neither root nor a range of subordinate ids; says what is missing.
    """
    mine = os.geteuid() if uid is None else uid
    if mine == 0:
        return Identities("root", None, _free_uid())
    if shutil.which("newuidmap") is None:
        raise ConfigurationError(
            "building without root needs newuidmap, which is not installed",
            advice="apt-get install uidmap, or run the worker as root",
        )
    name = pwd.getpwuid(mine).pw_name
    ranges = {kind: _subordinate(etc / f"sub{kind}", name, mine) for kind in ("uid", "gid")}
    own = {"uid": mine, "gid": os.getegid()}
    id_map = {
        kind: ((0, own[kind], 1), (1, start, min(count, _RANGE - 1)))
        for kind, (start, count) in ranges.items()
    }
    return Identities("user", id_map, 1000)


def _subordinate(path: Path, name: str, uid: int) -> tuple[int, int]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError:
        lines = []
    for line in lines:
        words = line.split(":")
        if len(words) == 3 and words[0] in (name, str(uid)) and words[2].isdecimal():
            start, count = int(words[1]), int(words[2])
            if count >= 1001:
                return start, count
    raise ConfigurationError(
        f"{path} gives {name} no range of subordinate ids, so no chroot can be made",
        advice=f"as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {name}; "
        "or run the worker as root",
    )


def _free_uid() -> int:
    taken = {entry.pw_uid for entry in pwd.getpwall()}
    return next(uid for uid in range(2952, 60000) if uid not in taken)
