# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from mirror.scrub_pass import ScrubPass, load_pass, save_pass
from snapshot.digest import Digest
from snapshot.errors import InvalidInput


def test_what_is_noted_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "scrub.json"
    assert load_pass(file) is None
    noted = ScrubPass(12.5, "ab", finished=True, lacking=frozenset({Digest.of(b"1")}))
    save_pass(file, ScrubPass(1.0))
    save_pass(file, noted)
    assert load_pass(file) == noted
    assert [path.name for path in tmp_path.iterdir()] == ["scrub.json"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"began": "x"}', '{"began": 1, "at": ""}'])
def test_a_damaged_note_names_its_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "scrub.json"
    file.write_text(text)
    with pytest.raises(InvalidInput, match=r"scrub\.json"):
        load_pass(file)
