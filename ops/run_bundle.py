# SPDX-License-Identifier: GPL-3.0-or-later
"""Bundles as an operator asks for them: which closure goes in, whose keys let one in."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from mirror.bundle_stream import BundleReader
from mirror.export_bundle import ExportReport, export_bundle
from mirror.fetch_closure import fetch_closure, read_definition
from mirror.import_bundle import ImportReport, check_signer, import_bundle
from mirror.policy import ArchivePolicy
from mirror.select_members import split_packing
from mirror.stores import MirrorStores
from ops.closure_wishes import Wishes, define
from ops.settings import Settings
from ops.tell_closures import gap_lines
from snapshot.bundle import BundledRun
from snapshot.errors import ConfigurationError, Denied, InvalidInput, Unsupported
from storage.blobs.disk_errors import disk_errors

STANDARD_STREAM: Final = "-"
CARRIED: Final = frozenset({"release", "none"})
"""How a run may be proved for a bundle to hold its proof."""


@dataclass(frozen=True, slots=True)
class Believed:
    """Whose signatures an import believes, beyond the settings.

    Attributes:
        keyrings: By archive name; the empty name stands for every archive.
        unsigned: Whether archives of which nothing is known may come in as trust `none`.
    """

    keyrings: Mapping[str, Path] = field(default_factory=dict)
    unsigned: bool = False


def read_keyrings(words: Sequence[str]) -> dict[str, Path]:
    """Read `FILE` and `ARCHIVE=FILE`.

    Args:
        words: As on the command line.

    Returns:
        By archive name; the empty one for a bare file.

    Raises:
        InvalidInput: No such file.
    """
    found = {}
    for word in words:
        name, equals, file = word.partition("=")
        path = Path(file if equals else word)
        if not path.is_file():
            raise InvalidInput(f"{path}: no such keyring")
        found[name if equals else ""] = path
    return found


def policy_for(settings: Settings, believed: Believed, run: BundledRun) -> ArchivePolicy:
    """Say what to check a run of a bundle against.

    The archive's own settings come first, then the command line. Nothing in the bundle counts.

    Args:
        settings: Complete settings.
        believed: What the command line adds.
        run: What the bundle has.

    Returns:
        The policy of its capture.

    Raises:
        ConfigurationError: Nobody has said whom to believe for this archive.
        Denied: The archive is one that must be signed, and the bundle's is not.
        Unsupported: It was proved by SHA-1 or MD5: its index does not name what is in the bundle.
    """
    if run.trust not in CARRIED:
        raise Unsupported(
            f"the bundle holds {run.archive} {run.stamp}, proved by {run.trust}",
            advice="A bundle is checked by SHA-256 from the Release on, which that one lacks.",
        )
    known = settings.archive.get(run.archive)
    keyring = believed.keyrings.get(run.archive) or believed.keyrings.get("")
    if known is not None:
        keyring = known.keyring or keyring
    unsigned = known is not None and known.trust == "none"
    if keyring is None and known is None:
        unsigned = believed.unsigned
    if keyring is None and not unsigned:
        raise ConfigurationError(
            f"the bundle holds {run.archive} {run.stamp}, and nothing says whose signature counts",
            advice=f"Set keyring in [archive.{run.archive}], or name one: "
            f"--keyring {run.archive}=FILE. Without any proof, by that name: --trust-none.",
        )
    if run.trust == "none" and not unsigned:
        raise Denied(
            f"the bundle holds {run.archive} {run.stamp} without a signature of the archive",
            advice="This mirror believes that archive's signature only; nothing was taken in.",
        )
    return ArchivePolicy(
        name=run.archive,
        # Where it came from, as the catalogue will say; nothing is fetched.
        upstreams=(f"file:///bundle/{run.archive}/{run.stamp}",),
        suites=tuple(dict.fromkeys(member.suite for member in run.members)),
        kind="dated",
        keyring=None if unsigned else keyring,
        trust="none" if unsigned else "release",
        files="on-demand",
        extras=(),
        only=frozenset(f"{member.suite}/{split_packing(member.path)[0]}" for member in run.members),
    )


def closure_to_export(
    stores: MirrorStores,
    policies: Sequence[ArchivePolicy],
    name: str | None,
    records: tuple[str, ...],
    *,
    sources: bool,
) -> str:
    """Make sure that what is to be exported is a closure, and whole.

    Args:
        stores: Where it is.
        policies: Where what lacks is fetched from.
        name: Of the closure; None: named after its records.
        records: Build records to make it of; none: it exists.
        sources: Whether their sources are wanted.

    Returns:
        The closure's name.

    Raises:
        InvalidInput: Neither a name nor records.
    """
    if not records:
        if name is None:
            raise InvalidInput(
                "nothing to export", advice="Use --closure NAME or --buildinfo FILE."
            )
        read_definition(stores, name)
        return name
    definition = define(Wishes(records, sources=sources), stores)
    if name is None:
        first = min(definition.records)
        name = f"records-{first.digest.hex[:12]}"
    fetch_closure(stores, policies, name, definition)
    return name


def export(
    stores: MirrorStores, name: str, target: str, *, sign: Callable[[bytes], bytes]
) -> ExportReport:
    """Write a bundle to a file, whole or not at all, or to standard output.

    Args:
        stores: Where the closure is.
        name: Its name.
        target: A path, or `-`.
        sign: Makes a signed document of the manifest.

    Returns:
        What went into it.
    """
    definition = read_definition(stores, name)
    path = Path(target)
    with disk_errors(path.parent, f"writing the bundle {target}"):
        if target == STANDARD_STREAM:
            return export_bundle(stores, name, definition, sys.stdout.buffer, sign=sign)
        if not path.parent.is_dir():
            raise InvalidInput(f"{target}: there is no such directory")
        draft = path.with_name(f".{path.name}.new")
        try:
            with draft.open("wb") as stream:
                report = export_bundle(stores, name, definition, stream, sign=sign)
            draft.rename(path)
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
        return report


def take_in(
    settings: Settings,
    stores: MirrorStores,
    source: str,
    believed: Believed,
    *,
    signed_by: Path | None,
    name: str | None,
) -> ImportReport:
    """Import a bundle from a file or standard input.

    Args:
        settings: Complete settings.
        stores: Where to.
        source: A path, or `-`.
        believed: Whose signatures count, beyond the settings.
        signed_by: Keyring that the bundle itself must be signed by; None: its signer is not asked.
        name: Name of the closure here; default the bundle's.

    Returns:
        What it did.
    """
    with _opened(source) as stream:
        reader = BundleReader(stream, source)
        signer = "" if signed_by is None else check_signer(reader, signed_by, source)
        return import_bundle(
            reader,
            stores,
            lambda run: _with_proof(stores, policy_for(settings, believed, run), settings),
            signer=signer,
            name=name,
        )


def _with_proof(stores: MirrorStores, policy: ArchivePolicy, settings: Settings) -> ArchivePolicy:
    """Let nothing without proof beside what was proved, unless the settings say so by name."""
    proved = any(run.trust != "none" for run in stores.catalogue.runs(policy.name, removed=True))
    if policy.trust == "none" and policy.name not in settings.archive and proved:
        raise Denied(
            f"{policy.name} is signed here, and the bundle is to be taken without proof",
            advice=f"Name its keys instead: --keyring {policy.name}=FILE.",
        )
    return policy


@contextmanager
def _opened(source: str) -> Iterator[BinaryIO]:
    if source == STANDARD_STREAM:
        yield sys.stdin.buffer
        return
    try:
        stream = Path(source).open("rb")  # noqa: SIM115  closed below
    except OSError as problem:
        raise InvalidInput(f"{source}: cannot be read: {problem.strerror}") from problem
    with stream:
        yield stream


def export_lines(report: ExportReport) -> Iterator[str]:
    """Say what went into a bundle.

    Args:
        report: From `export`.

    Yields:
        Lines for people.
    """
    manifest = report.manifest
    yield (
        f"closure {manifest.closure}: {len(manifest.blobs)} files, {manifest.size / 1e6:.1f} MB, "
        f"of which {report.proof / 1e6:.1f} MB are the indices that prove it; "
        f"{report.written / 1e6:.1f} MB written"
    )
    for run in manifest.runs:
        yield f"  {run.archive} {run.stamp}: {' '.join(sorted({m.suite for m in run.members}))}"


def import_lines(report: ImportReport, closure: str) -> Iterator[str]:
    """Say what came in, and what each run is worth.

    Args:
        report: From `take_in`.
        closure: Name of the closure in this mirror.

    Yields:
        Lines for people.
    """
    yield (
        f"the bundle is signed by {report.signer}"
        if report.signer
        else "who made the bundle was not asked (--signed-by): only the archives' signatures count"
    )
    for run in report.runs:
        proof = "its archive's signature" if run.trust == "release" else "NOTHING: trust none"
        known = ", was here" if run.report.unchanged else ""
        yield f"{run.archive}: run {run.report.stamp}, proved by {proof}{known}"
    yield f"{report.stored} files stored"
    yield from gap_lines(report.closure.resolved.gaps)
    state = "complete" if report.closure.complete else "NOT complete"
    yield f"closure {closure}: {len(report.closure.resolved.files)} files, {state}"
