# SPDX-License-Identifier: GPL-3.0-or-later
"""Swift with its S3 API on loopback: a second, independent S3 service for drills.

Five processes of Debian's packages (`debian-tools.txt`, purpose `drill`) over one directory, with
configuration of their own; nothing of /etc/swift is read.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from storage.blobs.bucket import Credentials
from tests.object_stores import ObjectServer, free_ports, make_bucket, running

USER = Credentials("test:tester", "testing")

_SERVER = """
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = root
swift_dir = {home}/etc
devices = {home}/srv
mount_check = false
disable_fallocate = true
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
[{kind}-replicator]
[{kind}-updater]
[{kind}-auditor]
"""
_PROXY = """
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = root
swift_dir = {home}/etc
[pipeline:main]
pipeline = catch_errors cache s3api tempauth slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{cache}
[filter:s3api]
use = egg:swift#s3api
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
"""


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.fail(f"{name} is missing: `make drill` installs it", pytrace=False)
    return found


def _make_ring(home: Path, kind: str, port: int) -> None:
    builder = [_program("swift-ring-builder"), str(home / "etc" / f"{kind}.builder")]
    for words in (
        ["create", "4", "1", "1"],
        ["add", f"r1z1-127.0.0.1:{port}/d1", "1"],
        ["rebalance"],
    ):
        subprocess.run([*builder, *words], check=True, capture_output=True)


@contextmanager
def swift_server(home: Path) -> Iterator[ObjectServer]:
    """Swift for the block."""
    (home / "etc").mkdir()
    (home / "srv/d1").mkdir(parents=True)
    (home / "etc/swift.conf").write_text(
        "[swift-hash]\nswift_hash_path_suffix = tests\nswift_hash_path_prefix = tests\n"
        "[storage-policy:0]\nname = only\ndefault = yes\n"
    )
    *ports, proxy, cache = free_ports(5)
    with ExitStack() as stack:
        memcached = [_program("memcached"), "-u", "root", "-l", "127.0.0.1", "-p", str(cache)]
        stack.enter_context(running(memcached, None, home, "memcached"))
        for kind, port in zip(("account", "container", "object"), ports, strict=True):
            _make_ring(home, kind, port)
            config = home / "etc" / f"{kind}-server.conf"
            config.write_text(_SERVER.format(home=home, port=port, kind=kind))
            command = [_program(f"swift-{kind}-server"), str(config)]
            stack.enter_context(running(command, f"http://127.0.0.1:{port}", home, kind))
        config = home / "etc/proxy-server.conf"
        config.write_text(_PROXY.format(home=home, port=proxy, cache=cache))
        endpoint = f"http://127.0.0.1:{proxy}"
        command = [_program("swift-proxy-server"), str(config)]
        stack.enter_context(running(command, endpoint, home, "proxy"))
        server = ObjectServer(endpoint, USER)
        make_bucket(server.bucket("shared"))
        yield server
