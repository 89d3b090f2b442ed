# SPDX-License-Identifier: GPL-3.0-or-later
"""What proves a closure: the Releases and indices of the fewest runs that name all of its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mirror.stored_indices import stored_index
from snapshot.bundle import BundledMember, BundledRun
from snapshot.coordinates import Coordinates, suite_directory
from snapshot.release import DOCUMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mirror.resolve_closure import ResolvedClosure
    from snapshot.dated_suites import CoverStep
    from snapshot.timestamp import Timestamp
    from storage.catalogue import Catalogue


def prove_closure(catalogue: Catalogue, resolved: ResolvedClosure) -> tuple[BundledRun, ...]:
    """The members of runs that prove a closure's package files; whole indices, each once.

    Args:
        catalogue: What is known.
        resolved: What is to be proved.

    Raises:
        NotFound: The catalogue does not hold an index that it answered from.
    """
    members: dict[tuple[str, Timestamp], set[BundledMember]] = {}
    # The index of a removed run may be gone, while what it named is in later runs, too.
    for step in catalogue.kept_steps(resolved.proofs()):
        stamp = step.at
        run = members.setdefault((step.archive, stamp), set())
        for path in DOCUMENTS:
            file = catalogue.file_at(step.archive, stamp, f"{suite_directory(step.suite)}{path}")
            if file is not None:
                run.add(BundledMember(step.suite, path, file.digest))
        run |= set(_indices(catalogue, step))
    found = []
    for (archive, stamp), held in sorted(members.items()):
        record = catalogue.run_at(archive, stamp)
        assert record is not None  # noqa: S101  the step was made of what it holds
        found.append(BundledRun(archive, stamp, record.trust, tuple(sorted(held))))
    return tuple(found)


def _indices(catalogue: Catalogue, step: CoverStep) -> Iterator[BundledMember]:
    """One packing of each index that the step needs and the run has."""
    there = {
        (stream.component, stream.architecture)
        for stream in catalogue.streams_at(step.archive, step.at)
        if stream.suite == step.suite
    }
    for component in step.components:
        for architecture in step.architectures:
            if (component, architecture) in there:
                stream = Coordinates(step.archive, step.suite, component, architecture)
                file = stored_index(catalogue, stream, step.at)
                path = file.path.removeprefix(suite_directory(step.suite))
                yield BundledMember(step.suite, path, file.digest)
