# SPDX-License-Identifier: GPL-3.0-or-later
"""Both databases for every test that touches one: SQLite files and a private PostgreSQL server.

A pytest plugin (loaded by `tests/conftest.py`). A test that asks for `database_urls` runs twice and
gets fresh, upgraded databases; `empty_database_urls` are not upgraded. Most tests do with opened
ones that are emptied before them (`tests/kept_databases.py`).

Every test process starts its own server when it first needs one: as user postgres, under a
temporary directory, on a Unix socket and a random loopback port, without touching any cluster of
the machine. It is ended by its process id; when the tests are killed the kernel ends it.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Literal

import psycopg
import pytest

from storage.database import Database, Kind

Backend = Literal["sqlite", "postgresql"]
#: The same as parameters of a fixture: what needs the server can be told from what does not.
BACKENDS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql))

_BINARIES = Path("/usr/lib/postgresql/15/bin")
_USER = "postgres"
_NAMES = count()
# Durability is what tests never need: the data directory is thrown away.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    # Benchmarks ask for what a server of that size has; tests need little.
    "shared_buffers": os.environ.get("DEJABUILD_TEST_SHARED_BUFFERS", "64MB"),
    "max_connections": "100",
    "autovacuum": "off",
    "listen_addresses": "127.0.0.1",
}


@dataclass(frozen=True)
class DatabaseUrls:
    """Where a test's two databases are."""

    backend: Backend
    catalogue: str
    ledger: str

    def of(self, kind: Kind) -> str:
        return self.catalogue if kind == "catalogue" else self.ledger


