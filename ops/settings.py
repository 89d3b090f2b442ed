# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator may set, with defaults that make a useful single machine.

`ops.read_settings` reads them from one TOML file; `docs/reference/settings.md` is made from this
module by `ops.describe_settings`. No secret is a setting: secrets are files in the data directory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, get_args

from mirror.policy import Extra, WeakDigest


@dataclass(frozen=True, slots=True)
class Form:
    """What the text of a key must look like.

    Attributes:
        pattern: Regular expression for all of it.
        words: The same for a person: "… is expected".
    """

    pattern: str
    words: str


CONTACT: Final = Form(
    r"(?:mailto:)?[!-'*-\[\]-~]+@[!-'*-\[\]-~]+|https?://[!-'*-\[\]-~]+",
    "a mail address or a URL, ASCII without spaces and brackets,",
)
"""It stands in brackets in a header line."""


def _setting(default: Any, text: str, form: Form | None = None) -> Any:
    """Declare one key with its default, its line in the reference, and the form of its text."""
    return field(default=default, metadata={"text": text, "form": form})


def _required(text: str) -> Any:
    """Declare one key that has no default."""
    return field(metadata={"text": text})


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """`[server]`: where things lie and how HTTP is answered."""

    data: Path | None = _setting(
        None, "Data directory. Default: /var/lib/dejabuild as root, ~/.local/share/dejabuild else."
    )
    listen: str = _setting("127.0.0.1:8484", "Address and port to listen on; [::1]:8484 for IPv6.")
    base_url: str | None = _setting(
        None, "Public address, when a proxy stands in front. Default: the address of each request."
    )
    catalogue: str | None = _setting(
        None, "Database URL of the catalogue. Default: catalogue.sqlite in the data directory."
    )
    ledger: str | None = _setting(
        None, "Database URL of the job ledger. Default: ledger.sqlite in the data directory."
    )
    blobs: str | None = _setting(
        None, "Where blobs lie: s3://<bucket>[/<prefix>]. Default: blobs/ in the data directory."
    )
    blobs_endpoint: str | None = _setting(
        None, "Base address of the S3 service. Default: AWS_ENDPOINT_URL, else Amazon's."
    )
    blobs_region: str | None = _setting(
        None, "Region of the bucket. Default: AWS_REGION, else us-east-1."
    )
    redirect: bool = _setting(
        False,  # noqa: FBT003  a default
        "Send clients to the bucket for files, by addresses that are signed for an hour, instead "
        "of passing the bytes on.",
    )
    processes: int = _setting(2, "HTTP server processes.")
    threads: int = _setting(8, "Requests that each of them works on at the same time.")
    connections: int = _setting(
        128, "Clients that each of them serves at the same time, slow ones included."
    )
    head_seconds: float = _setting(15.0, "Seconds that a client may take for a request's head.")
    idle_seconds: float = _setting(
        30.0,
        "Seconds to wait for a body, or for a reader; bytes at the least rate give them back.",
    )
    least_rate: float = _setting(
        4096.0, "Bytes a second that a client must send or read on average; slower ones are let go."
    )
    accel_prefix: str | None = _setting(
        None, "nginx's internal location over the blob directory: files go by X-Accel-Redirect."
    )
    largest_record: int = _setting(16 << 20, "Bytes of a posted build record, at most.")
    largest_environment: int = _setting(8 << 20, "Bytes of a posted environment, at most.")
    largest_report: int = _setting(64 << 20, "Bytes of a worker's report, unpacked, at most.")
    largest_evidence: int = _setting(4 << 30, "Bytes of one piece of evidence, at most.")
    most_packages: int = _setting(20_000, "Packages in one question to `/cgi-bin/api`.")
    most_dependencies: int = _setting(
        20_000, "Packages that one build record may name; more than 20000 are never read."
    )
    most_environments: int = _setting(
        10_000,
        "Environments kept that nobody pins, one of thousands of packages counted as several; "
        "the longest unused go first.",
    )
    most_changes: int = _setting(
        1_000_000, "Entries that came or went between two runs that `/mr/diff` compares."
    )


