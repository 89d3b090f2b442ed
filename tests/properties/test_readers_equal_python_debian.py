# SPDX-License-Identifier: GPL-3.0-or-later
"""Our readers of indices say what python-debian says, on a committed sample and on apt's own."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from debian.deb822 import Packages, Sources

from snapshot.packages import BinaryStanza
from snapshot.sources import SourceStanza
from snapshot.stanza import split_stanzas

DATA = Path(__file__).parent.parent / "data" / "indices"
STEP = 29  # every 29th stanza of apt's list: python-debian needs 60 µs for one


def from_apt(kind: str) -> list[bytes]:
    """Stanzas of the first list of that kind that this machine's apt holds; maybe none."""
    helper = shutil.which("apt-helper", path="/usr/lib/apt")
    for path in sorted(Path("/var/lib/apt/lists").glob(f"*_{kind}*")):
        if helper is None or not path.is_file():
            continue
        read = subprocess.run([helper, "cat-file", path], capture_output=True, check=True)
        return split_stanzas(read.stdout)[::STEP]
    return []


def stanzas(kind: str) -> list[bytes]:
    sample = split_stanzas((DATA / kind).read_bytes())
    assert len(sample) >= 3
    return sample + from_apt(kind)


@pytest.mark.programs
def test_packages() -> None:
    for stanza in stanzas("Packages"):
        ours, theirs = BinaryStanza.parse(stanza), Packages(stanza)
        assert ours.name == theirs["Package"]
        assert ours.version == theirs["Version"]
        assert ours.architecture == theirs["Architecture"]
        assert ours.path == theirs["Filename"]
        assert ours.checksums.size == int(theirs["Size"])
        assert ours.checksums.sha256 is not None
        assert ours.checksums.sha256.hex == theirs["SHA256"]
        assert ours.checksums.md5 == theirs.get("MD5sum")
        assert ours.source == theirs.source
        assert ours.source_version == str(theirs.source_version)
        assert ours.essential == (theirs.get("Essential") == "yes")
        assert ours.multi_arch == theirs.get("Multi-Arch", "")
        for name in ("Depends", "Description", "Provides", "Tag"):
            assert ours.field(name) == " ".join(theirs.get(name, "").split())


@pytest.mark.filterwarnings("ignore")
def test_sources() -> None:
    for stanza in stanzas("Sources"):
        ours, theirs = SourceStanza.parse(stanza), Sources(stanza)
        assert (ours.name, ours.version) == (theirs["Package"], theirs["Version"])
        assert ours.directory == theirs["Directory"]
        assert ours.format == theirs["Format"]
        assert list(ours.binaries) == theirs["Binary"].replace(",", " ").split()
        by_name = {file.name: file.checksums for file in ours.files}
        assert {
            (row["name"], row["sha256"], int(row["size"])) for row in theirs["Checksums-Sha256"]
        } == {(n, c.sha256.hex if c.sha256 else "", c.size) for n, c in by_name.items()}
