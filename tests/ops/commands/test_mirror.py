# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ops import cli
from tests.house import TOP
from tests.ops.conftest import STAMPS, Upstream


def run(config: Path, *arguments: str) -> int:
    return cli.run(["mirror", *arguments, "--config", str(config)])


def test_plan_sync_and_status_tell_one_story(
    small_upstream: Upstream, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = small_upstream.settings(tmp_path)
    assert run(config, "status") == 0
    assert capsys.readouterr().out == "debian: no run yet\n"
    assert run(config, "plan") == 0
    planned = capsys.readouterr().out
    assert all(f"debian: run {stamp}: 1 suites with news" in planned for stamp in STAMPS)
    assert run(config, "sync") == 0
    synced = capsys.readouterr().out.splitlines()
    assert [line.split()[2].rstrip(":") for line in synced] == list(STAMPS)
    assert run(config, "sync", "debian") == 0
    assert capsys.readouterr().out == "debian: nothing new\n"
    assert run(config, "plan") == 0
    assert capsys.readouterr().out == "debian: nothing to do\n"
    assert run(config, "status") == 0
    assert capsys.readouterr().out.startswith(f"debian: 3 runs, {STAMPS[0]} to {STAMPS[2]}\n")
    assert run(config, "status", "--max-lag", "1") == 6
    assert run(config, "status", "--max-lag", "1e9", "--json") == 0


def test_only_the_runs_that_were_asked_for_are_taken(
    small_upstream: Upstream, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = small_upstream.settings(tmp_path)
    assert run(config, "sync", "--from", "20260801", "--to", "20261001") == 0
    printed = capsys.readouterr().out
    assert STAMPS[1] in printed
    assert STAMPS[0] not in printed
    assert STAMPS[2] not in printed


def test_an_unknown_archive_and_no_archive_are_refused_by_name(
    small_upstream: Upstream, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = small_upstream.settings(tmp_path)
    assert run(config, "sync", "debain") == 78
    assert "archive.debain: there is no such archive\n  Known: debian." in capsys.readouterr().err
    config.write_text(f'[server]\ndata = "{tmp_path}/data"\n')
    assert run(config, "sync") == 78
    assert "archive: none is set" in capsys.readouterr().err


def test_a_wrongly_signed_upstream_ends_in_one_message_and_leaves_nothing(
    small_upstream: Upstream, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
    config = small_upstream.settings(tmp_path)
    config.write_text(config.read_text().replace(str(small_upstream.keyring), str(stranger)))
    assert run(config, "sync") == 76
    assert capsys.readouterr().err.splitlines()[-1]
    assert run(config, "status") == 0
    assert capsys.readouterr().out == "debian: no run yet\n"


#: Each takes longer to import than such a sync takes to look.
_HEAVY = (
    "alembic", "cryptography", "diffoscope", "flask", "gunicorn", "obstore", "psycopg", "requests",
    "rich", "sqlalchemy.dialects.postgresql", "storage.ledger",
)  # fmt: skip


@pytest.mark.programs
def test_what_a_sync_imports_holds_nothing_slow_that_it_does_not_need() -> None:
    imports = "ops.cli, ops.commands.mirror, ops.initialize, ops.run_sync, ops.show_progress"
    program = f"import sys, {imports}; print(*(one for one in {_HEAVY} if one in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=TOP, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


@pytest.mark.programs
def test_verify_names_what_is_wrong_and_repairs_it(
    small_upstream: Upstream, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = small_upstream.settings(tmp_path)
    assert run(config, "sync") == 0
    assert run(config, "verify", "--deep") == 0
    deb = small_upstream.world.debs[0]
    (tmp_path / "data/archive/debian" / deb.path).unlink()
    capsys.readouterr()
    assert run(config, "verify", "debian") == 76
    said = capsys.readouterr()
    assert f"debian {deb.path}: link: missing" in said.out
    assert "--repair" in said.err
    assert run(config, "verify", "--repair", "--json") == 0
    assert '"repaired": true' in capsys.readouterr().out
    assert run(config, "verify") == 0
    assert run(config, "verify", "unknown") == 66


def test_one_run_is_taken_by_a_moment(
    small_upstream: Upstream, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = small_upstream.settings(tmp_path)
    assert run(config, "plan", "--at", "20261001", "--json") == 0
    planned = json.loads(capsys.readouterr().out)
    assert [one["run"] for one in planned["runs"]] == [STAMPS[1]]
    assert planned["bytes"] == planned["runs"][0]["bytes"] > 0
    assert run(config, "sync", "--at", "20261001") == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"debian: run {STAMPS[1]}: ")
    assert run(config, "sync", "--at", "20261001") == 0
    assert capsys.readouterr().out == "debian: nothing new\n"


def test_a_moment_that_makes_no_sense_is_refused(
    small_upstream: Upstream, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = small_upstream.settings(tmp_path)
    for arguments, code, said in (
        (("--at", "yesterday"), 65, "not a timestamp: 'yesterday'"),
        (("--at", "20260901", "--from", "20260801"), 65, "not both"),
        (("--from", "20260901", "--to", "20260801"), 65, "no time lies between"),
        (("--at", "20200101"), 66, "no run at or before 20200101T000000Z"),
    ):
        assert run(config, "sync", *arguments) == code
        assert said in capsys.readouterr().err
    live = config.read_text().replace('kind = "dated"', 'kind = "live"')
    config.write_text(
        live.replace(f'{small_upstream.server.url}"', f'{small_upstream.server.url}/debian"')
    )
    assert run(config, "sync", "--at", "20260901") == 78
    assert "a live mirror has no past to choose from" in capsys.readouterr().err
