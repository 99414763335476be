"""Imported by the process that couriers are forked from, and by nothing else: what each would pay for anew."""

from __future__ import annotations

import sendgrid  # noqa: F401
import sqlalchemy.dialects.postgresql.psycopg  # noqa: F401
import twilio.rest  # noqa: F401
from temporalio.worker._worker import load_default_build_id

import tests.processes  # noqa: F401

load_default_build_id()  # a hash over the code of every module, kept once it is made; seconds on a busy machine
