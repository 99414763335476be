"""The attendance sheet: how many minutes late an instructor says somebody was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

CHECK = "late_minutes is null or (code = 'late' and late_minutes > 0)"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.add_column("evidence", sa.Column("late_minutes", sa.Integer(), nullable=True))
    op.create_check_constraint(op.f("ck_evidence_late_minutes"), "evidence", CHECK)


def downgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.drop_constraint(op.f("ck_evidence_late_minutes"), "evidence")
    op.drop_column("evidence", "late_minutes")
