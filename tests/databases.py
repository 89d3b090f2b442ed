# SPDX-License-Identifier: GPL-3.0-or-later
"""Both databases, for real: every test that asks runs once on SQLite and once on PostgreSQL.

PostgreSQL is a private cluster of this test process: made by `initdb`, reached by a socket in a
folder of its own (so no two runs share a port), ended by its own process id. Each test gets a
fresh copy of a migrated template.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.database import Database, Kind, unpooled

KINDS: tuple[Kind, ...] = ("catalogue", "ledger")
_BINARIES = Path("/usr/lib/postgresql")
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "autovacuum": "off",
}


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """Where the two databases of one test are; both are migrated."""

    dialect: str
    catalogue: str
    ledger: str


class Cluster:
    """A running PostgreSQL of our own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self._binaries = _find_binaries()
        self._run("initdb", "-D", str(folder / "data"), "-A", "trust", "-U", "postgres", "-N")
        options = [f"-c{key}={value}" for key, value in _SETTINGS.items()]
        self._server = subprocess.Popen(
            [*_as_postgres(), str(self._binaries / "postgres"), "-D", str(folder / "data"),
             f"-cunix_socket_directories={folder}", *options],
            stdout=subprocess.DEVNULL,
            stderr=(folder / "server.log").open("wb"),
            start_new_session=True,
        )  # fmt: skip
        self._wait()
        self._admin = unpooled(self.url("postgres"))
        self._execute('CREATE DATABASE "template"')
        for kind in KINDS:
            database = Database.open(self.url("template"), kind)
            database.upgrade()
            database.close()

    def url(self, name: str) -> str:
        """Address of one database of this cluster."""
        return f"postgresql://postgres@/{name}?host={self._folder}"

    def fresh(self) -> str:
        """A new copy of the template; answers its name."""
        self._count += 1
        name = f"test{self._count}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "template"')
        return name

    def drop(self, name: str) -> None:
        """Remove a copy, closing what is still connected to it."""
        self._execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def stop(self) -> None:
        """End the server by its id and remove its folder."""
        self._server.send_signal(signal.SIGINT)
        self._server.wait(timeout=30)
        shutil.rmtree(self._folder)

    def _execute(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.execute(text(statement))

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*_as_postgres(), str(self._binaries / program), *arguments],
            capture_output=True, text=True, check=False, cwd="/",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def _wait(self) -> None:
        ready = self._folder / ".s.PGSQL.5432"
        for _ in range(600):
            if ready.exists() and self._accepts():
                return
            assert self._server.poll() is None, (self._folder / "server.log").read_text()
            time.sleep(0.05)
        pytest.fail("PostgreSQL did not become ready within 30 s")

    def _accepts(self) -> bool:
        done = subprocess.run(
            [str(self._binaries / "pg_isready"), "-q", "-h", str(self._folder)], check=False
        )
        return done.returncode == 0


def _find_binaries() -> Path:
    found = sorted(_BINARIES.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        pytest.fail("no PostgreSQL server here: apt-get install --no-install-recommends postgresql")
    return found[-1].parent


def _as_postgres() -> list[str]:
    # The server refuses to run as root.
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]


@pytest.fixture(scope="session")
def postgresql_cluster() -> Iterator[Cluster]:
    """One cluster for each test process."""
    folder = Path(tempfile.mkdtemp(prefix="dejabuild-pg-"))
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    cluster = Cluster(folder)
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both SQLite files, migrated."""
    folder = tmp_path_factory.mktemp("sqlite-template")
    for kind in KINDS:
        database = Database.open(f"sqlite:///{folder / kind}.sqlite", kind)
        database.upgrade()
        database.close()
    return folder


@pytest.fixture(params=["sqlite", "postgresql"])
def database_urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatabaseUrls]:
    """Fresh migrated databases of the dialect this run of the test is about."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        folder = tmp_path / "databases"
        shutil.copytree(template, folder)
        catalogue, ledger = (f"sqlite:///{folder / kind}.sqlite" for kind in KINDS)
        yield DatabaseUrls("sqlite", catalogue, ledger)
        return
    cluster: Cluster = request.getfixturevalue("postgresql_cluster")
    name = cluster.fresh()
    yield DatabaseUrls("postgresql", cluster.url(name), cluster.url(name))
    cluster.drop(name)


@pytest.fixture
def catalogue_database(database_urls: DatabaseUrls) -> Iterator[Database]:
    """The catalogue's database, opened."""
    database = Database.open(database_urls.catalogue, "catalogue")
    yield database
    database.close()


@pytest.fixture
def ledger_database(database_urls: DatabaseUrls) -> Iterator[Database]:
    """The ledger's database, opened."""
    database = Database.open(database_urls.ledger, "ledger")
    yield database
    database.close()
