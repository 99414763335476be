"""What the office does to the whole: imports by upload, and acts that have no journal of their own."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Index, Integer, LargeBinary, Table, Text

from db.columns import at, document, metadata, org, own_id, ref, to, words

imports = Table(
    "imports",
    metadata,
    org(),
    own_id(),
    words("kind"),
    words("state"),
    document("files"),
    at("uploaded_at", nullable=False),
    ref("uploaded_by", nullable=False),
    document("counts", "{}"),
    document("changes", "[]"),
    document("problems", "[]"),
    Column("problem_count", Integer, nullable=False, server_default="0"),
    document("remarks", "[]"),
    document("ends_too_much", "[]"),
    words("digest", nullable=True),
    at("ended_at"),
    ref("ended_by"),
    to("staff", "uploaded_by"),
    to("staff", "ended_by"),
    CheckConstraint("kind in ('csv', 'oneroster')", name="kind"),
    CheckConstraint("state in ('refused', 'previewed', 'applied', 'discarded')", name="state"),
    CheckConstraint("(state = 'previewed') = (ended_at is null and digest is not null)", name="ended"),
    Index("ix_imports_uploaded", "org_id", "uploaded_at", "id"),
)
"""A preview and what became of it. `digest` stands for all that it would change: what is applied is what was shown."""

import_files = Table(
    "import_files",
    metadata,
    org(),
    ref("import_id", nullable=False, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    to("imports", "import_id"),
)
"""The files of a preview that waits; deleted once it is applied or discarded, since they hold names and addresses."""

audit_log = Table(
    "audit_log",
    metadata,
    org(),
    own_id(),
    Column("seq", BigInteger, Identity(), nullable=False),
    at("at", nullable=False),
    ref("by"),
    words("topic"),
    words("act"),
    ref("about"),
    document("numbers", "{}"),
    ref("reason_id"),
    to("staff", "by"),
    Index("ix_audit_log_at", "org_id", "at", "id"),
)
"""Acts that no journal holds. Append-only: ids, codes, numbers and times; `by` is empty for an integration."""
