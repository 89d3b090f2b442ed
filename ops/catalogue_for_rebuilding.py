# SPDX-License-Identifier: GPL-3.0-or-later
"""What the rebuild half asks the archive half, answered by the catalogue.

The orchestrator knows two questions (`Originals`, `Listing`) and not who answers; here they are
put to the catalogue. A digest counts as verified when a run whose trust is not `none` lists it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from posixpath import basename

from api.dejabuild.listings import RunListing, run_of
from orchestrator.originals import IndexedFile
from orchestrator.select_targets import ListedFile
from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from storage.catalogue import Catalogue, IndexedArtifact

UNTRUSTED = "none"


class CatalogueForRebuilding:
    """`orchestrator.originals.Originals`, `orchestrator.select_targets.Listing`, newest runs.

    Args:
        catalogue: The opened catalogue.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def indexed(self, digests: Iterable[Digest]) -> Mapping[Digest, Sequence[IndexedFile]]:
        """Find the published files with one of these digests.

        Args:
            digests: What is asked for.

        Returns:
            Only the digests that an index lists.
        """
        found = self._catalogue.indexed(digests)
        return {digest: (_indexed(digest, one),) for digest, one in found.items()}

    def named(self, name: str, version: str, architecture: str) -> Sequence[IndexedFile]:
        """Find the published files of one package.

        Args:
            name: Package name.
            version: Its full version.
            architecture: As the package says.

        Returns:
            One per distinct digest.
        """
        digests = {
            location.file.digest
            for location in self._catalogue.binary_files(name, version)
            if location.package.architecture == architecture
        }
        return [file for files in self.indexed(digests).values() for file in files]

    def packages_in(
        self, archive: str, stamp: Timestamp, suite: str, component: str, architecture: str
    ) -> Iterator[ListedFile]:
        """List the files of one stream as a run saw it.

        Args:
            archive: Archive name.
            stamp: Of the run.
            suite: One of its suites.
            component: One of its components.
            architecture: Binary architecture, or `source`.

        Yields:
            Every file, in the catalogue's order.
        """
        run = run_of(self._catalogue, archive, str(stamp))
        yield from RunListing(self._catalogue, run).packages_in(
            archive, stamp, suite, component, architecture
        )

    def newest_run(self, archive: str) -> Timestamp | None:
        """Give the stamp of the newest run.

        Args:
            archive: Archive name.

        Returns:
            None before the first run.
        """
        stamps = self._catalogue.run_stamps(archive)
        return max(stamps) if stamps else None


def _indexed(digest: Digest, found: IndexedArtifact) -> IndexedFile:
    return IndexedFile(
        digest=digest,
        size=found.size,
        file_name=basename(found.path),
        name=found.package,
        version=found.version,
        architecture=found.architecture,
        verified=found.trust != UNTRUSTED,
    )
