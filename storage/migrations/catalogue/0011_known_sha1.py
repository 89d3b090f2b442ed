# SPDX-License-Identifier: GPL-3.0-or-later
"""Blobs by SHA-1 only where it is known: today's indices no longer say it."""

import sqlalchemy as sa
from alembic import op

revision = "catalogue_0011"
down_revision = "catalogue_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    known = sa.text("sha1 IS NOT NULL")
    op.drop_index("blobs_by_sha1", table_name="blobs")
    op.create_index(
        "blobs_by_sha1",
        "blobs",
        ["sha1"],
        unique=False,
        sqlite_where=known,
        postgresql_where=known,
    )


def downgrade() -> None:
    op.drop_index("blobs_by_sha1", table_name="blobs")
    op.create_index("blobs_by_sha1", "blobs", ["sha1"], unique=False)
