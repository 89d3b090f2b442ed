# SPDX-License-Identifier: GPL-3.0-or-later
"""What to mirror of one archive, and whom to believe."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from snapshot.coordinates import checked_name, checked_suite
from snapshot.errors import ConfigurationError
from snapshot.keep_rules import KeepRule
from snapshot.package_set import PackageSet
from snapshot.timestamp import Timestamp

Kind = Literal["live", "dated", "qubes"]
Trust = Literal["release", "none"]
Files = Literal["all", "on-demand", "closures"]
Extra = Literal["translations", "all-translations", "dep11", "contents", "udebs", "installer"]
WeakDigest = Literal["SHA1", "MD5"]

_KINDS: tuple[Kind, ...] = get_args(Kind)
#: What decides which indices of a run are captured.
_SCOPE = ("suites", "components", "architectures", "extras")
_EMPTY_IS_ALL = ("components", "architectures")
_SCHEMES = ("http://", "https://", "file:///")

#: What apt asks for by default: descriptions, and with appstream installed what dep11 holds.
EXTRAS: tuple[Extra, ...] = ("translations", "dep11")


@dataclass(frozen=True, slots=True)
class ArchivePolicy:
    """One archive of the mirror.

    Attributes:
        name: Our name of it; first segment of its dated URLs.
        upstreams: Base URLs (http, https, or file for a local directory), tried in this order.
            One of another kind than `kind` has that kind before it: `dated+https://…`.
        suites: Such as `bookworm`, `bookworm-updates`; flat repositories are `./` or `sub/`.
        kind: `live`: `<base>/dists/…` is the archive of now. `dated`:
            `<base>/archive/<name>/<timestamp>/dists/…` are the archives of then. `qubes`: like
            `live`, with build records beside the packages.
        keyring: OpenPGP keys, binary or armoured; needed by trust `release`.
        components: Empty means every one the Release names.
        architectures: With `source` and `all` among them; empty means every one.
        trust: `release`: signature → Release → index → file. `none`, by that name: the
            Release is believed as it comes (the rest of the chain is still checked).
        files: `all`: every file the indices name. `on-demand`: indices now, a file when it is
            first asked for. `closures`: indices, and what closures need of the rest.
        packages: Words of a `snapshot.package_set`: only its files are fetched now. The others
            come when asked for where files are `on-demand`, else never.
        exclude: Names and globs that the words do not mean.
        with_depends: Whether what the set depends on belongs to it.
        upstream_name: Name of the archive in the URLs of a dated upstream; default `name`.
        peers: Base addresses of other dejabuild servers, asked by digest after every upstream.
        since: No run of the past before it.
        until: No run of the past after it.
        keep: Which runs stay; none of them: all.
        only: If given, the indices to capture and no others, as `<suite>/<path>` without the
            suffix of their packing: what a bundle holds.
        extras: What else to keep of the Release, for the components and architectures above:
            `translations` (English), `all-translations`, `dep11`, `contents`, `udebs` and
            `installer` (its images).
        weak_digests: Digests that are believed where a Release has no SHA-256, by name.
    """

    name: str
    upstreams: tuple[str, ...]
    suites: tuple[str, ...]
    kind: Kind = "live"
    keyring: Path | None = None
    components: tuple[str, ...] = ()
    architectures: tuple[str, ...] = ()
    trust: Trust = "release"
    files: Files = "all"
    packages: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    with_depends: bool = False
    upstream_name: str = ""
    peers: tuple[str, ...] = ()
    since: Timestamp | None = None
    until: Timestamp | None = None
    keep: tuple[KeepRule, ...] = ()
    only: frozenset[str] | None = None
    extras: tuple[Extra, ...] = EXTRAS
    weak_digests: tuple[WeakDigest, ...] = ()

    def __post_init__(self) -> None:
        checked_name(self.name, "archive")
        for suite in self.suites:
            checked_suite(suite)
        if not self.upstreams or not self.suites:
            raise ConfigurationError(
                f"archive {self.name}: needs at least one upstream and one suite",
                advice=f"set upstreams and suites in [archive.{self.name}]",
            )
        for address in self.upstreams:
            if not split_kind(address, self.kind)[1].startswith(_SCHEMES):
                raise ConfigurationError(
                    f"archive {self.name}: not an http, https or file address: {address!r}",
                    advice=f"correct upstreams in [archive.{self.name}]",
                )
        for peer in self.peers:
            if not peer.startswith(("http://", "https://")):
                raise ConfigurationError(
                    f"not the http or https address of a server: {peer!r}",
                    advice="correct peers in [mirror]",
                )
        if self.trust == "release" and self.keyring is None:
            raise ConfigurationError(
                f"archive {self.name}: trust `release` needs a keyring",
                advice=f'set keyring in [archive.{self.name}], or trust = "none" knowingly',
            )

    @property
    def scope(self) -> str:
        """What of the archive is wanted, for a run to remember."""
        if self.only is not None:  # a few indices are not all of any suite
            return "{}"
        scope: dict[str, object] = {name: sorted(getattr(self, name)) for name in _SCOPE}
        return json.dumps(scope | {"set": self._set})

    @property
    def _set(self) -> list[object]:
        """Of which packages files are wanted, in a form to compare; empty: of all."""
        if not self.packages:
            return []
        return [sorted(self.packages), sorted(self.exclude), self.with_depends]

    def is_covered_by(self, scope: str | None) -> bool:
        """Whether a run that was captured with another scope has all that is wanted now."""
        if scope is None:
            return False
        captured = json.loads(scope)
        if captured.get("set") not in ([], self._set):
            return False
        return all(_covers(captured.get(name), getattr(self, name), name) for name in _SCOPE)

    @property
    def package_set(self) -> PackageSet | None:
        """The packages whose files are fetched now; None: `files` says it."""
        if not self.packages:
            return None
        return PackageSet(self.packages, self.exclude, self.with_depends)

    @property
    def pulls(self) -> bool:
        """Whether a file that is not here is fetched when it is asked for."""
        return self.files == "on-demand" or (self.files == "all" and not self.packages)


def _covers(captured: list[str] | None, wanted: tuple[str, ...], name: str) -> bool:
    """Of components and architectures an empty list means all of them."""
    if captured is None:
        return False
    if name in _EMPTY_IS_ALL and not (captured and wanted):
        return not captured
    return set(wanted) <= set(captured)


def split_kind(address: str, default: Kind) -> tuple[Kind, str]:
    """Cut `dated+https://host` into the kind of upstream and its address."""
    for kind in _KINDS:
        if address.startswith(f"{kind}+"):
            return kind, address.removeprefix(f"{kind}+")
    return default, address
