# SPDX-License-Identifier: GPL-3.0-or-later
"""Our order of versions is python-debian's."""

from __future__ import annotations

from debian.debian_support import NativeVersion
from hypothesis import given
from hypothesis import strategies as st

from snapshot.deb_version import version_key

PART = st.text(alphabet="0019aZ.+~-", min_size=1, max_size=7).map(lambda text: "0" + text)
VERSIONS = st.one_of(PART, st.builds("{}:{}".format, st.integers(0, 2), PART)).filter(
    lambda text: not text.endswith("-")
)


@given(VERSIONS, VERSIONS)
def test_the_order_is_python_debians(a: str, b: str) -> None:
    ours = (version_key(a) > version_key(b)) - (version_key(a) < version_key(b))
    first, second = NativeVersion(a), NativeVersion(b)
    assert ours == (first > second) - (first < second)
