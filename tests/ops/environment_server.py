# SPDX-License-Identifier: GPL-3.0-or-later
"""A server of the small archive that knows an environment of its packages."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from werkzeug.serving import make_server

from api.app import create_app
from ops.client import ServerClient
from ops.initialize import initialize
from ops.settings import Settings
from ops.wire_parts import wire_services
from snapshot.digest import Digest
from snapshot.environment import Environment, Member
from tests.ops.conftest import Mirrored
from tests.small_archive import Deb


@contextmanager
def served(settings: Settings) -> Iterator[str]:
    """Serve a data directory in this process; give the address."""
    initialize(settings, clock=time.time)
    server = make_server("127.0.0.1", 0, create_app(wire_services(settings)))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True)
class EnvironmentServer:
    """A server, and what it was told of.

    Attributes:
        url: Its address.
        config: A settings file of the same data directory.
        environment: One that it knows.
        debs: Its packages.
    """

    url: str
    config: Path
    environment: Environment
    debs: tuple[Deb, ...]

    @property
    def client(self) -> ServerClient:
        return ServerClient(self.url)

    def record(self, folder: Path, *lacking: str) -> Path:
        """A build record that names these packages, and others that nobody has."""
        named = [f" {deb.name} (= {deb.version})" for deb in self.debs]
        named += [f" {name} (= 1)" for name in lacking]
        path = folder / "tool_1.0_all.buildinfo"
        path.write_text(
            "Format: 1.0\nSource: tool\nBinary: tool\nArchitecture: all\nVersion: 1.0\n"
            f"Checksums-Sha256:\n {Digest.of(b'x')} 1 tool_1.0_all.deb\n"
            "Build-Origin: Debian\nBuild-Architecture: amd64\n"
            f"Installed-Build-Depends:{','.join(chr(10) + one for one in named)}\n"
        )
        return path


@contextmanager
def environment_server(mirrored: Mirrored, folder: Path) -> Iterator[EnvironmentServer]:
    debs = mirrored.upstream.world.debs[:3]
    members = (Member(d.name, d.architecture, d.version, Digest.of(d.data)) for d in debs)
    environment = Environment("deb", frozenset(members))
    ledger = f"sqlite:///{folder}/ledger.sqlite"
    settings = replace(mirrored.settings, server=replace(mirrored.settings.server, ledger=ledger))
    with served(settings) as url:
        made = EnvironmentServer(url, mirrored.config, environment, debs)
        made.client.environment_of(made.record(folder).read_bytes(), name="record")
        yield made
