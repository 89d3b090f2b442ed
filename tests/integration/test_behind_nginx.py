# SPDX-License-Identifier: GPL-3.0-or-later
"""A real nginx with the shipped configuration: alone over the link trees, and before the API."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

import pytest

from api.app import create_app
from ops import cli
from ops.demo.servants import Servants, wait_until
from ops.read_settings import load_settings
from ops.wire_parts import wire_services
from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from storage.blobs import LocalBlobs
from storage.layout import Layout
from tests.house import TOP
from tests.ops.conftest import STAMPS, Mirrored, Upstream, mirrored
from tests.private_apt import private_apt, run_apt
from tests.small_archive import Deb

__all__ = ["mirrored"]

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
]


@dataclass(frozen=True)
class Answer:
    """What a client got."""

    status: int
    headers: Message
    body: bytes


def get(url: str, **headers: str) -> Answer:
    """Ask, with `If_None_Match=…` for a header of that name."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, headers=named), timeout=30
        ) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read())


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


def shipped_site(data: Path, port: int, api: str) -> str:
    """`ops/nginx/dejabuild.conf` with nothing but its places exchanged."""
    text = (TOP / "ops/nginx/dejabuild.conf").read_text("utf-8")
    for ours, theirs in (
        ("server 127.0.0.1:8484;", f"server {api};"),
        ("listen 80;", f"listen 127.0.0.1:{port};"),
        ("listen [::]:80;", ""),
        ("/var/lib/dejabuild", str(data)),
    ):
        assert ours in text, f"the shipped configuration no longer says {ours}"
        text = text.replace(ours, theirs)
    return text


