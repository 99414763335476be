"""The checks of the doctor: each looks at one part and says what it found and, when needed, what to do."""

from __future__ import annotations

import platform
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from cli.problems import CommandError
from cli.reaching import CONNECT_WITHIN, revision
from db.migrate import newest
from settings import Settings

if TYPE_CHECKING:
    from temporalio.client import Client

OLDEST_PYTHON = (3, 11)
OLDEST_POSTGRES = 15
CLOCKS_APART = timedelta(seconds=5)
"""More than this between this machine's clock and the database's is worth a word."""
START = "start everything with `bellwether up`"


class State(StrEnum):
    """How a part is."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """What was found about one part, and what to do about it."""

    part: str
    state: State
    words: str
    hint: str | None = None


def ok(part: str, words: str) -> Finding:
    """All is well."""
    return Finding(part, State.OK, words)


def note(part: str, words: str, hint: str | None = None) -> Finding:
    """Works, but a person should know."""
    return Finding(part, State.NOTE, words, hint)


def wrong(part: str, words: str, hint: str) -> Finding:
    """Does not work."""
    return Finding(part, State.WRONG, words, hint)


def versions() -> Finding:
    """Python and the libraries that matter."""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("temporalio", "SQLAlchemy", "psycopg", "fastapi"))
    words = f"bellwether {version('bellwether')}, Python {platform.python_version()}, {libraries}"
    if sys.version_info < OLDEST_PYTHON:
        return wrong("versions", words, "install Python 3.11 or newer and run `make install`")
    return ok("versions", words)


def data_folder(folder: Path) -> Finding:
    """Whether the data folder, or the nearest folder above it, can be written."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    try:
        tempfile.TemporaryFile(dir=place).close()
    except OSError as problem:
        return wrong(
            "data folder",
            f"{folder} cannot be written ({problem.strerror})",
            "run as the user it belongs to, or set BELLWETHER_DATA_DIR",
        )
    return ok("data folder", f"{folder} can be written")


def books(url: str | None) -> list[Finding]:
    """PostgreSQL: reachable, new enough, migrated."""
    if url is None:
        return [wrong("PostgreSQL", "the embedded one is not running", f"{START}, or set BELLWETHER_DATABASE_URL")]
    try:
        found = revision(url)
        number = int(str(_ask(url, "show server_version_num"))) // 10_000
    except (CommandError, DBAPIError) as problem:
        return [wrong("PostgreSQL", str(problem).splitlines()[0], "start it, or mend BELLWETHER_DATABASE_URL")]
    there = f"PostgreSQL {number} answers"
    return [
        ok("PostgreSQL", there)
        if number >= OLDEST_POSTGRES
        else wrong("PostgreSQL", there, f"{OLDEST_POSTGRES} or newer is needed"),
        ok("books", f"at the newest revision, {found}")
        if found == newest()
        else wrong(
            "books", f"at revision {found or 'none'}, this program needs {newest()}", "run `bellwether db upgrade`"
        ),
    ]


async def temporal(given: Settings, address: str | None) -> list[Finding]:
    """Temporal: reachable, the namespace is there, workers poll."""
    from temporalio.service import RPCError

    from worker import connect

    if address is None:
        return [wrong("Temporal", "the embedded one is not running", f"{START}, or set BELLWETHER_TEMPORAL_ADDRESS")]
    try:
        client = await connect(given, address)
    except (RuntimeError, RPCError) as problem:
        said = str(problem).splitlines()[0][:200]
        return [wrong("Temporal", f"no answer at {address}: {said}", "start it, or mend BELLWETHER_TEMPORAL_ADDRESS")]
    try:
        return [ok("Temporal", f"answers at {address}"), await _namespace(client), await _worker(client)]
    except RPCError as problem:
        return [wrong("Temporal", f"{address} refuses to answer: {problem.message[:200]}", "look into its log")]


async def _namespace(client: Client) -> Finding:
    from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
    from temporalio.service import RPCError, RPCStatusCode

    try:
        await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
    except RPCError as problem:
        if problem.status is not RPCStatusCode.NOT_FOUND:
            raise
        return wrong(
            "namespace",
            f"{client.namespace} does not exist",
            f"`temporal operator namespace create -n {client.namespace}`, or mend BELLWETHER_TEMPORAL_NAMESPACE",
        )
    return ok("namespace", f"{client.namespace} exists")


