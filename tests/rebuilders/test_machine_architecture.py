# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess

import pytest

from rebuilders.machine_architecture import dpkg_architecture


@pytest.mark.programs
def test_it_is_what_dpkg_says() -> None:
    argv = ["dpkg", "--print-architecture"]
    said = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert dpkg_architecture() == said.stdout.strip()
