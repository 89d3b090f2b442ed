# SPDX-License-Identifier: GPL-3.0-or-later
"""What clients are led by is itself to be trusted."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.faulty_upstream import FaultyUpstream
from tests.integration.clients.public_hosts import doorway, hosts_in, in_own_network

pytestmark = [
    pytest.mark.serial,
    pytest.mark.skipif(os.geteuid() != 0, reason="a network of its own needs root"),
]


def test_names_lead_to_the_server_that_is_meant_and_nothing_else_is_reached(
    tmp_path: Path,
) -> None:
    program = tmp_path / "program"
    program.write_text('get "http://one.example.org/x" or (http://two.example.org/) or http://a b')
    hosts = tmp_path / "hosts"
    hosts.write_text(hosts_in(program))
    assert hosts.read_text().split() == [
        *("127.0.0.1", "localhost"),
        *("127.0.0.1", "one.example.org"),
        *("127.0.0.1", "two.example.org"),
    ]
    script = "curl -s http://one.example.org/x http://two.example.org/x; ip -br link"
    with (
        FaultyUpstream({"/x": b"one\n"}) as one,
        FaultyUpstream({"/x": b"two\n"}) as two,
        doorway(
            tmp_path / "door",
            {"one.example.org": int(one.url.rpartition(":")[2])},
            int(two.url.rpartition(":")[2]),
        ),
    ):
        done = subprocess.run(
            in_own_network(tmp_path / "door", hosts, ["sh", "-c", script]),
            capture_output=True,
            text=True,
            check=True,
        )
    first, second, *links = done.stdout.splitlines()
    assert (first, second) == ("one", "two")
    assert {link.split()[0] for link in links} == {"lo"}