async def _worker(client: Client) -> Finding:
    from cli.readiness import QUEUES, idle_queues

    if idle := await idle_queues(client):
        return wrong("worker", f"nobody polls the queues {', '.join(idle)}", f"{START}, or run `bellwether worker`")
    return ok("worker", f"polls the queues {', '.join(QUEUES)}")


def configured_api_url(given: Settings) -> str:
    """Where the settings say that this machine's API listens."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(given.host, given.host)
    return f"http://{host}:{given.port}"


async def api(url: str, *, may_be_elsewhere: bool) -> Finding:
    """Whether the API answers and calls itself ready. It may run on another machine when no part is embedded."""
    from cli.readiness import readyz

    is_ready, said = await readyz(url)
    if is_ready is None and may_be_elsewhere:
        return note("API", said, "fine if it runs elsewhere; here: `bellwether api`")
    if is_ready is None:
        return wrong("API", said, f"{START}, or run `bellwether api`")
    if not is_ready:
        return wrong("API", f"{url} is not ready: {said[:300]}", "mend the part it names")
    return ok("API", f"{url} is ready")


def pages() -> Finding:
    """Whether open pages hear of changes."""
    from api.pages import static_files

    if static_files.has("htmx.min.js"):
        return ok("pages", "stay up to date by themselves (htmx)")
    return note("pages", "work, and show changes when they are reloaded", "for live ones: install node, `make install`")


def ways_out(given: Settings) -> list[Finding]:
    """How messages leave."""
    nowhere = "the outbox: nothing leaves this machine"
    return [
        ok("SMS", f"Twilio, {given.twilio_api_url}" if given.sends_sms else nowhere),
        ok("e-mail", f"SendGrid, {given.sendgrid_api_url}" if given.sends_email else nowhere),
        ok("drafts", _drafter(given)),
        *_reports(given),
        *_stop_links(given),
    ]


def _drafter(given: Settings) -> str:
    """Who words drafts, and what that may cost."""
    if given.language_model is None:
        return "worded by the templates"
    where = f" at {given.language_model_url}" if given.language_model_url else ""
    return f"worded by {given.language_model}{where}, at most {given.language_model_tokens_a_day:,} tokens a day"


def _reports(given: Settings) -> list[Finding]:
    """Whether providers can tell what became of messages."""
    unheard, missing = "sent counts as delivered, because nobody reports what became of {}", []
    if given.public_url is None and (given.sends_sms or given.sends_email):
        hint = "set BELLWETHER_PUBLIC_URL to the address under which Twilio and SendGrid reach this API"
        missing.append(note("delivery reports", unheard.format("messages"), hint))
    if given.sends_email and given.sendgrid_webhook_public_key is None:
        hint = "turn on SendGrid's signed event webhook, set BELLWETHER_SENDGRID_WEBHOOK_PUBLIC_KEY to its key"
        missing.append(note("delivery reports", unheard.format("e-mails"), hint))
    return missing


def _stop_links(given: Settings) -> list[Finding]:
    """Whether families' e-mails say where to end them."""
    if not given.sends_email or (given.public_url or "").startswith("https://"):
        return []
    words = "e-mails to families hold no link by which they can stop them"
    if given.public_url is not None:
        words = "mail programs show no button to stop e-mails, because it takes an https address"
    return [note("stopping e-mail", words, "set BELLWETHER_PUBLIC_URL to the https address families reach this API at")]


def business_clock(given: Settings, url: str | None) -> Finding:
    """How far business time is ahead, and whether both machines agree on the time."""
    unknown = note("clock", "unknown while the books are out of reach")
    if url is None:
        return unknown
    try:
        ahead, there = _ask(url, "select ahead from business_clock"), _ask(url, "select clock_timestamp()")
    except (CommandError, DBAPIError):
        return unknown
    if isinstance(there, datetime) and abs(datetime.now(UTC) - there) > CLOCKS_APART:
        apart = abs(datetime.now(UTC) - there).total_seconds()
        return wrong("clock", f"this machine and the database are {apart:.0f} s apart", "set both by NTP")
    if not ahead:
        return ok("clock", "business time is real time")
    if given.sends_sms or given.sends_email:
        return wrong(
            "clock",
            f"business time is {ahead} ahead, and messages leave for real",
            "use books that no demo has played on",
        )
    return note("clock", f"business time is {ahead} ahead: a demo or replay has played on these books")


def _ask(url: str, question: str) -> object:
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"), connect_args={"connect_timeout": CONNECT_WITHIN}
    )
    try:
        with engine.connect() as connection:
            answer: object = connection.scalar(text(question))
            return answer
    finally:
        engine.dispose()
