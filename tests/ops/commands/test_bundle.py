# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from ops import cli
from tests.ops.conftest import Mirrored

pytestmark = pytest.mark.programs


def dejabuild(config: Path, *arguments: str) -> int:
    return cli.run([*arguments, "--config", str(config)])


@pytest.fixture
def bundle(mirrored: Mirrored, tmp_path: Path) -> Path:
    listed = tmp_path / "packages"
    listed.write_text("package002 1.0-1 amd64\n")
    words = ["add", "carried", "--dpkg-list", str(listed)]
    assert dejabuild(mirrored.config, "closure", *words) == 0
    target = tmp_path / "carried.tar.zst"
    assert dejabuild(mirrored.config, "bundle", "export", "--closure", "carried", str(target)) == 0
    return target


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    config = tmp_path / "elsewhere.toml"
    config.write_text(f'[server]\ndata = "{tmp_path}/elsewhere"\n')
    return config


def test_a_bundle_goes_from_one_machine_to_another(
    mirrored: Mirrored,
    bundle: Path,
    elsewhere: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    public = tmp_path / "maker.asc"
    keys = Path(str(mirrored.settings.server.data)) / "keys/repository/public.asc"
    public.write_bytes(keys.read_bytes())
    trusting = ["--keyring", f"debian={mirrored.upstream.keyring}"]
    words = ["bundle", "import", *trusting, "--signed-by", str(public), str(bundle)]
    assert dejabuild(elsewhere, *words) == 0
    out = capsys.readouterr().out
    assert "the bundle is signed by " in out
    assert "debian: run 20260711T101637Z, proved by its archive's signature\n" in out
    assert "closure carried: 1 files, complete" in out
    assert dejabuild(elsewhere, "bundle", "import", *trusting, str(bundle)) == 0
    out = capsys.readouterr().out
    assert "proved by its archive's signature, was here" in out
    assert "0 files stored" in out
    assert dejabuild(elsewhere, "closure", "check") == 0


def test_a_bundle_of_a_stranger_comes_in_as_such_or_not_at_all(
    mirrored: Mirrored, bundle: Path, elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dejabuild(elsewhere, "bundle", "import", str(bundle)) == 78
    assert "nothing says whose signature counts" in capsys.readouterr().err
    keyring = str(mirrored.upstream.keyring)
    words = ["bundle", "import", "--keyring", keyring, "--signed-by", keyring, str(bundle)]
    assert dejabuild(elsewhere, *words) == 76
    assert dejabuild(elsewhere, "bundle", "import", "--trust-none", str(bundle)) == 0
    assert "proved by NOTHING: trust none" in capsys.readouterr().out


def test_the_same_closure_gives_the_same_file(mirrored: Mirrored, bundle: Path) -> None:
    again = bundle.with_name("again.tar.zst")
    assert dejabuild(mirrored.config, "bundle", "export", "--closure", "carried", str(again)) == 0
    assert again.read_bytes() == bundle.read_bytes()
    assert sorted(path.name for path in bundle.parent.glob("*.new")) == []


def test_what_cannot_be_exported_leaves_no_file(mirrored: Mirrored, tmp_path: Path) -> None:
    target = tmp_path / "none.tar.zst"
    words = ["bundle", "export", str(target)]
    assert dejabuild(mirrored.config, *words) == 65
    assert dejabuild(mirrored.config, *words, "--closure", "unknown") == 66
    assert list(tmp_path.iterdir()) == []
    missing = str(tmp_path / "no/such/place")
    words = ["bundle", "export", "--buildinfo", str(tmp_path), missing]
    assert dejabuild(mirrored.config, *words) == 66


def test_a_file_that_is_no_bundle_is_refused(elsewhere: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.tar.zst"
    wrong.write_bytes(b"nothing of the kind")
    assert dejabuild(elsewhere, "bundle", "import", str(wrong)) == 65
    assert dejabuild(elsewhere, "bundle", "import", str(tmp_path / "absent")) == 65
