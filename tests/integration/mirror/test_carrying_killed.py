# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGKILL the fetch of a closure, or the import of a bundle, in any state; again, and all is well.

A few points in `make test`, many in `make drill`, in processes that announce each state.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapshot.digest import Digest
from tests.faulty_upstream import FaultyUpstream
from tests.integration.mirror.test_sync_killed import points
from tests.mirror.closure_bench import INSTALLED, ClosureBench
from tests.mirror.mirror_bench import open_catalogue
from tests.openpgp import ThrowawayKey
from tests.small_archive import SmallArchive, World, worlds
from tests.sync_place import Place
from tests.warm_python import TOP, WarmPython

FIRST, SECOND, _ = worlds(10, size=60_000)
NEEDS = [[deb.name, deb.version, "amd64"] for deb in FIRST.debs[2:8]]
pytestmark = pytest.mark.timeout(1800)
#: All that there are, some hundred, in the drill.
COUNTS = pytest.mark.parametrize("count", [8, pytest.param(200, marks=pytest.mark.drill)])


def kill_everywhere(room: Path, bench: Place, count: int) -> None:
    """The undisturbed end, then the same after every kill."""
    reference = bench.at(*_fresh(room / "whole"))
    states = reference.run_until(None)
    expected = reference.content()
    assert any(row.startswith("closures") for row in expected[0])
    killed = set()
    tried = points(states, count)
    for number, point in enumerate(tried):
        place = bench.at(*_fresh(room / f"killed-{number}"))
        if point.hit(place.run_until(point)):
            killed.add(point)
        stored = place.stored()
        place.upstream.requests.clear()
        place.run()
        assert place.content() == expected, f"killed at {point}"
        assert place.leftovers() == [], f"killed at {point}"
        held = [deb.path for deb in FIRST.debs if Digest.of(deb.data) in stored]
        again = [path for path, _ in place.upstream.requests if path.endswith(tuple(held))]
        assert not (held and again), f"killed at {point}: {again} came twice"
        shutil.rmtree(place.root)
    states_hit = {point.state for point in killed}
    print(f"killed at {len(killed)} points in {len(states_hit)} of {len(set(states))} states")
    assert len(killed) >= 0.7 * len(tried)


def _fresh(root: Path) -> tuple[Path, str]:
    root.mkdir(parents=True)
    database = open_catalogue(url := f"sqlite:///{root}/catalogue.sqlite")
    database.close()
    return root, url


@pytest.fixture
def keyring(tmp_path: Path, throwaway_key: ThrowawayKey) -> Path:
    path = tmp_path / "keyring.gpg"
    path.write_bytes(throwaway_key.public())
    return path


@pytest.fixture
def upstream(throwaway_key: ThrowawayKey) -> Iterator[FaultyUpstream]:
    archive = SmallArchive(throwaway_key)
    for stamp, world in (("20260711T120000Z", FIRST), ("20260901T010203Z", SECOND)):
        archive.publish_dated(stamp, World(world.debs, world.sources, world.date))
    with FaultyUpstream(archive.files) as server:
        yield server


@COUNTS
def test_a_closure_that_was_killed_is_whole_the_next_time(
    tmp_path: Path, upstream: FaultyUpstream, keyring: Path, python: WarmPython, count: int
) -> None:
    more = {"files": "closures", "needs": NEEDS}
    kill_everywhere(tmp_path, Place(tmp_path, "", upstream, keyring, python, more), count)


@COUNTS
def test_an_import_that_was_killed_is_whole_the_next_time(
    tmp_path: Path,
    upstream: FaultyUpstream,
    keyring: Path,
    python: WarmPython,
    throwaway_key: ThrowawayKey,
    count: int,
) -> None:
    (tmp_path / "bench").mkdir()
    bench = ClosureBench(tmp_path / "bench", throwaway_key)
    try:
        bench.sync()
        bench.fetch(definition=bench.define())
        (tmp_path / "bundle").write_bytes(bench.export()[0])
    finally:
        bench.close()
    assert len((tmp_path / "bundle").read_bytes()) > len(INSTALLED) * 60_000
    more = {"bundle": str(tmp_path / "bundle")}
    kill_everywhere(tmp_path, Place(tmp_path, "", upstream, keyring, python, more), count)


def test_a_bundle_goes_through_a_pipe(
    tmp_path: Path, keyring: Path, throwaway_key: ThrowawayKey
) -> None:
    """`bundle export - | bundle import -`, with the operator's own commands."""
    archive = SmallArchive(throwaway_key)
    archive.publish(FIRST)
    program = str(Path(sys.executable).with_name("dejabuild"))
    (tmp_path / "packages").write_text("\n".join(" ".join(words) for words in NEEDS))
    with FaultyUpstream(archive.files) as server:
        config = tmp_path / "here.toml"
        config.write_text(
            f'[server]\ndata = "{tmp_path}/here"\n[archive.debian]\nfiles = "closures"\n'
            f'upstreams = ["{server.url}"]\nsuites = ["bookworm"]\nkeyring = "{keyring}"\n'
            f'[closure.wanted]\ndpkg_lists = ["{tmp_path}/packages"]\n'
        )
        here = ["--config", str(config)]
        done = subprocess.run(
            [program, "mirror", "sync", *here], capture_output=True, text=True, check=True
        )
    assert f"closure wanted: {len(NEEDS)} files fetched" in done.stdout
    export = [program, "bundle", "export", "--closure", "wanted", "-", *here]
    there = ["--data", str(tmp_path / "there"), "--keyring", str(keyring)]
    with subprocess.Popen(export, stdout=subprocess.PIPE, cwd=TOP) as exporting:
        done = subprocess.run(
            [program, "bundle", "import", "-", *there],
            stdin=exporting.stdout,
            capture_output=True,
            text=True,
            check=False,
            cwd=TOP,
        )
    assert (exporting.returncode, done.returncode) == (0, 0), done.stderr
    assert f"closure wanted: {len(NEEDS)} files, complete" in done.stdout
