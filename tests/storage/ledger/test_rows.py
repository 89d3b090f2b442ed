# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

from storage.ledger import Ledger
from storage.ledger.rows import (
    derived_text,
    optional,
    phases_of,
    reason_of,
    status_of,
    tags_of,
)
from storage.ledger.values import Derived
from tests.storage.ledger.samples import new_target, put


def test_the_empty_text_is_null_on_the_wire() -> None:
    assert (optional(""), optional("sid")) == (None, "sid")


def test_absent_words_are_none() -> None:
    assert (status_of(None), reason_of(None), tags_of("")) == (None, None, frozenset())
    assert tags_of("a,b") == {"a", "b"}
    assert phases_of("") == {}


def test_a_derivation_survives_the_database(ledger: Ledger) -> None:
    derive = Derived(
        "debian", "20261120T000000Z", (("bookworm", "main"), ("bookworm-updates", "main"))
    )
    (target_id,) = put(ledger, replace(new_target(kind="source"), derive=derive))
    assert ledger.targets.get(target_id).derive == derive
    assert derived_text(None)["derive_suites"] == ""
