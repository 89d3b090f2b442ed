# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive half over a real catalogue and memory blobs, with small archives written as words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.app import create_app
from api.archive_services import ArchiveServices
from api.services import Limits, Services, Web
from snapshot.coordinates import Coordinates
from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from storage.blobs import Blob, BlobStore, MemoryBlobs
from storage.catalogue import Catalogue
from storage.catalogue.records import ReleaseRecord
from storage.database import Database

NOW = Timestamp.parse("20261120T120000Z")


class Client(FlaskClient):
    """Reads every answer to its end, as a client does."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return super().open(*args, **{"buffered": True, **kwargs})


def deb(name: str, version: str, architecture: str = "amd64", *, source: str = "") -> bytes:
    """The bytes of a package; nobody here opens it."""
    return f"deb {name} {version} {architecture} {source}".encode()


def binary_stanza(
    name: str, version: str, architecture: str = "amd64", *, source: str = "", sha1: bool = True
) -> bytes:
    """Its stanza in an index."""
    data = deb(name, version, architecture, source=source)
    plain = version.rpartition(":")[2]
    lines = [f"Package: {name}"]
    if source:
        lines.append(f"Source: {source}")
    lines += [
        f"Version: {version}",
        f"Architecture: {architecture}",
        f"Filename: pool/main/{name[0]}/{name}/{name}_{plain}_{architecture}.deb",
        f"Size: {len(data)}",
        f"MD5sum: {hashlib.md5(data).hexdigest()}",
    ]
    if sha1:
        lines.append(f"SHA1: {hashlib.sha1(data).hexdigest()}")
    lines += [f"SHA256: {hashlib.sha256(data).hexdigest()}", f"Description: {name}"]
    return "\n".join(lines).encode()


def source_stanza(name: str, version: str, files: Mapping[str, bytes]) -> bytes:
    """A stanza of a Sources index; the files are those given."""
    rows = [
        (
            hashlib.md5(data).hexdigest(),
            hashlib.sha1(data).hexdigest(),
            Digest.of(data),
            len(data),
            n,
        )
        for n, data in files.items()
    ]
    lists = {
        "Files": [f" {md5} {size} {n}" for md5, _, _, size, n in rows],
        "Checksums-Sha1": [f" {sha1} {size} {n}" for _, sha1, _, size, n in rows],
        "Checksums-Sha256": [f" {sha256} {size} {n}" for _, _, sha256, size, n in rows],
    }
    lines = [
        f"Package: {name}",
        f"Binary: {name}",
        f"Version: {version}",
        "Architecture: any",
        f"Directory: pool/main/{name[0]}/{name}",
    ]
    for title, items in lists.items():
        lines += [f"{title}:", *items]
    return "\n".join(lines).encode()


@dataclass
class Suite:
    """What one suite holds at one time: architecture to stanzas, and other files below it."""

    stanzas: Mapping[str, Iterable[bytes]]
    files: Mapping[str, bytes] = field(default_factory=dict)
    component: str = "main"
    aliases: tuple[str, ...] = ()


@dataclass
class ArchiveServer:
    """Everything a test needs: the store, the catalogue, the application."""

    catalogue: Catalogue
    blobs: BlobStore
    app: Flask

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def keep(self, data: bytes) -> Blob:
        blob = self.blobs.add([data])
        self.catalogue.record_blob(blob)
        return blob

    def add_run(
        self,
        archive: str,
        stamp: str,
        suites: Mapping[str, Suite],
        *,
        aliases: tuple[str, ...] = (),
    ) -> None:
        """Publish a run of these suites."""
        at = Timestamp.parse(stamp)
        draft = self.catalogue.begin_run(
            archive,
            at,
            trust="release",
            origin="test",
            aliases=[Timestamp.parse(alias) for alias in aliases],
        )
        for name, suite in suites.items():
            indices = {
                architecture: b"\n\n".join(stanzas) + b"\n"
                for architecture, stanzas in suite.stanzas.items()
            }
            files = {_index_path(suite.component, a): data for a, data in indices.items()}
            files |= suite.files
            files.setdefault("InRelease", _release(name, at, files))
            kept = {path: self.keep(data) for path, data in files.items()}
            self.catalogue.stage_release(
                draft,
                ReleaseRecord(
                    suite=name,
                    inrelease=kept["InRelease"].digest,
                    date=at,
                    files={path: (blob.digest, blob.size) for path, blob in kept.items()},
                    aliases=suite.aliases,
                ),
            )
            for architecture, data in indices.items():
                self.catalogue.stage_index(
                    draft,
                    Coordinates(archive, name, suite.component, architecture),
                    Digest.of(data),
                    [data],
                )
        self.catalogue.publish(draft)


def _index_path(component: str, architecture: str) -> str:
    if architecture == "source":
        return f"{component}/source/Sources"
    return f"{component}/binary-{architecture}/Packages"


def _release(name: str, at: Timestamp, files: Mapping[str, bytes]) -> bytes:
    rows = [f" {Digest.of(data)} {len(data)} {path}" for path, data in files.items()]
    date = format_datetime(at.datetime())
    return "\n".join([f"Suite: {name}", f"Date: {date}", "SHA256:", *rows, ""]).encode()


def make_archive_server(
    database: Database,
    *,
    blobs: BlobStore | None = None,
    signer: Any = None,
    pull: Any = None,
    offered: Any = None,
    fetch_record: Any = None,
    limits: Limits | None = None,
    base_url: str | None = None,
) -> ArchiveServer:
    """An empty archive half over a database."""
    store = blobs if blobs is not None else MemoryBlobs()
    catalogue = Catalogue(database)
    web = Web(clock=lambda: float(NOW.epoch), limits=limits or Limits(), base_url=base_url)
    archive = ArchiveServices(
        catalogue, store, signer=signer, pull=pull, offered=offered, fetch_record=fetch_record
    )
    app = create_app(Services(web=web, archive=archive))
    app.test_client_class = Client
    return ArchiveServer(catalogue, store, app)
