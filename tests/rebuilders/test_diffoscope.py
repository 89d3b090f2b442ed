# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time
from pathlib import Path

import pytest

from rebuilders.diffoscope import Diffoscope


def pair(tmp_path: Path) -> tuple[Path, Path, Path]:
    old, new, folder = tmp_path / "old", tmp_path / "new", tmp_path / "reports"
    old.write_text("one\n")
    new.write_text("two\n")
    folder.mkdir()
    return old, new, folder


def program(tmp_path: Path, script: str) -> Diffoscope:
    path = tmp_path / "diffoscope"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return Diffoscope(program=str(path), timeout=0.3, limit=100)


WRITE = """
while [ $# -gt 0 ]; do
    case $1 in --text|--html|--json) echo "$1 report" > "$2";; esac
    shift
done
"""


@pytest.mark.programs
def test_all_three_forms_are_kept(tmp_path: Path) -> None:
    old, new, folder = pair(tmp_path)
    tool = program(tmp_path, WRITE)
    found = {e.kind: e.path.read_text() for e in tool.explain("a.deb", old, new, folder)}
    assert found == {
        "diffoscope-text": "--text report\n",
        "diffoscope-html": "--html report\n",
        "diffoscope-json": "--json report\n",
    }


def test_without_the_program_the_members_that_differ_are_listed(tmp_path: Path) -> None:
    old, new, folder = pair(tmp_path)
    (evidence,) = Diffoscope(program="no-such-program").explain("a", old, new, folder)
    assert "not installed" in evidence.path.read_text()


@pytest.mark.programs
def test_one_that_takes_too_long_is_ended_with_its_helpers(tmp_path: Path) -> None:
    old, new, folder = pair(tmp_path)
    marker = tmp_path / "pid"
    tool = program(tmp_path, f"sleep 4715 & echo $! > {marker}; wait")
    (evidence,) = tool.explain("a", old, new, folder)
    assert "took longer" in evidence.path.read_text()
    pid = int(marker.read_text())
    for _ in range(100):
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or state.read_text().split()[2] == "Z":
            return
        time.sleep(0.02)
    pytest.fail("a helper of diffoscope is still there")


@pytest.mark.programs
def test_a_report_beyond_its_limit_is_cut_or_left_out(tmp_path: Path) -> None:
    old, new, folder = pair(tmp_path)
    big = WRITE.replace('echo "$1 report"', "head -c 500 /dev/zero")
    evidence = program(tmp_path, big).explain("a", old, new, folder)
    assert [e.kind for e in evidence] == ["diffoscope-text"]
    assert evidence[0].path.read_bytes().endswith(b"[cut: the report is longer than its limit]\n")


@pytest.mark.programs
def test_nothing_of_it_stays_in_the_folder_but_reports(tmp_path: Path) -> None:
    old, new, folder = pair(tmp_path)
    program(tmp_path, f"touch $TMPDIR/left; {WRITE}").explain("a", old, new, folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        "report.html",
        "report.json",
        "report.txt",
    ]
