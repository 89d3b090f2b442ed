# SPDX-License-Identifier: GPL-3.0-or-later
"""The first tables of the catalogue."""

revision = "catalogue_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