@dataclass(frozen=True, slots=True)
class MirrorSettings:
    """`[mirror]`: how upstreams are fetched from."""

    contact: str | None = _setting(
        None,
        "Mail address or URL in our User-Agent: an upstream that is bothered can write instead of "
        "banning. Default: server.base_url.",
        form=CONTACT,
    )
    connections: int = _setting(16, "Files fetched at once, from all hosts together.")
    connections_per_host: int = _setting(
        16, "Of those, from one host. Halved by itself while that is too much for it."
    )
    bandwidth: float | None = _setting(
        None, "Bytes a second that one process takes at most. Default: no limit."
    )
    requests_per_second: float | None = _setting(
        None, "Requests a second to one host; a dated service may want 0.7. Default: no limit."
    )
    timeout: float = _setting(60.0, "Seconds without a byte after which a connection is given up.")
    attempts: int = _setting(
        6, "Tries of one file at one upstream before the next upstream's turn."
    )
    interval: float = _setting(
        3600.0, "Seconds between two looks at the upstreams (`mirror watch`, `up`)."
    )
    gc_interval: float | None = _setting(
        None,
        "Seconds between two collections of bytes that nothing needs (`mirror watch`, `up`). "
        "Default: none; `dejabuild storage gc --yes` does it.",
    )
    gc_grace: float = _setting(
        7.0, "Days for which stored bytes stay, needed or not, before they are collected."
    )
    peers: tuple[str, ...] = _setting(
        (), "Base addresses of other dejabuild servers, asked by digest after every upstream."
    )


@dataclass(frozen=True, slots=True)
class ArchiveSettings:
    """`[archive.<name>]`: one archive, mirrored or pulled through."""

    upstreams: tuple[str, ...] = _required(
        "Base addresses (http, https, or file:///… for a local directory), tried in this order. "
        "One of another kind has that before it: `dated+https://…`."
    )
    suites: tuple[str, ...] = _required(
        "Suites to capture, as apt names them: `bookworm`, `buster/updates`; a flat repository is "
        "`./` or ends in a slash."
    )
    kind: str = _setting(
        "live",
        "`live`: <base>/dists/… ; `dated`: <base>/archive/<name>/<timestamp>/dists/… ; "
        "`qubes`: like live, with build records beside the packages.",
    )
    keyring: Path | None = _setting(
        None, "OpenPGP keyring that signs it; needed by trust `release`."
    )
    components: tuple[str, ...] = _setting(("main",), "Components to capture.")
    architectures: tuple[str, ...] = _setting(
        ("amd64", "all", "source"), "Architectures to capture."
    )
    trust: str = _setting(
        "release", "What is checked: `release` (signed Release) or `none`, by that name."
    )
    extras: tuple[str, ...] = _setting(
        ("translations", "dep11"),
        "What else to keep of these components and architectures: `translations` (English), "
        "`all-translations`, `dep11` (where appstream is installed, `apt update` asks for it), "
        "`contents` (for apt-file), `udebs` (installer packages), `installer` (its images).",
    )
    weak_digests: tuple[str, ...] = _setting(
        (),
        "Digests to believe in Releases without SHA-256 (before 2007): `SHA1`, `MD5`. Forgers can "
        "beat them; each run says that it was believed so.",
    )
    files: str = _setting(
        "all",
        "`all`: every package file; `on-demand`: a file when it is first asked for; `closures`: "
        "what closures need and nothing else.",
    )
    since: str | None = _setting(
        None, "Of a dated upstream: no run before this timestamp (`20260701`, `20260701T101637Z`)."
    )
    until: str | None = _setting(
        None, "Of a dated upstream: no run after this timestamp; a day means its first second."
    )
    keep: tuple[str, ...] = _setting(
        (),
        "Which runs stay, such as `all for 30 days`, `daily for 1 year`, `weekly for ever`. "
        "Default: all of them.",
    )
    interval: float | None = _setting(
        None, "Seconds between two looks at its upstreams. Default: mirror.interval."
    )
    packages: tuple[str, ...] = _setting(
        (),
        "Fetch the files of these packages only: names and globs of source or binary packages, "
        "`@essential`, `@build-essential`, `@required`, `@important`, `@standard`, "
        "`@section:NAME`. The others: with `on-demand` when first asked for, else not at all.",
    )
    exclude: tuple[str, ...] = _setting((), "Names and globs that `packages` does not mean.")
    with_depends: bool = _setting(
        default=False,
        text="Whether `packages` brings what they depend on, sources what they build with.",
    )


