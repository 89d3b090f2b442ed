# SPDX-License-Identifier: GPL-3.0-or-later
"""A data directory that is mounted read-only: root may not write there either.

It is bound over itself in a mount namespace of the command's own, so nothing stays mounted.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from storage.catalogue import Catalogue
from storage.database import Database
from tests.faulty_upstream import FaultyUpstream
from tests.openpgp import ThrowawayKey
from tests.small_archive import SmallArchive, worlds

FIRST, SECOND, _ = worlds(4)
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'


class Mirror:
    """A data directory with one run in it, and an upstream with another one."""

    def __init__(self, top: Path, archive: SmallArchive, upstream: FaultyUpstream) -> None:
        self.data, self._config = top / "data", top / "config.toml"
        keyring = top / "keyring.gpg"
        keyring.write_bytes(archive.key.public())
        self._config.write_text(
            f'[server]\ndata = "{self.data}"\n[archive.debian]\nkind = "live"\n'
            f'upstreams = ["{upstream.url}"]\nsuites = ["bookworm"]\nkeyring = "{keyring}"\n'
        )

    def run(self, command: str, *, read_only: Path | None = None) -> tuple[int, str]:
        """The operator's own command; its code and what it said."""
        program = str(Path(sys.executable).with_name("dejabuild"))
        words = [program, "mirror", command, "--config", str(self._config)]
        if read_only is not None:
            shell = ["bash", "-c", READ_ONLY, str(read_only)]
            words = ["unshare", "--mount", "--propagation", "private", *shell, *words]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def runs(self) -> int:
        database = Database.open(f"sqlite:///{self.data}/catalogue.sqlite", "catalogue")
        with closing(database):
            return len(Catalogue(database).run_stamps("debian"))


@pytest.fixture
def mirror(tmp_path: Path, throwaway_key: ThrowawayKey) -> Iterator[Mirror]:
    archive = SmallArchive(throwaway_key)
    archive.publish(FIRST)
    with FaultyUpstream(archive.files) as upstream:
        made = Mirror(tmp_path, archive, upstream)
        code, said = made.run("sync")
        assert code == 0, said
        archive.publish(SECOND)
        yield made


def test_what_is_read_only_is_named_and_what_to_do_and_nothing_is_lost(mirror: Mirror) -> None:
    for command in ("sync", "plan", "status"):
        code, said = mirror.run(command, read_only=mirror.data)
        assert code == 77, said
        assert f"{mirror.data}: the data directory cannot be written" in said
        assert "name another with --data" in said
        assert "Traceback" not in said
    for part in ("blobs", "archive", "run"):
        code, said = mirror.run("sync", read_only=mirror.data / part)
        assert code == 77, said
        assert f"cannot write to {mirror.data / part}" in said
        assert "make the directory writable" in said
        assert "Traceback" not in said
        assert mirror.runs() == 1
    code, said = mirror.run("sync")
    assert code == 0, said
    assert mirror.runs() == 2
