# SPDX-License-Identifier: GPL-3.0-or-later
"""A real apt-get with an empty machine of its own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def private_apt(root: Path, source: str) -> list[str]:
    """apt-get with an empty machine of its own: nothing of the host's lists, keys or hooks."""
    for folder in ("lists/partial", "archives/partial", "empty", "work"):
        (root / folder).mkdir(parents=True)
    (root / "status").touch()
    (root / "sources.list").write_text(source)
    (root / "apt.conf").write_text(
        f'Dir::State "{root}";\nDir::State::lists "{root}/lists";\n'
        f'Dir::State::status "{root}/status";\nDir::Cache "{root}";\n'
        f'Dir::Cache::archives "{root}/archives";\nDir::Etc::sourcelist "{root}/sources.list";\n'
        f'Dir::Etc::sourceparts "{root}/empty";\nDir::Etc::parts "{root}/empty";\n'
        f'Dir::Etc::main "{root}/empty/apt.conf";\nDir::Etc::preferencesparts "{root}/empty";\n'
        f'Dir::Etc::trustedparts "{root}/empty";\nDir::Etc::trusted "{root}/empty/none.gpg";\n'
        'APT::Architecture "amd64";\nAPT::Architectures { "amd64"; };\n'
        'APT::Sandbox::User "root";\nAPT::Update::Error-Mode "any";\n'
    )
    return ["apt-get", "-q"]


def run_apt(root: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=root / "work",
        env={"PATH": os.environ["PATH"], "APT_CONFIG": str(root / "apt.conf"), "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