@dataclass(frozen=True, slots=True)
class ClosureSettings:
    """`[closure.<name>]`: what `mirror sync` keeps whole beyond what the archives say."""

    records: tuple[str, ...] = _setting(
        (), "Build records: files, directories of them, or globs; read again at each sync."
    )
    dpkg_lists: tuple[str, ...] = _setting((), "Lists of packages, as dpkg-query writes them.")
    packages: tuple[str, ...] = _setting((), "Source packages, `name` or `name=version`.")
    sources: bool = _setting(default=True, text="Whether the sources of what is built are wanted.")


@dataclass(frozen=True, slots=True)
class BuildinfosSettings:
    """`[buildinfos.<name>]`: where build records come from (`dejabuild mirror buildinfos`)."""

    url: str = _required(
        "http, https or file:///…: a directory and what is below it (with a final slash; any "
        "server's page of names), a list of names, or one record."
    )
    include: tuple[str, ...] = _setting(("*",), "Globs on source names; one must match.")


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """`[worker]`: the machine that rebuilds. Needs nothing of the server but its address."""

    server: str = _setting("http://127.0.0.1:8484", "Address of the server to take jobs from.")
    name: str | None = _setting(None, "Name shown to others. Default: the host name.")
    directory: Path | None = _setting(
        None, "Key, downloads, unsent reports. Default: worker/ in the data directory."
    )
    trees: Path | None = _setting(
        None,
        "Build trees and unpacked layers (up to 6 GiB, kept for the next start; the workers of a "
        "machine may share them). Default: /dev/shm/dejabuild-<uid> where memory has room, else "
        "trees/ in the directory.",
    )
    signup_secret: Path | None = _setting(
        None, "File with the server's signup secret, needed for the first registration."
    )
    architecture: str | None = _setting(None, "Debian architecture. Default: the machine's own.")
    tags: tuple[str, ...] = _setting((), "Capability tags; jobs that ask for others are not taken.")
    scripts: Mapping[str, Path] = field(
        default_factory=dict,
        metadata={"text": "Backend name to program, with rebuilderd's backend contract."},
    )
    idle: float = _setting(5.0, "Seconds between two questions while there is no work.")


@dataclass(frozen=True, slots=True)
class OrchestratorSettings:
    """`[orchestrator]`: the server side of rebuilding."""

    build_timeout: int = _setting(86400, "Seconds after which a build is stopped.")
    lease: float = _setting(540.0, "Seconds without a ping after which a worker is held lost.")
    interval: float = _setting(15.0, "Seconds between two rounds of the scheduler.")


@dataclass(frozen=True, slots=True)
class ProfileSettings:
    """`[profile.<name>]`: what is rebuilt whenever a run of an archive arrives."""

    archive: str = _required("Name of the archive.")
    suite: str = _required("Suite whose packages are rebuilt.")
    components: tuple[str, ...] = _setting(("main",), "Its components.")
    architectures: tuple[str, ...] = _setting(("amd64", "all"), "Binary architectures.")
    include: tuple[str, ...] = _setting(("*",), "Globs on source names; one must match.")
    exclude: tuple[str, ...] = _setting((), "Globs on source names; none may match.")
    suites: tuple[str, ...] = _setting(
        (), "Suites an environment is derived from, where there is no record. Default: the suite."
    )
    priority: int = _setting(2, "Place in the queue; lower is sooner.")
    replicas: int = _setting(1, "How many different workers build each target.")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an operator may set.

    Attributes:
        archive: By archive name.
        profile: By profile name; each is a campaign of that name.
        closure: By closure name.
        buildinfos: By the operator's name of the source.
        source: The file they came from; None when there was none.
    """

    server: ServerSettings = ServerSettings()
    mirror: MirrorSettings = MirrorSettings()
    archive: Mapping[str, ArchiveSettings] = field(default_factory=dict)
    profile: Mapping[str, ProfileSettings] = field(default_factory=dict)
    closure: Mapping[str, ClosureSettings] = field(default_factory=dict)
    buildinfos: Mapping[str, BuildinfosSettings] = field(default_factory=dict)
    worker: WorkerSettings = WorkerSettings()
    orchestrator: OrchestratorSettings = OrchestratorSettings()
    source: Path | None = None


CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "kind": ("live", "dated", "qubes"),
    "trust": ("release", "none"),
    "files": ("all", "on-demand", "closures"),
    "extras": get_args(Extra),
    "weak_digests": get_args(WeakDigest),
}
"""Keys of `[archive.<name>]` that take one of a few words, or a list of them."""
