# SPDX-License-Identifier: GPL-3.0-or-later
"""Sandboxes over this machine's own tree: enough to test what a sandbox is."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rebuilders.capture_log import BoundedLog
from rebuilders.debian.isolate import Area, Bind, Ending, Sandbox, run

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes such a sandbox")
BUILDER = 2952
VARIABLES = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


def shell(script: str, **more: Any) -> dict[str, Any]:
    return {"argv": ["sh", "-c", script], "environment": VARIABLES, **more}


@contextmanager
def sandbox(**changes: Any) -> Iterator[tuple[Sandbox, Path]]:
    """A sandbox whose lower is the machine's root, and the directory that holds the rest."""
    # Overlay wants its upper outside the lower, which is all of the disk here.
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        folder = Path(name)
        for part in ("root", "upper", "scratch", "area", "shown"):
            (folder / part).mkdir()
        made = Sandbox(
            root=str(folder / "root"),
            upper=str(folder / "upper"),
            scratch=str(folder / "scratch"),
            lowers=("/",),
            binds=(Bind(str(folder / "shown"), "/run/shown"),),
            build_area=Area(str(folder / "area"), "/build/area"),
            uid=BUILDER,
            gid=BUILDER,
            capabilities=(0,),
        )
        yield replace(made, **changes), folder


def attempt(
    steps: Sequence[dict[str, Any]], *, timeout: float = 20.0, **changes: Any
) -> tuple[Ending, str]:
    """Run steps; how they ended and what they printed."""
    with sandbox(**changes) as (made, folder), BoundedLog(folder / "log") as log:
        ending = run(made, steps, log, timeout=timeout)
        return ending, log.recent().decode("utf-8", "replace")
