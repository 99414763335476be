"""Templates: an operator's own words for what families are told, and which version worded a message."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.create_table(
        "message_templates",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("story", sa.Text(), nullable=True),
        sa.Column("ask", sa.Text(), nullable=True),
        sa.Column("made_by", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("channel in ('sms', 'email')", name=op.f("ck_message_templates_channel")),
        sa.CheckConstraint("num_nulls(subject, story, ask) in (0, 3)", name=op.f("ck_message_templates_whole")),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_message_templates_org_id")),
        sa.ForeignKeyConstraint(
            ["org_id", "made_by"], ["staff.org_id", "staff.id"], name=op.f("fk_message_templates_org_id_made_by")
        ),
        sa.PrimaryKeyConstraint(
            "org_id", "purpose", "channel", "language", "version", name=op.f("pk_message_templates")
        ),
    )
    op.execute(
        "create trigger append_only before update or delete or truncate on message_templates "
        "for each statement execute function refuse_change()"
    )
    op.add_column("messages", sa.Column("template_version", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.drop_column("messages", "template_version")
    op.drop_table("message_templates")
