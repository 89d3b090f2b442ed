# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from rebuilders.capture_log import BoundedLog
from rebuilders.debian.isolate import INSTALL_CAPABILITIES, run
from tests.rebuilders.debian.sandboxes import BUILDER, attempt, needs_root, sandbox, shell

pytestmark = needs_root


def write(mode: str, text: str) -> dict[str, object]:
    return {"write": "/build/area/f", "text": text, "mode": mode}


@pytest.mark.programs
def test_text_is_written_appended_and_put_before() -> None:
    own = {"own": "/build/area", "uid": BUILDER, "as_root": True}
    steps = [own, write("new", "b\n"), write("append", "c\n"), write("prepend", "a\n")]
    _, log = attempt([*steps, shell("cat /build/area/f; stat -c %u /build/area/f")])
    assert log == f"a\nb\nc\n{BUILDER}\n"


@pytest.mark.programs
def test_a_step_that_may_not_write_fails_with_the_reason() -> None:
    ending, log = attempt([{"write": "/etc/passwd", "text": "x", "mode": "append"}])
    assert ending.exit_code == 126
    assert "Permission denied" in log


@pytest.mark.programs
def test_archives_are_unpacked_before_there_is_any_program(tmp_path: Path) -> None:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        folder = tarfile.TarInfo("./bin")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(folder)
        tool = tarfile.TarInfo("./bin/tool")
        tool.size, tool.mode, tool.uid, tool.gid = 3, 0o4755, 7, 8
        archive.addfile(tool, io.BytesIO(b"xyz"))
    with sandbox(lowers=(), uid=0, gid=0, capabilities=INSTALL_CAPABILITIES, build_area=None) as (
        made,
        where,
    ):
        (where / "shown/archive").write_bytes(b"head" + data.getvalue())
        (where / "upper/usr/bin").mkdir(parents=True)
        (where / "upper/bin").symlink_to("usr/bin")
        with BoundedLog(tmp_path / "log") as log:
            ending = run(made, [{"extract": [["/run/shown/archive", 4]]}], log, timeout=20)
        assert ending.exit_code == 0
        status = (where / "upper/usr/bin/tool").stat()
        assert (where / "upper/bin").is_symlink(), "a directory does not replace the link"
    assert (status.st_mode & 0o7777, status.st_uid, status.st_gid) == (0o4755, 7, 8)


@pytest.mark.programs
def test_limits_hold() -> None:
    ending, _ = attempt([shell("ulimit -c; ulimit -n")], limits={"CORE": 0, "NOFILE": 99})
    assert ending.exit_code == 0
    _, log = attempt([shell("ulimit -c; ulimit -n")], limits={"CORE": 0, "NOFILE": 99})
    assert log == "0\n99\n"


@pytest.mark.programs
def test_clearing_leaves_only_mount_points() -> None:
    with sandbox(lowers=(), uid=0, gid=0, build_area=None, binds=()) as (made, folder):
        (folder / "upper/deep/er").mkdir(parents=True)
        (folder / "upper/file").write_text("x")
        with BoundedLog(folder / "log") as log:
            run(made, [{"clear": "/"}], log, timeout=20)
        left = sorted(path.name for path in (folder / "upper").iterdir())
    assert left == ["dev", "proc", "run", "tmp"]
