# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import FrozenInstanceError, fields

import pytest

from ops.describe_settings import TABLES
from ops.settings import Settings


def test_the_defaults_make_a_machine_that_listens_to_itself_only() -> None:
    assert Settings().server.listen.startswith("127.0.0.1:")


def test_settings_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().server.listen = "0.0.0.0:80"  # type: ignore[misc]


@pytest.mark.parametrize(("name", "kind"), TABLES)
def test_every_key_says_what_it_is(name: str, kind: type) -> None:
    for one in fields(kind):
        text = one.metadata["text"]
        assert text.endswith("."), f"{name}.{one.name}"
