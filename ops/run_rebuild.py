# SPDX-License-Identifier: GPL-3.0-or-later
"""`dejabuild rebuild`: a record to a server, or to one started here, and its verdict back."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from mirror.choose_runs import Selection
from mirror.resolve_closure import ResolvedClosure, add_record
from ops.client import PostedRebuild, ServerClient
from ops.data_directory import DataDirectory, data_directory, read_secret
from ops.initialize import initialize
from ops.open_stores import open_stores
from ops.print_verdict import status_of, verdict_lines
from ops.run_sync import run_sync
from ops.serve_http import ADDRESS_FILE, Listen, free_port, reachable_url
from ops.settings import Settings
from ops.show_progress import shown_progress
from ops.supervise import supervise
from ops.up import plan_parts, take_own_archives
from ops.wait_for_verdict import wait_for_verdict
from ops.wire_mirror import chosen_policies
from rebuilders.machine_architecture import dpkg_architecture
from rebuilders.temporary_trees import temporary_trees
from rebuilders.worker_config import memory_with_room
from snapshot.closure import NO_ARCHIVE
from snapshot.errors import NotFound, TransientError
from snapshot.verdict import Status


def installed_source(package: str, *, root: Path) -> tuple[str, str]:
    """Find the source of an installed package.

    Args:
        package: Its name, perhaps with `:architecture`.
        root: Root directory of the system it is installed on.

    Returns:
        Source name and version.

    Raises:
        NotFound: It is neither a file nor an installed package.
    """
    form = "${db:Status-Status} ${source:Package} ${source:Version}\n"
    admin = f"--admindir={root / 'var/lib/dpkg'}"
    done = subprocess.run(
        ["dpkg-query", admin, "--show", f"--showformat={form}", "--", package],
        capture_output=True,
        text=True,
        check=False,
    )
    for line in done.stdout.splitlines():
        status, source, version = line.split()
        if status == "installed":
            return source, version
    raise NotFound(f"{package}: neither a build record nor an installed package")


def post_source(
    client: ServerClient, settings: Settings, source: str, version: str
) -> tuple[PostedRebuild, ...]:
    """Ask for a rebuild in each suite of the settings until one lists the source.

    Args:
        client: The server.
        settings: With the archives that the server has.
        source: Source name.
        version: Its version.

    Returns:
        Where its targets went.

    Raises:
        NotFound: No suite lists it.
    """
    for name, archive in settings.archive.items():
        for suite in archive.suites:
            request = {"source": source, "version": version, "archive": name, "suite": suite}
            try:
                return client.post_request(request)
            except NotFound:
                continue
    suites = ", ".join(s for archive in settings.archive.values() for s in archive.suites)
    raise NotFound(
        f"{source} {version}: in none of the suites that are mirrored",
        advice=f"Suites: {suites or 'none'}.",
    )


def await_verdicts(
    client: ServerClient,
    posted: Sequence[PostedRebuild],
    *,
    timeout: float,
    tell: Callable[[str], object],
) -> list[Status]:
    """Wait for every verdict and print it.

    Args:
        client: The server.
        posted: What was asked for.
        timeout: Seconds for all of them together.
        tell: Is told what a person wants to read.

    Returns:
        One status each.
    """
    deadline = time.monotonic() + timeout
    statuses = []
    for one in posted:
        left = max(0.0, deadline - time.monotonic())
        attempt = _await_one(client, one, timeout=left, tell=tell)
        for line in verdict_lines(one.name, attempt):
            tell(line)
        statuses.append(status_of(attempt))
    return statuses


def _await_one(
    client: ServerClient, posted: PostedRebuild, *, timeout: float, tell: Callable[[str], object]
) -> dict[str, Any] | None:
    def tell_state(word: str) -> None:
        tell(f"{posted.name}: {word}")

    return wait_for_verdict(
        lambda: client.target(posted.target),
        posted.job,
        clock=time.monotonic,
        sleep=time.sleep,
        timeout=timeout,
        tell=tell_state,
    )


def running_server(data: DataDirectory) -> ServerClient | None:
    """Find the server that works on a data directory now.

    Args:
        data: The data directory.

    Returns:
        A client with the administrator's cookie; None when no server answers.
    """
    address = data.run / ADDRESS_FILE
    if not address.exists() or not data.auth_cookie.exists():
        return None
    url = address.read_text(encoding="utf-8").strip()
    client = ServerClient(url, cookie=read_secret(data.auth_cookie))
    return client if client.is_answering() else None


@contextmanager
def started_server(
    settings: Settings,
    *,
    apt_root: Path,
    tell: Callable[[str], object],
    record: bytes | None = None,
) -> Iterator[tuple[ServerClient, Settings]]:
    """Mirror what is set, start a server and a worker on loopback, and end them afterwards.

    Args:
        settings: Complete settings; without archives, apt's own are taken.
        apt_root: System whose apt sources those are.
        tell: Is told what a person wants to know.
        record: What is to be rebuilt; when everything it needs is here, nothing is mirrored.

    Yields:
        A client, and the settings with the archives it has.
    """
    place = free_port(Listen("127.0.0.1", 0))
    url = reachable_url(place.host, place.port)
    settings = replace(
        settings,
        server=replace(settings.server, listen=str(place)),
        worker=replace(settings.worker, server=url, idle=0.5),
    )
    data = initialize(settings, clock=time.time)
    if record is not None and has_everything(settings, record):
        tell("everything the record needs is here: nothing is fetched")
    else:
        settings = _mirrored(settings, data, apt_root, tell)
    with _own_trees(settings) as placed, _running_parts(placed, data, tell):
        client = ServerClient(url, cookie=read_secret(data.auth_cookie))
        _wait_until_answering(client, data)
        yield client, placed


def has_everything(settings: Settings, record: bytes) -> bool:
    """Say whether a build record can be rebuilt from what is stored.

    Args:
        settings: Complete settings; the data directory is made.
        record: The record's bytes.

    Returns:
        Whether every package it names, and its source, are known and here.
    """
    stores = open_stores(settings)
    found = ResolvedClosure()
    add_record(found, "record", record, stores.catalogue)
    return not found.gaps and all(
        stores.blobs.contains(file.digest)
        for file in found.files.values()
        if file.archive != NO_ARCHIVE
    )


def _mirrored(
    settings: Settings, data: DataDirectory, apt_root: Path, tell: Callable[[str], object]
) -> Settings:
    """Bring the archives up to date; the machine's own where none is set."""
    prepared = take_own_archives(
        settings, data, apt_root=apt_root, architecture=dpkg_architecture()
    )
    for note in prepared.notes:
        tell(note)
    settings = prepared.settings
    if settings.archive:
        policies = chosen_policies(settings, ())
        with shown_progress(time.time) as progress:
            run_sync(settings, policies, Selection(), progress, tell=tell)
    return settings


