# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from rebuilders.capture_log import BoundedLog
from rebuilders.debian.isolate import run
from tests.rebuilders.debian.sandboxes import attempt, needs_root, sandbox, shell
from tests.rebuilders.looking_around import mounts_below

pytestmark = needs_root


@pytest.mark.programs
def test_devices_are_the_harmless_ones() -> None:
    _, log = attempt([shell("ls /dev; echo x > /dev/null; head -c 1 /dev/urandom | wc -c")])
    *names, byte = log.split()
    assert set(names) == {
        *("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "shm"),
        *("fd", "stdin", "stdout", "stderr"),
    }
    assert byte == "1"


@pytest.mark.programs
def test_the_kernels_switches_are_read_only_even_for_root() -> None:
    script = """
    for path in /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/irq/default_smp_affinity; do
        if sh -c "true >> $path" 2>/dev/null; then echo "open $path"; fi
    done
    head -c 1 /proc/kmsg | wc -c
    """
    _, log = attempt([shell(script, as_root=True)])
    assert log == "0\n"


@pytest.mark.programs
def test_a_closed_root_leaves_the_build_area_and_the_private_directories() -> None:
    script = (
        "touch /x /usr/x /etc/x 2>/dev/null; touch /build/area/x /tmp/x /run/x /dev/shm/x; ls /x"
    )
    steps = [{"close": "/"}, shell(script, as_root=True)]
    with sandbox() as (made, folder), BoundedLog(folder / "log") as log:
        run(made, steps, log, timeout=20)
        assert (folder / "area/x").exists()
        assert not list((folder / "upper").rglob("x"))
    assert not Path("/tmp/x").exists()


@pytest.mark.programs
def test_what_is_shown_is_read_only_and_nothing_else_is_shown() -> None:
    with sandbox() as (made, folder), BoundedLog(folder / "log") as log:
        (folder / "shown/file").write_text("seen")
        script = f"cat /run/shown/file; touch /run/shown/x 2>/dev/null; ls {folder} 2>/dev/null"
        run(made, [shell(script, as_root=True)], log, timeout=20)
        assert log.recent() == b"seen"
        assert [path.name for path in (folder / "shown").iterdir()] == ["file"]


@pytest.mark.programs
def test_no_mount_is_seen_outside() -> None:
    with sandbox() as (made, folder), BoundedLog(folder / "log") as log:
        run(made, [shell("true")], log, timeout=20)
        assert mounts_below(folder) == []
