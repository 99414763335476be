"""Live updates: the newest decisions are found by their number, each second, however long the journals grow."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

JOURNALS = ("decisions", "session_decisions")


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for journal in JOURNALS:
        op.create_index(f"ix_{journal}_seq", journal, ["seq"])


def downgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for journal in JOURNALS:
        op.drop_index(f"ix_{journal}_seq", journal)
