# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from tests.rebuilders.debian.sandboxes import BUILDER, attempt, needs_root, shell
from tests.rebuilders.looking_around import sleepers, unique_seconds

pytestmark = needs_root


@pytest.mark.programs
def test_it_has_its_own_processes_host_name_and_network() -> None:
    _, log = attempt([shell("echo $$; hostname; ls /sys/class/net 2>/dev/null; cat /proc/net/dev")])
    lines = log.splitlines()
    assert int(lines[0]) < 10
    assert lines[1] == "dejabuild"
    devices = [line.split(":")[0].strip() for line in lines if ":" in line]
    assert devices == ["lo"]


@pytest.mark.programs
def test_its_loopback_device_is_up() -> None:
    code = (
        "import socket; s = socket.create_server(('127.0.0.1', 0)); "
        "socket.create_connection(s.getsockname())"
    )
    ending, log = attempt([shell(f'python3 -c "{code}"')])
    assert ending.exit_code == 0, log


@pytest.mark.programs
def test_a_step_has_no_identity_no_right_and_no_open_file_of_ours() -> None:
    _, log = attempt(
        [shell("id -u; id -G; grep -E '^(Cap|NoNewPrivs)' /proc/self/status; ls /proc/self/fd")]
    )
    lines = log.splitlines()
    assert lines[:2] == [str(BUILDER), str(BUILDER)]
    rights = dict(line.split(":\t") for line in lines if ":\t" in line)
    assert rights.pop("NoNewPrivs") == "1"
    assert rights.pop("CapBnd") == "0000000000000001"
    assert set(rights.values()) == {"0000000000000000"}
    assert lines[-4:] == ["0", "1", "2", "3"], "three streams and the directory that ls reads"


@pytest.mark.programs
def test_a_step_as_root_has_the_listed_rights_only() -> None:
    _, log = attempt([shell("id -u; grep CapEff /proc/self/status", as_root=True)])
    assert log.splitlines() == ["0", "CapEff:\t0000000000000001"]


@pytest.mark.programs
def test_what_a_step_leaves_running_does_not_hold_up_the_end() -> None:
    pause = unique_seconds()
    ending, _ = attempt([shell(f"sleep {pause} & true"), shell("true")])
    assert ending.exit_code == 0
    assert sleepers(pause) == []
