# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ops import cli
from snapshot.environment import Environment
from tests.ops.conftest import Mirrored
from tests.ops.environment_server import EnvironmentServer, environment_server

pytestmark = pytest.mark.programs


@pytest.fixture(scope="module")
def here(
    mirrored: Mirrored, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EnvironmentServer]:
    with environment_server(mirrored, tmp_path_factory.mktemp("environment")) as made:
        yield made


def run(here: EnvironmentServer, *words: str) -> int:
    return cli.run(["environment", *words, "--server", here.url, "--config", str(here.config)])


def test_an_environment_is_shown_used_and_taken_along(
    here: EnvironmentServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record, identity = str(here.record(tmp_path)), here.environment.id
    assert run(here, "show", record) == 0
    assert f"environment {identity}\n" in capsys.readouterr().out
    assert run(here, "show", identity.hex, "--text") == 0
    assert Environment.from_text(capsys.readouterr().out.encode()).id == identity
    assert run(here, "sources", identity.hex) == 0
    assert f"{here.url}/environments/{identity}/ {identity} main\n" in capsys.readouterr().out
    assert run(here, "sources", "--deb822", identity.hex) == 0
    assert "Signed-By:\n -----BEGIN" in capsys.readouterr().out
    assert run(here, "export", record, str(tmp_path / "out"), "--source", "tool_1.0") == 0
    assert "file:" in capsys.readouterr().out
    assert (tmp_path / "out/dists/env/InRelease").exists()


def test_what_is_neither_an_id_nor_a_record_is_one_message(
    here: EnvironmentServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(here, "show", "hello") == 65
    assert "hello: neither the id of an environment nor a build record" in capsys.readouterr().err
