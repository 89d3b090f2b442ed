# SPDX-License-Identifier: GPL-3.0-or-later
"""Made files by their content: whoever lets some go asks whether another subject has them."""

from alembic import op

revision = "catalogue_0013"
down_revision = "catalogue_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("made_files_by_digest", "made_files", ["digest"], unique=False)


def downgrade() -> None:
    op.drop_index("made_files_by_digest", table_name="made_files")
