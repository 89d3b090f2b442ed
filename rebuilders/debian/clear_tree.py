# SPDX-License-Identifier: GPL-3.0-or-later
"""Remove trees whose files belong to the subordinate ids of an ordinary user."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from rebuilders.capture_log import BoundedLog
from rebuilders.debian.identities import IdMap
from rebuilders.debian.isolate import Sandbox, run

_TIMEOUT = 600.0


def clear_as_mapped_root(path: Path, id_map: IdMap) -> None:
    """Empty a directory in a user namespace that owns what is in it."""
    if not path.is_dir():
        return
    with tempfile.TemporaryDirectory(prefix="dejabuild-clear-") as root:
        sandbox = Sandbox(root=root, upper=str(path), id_map=id_map)
        with BoundedLog(Path(os.devnull)) as log:
            run(sandbox, [{"clear": "/"}], log, timeout=_TIMEOUT)
