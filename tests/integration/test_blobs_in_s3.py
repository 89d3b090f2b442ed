# SPDX-License-Identifier: GPL-3.0-or-later
"""An archive whose blobs lie in a bucket: mirrored, served, installed from by real programs."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import obstore
import pytest
import requests

from ops.demo.servants import Servants, program, wait_until
from snapshot.digest import Digest
from storage.blobs import describe
from storage.blobs.bucket import Bucket
from storage.blobs.local import blob_name
from storage.blobs.s3 import S3Blobs
from tests.object_stores import KEY, SECRET, ObjectServer
from tests.ops.conftest import STAMPS, Upstream
from tests.private_apt import private_apt, run_apt

pytestmark = pytest.mark.timeout(200)


@pytest.fixture
def place(seaweed: ObjectServer) -> Bucket:
    return seaweed.place()


def write_config(upstream: Upstream, place: Bucket, folder: Path, extra: str = "") -> Path:
    address = f'blobs = "{place}"\nblobs_endpoint = "{place.endpoint}"\n{extra}'
    data = folder / "data"
    data.mkdir(exist_ok=True)
    (data / "s3-credentials").write_text(
        f"AWS_ACCESS_KEY_ID={KEY}\nAWS_SECRET_ACCESS_KEY={SECRET}\n"
    )
    return upstream.settings(folder, server=address)


def run(*words: str, config: Path) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    command = [program(), *words, "--config", str(config)]
    return subprocess.run(command, env=clean, capture_output=True, text=True, check=False)


def sync(config: Path) -> subprocess.CompletedProcess[str]:
    return run("mirror", "sync", config=config)


@contextmanager
def serving(config: Path, folder: Path) -> Iterator[str]:
    address = config.parent / "data/run/address"
    with Servants(folder / "log") as servants:
        server = servants.start("serve", ["serve", "--config", str(config)])
        wait_until(
            address.exists,
            [server],
            clock=time.monotonic,
            sleep=time.sleep,
            timeout=60,
            what="the server",
        )
        yield address.read_text("utf-8").strip()


@pytest.mark.parametrize("redirect", [False, True])
def test_apt_installs_from_an_archive_in_a_bucket(
    small_upstream: Upstream, place: Bucket, tmp_path: Path, *, redirect: bool
) -> None:
    extra = "redirect = true\n" if redirect else ""
    config = write_config(small_upstream, place, tmp_path, extra)
    done = sync(config)
    assert done.returncode == 0, done.stderr
    data = tmp_path / "data"
    store = S3Blobs(place, data / "spool")
    blobs = list(store)
    assert len(blobs) > 20
    assert [describe(store, digest).digest for digest in blobs] == blobs
    for empty in ("blobs", "archive", "spool"):  # nothing stays on this machine
        left = [path for path in (data / empty).rglob("*") if path.is_file()]
        assert [path for path in left if path.name != "lock"] == []

    deb = next(deb for deb in small_upstream.world.debs if deb.architecture == "amd64")
    with serving(config, tmp_path) as url:
        base = f"{url}/archive/debian/{STAMPS[-1]}"
        source = f"deb [signed-by={small_upstream.keyring}] {base} bookworm main\n"
        apt = private_apt(tmp_path / "apt", source)
        done = run_apt(tmp_path / "apt", [*apt, "update"])
        assert done.returncode == 0, done.stderr
        done = run_apt(tmp_path / "apt", [*apt, "download", f"{deb.name}={deb.version}"])
        assert done.returncode == 0, done.stderr
        (downloaded,) = (tmp_path / "apt/work").iterdir()
        assert downloaded.read_bytes() == deb.data

        answer = requests.get(f"{base}/{deb.path}", timeout=30, allow_redirects=False)
        part = requests.get(f"{base}/{deb.path}", headers={"Range": "bytes=100-199"}, timeout=30)
        assert (part.status_code, part.content) == (206, deb.data[100:200])
        if redirect:
            assert answer.status_code == 302
            assert answer.headers["Location"].startswith(f"{place.endpoint}/{place.name}/")
        else:
            assert answer.content == deb.data
            assert part.headers["ETag"] == answer.headers["ETag"]
            assert part.headers["Content-Range"] == f"bytes 100-199/{len(deb.data)}"


def test_a_sync_whose_bucket_is_missing_says_so_and_publishes_nothing(
    small_upstream: Upstream, seaweed: ObjectServer, tmp_path: Path
) -> None:
    config = write_config(small_upstream, seaweed.bucket("there-is-none"), tmp_path)
    done = sync(config)
    assert done.returncode == 78
    assert "no such bucket" in done.stderr
    assert "Traceback" not in done.stderr
    status = [program(), "mirror", "status", "--config", str(config)]
    said = subprocess.run(status, capture_output=True, text=True, check=True).stdout
    assert "no run yet" in said


def test_a_sync_killed_at_any_time_is_finished_by_the_same_command(
    small_upstream: Upstream, place: Bucket, tmp_path: Path
) -> None:
    config = write_config(small_upstream, place, tmp_path)
    command = [program(), "mirror", "sync", "--config", str(config)]
    killed = 0
    for tenths in (8, 12, 16):
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as child:
            try:
                child.wait(tenths / 10)
            except subprocess.TimeoutExpired:
                child.kill()
                killed += 1
        store = S3Blobs(place, tmp_path / "other-spool")
        for digest in store:
            assert describe(store, digest).digest == digest
    assert killed
    done = sync(config)
    assert done.returncode == 0, done.stderr

    undisturbed = tmp_path / "undisturbed"
    undisturbed.mkdir()
    other = Bucket(
        place.name, place.credentials, f"{place.prefix}-other", place.endpoint, place.region
    )
    done = sync(write_config(small_upstream, other, undisturbed))
    assert done.returncode == 0, done.stderr
    spool = undisturbed / "spool"
    assert list(S3Blobs(place, spool)) == list(S3Blobs(other, spool))


def test_damage_in_a_bucket_is_found_put_aside_and_mended(
    small_upstream: Upstream, place: Bucket, tmp_path: Path
) -> None:
    config = write_config(small_upstream, place, tmp_path)
    assert sync(config).returncode == 0
    deb = next(deb for deb in small_upstream.world.debs if deb.architecture == "amd64")
    digest = Digest.of(deb.data)
    client = place.open()
    rotten = b"bit rot" + deb.data[7:]
    obstore.put(client, blob_name(digest), rotten)

    done = run("storage", "scrub", "--json", config=config)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["healed"] == [str(digest)]
    assert bytes(obstore.get(client, f"quarantine/{digest.hex}").bytes()) == rotten
    assert bytes(obstore.get(client, blob_name(digest)).bytes()) == deb.data

    obstore.delete(client, blob_name(digest))
    done = run("mirror", "verify", config=config)
    assert done.returncode == 76
    assert f"{deb.path}: blob: {digest} is not in the store" in done.stdout
    assert run("mirror", "verify", "--repair", config=config).returncode == 0
    assert run("mirror", "verify", "--deep", config=config).returncode == 0

    done = run("storage", "stats", "--json", config=config)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["blobs"]["count"] == len(list(S3Blobs(place, tmp_path / "spool")))
    assert found["orphans"]["count"] == 0
