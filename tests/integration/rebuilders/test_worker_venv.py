# SPDX-License-Identifier: GPL-3.0-or-later
"""`pip install dejabuild[worker]` brings neither a web framework nor a database."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.rebuilders.stand_in_server import stand_in_server
from tests.test_distribution import build_wheel

TOP = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.xdist_group("rebuilds")

WORK = """
import importlib.util, sys
for name in ("flask", "sqlalchemy", "psycopg", "alembic", "gunicorn", "jinja2"):
    assert importlib.util.find_spec(name) is None, f"{name} is installed"
from pathlib import Path
from rebuilders.script import ScriptRebuilder
from rebuilders.worker import run_worker
from rebuilders.worker_config import WorkerConfig
folder = Path(sys.argv[2])
run_worker(WorkerConfig(
    server=sys.argv[1], state=folder / "state", trees=folder / "trees", disk=folder / "trees",
    scripts={"fake": folder / "program"}, drain=True,
))
foreign = {name.partition(".")[0] for name in sys.modules} & {
    "api", "storage", "mirror", "orchestrator", "ops",
}
assert not foreign, foreign
print(importlib.util.find_spec("rebuilders").origin)
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds the wheel of this checkout with the extra `worker`."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder)
    python = folder / "bin/python"
    wheel = build_wheel(folder)
    # Our own pip, which an environment for one test need not have as well.
    pip = [sys.executable, "-m", "pip", "--python", str(python)]
    pip.append("--disable-pip-version-check")
    subprocess.run(
        [*pip, "install", "--quiet", "--no-compile", f"{wheel}[worker]"], check=True, cwd=folder
    )
    return python


def test_a_worker_runs_where_no_server_is_installed(python: Path, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text('#!/bin/sh\ncp "$1" "$REBUILDERD_OUTDIR/out.txt"\n')
    program.chmod(0o755)
    with stand_in_server() as server:
        server.add_job("in.txt", b"record", {"out.txt": b"record"}, backend="fake")
        done = subprocess.run(
            [str(python), "-I", "-c", WORK, server.url, str(tmp_path)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert server.report.status.value == "GOOD"
    assert str(python.parent.parent) in done.stdout, "the wheel's worker ran, not the checkout's"
