"""Replies: from whom they came and on what, why they mean what they mean, who read them; changes of consent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UNREAD = "read_at is null and (meaning = 'unclear' or student_id is null)"
NEW = ("event_id", "raw_events"), ("message_id", "messages"), ("read_by", "staff")


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.alter_column("replies", "guardian_id", nullable=True)
    op.alter_column("replies", "student_id", nullable=True)
    op.add_column("replies", sa.Column("channel", sa.Text(), server_default="api", nullable=False))
    op.add_column("replies", sa.Column("sender", sa.Text(), nullable=True))
    op.add_column("replies", sa.Column("rule", sa.Text(), nullable=True))
    op.add_column("replies", sa.Column("answered", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("replies", sa.Column("read_at", sa.DateTime(timezone=True), nullable=True))
    for column, table in NEW:
        op.add_column("replies", sa.Column(column, sa.Uuid(as_uuid=False), nullable=True))
        name = op.f(f"fk_replies_org_id_{column}")
        op.create_foreign_key(name, "replies", table, ["org_id", column], ["org_id", "id"])
    op.create_check_constraint(op.f("ck_replies_channel"), "replies", "channel in ('api', 'sms', 'email')")
    op.create_check_constraint(op.f("ck_replies_family"), "replies", "student_id is null or guardian_id is not null")
    op.create_check_constraint(op.f("ck_replies_read"), "replies", "(read_by is null) = (read_at is null)")
    op.create_index("ix_replies_student", "replies", ["org_id", "student_id", "received_at"])
    op.create_index("ix_replies_sender", "replies", ["org_id", "sender", "received_at"])
    op.create_index("ix_replies_unread", "replies", ["org_id", "received_at"], postgresql_where=sa.text(UNREAD))
    op.create_table(
        "consents",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("guardian_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reply_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("by", sa.Uuid(as_uuid=False), nullable=True),
        sa.CheckConstraint("change in ('opted_out', 'opted_in')", name=op.f("ck_consents_change")),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_consents_org_id")),
        sa.ForeignKeyConstraint(
            ["org_id", "guardian_id"], ["guardians.org_id", "guardians.id"], name=op.f("fk_consents_org_id_guardian_id")
        ),
        sa.ForeignKeyConstraint(["org_id", "by"], ["staff.org_id", "staff.id"], name=op.f("fk_consents_org_id_by")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_consents")),
    )
    known = sa.text("provider_id is not null")
    op.create_index("ix_messages_provider", "messages", ["provider_id"], postgresql_where=known)
    op.create_index("ix_consents_guardian", "consents", ["org_id", "guardian_id", "at"])


def downgrade() -> None:
    op.drop_index("ix_messages_provider", table_name="messages")
    op.drop_table("consents")
    op.drop_index("ix_replies_unread", table_name="replies", postgresql_where=sa.text(UNREAD))
    op.drop_index("ix_replies_sender", table_name="replies")
    op.drop_index("ix_replies_student", table_name="replies")
    for check in ("read", "family", "channel"):
        op.drop_constraint(op.f(f"ck_replies_{check}"), "replies", type_="check")
    for column, _ in reversed(NEW):
        op.drop_constraint(op.f(f"fk_replies_org_id_{column}"), "replies", type_="foreignkey")
        op.drop_column("replies", column)
    for column in ("read_at", "answered", "rule", "sender", "channel"):
        op.drop_column("replies", column)
    op.execute("delete from replies where student_id is null or guardian_id is null")
    op.alter_column("replies", "student_id", nullable=False)
    op.alter_column("replies", "guardian_id", nullable=False)