@dataclass
class Cluster:
    """A running PostgreSQL server."""

    home: Path
    port: int
    process: subprocess.Popen[bytes]

    def url(self, name: str) -> str:
        return f"postgresql://{_USER}@127.0.0.1:{self.port}/{name}"

    def run(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def create(self, template: str) -> str:
        name = f"test_{next(_NAMES)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def drop(self, name: str) -> None:
        self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def vanish(self) -> None:
        """End it at once, as a crash does: sessions are cut off, nothing is written any more."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)

    def come_back(self) -> None:
        """Start it again at the same address, if it has ended."""
        if self.process.poll() is not None:
            self.process = _start(self.home, self.port).process


def _binary(name: str) -> str:
    path = _BINARIES / name
    if not path.exists():
        pytest.fail(
            f"{path} is missing: PostgreSQL 15 is one of our two databases.\n"
            "  apt-get install --no-install-recommends postgresql-15",
            pytrace=False,
        )
    return str(path)


def _as_postgres(*command: str) -> list[str]:
    """A command as the server's user, which ends when this process does."""
    drop = ["setpriv", "--pdeathsig", "INT"]
    if os.geteuid() == 0:
        drop += ["--reuid", _USER, "--regid", _USER, "--clear-groups"]
    return [*drop, "--", *command]


def _memory() -> str | None:
    """A directory in memory, where making a database takes a twentieth of the time."""
    shared = Path("/dev/shm")
    if os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > 1 << 30:
        return str(shared)
    return None


def _remove_leftovers() -> None:
    """Directories of tests that were killed: the kernel ended their server, nobody tidied up."""
    for folder in Path(_memory() or tempfile.gettempdir()).glob("dejabuild-postgresql-*"):
        with suppress(OSError):
            ended = not (folder / "data" / "postmaster.pid").exists()
            # A young one is just being made.
            if ended and time.time() - folder.stat().st_mtime > 600:
                shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _start(home: Path, port: int | None = None) -> Cluster:
    # Between choosing a free port and listening on it somebody else may take it.
    for port in [port or _free_port() for _ in range(5)]:
        words = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
        log = home / "server.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                _as_postgres(
                    _binary("postgres"), "-D", str(home / "data"), "-k", str(home),
                    "-p", str(port), *words,
                ),
                stdout=output,
                stderr=output,
                cwd=home,
            )  # fmt: skip
        cluster = Cluster(home, port, process)
        while process.poll() is None:
            try:
                psycopg.connect(cluster.url("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return cluster
    pytest.fail(f"PostgreSQL does not start:\n{log.read_text(errors='replace')}", pytrace=False)


def _stop(cluster: Cluster) -> None:
    cluster.process.send_signal(signal.SIGINT)  # "fast": ends sessions, then itself
    try:
        cluster.process.wait(30)
    except subprocess.TimeoutExpired:
        cluster.process.kill()
        cluster.process.wait()


@contextmanager
def private_cluster() -> Iterator[Cluster]:
    """A server of one's own with a database `template_dejabuild` that holds both schemas."""
    _remove_leftovers()
    # pytest's own temporary directories are closed to other users, and the server is one.
    home = Path(tempfile.mkdtemp(prefix="dejabuild-postgresql-", dir=_memory()))
    try:
        if os.geteuid() == 0:
            shutil.chown(home, _USER, _USER)
        subprocess.run(
            _as_postgres(
                _binary("initdb"), "-D", str(home / "data"), "-U", _USER, "-A", "trust",
                "--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions",
            ),
            check=True, stdout=subprocess.DEVNULL, cwd=home,
        )  # fmt: skip
        cluster = _start(home)
        try:
            cluster.run("CREATE DATABASE template_dejabuild TEMPLATE template0")
            _upgrade_both(
                *[cluster.url("template_dejabuild")] * 2,
            )
            yield cluster
        finally:
            _stop(cluster)
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_cluster() -> Iterator[Cluster]:
    """The server of this test process."""
    with private_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def sqlite_templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with both databases upgraded, to be copied."""
    folder = tmp_path_factory.mktemp("sqlite-templates")
    _upgrade_both(f"sqlite:///{folder}/catalogue.sqlite", f"sqlite:///{folder}/ledger.sqlite")
    return folder


def _upgrade_both(catalogue: str, ledger: str) -> None:
    for url, kind in ((catalogue, "catalogue"), (ledger, "ledger")):
        database = Database.open(url, "catalogue" if kind == "catalogue" else "ledger")
        database.upgrade()
        database.close()


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Backend:
    """Which database the test runs on."""
    chosen: Backend = request.param
    return chosen


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """For SQLite files: nothing waits for a disk there."""
    with tempfile.TemporaryDirectory(prefix="dejabuild-sqlite-", dir=_memory()) as folder:
        yield Path(folder)


@pytest.fixture
def sqlite_folder() -> Iterator[Path]:
    """Where a test's SQLite files are."""
    with folder_in_memory() as folder:
        yield folder


@pytest.fixture
def empty_database_urls(backend: Backend, request: pytest.FixtureRequest) -> Iterator[DatabaseUrls]:
    """Databases without any table."""
    if backend == "sqlite":
        yield _sqlite_urls(request.getfixturevalue("sqlite_folder"))
        return
    cluster: Cluster = request.getfixturevalue("postgresql_cluster")
    yield from _postgresql_urls(cluster, "template0")


@pytest.fixture
def database_urls(backend: Backend, request: pytest.FixtureRequest) -> Iterator[DatabaseUrls]:
    """Fresh databases with all tables."""
    if backend == "sqlite":
        templates: Path = request.getfixturevalue("sqlite_templates")
        folder: Path = request.getfixturevalue("sqlite_folder")
        yield copy_sqlite(templates, folder)
        return
    cluster: Cluster = request.getfixturevalue("postgresql_cluster")
    yield from _postgresql_urls(cluster, "template_dejabuild")


def copy_sqlite(templates: Path, folder: Path) -> DatabaseUrls:
    """Put both databases of a folder into another one."""
    for name in ("catalogue.sqlite", "ledger.sqlite"):
        shutil.copyfile(templates / name, folder / name)
    return _sqlite_urls(folder)


def _sqlite_urls(folder: Path) -> DatabaseUrls:
    base = f"sqlite:///{folder}"
    return DatabaseUrls("sqlite", f"{base}/catalogue.sqlite", f"{base}/ledger.sqlite")


def _postgresql_urls(cluster: Cluster, template: str) -> Iterator[DatabaseUrls]:
    name = cluster.create(template)
    try:
        yield DatabaseUrls("postgresql", cluster.url(name), cluster.url(name))
    finally:
        cluster.drop(name)
