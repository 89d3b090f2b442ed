# SPDX-License-Identifier: GPL-3.0-or-later
"""Checking again what is published: signatures, what follows from them, bytes, and links.

Nothing is believed because it was believed once: each Release is read from the store and its
signature judged anew, as of its own date; what the Release lists is held against what the catalogue
says, that against the store, and the link trees against both.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from mirror.fetch_images import SUMS, read_sums
from mirror.findings import Finding, Kind, VerifyReport
from mirror.lock import archive_lock, exclusive, storing
from mirror.stored_indices import index_path
from mirror.verify_links import LinkVerifier
from mirror.verify_signature import verify_detached, verify_inline
from snapshot.clearsign import signed_text
from snapshot.coordinates import suite_directory
from snapshot.errors import DejabuildError, NotFound, VerificationError
from snapshot.release import DOCUMENTS, Release
from storage.blobs import describe
from storage.catalogue import BlobState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mirror.policy import ArchivePolicy
    from mirror.stores import MirrorStores
    from snapshot.digest import Checksums, Digest
    from snapshot.timestamp import Timestamp
    from storage.catalogue import ReleaseMember, RunRecord


class ArchiveVerifier:
    """Verifies one archive.

    Args:
        archive: Its name.
        policy: Whom to believe; None for an archive that is no longer in the settings.
        stores: What is checked.
        heal: Fetches and verifies a blob that is not here; whether it is here now.
        deep: Read and hash every blob.
        repair: Put right what can be.
    """

    def __init__(
        self,
        archive: str,
        policy: ArchivePolicy | None,
        stores: MirrorStores,
        heal: Callable[[Digest], bool],
        *,
        deep: bool = False,
        repair: bool = False,
    ) -> None:
        self._archive = archive
        self._policy = policy
        self._stores = stores
        self._heal = heal
        self._deep = deep
        self._repair = repair
        self._report = VerifyReport(archive)
        self._looked: set[Digest] = set()

    def run(self) -> VerifyReport:
        """Look at everything.

        Raises:
            Busy: A sync of the archive is running.
            TransientError: The blob store does not answer.
        """
        stores = self._stores
        what = f"verification of {self._archive}"
        lock = exclusive(archive_lock(stores.locks, self._archive), what, now=stores.clock())
        with lock, storing(stores.locks, what):
            runs = stores.catalogue.runs(self._archive)
            self._report.runs = len(runs)
            trees: dict[Digest, dict[str, Digest]] = {}
            for run in runs:
                self._verify_run(run, trees)
            self._verify_files()
            if stores.layout is not None:
                links = LinkVerifier(stores, stores.layout, self._archive, runs, trees)
                self._report.findings += links.run(repair=self._repair)
        return self._report

    def _find(self, run: Timestamp | None, path: str, kind: Kind, what: str) -> None:
        self._report.findings.append(Finding(self._archive, run, path, kind, what))

    # -- signature, Release, indices ---------------------------------------------------

    def _verify_run(self, run: RunRecord, trees: dict[Digest, dict[str, Digest]]) -> None:
        catalogue, stamp = self._stores.catalogue, run.timestamp
        members: dict[str, dict[str, ReleaseMember]] = {}
        for member in catalogue.inventory.members_of_run(self._archive, stamp):
            members.setdefault(member.suite, {})[member.path] = member
        for release in catalogue.releases_at(self._archive, stamp):
            if release.inrelease in trees:
                continue
            tree = members.get(release.suite, {})
            trees[release.inrelease] = {path: member.digest for path, member in tree.items()}
            for member in tree.values():
                where = f"{suite_directory(member.suite)}{member.path}"
                self._look(member.digest, member.size, stamp, where)
            self._verify_release(run, release.suite, tree)

    def _verify_release(
        self, run: RunRecord, suite: str, tree: Mapping[str, ReleaseMember]
    ) -> None:
        self._report.releases += 1
        name = suite_directory(suite).rstrip("/")
        try:
            documents = {path: self._read(tree[path].digest) for path in DOCUMENTS if path in tree}
            text = self._signed_text(run, documents, f"{self._archive} {run.timestamp} {name}")
            listed = Release.parse(text, name=f"{name} Release").files
        except NotFound:
            return  # found already: the blob is not here
        except DejabuildError as error:
            self._find(run.timestamp, name, "signature", error.message)
            return
        images = self._images(run, suite, tree, listed)
        for path, member in tree.items():
            if path in documents or images.get(path) == member.digest:
                continue
            said, where = listed.get(path), f"{suite_directory(suite)}{path}"
            if said is None:
                self._find(run.timestamp, where, "index", "its Release does not list it")
            elif (said.size, said.sha256 or member.digest) != (member.size, member.digest):
                what = f"its Release says {said.sha256} of {said.size:,} bytes, not {member.digest}"
                self._find(run.timestamp, where, "index", what)
        self._verify_streams(run, suite, listed)

    def _images(
        self,
        run: RunRecord,
        suite: str,
        tree: Mapping[str, ReleaseMember],
        listed: Mapping[str, Checksums],
    ) -> dict[str, Digest]:
        """What the lists of images say, that the Release vouches for."""
        found: dict[str, Digest] = {}
        for path, member in tree.items():
            said = listed.get(path)
            if not path.endswith(SUMS) or said is None or said.sha256 != member.digest:
                continue
            where = f"{suite_directory(suite)}{path}"
            try:
                sums = read_sums(self._read(member.digest), name=where)
            except NotFound:
                continue  # found already: the blob is not here
            except DejabuildError as error:
                self._find(run.timestamp, where, "index", error.message)
                continue
            directory = path.rpartition("/")[0]
            found |= {f"{directory}/{name}": digest for name, digest in sums.items()}
        return found

    def _verify_streams(self, run: RunRecord, suite: str, listed: Mapping[str, Checksums]) -> None:
        """Whether the catalogue was filled from the very indices that the Release names."""
        inventory = self._stores.catalogue.inventory
        for stream, digest in inventory.index_digests(self._archive, run.timestamp).items():
            path = index_path(stream)
            said = listed.get(path) if stream.suite == suite else None
            if said is not None and said.sha256 not in {None, digest}:
                what = f"its Release says {said.sha256}, the catalogue was filled from {digest}"
                self._find(run.timestamp, f"{suite_directory(suite)}{path}", "index", what)

    def _read(self, digest: Digest) -> bytes:
        with self._stores.blobs.open(digest) as reader:
            return reader.read()

    def _signed_text(self, run: RunRecord, documents: Mapping[str, bytes], name: str) -> bytes:
        """What the signature covers, judged as of its own date."""
        inline = documents.get("InRelease")
        keyring = self._policy.keyring if self._policy is not None else None
        if run.trust != "release" or keyring is None:
            if run.trust == "release":
                self._note(f"{self._archive}: signatures were not judged: no keyring is set for it")
            return signed_text(inline if inline is not None else documents["Release"], name=name)
        if inline is not None:
            return verify_inline(inline, keyring, history=True, name=f"{name}/InRelease").text
        return verify_detached(
            documents["Release"],
            documents["Release.gpg"],
            keyring,
            history=True,
            name=f"{name}/Release",
        ).text

    def _note(self, text: str) -> None:
        if text not in self._report.notes:
            self._report.notes.append(text)

    # -- bytes ---------------------------------------------------------------------------

    def _verify_files(self) -> None:
        for file in self._stores.catalogue.inventory.files_of(self._archive):
            if file.state is BlobState.PRESENT:
                self._look(file.digest, file.size, None, file.path)
            else:
                self._report.lacking += 1

    def _look(self, digest: Digest, size: int, run: Timestamp | None, path: str) -> None:
        """Whether a blob that is said to be here is."""
        if digest in self._looked:
            return
        self._looked.add(digest)
        self._report.blobs += 1
        self._report.size += size
        what = self._wrong_with(digest, size)
        if what is None:
            return
        if run is None:
            places = self._stores.catalogue.locations(digest)
            mine = [one.first_seen for one in places if one.coordinates.archive == self._archive]
            run = min(mine, default=None)
        repaired = self._repair and self._get_again(digest)
        self._report.findings.append(
            Finding(self._archive, run, path, "blob", what, repaired=repaired)
        )

    def _wrong_with(self, digest: Digest, size: int) -> str | None:
        blobs = self._stores.blobs
        try:
            held = blobs.size(digest)
            if held != size:
                return f"{digest} has {held:,} bytes in the store, {size:,} in the catalogue"
            if self._deep:
                describe(blobs, digest)
        except NotFound:
            return f"{digest} is not in the store, though the catalogue says so"
        except VerificationError as error:  # any other: nothing is known of the bytes then
            return error.message
        return None

    def _get_again(self, digest: Digest) -> bool:
        """Put aside what is damaged, let the catalogue say what is true, and fetch it."""
        blobs, catalogue = self._stores.blobs, self._stores.catalogue
        with suppress(NotFound):  # it is not here, or a scrub was faster
            place = blobs.quarantine(digest)
            self._stores.progress.say(f"{digest} was put aside as {place}")
        catalogue.set_blob_state([digest], BlobState.KNOWN)
        try:
            here = self._heal(digest)
        except DejabuildError as error:
            self._stores.progress.say(f"{digest}: {error.message}")
            return False
        if not here:
            catalogue.set_blob_state([digest], BlobState.MISSING)
        return here
