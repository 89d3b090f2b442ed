# SPDX-License-Identifier: GPL-3.0-or-later
"""`dejabuild environment`: ask a server for one, and write its repository to a directory."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ops.client import ServerClient
from ops.read_record_file import read_record_file
from snapshot.digest import Checksums, Digest
from snapshot.environment import Environment
from snapshot.errors import InvalidInput, VerificationError
from snapshot.packages import BinaryStanza
from snapshot.release import Release
from snapshot.sources import SourceStanza
from snapshot.stanza import split_stanzas

_ID = re.compile(r"[0-9a-f]{64}")
_KEY = "/environments/key.asc"
#: Larger documents than a server makes: an index of 50,000 packages.
_MOST = 256 << 20


def find_environment(client: ServerClient, what: str) -> Environment:
    """Get an environment from a server.

    Args:
        client: The server.
        what: Its id, or a build record that is posted for it.

    Returns:
        The environment, its text being what the id says.

    Raises:
        InvalidInput: Neither an id nor a file.
        NotFound: The server does not have it, or not all packages of the record.
        VerificationError: The server sent another text.
    """
    identity = what
    if not _ID.fullmatch(what):
        path = Path(what)
        if not path.exists():
            raise InvalidInput(f"{what}: neither the id of an environment nor a build record")
        identity = client.environment_of(read_record_file(path), name=path.name)
    text = client.read(f"/environments/{identity}", most=_MOST)
    if Digest.of(text).hex != identity:
        raise VerificationError(f"{client.base_url} sent another text for environment {identity}")
    return Environment.from_text(text)


def environment_lines(client: ServerClient, environment: Environment) -> Iterator[str]:
    """Describe an environment for a person.

    Args:
        client: The server.
        environment: One that it has.

    Yields:
        What it is, and a line for each package.
    """
    kept = client.environment(environment.id.hex)["pinned"]
    members = sorted(environment.members)
    yield f"environment {environment.id}"
    yield f"  {len(members)} packages of kind {environment.kind}; pinned: {'yes' if kept else 'no'}"
    for member in members:
        yield f"  {member.name} {member.architecture} {member.version} {member.digest}"


def source_lines(
    client: ServerClient, environment: Environment, source: str | None
) -> Iterator[str]:
    """Say how apt gets it, a line each.

    Args:
        client: The server.
        environment: One that it has.
        source: `<name>_<version>` of a source package, too.

    Yields:
        Lines for a `sources.list`.
    """
    options, base = "[signed-by=/etc/apt/keyrings/dejabuild.asc]", _address(client, environment)
    yield f"# curl -o /etc/apt/keyrings/dejabuild.asc {client.base_url}{_KEY}"
    yield f"deb {options} {base} {environment.id} main"
    if source is not None:
        yield f"deb-src {options} {base}source/{source}/ ./"


def deb822_lines(
    client: ServerClient, environment: Environment, source: str | None
) -> Iterator[str]:
    """Say the same as a `.sources` file that holds the key.

    Args:
        client: The server.
        environment: One that it has.
        source: `<name>_<version>` of a source package, too.

    Yields:
        Its lines.
    """
    base = _address(client, environment)
    wanted = [("deb", base, f"{environment.id}\nComponents: main")]
    if source is not None:
        wanted.append(("deb-src", f"{base}source/{source}/", "./"))
    key = client.read(_KEY, most=1 << 20).decode("ascii").splitlines()
    for number, (kind, address, suite) in enumerate(wanted):
        if number:
            yield ""
        yield from f"Types: {kind}\nURIs: {address}\nSuites: {suite}\nSigned-By:".splitlines()
        yield from (f" {line or '.'}" for line in key)


def export_environment(
    client: ServerClient, environment: Environment, directory: Path, *, source: str | None
) -> Iterator[str]:
    """Write the repository of an environment; half of one is never left behind.

    Every file is what the signed Release, or the environment itself, says of it.

    Args:
        client: The server.
        environment: One that it has.
        directory: Made, with its key and, at `source/`, the source package.
        source: `<name>_<version>`; None: packages only.

    Yields:
        What was written and how apt uses it.

    Raises:
        InvalidInput: The directory exists.
        VerificationError: The server sent something else than its Release says.
    """
    if directory.exists():
        raise InvalidInput(f"{directory} exists", advice="name a new directory")
    directory.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f"{directory.name}.new-", dir=directory.parent))
    try:
        draft.chmod(0o755)
        copy = _Copy(client, _address(client, environment), draft)
        _copy_packages(copy, environment)
        if source is not None:
            _copy_source(_Copy(client, f"{copy.base}source/{source}/", draft / "source" / source))
        (draft / "key.asc").write_bytes(client.read(_KEY, most=1 << 20))
        draft.rename(directory)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    place = directory.resolve()
    yield f"{len(environment.members)} packages in {place}"
    yield f"deb [signed-by={place}/key.asc] file:{place}/ {environment.id} main"
    if source is not None:
        yield f"deb-src [signed-by={place}/key.asc] file:{place}/source/{source}/ ./"


class _Copy:
    """Copies files of a repository to the same places below a directory."""

    def __init__(self, client: ServerClient, base: str, into: Path) -> None:
        self._client = client
        self.base = base
        self.into = into

    def release(self, folder: str) -> None:
        """A Release in both forms, and every index it names."""
        for name in ("Release", "InRelease"):
            self._write(f"{folder}{name}", None)
        document = (self.into / f"{folder}InRelease").read_bytes()
        for path, checksums in Release.parse(document).files.items():
            self._write(f"{folder}{path}", checksums)

    def file(self, path: str, checksums: Checksums) -> None:
        self._write(path, checksums)

    def _write(self, path: str, checksums: Checksums | None) -> None:
        place = self.into / path
        place.parent.mkdir(parents=True, exist_ok=True)
        address = self.base.removeprefix(self._client.base_url) + path
        with place.open("wb") as out:
            digest = self._client.download(address, out)
        if checksums is not None and digest != checksums.sha256:
            raise VerificationError(
                f"{self.base}{path} is {digest}, not {checksums.sha256}",
                advice="what was written so far is removed; ask again, or another server",
            )


def _copy_packages(copy: _Copy, environment: Environment) -> None:
    copy.release("")
    copy.release("dists/env/")
    (copy.into / f"dists/{environment.id}").symlink_to("env")
    listed = set()
    for stanza in split_stanzas((copy.into / "Packages").read_bytes()):
        package = BinaryStanza.parse(stanza)
        copy.file(package.path, package.checksums)
        listed.add(package.checksums.sha256)
    if listed != {member.digest for member in environment.members}:
        raise VerificationError(f"{copy.base} does not list the packages of its environment")


def _copy_source(copy: _Copy) -> None:
    copy.release("")
    source = SourceStanza.parse((copy.into / "Sources").read_bytes())
    for file in source.files:
        copy.file(source.path_of(file), file.checksums)


def _address(client: ServerClient, environment: Environment) -> str:
    return f"{client.base_url}/environments/{environment.id}/"
