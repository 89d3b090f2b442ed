# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a Release names some bytes, without looking at every file of every Release."""

from alembic import op

revision = "catalogue_0008"
down_revision = "catalogue_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("release_files_by_digest", "release_files", ["digest"])


def downgrade() -> None:
    op.drop_index("release_files_by_digest", table_name="release_files")
