# SPDX-License-Identifier: GPL-3.0-or-later
"""Serial tests never run two at once, whatever pytest-xdist is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import TOP

pytestmark = pytest.mark.programs

CONFTEST = "from tests.conftest import pytest_collection_modifyitems, pytest_xdist_make_scheduler\n"
ALONE = """
import os, time
import pytest
pytestmark = pytest.mark.serial
@pytest.mark.parametrize("number", range(3))
def test_alone(number):
    os.close(os.open("{busy}", os.O_CREAT | os.O_EXCL))
    time.sleep(0.05)
    os.unlink("{busy}")
"""
BESIDE = "def test_beside(): pass\n"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = serial: alone\n")
    given = ["--import-mode=importlib", "-p", "xdist", "-p", "no:cacheprovider", "-q", *arguments]
    plugins = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # most of the time went into importing them
    return subprocess.run(
        [sys.executable, "-m", "pytest", *given],
        cwd=folder,
        env={**os.environ, **plugins, "PYTHONPATH": str(TOP), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("distribution", ["loadgroup", "load"])
def test_no_two_serial_tests_run_at_once(tmp_path: Path, distribution: str) -> None:
    for place in ("end_to_end/test_a.py", "end_to_end/test_b.py", "integration/clients/test_c.py"):
        path = tmp_path / "tests" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ALONE.format(busy=tmp_path / "busy"))
        path.with_name(f"{path.stem}_beside.py").write_text(BESIDE)
    done = run(tmp_path, "-n", "2", "--dist", distribution)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "12 passed" in done.stdout


def test_a_serial_test_elsewhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tests/storage").mkdir(parents=True)
    (tmp_path / "tests/storage/test_a.py").write_text(ALONE.format(busy=tmp_path / "busy"))
    done = run(tmp_path)
    assert done.returncode != 0
    assert "serial, and not in one of" in done.stdout + done.stderr
