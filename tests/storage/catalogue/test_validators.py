# SPDX-License-Identifier: GPL-3.0-or-later
"""One validator a URL, the last one."""

from __future__ import annotations

from snapshot.digest import Digest
from storage.catalogue import Catalogue, Validator

HERE = "http://127.0.0.1/dists/bookworm/InRelease"
OLD = Validator(HERE, Digest.of(b"old"), '"a"', "Fri, 10 Jul 2026 10:00:00 GMT")
NEW = Validator(HERE, Digest.of(b"new"), 'W/"b"')
OTHER = Validator(f"{HERE}.gpg", Digest.of(b"other"), modified="Sat, 11 Jul 2026 10:00:00 GMT")


def test_the_last_one_of_a_url_is_kept_and_others_stay(catalogue: Catalogue) -> None:
    assert catalogue.validator(HERE) is None
    catalogue.remember_validators([OLD, OTHER])
    assert catalogue.validator(HERE) == OLD
    catalogue.remember_validators([NEW])
    assert catalogue.validator(HERE) == NEW
    assert catalogue.validator(OTHER.url) == OTHER


def test_nothing_to_remember_writes_nothing(catalogue: Catalogue) -> None:
    catalogue.remember_validators([])
    assert catalogue.validator(HERE) is None


def test_they_are_no_content(catalogue: Catalogue) -> None:
    before = list(catalogue.dump())
    catalogue.remember_validators([OLD])
    assert list(catalogue.dump()) == before