def main_configuration(prefix: Path, site: Path) -> str:
    """Everything else nginx writes or reads, inside one directory."""
    temporary = "".join(
        f"    {kind}_temp_path {prefix}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # Temporary directories of tests are private, so nginx's worker stays who we are.
    user = "user root;\n" if os.geteuid() == 0 else ""
    return (
        f"{user}daemon off;\nworker_processes 1;\npid {prefix}/nginx.pid;\n"
        f"error_log {prefix}/error.log;\nevents {{ }}\n"
        f"http {{\n    access_log {prefix}/access.log;\n{temporary}    include {site};\n}}\n"
    )


@contextmanager
def nginx(prefix: Path, data: Path, *, api: str) -> Iterator[str]:
    """A private nginx until the block ends; gives its address."""
    assert NGINX is not None
    prefix.mkdir()
    port = free_port()
    (prefix / "site.conf").write_text(shipped_site(data, port, api))
    (prefix / "nginx.conf").write_text(main_configuration(prefix, prefix / "site.conf"))
    process = subprocess.Popen(
        [NGINX, "-p", prefix, "-c", prefix / "nginx.conf", "-e", prefix / "error.log"],
        stderr=subprocess.PIPE,
    )
    try:
        until(lambda: accepts(port) or process.poll() is not None)
        assert process.poll() is None, (prefix / "error.log").read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=30)


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(scope="module")
def alone(mirrored: Mirrored, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """nginx over the data directory of a mirror; the address of the API answers nobody."""
    prefix = tmp_path_factory.mktemp("alone") / "nginx"
    data = mirrored.config.parent / "data"
    with nginx(prefix, data, api=f"127.0.0.1:{free_port()}") as url:
        yield url


@pytest.fixture(scope="module")
def in_front(mirrored: Mirrored, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """nginx before a real `dejabuild serve` with `accel_prefix`."""
    folder = tmp_path_factory.mktemp("in-front")
    data = mirrored.config.parent / "data"
    config = folder / "config.toml"
    config.write_text(
        mirrored.config.read_text().replace("[server]\n", '[server]\naccel_prefix = "/blobs/"\n')
    )
    with Servants(folder / "log") as servants:
        address = data / "run/address"
        address.unlink(missing_ok=True)
        server = servants.start("serve", ["serve", "--config", str(config)])
        wait_until(
            address.exists,
            [server],
            clock=time.monotonic,
            sleep=time.sleep,
            timeout=60,
            what="the server",
        )
        api = address.read_text("utf-8").strip().removeprefix("http://")
        with nginx(folder / "nginx", data, api=api) as url:
            yield url


def a_deb(mirrored: Mirrored) -> Deb:
    return next(deb for deb in mirrored.upstream.world.debs if deb.architecture == "amd64")


def test_apt_installs_from_the_link_trees_with_no_python_running(
    alone: str, mirrored: Mirrored, tmp_path: Path
) -> None:
    deb = a_deb(mirrored)
    base = f"{alone}/archive/debian/{STAMPS[-1]}"
    source = f"deb [signed-by={mirrored.upstream.keyring}] {base} bookworm main\n"
    apt = private_apt(tmp_path / "apt", source)
    done = run_apt(tmp_path / "apt", [*apt, "update"])
    assert done.returncode == 0, done.stderr
    done = run_apt(tmp_path / "apt", [*apt, "download", f"{deb.name}={deb.version}"])
    assert done.returncode == 0, done.stderr
    (downloaded,) = (tmp_path / "apt/work").iterdir()
    assert downloaded.read_bytes() == deb.data


def test_apt_refuses_the_link_trees_without_the_archives_key(
    alone: str, mirrored: Mirrored, tmp_path: Path
) -> None:
    (tmp_path / "other.gpg").touch()
    base = f"{alone}/archive/debian/{STAMPS[-1]}"
    source = f"deb [signed-by={tmp_path}/other.gpg] {base} bookworm main\n"
    apt = private_apt(tmp_path / "apt", source)
    done = run_apt(tmp_path / "apt", [*apt, "update"])
    assert done.returncode != 0
    assert "NO_PUBKEY" in done.stderr or "not signed" in done.stderr


def test_a_download_from_the_link_trees_is_resumed(alone: str, mirrored: Mirrored) -> None:
    deb = a_deb(mirrored)
    url = f"{alone}/archive/debian/{STAMPS[-1]}/{deb.path}"
    whole = get(url)
    assert (whole.status, whole.body) == (200, deb.data)
    assert whole.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    rest = get(url, Range="bytes=100-", If_Range=whole.headers["ETag"])
    assert (rest.status, rest.body) == (206, deb.data[100:])
    rest = get(url, Range="bytes=100-", If_Range=whole.headers["Last-Modified"])
    assert (rest.status, rest.body) == (206, deb.data[100:])


def test_a_reused_name_whose_bytes_are_not_here_is_never_answered_with_another_runs(
    tmp_path: Path,
) -> None:
    first, second, path = Digest.of(b"first"), Digest.of(b"second"), "pool/main/a/a_1_all.deb"
    older, newer = Timestamp.parse(STAMPS[0]), Timestamp.parse(STAMPS[1])
    data = tmp_path / "data"
    blobs = LocalBlobs(data / "blobs")
    blobs.add([b"first"])
    blobs.close()
    layout = Layout(data / "archive", data / "blobs")
    for stamp, digest in ((older, first), (newer, second)):
        layout.link_files("debian", [(path, digest)])
        layout.place_run("debian", stamp, {}, meaning={path: digest}.get)
    with nginx(tmp_path / "nginx", data, api=f"127.0.0.1:{free_port()}") as url:
        assert get(f"{url}/archive/debian/{older}/{path}").body == b"first"
        assert get(f"{url}/archive/debian/{newer}/{path}").status == 502, "the API is asked"


def test_a_removed_run_is_nobodys_however_it_is_served(
    small_upstream: Upstream, tmp_path: Path
) -> None:
    config = small_upstream.settings(tmp_path)
    assert cli.run(["mirror", "sync", "--config", str(config)]) == 0
    with_rules = config.read_text().replace("[worker]", 'keep = ["yearly for ever"]\n[worker]')
    config.write_text(with_rules)
    command = ["storage", "gc", "--yes", "--grace", "0", "--force", "--config", str(config)]
    assert cli.run(command) == 0
    path = "dists/bookworm/InRelease"
    with nginx(tmp_path / "nginx", tmp_path / "data", api=f"127.0.0.1:{free_port()}") as url:
        for stamp in (STAMPS[0], STAMPS[2]):
            assert get(f"{url}/archive/debian/{stamp}/{path}").status == 200
        assert get(f"{url}/archive/debian/{STAMPS[1]}/{path}").status == 502, "the API is asked"
    settings = load_settings(config=config, environ={})
    client = create_app(wire_services(settings)).test_client()
    answer = client.get(f"/archive/debian/{STAMPS[1]}/{path}")
    assert answer.status_code == 410
    nearest = f"/archive/debian/{STAMPS[0]}/{path}"
    assert f'<{nearest}>; rel="predecessor-version"' in answer.headers["Link"]


@pytest.mark.parametrize(
    "path",
    [
        "keys/good.key",
        "catalogue.sqlite",
        "auth-cookie",
        "archive/../auth-cookie",
        "archive/debian/20261101T000000Z/pool/../../../../auth-cookie",
        "archive/debian/20261101T000000Z/pool/%2e%2e/%2e%2e/%2e%2e/%2e%2e/auth-cookie",
        "blobs../auth-cookie",
    ],
)
def test_nothing_else_of_the_data_directory_is_served(alone: str, path: str) -> None:
    assert get(f"{alone}/{path}").status in (400, 502), "nginx has no file, and the API is away"


def test_the_api_hands_its_files_to_nginx(in_front: str, mirrored: Mirrored) -> None:
    deb = a_deb(mirrored)
    digest = Digest.of(deb.data)
    url = f"{in_front}/file/{digest}/{deb.path.rpartition('/')[2]}"
    whole = get(url)
    assert (whole.status, whole.body) == (200, deb.data)
    assert whole.headers["Content-Length"] == str(len(deb.data))
    assert whole.headers["Content-Type"] == "application/octet-stream"
    assert whole.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert whole.headers["Repr-Digest"].startswith("sha-256=:")
    assert "X-Accel-Redirect" not in whole.headers
    for condition in ({}, {"If_Range": f'"{digest}"'}):
        part = get(url, Range="bytes=100-199", **condition)
        assert (part.status, part.body) == (206, deb.data[100:200])
        assert part.headers["Content-Range"] == f"bytes 100-199/{len(deb.data)}"
    part = get(url, Range="bytes=100-199", If_Range='"other"')
    assert (part.status, part.body) == (200, deb.data)


def test_the_validator_of_a_file_by_digest_is_its_digest(in_front: str, mirrored: Mirrored) -> None:
    digest = Digest.of(a_deb(mirrored).data)
    url = f"{in_front}/file/{digest}"
    whole = get(url)
    assert whole.headers.get_all("ETag") == [f'"{digest}"']
    same = get(url, If_None_Match=whole.headers["ETag"])
    assert (same.status, same.body, same.headers["ETag"]) == (304, b"", f'"{digest}"')
    assert get(url, If_Modified_Since=whole.headers["Last-Modified"]).status == 304


@pytest.mark.usefixtures("in_front")
def test_the_api_itself_sends_only_where_the_file_lies(mirrored: Mirrored) -> None:
    data = mirrored.config.parent / "data"
    address = (data / "run/address").read_text("utf-8").strip()
    answer = get(f"{address}/file/{Digest.of(a_deb(mirrored).data)}")
    assert answer.body == b""
    assert answer.headers["X-Accel-Redirect"].startswith("/blobs/")


def test_the_internal_location_is_404_from_outside(in_front: str, mirrored: Mirrored) -> None:
    digest = Digest.of(a_deb(mirrored).data).hex
    place = f"{digest[:2]}/{digest[2:4]}/{digest}"
    for path in (f"blobs/{place}", f"//blobs/{place}", f"file/../blobs/{place}"):
        answer = get(f"{in_front}/{path}")
        assert answer.status == 404, path


def test_what_the_trees_do_not_hold_the_api_answers(in_front: str, mirrored: Mirrored) -> None:
    deb = a_deb(mirrored)
    assert get(f"{in_front}/archive/debian/now/{deb.path}").body == deb.data
    listing = get(f"{in_front}/archive/debian/{STAMPS[-1]}/dists/")
    assert listing.status == 200
    assert b"bookworm" in listing.body
    missing = get(f"{in_front}/archive/debian/{STAMPS[-1]}/pool/main/n/none/none_1_all.deb")
    assert missing.status == 404
    assert get(f"{in_front}/mr/timestamp/").status == 200