@contextmanager
def _own_trees(settings: Settings) -> Iterator[Settings]:
    """Keep no gigabytes of memory for a worker that does not come back."""
    if settings.worker.trees is not None:
        yield settings
        return
    with temporary_trees(memory_with_room()) as trees:
        yield replace(settings, worker=replace(settings.worker, trees=trees))


@contextmanager
def _running_parts(
    settings: Settings, data: DataDirectory, tell: Callable[[str], object]
) -> Iterator[None]:
    """Server and worker, ended with the block."""
    root = os.geteuid() == 0
    planned = plan_parts(settings, data, environ=os.environ, root=root, worker=True)
    parts = [part for part in planned if part.name in {"api", "worker"}]
    stop = threading.Event()
    supervisor = threading.Thread(
        target=supervise,
        args=(parts,),
        kwargs={"logs": data.log, "stop": stop, "clock": time.monotonic, "announce": tell},
    )
    try:
        # An interrupt that comes while it starts must stop it, too.
        supervisor.start()
        yield
    finally:
        stop.set()
        if supervisor.ident is not None:
            supervisor.join()


def _wait_until_answering(client: ServerClient, data: DataDirectory) -> None:
    deadline = time.monotonic() + 60
    while not client.is_answering():
        if time.monotonic() > deadline:
            raise TransientError(
                f"{client.base_url}: the server did not start",
                advice=f"See {data.log}/api.log.",
            )
        time.sleep(0.1)


def cookie_for(settings: Settings, cookie_file: Path | None) -> str | None:
    """Find the administrator's cookie for a server that was named.

    Args:
        settings: Complete settings.
        cookie_file: The file named on the command line, if any.

    Returns:
        The cookie; None when there is none here.
    """
    own = data_directory(settings).auth_cookie
    if cookie_file is None and not own.exists():
        return None
    return read_secret(cookie_file or own)
