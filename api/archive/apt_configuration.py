# SPDX-License-Identifier: GPL-3.0-or-later
"""`/client/apt.conf`: how apt's own `--snapshot` finds us.

apt knows the snapshot server of a source by the Label or Origin of its live Release, else by the
host that it comes from. Labels and Origins are those of the Releases that we hold, hosts those of
the upstreams we are configured with: nothing about any distribution is written here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import urlsplit

from flask import Response

from api.archive_services import current_archive
from api.operation import describe, text_answer
from api.public_url import public_url
from snapshot.errors import InvalidInput
from snapshot.release import Release

_HEAD = """\
// Save as /etc/apt/apt.conf.d/50dejabuild, run `apt update` once as always, and then:
//   apt --snapshot <stamp> update && apt --snapshot <stamp> install <package>
"""
# An old Release has to be taken although its time is over.
_TAIL = 'Acquire::Check-Valid-Until "false";\n'
#: What stands in a name of apt's configuration as it is.
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+-]*")
_KEY = "Acquire::Snapshots::URI"


@describe(answers={200: text_answer("Lines for apt")})
def apt_configuration() -> Response:
    """The lines for apt, with this server's own address."""
    lines = "".join(f"{line}\n" for line in (*_of_releases(), *_of_hosts()))
    return Response(_HEAD + lines + _TAIL, mimetype="text/plain")


def _of_releases() -> Iterator[str]:
    """By Label where it is of one archive only, else by Origin where that is."""
    labels: dict[str, set[str]] = defaultdict(set)
    origins: dict[str, set[str]] = defaultdict(set)
    releases = list(_releases())
    for archive, label, origin in releases:
        labels[label].add(archive)
        origins[origin].add(archive)
    lines = set()
    for archive, label, origin in releases:
        if _PLAIN.fullmatch(label) and len(labels[label]) == 1:
            lines.add(f'{_KEY}::Override::Label::"{label}" "{_address(archive)}";')
        elif _PLAIN.fullmatch(origin) and len(origins[origin]) == 1:
            lines.add(f'{_KEY}::Override::Origin::"{origin}" "{_address(archive)}";')
    yield from sorted(lines)


def _releases() -> Iterator[tuple[str, str, str]]:
    """(archive, Label, Origin) of the Releases in the newest run of each archive."""
    archive = current_archive()
    for record in archive.catalogue.archives():
        for release in archive.catalogue.releases_at(record.name, record.last):
            if not archive.blobs.contains(release.inrelease):
                continue
            with archive.blobs.open(release.inrelease) as stored:
                data = b"".join(stored)
            try:
                read = Release.parse(data)
            except InvalidInput:
                continue
            yield record.name, read.label, read.origin


def _of_hosts() -> Iterator[str]:
    """By host; of one with several archives, those whose paths are their names."""
    paths: dict[str, dict[str, str]] = defaultdict(dict)
    for name, addresses in sorted(current_archive().upstreams.items()):
        for parts in map(urlsplit, addresses):
            if parts.scheme in ("http", "https") and parts.hostname:
                paths[parts.hostname][name] = parts.path.strip("/")
    for host, archives in sorted(paths.items()):
        if all(name == path for name, path in archives.items()):
            yield f'{_KEY}::Host::{host} "{_address("@PATH@")}";'
        elif len(archives) == 1:
            yield f'{_KEY}::Host::{host} "{_address(next(iter(archives)))}";'
        else:
            names = ", ".join(archives)
            yield f"// {host} has {names} below other names: apt cannot tell them apart by host"


def _address(archive: str) -> str:
    return f"{public_url()}/archive/{archive}/@SNAPSHOTID@/"
