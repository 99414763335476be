"""Terms: the parts of the year for which an enrollment has its grace (one late cancellation that is not charged)."""

from __future__ import annotations

from datetime import date, timedelta

from fastapi import Response
from pydantic import ConfigDict, model_validator

from api.access import Here
from api.once import router as doors
from api.values import Asked, Listed, Lister, Name, Reference, Told
from db import audit_log, roster
from db.fields import FIRST_YEAR, LAST_YEAR
from db.tables import terms
from domain.tasks import Role

router = doors("plans")
LONGEST = timedelta(days=2 * 366)


class TermIn(Asked):
    """A term to create, in local dates of each schedule; both days belong to it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"ref": "2026-SP", "name": "Spring", "starts_on": "2026-01-12", "ends_on": "2026-05-29"}]
        }
    )
    ref: Reference | None = None
    name: Name
    starts_on: date
    ends_on: date

    @model_validator(mode="after")
    def _is_a_span(self) -> TermIn:
        if not timedelta(0) <= self.ends_on - self.starts_on <= LONGEST:
            raise ValueError("ends_on must not come before starts_on, nor more than two years after it")
        if not FIRST_YEAR <= self.starts_on.year <= self.ends_on.year < LAST_YEAR:
            raise ValueError(f"the year must lie between {FIRST_YEAR} and {LAST_YEAR}")
        return self


class Term(Told):
    """A term."""

    id: str
    ref: str | None
    name: str
    starts_on: date
    ends_on: date


@router.post("/terms", status_code=201)
async def create_term(here: Here, asked: TermIn, response: Response) -> Term:
    """Create a term, before it begins; an admin's act.

    What was charged in it before stays so until the next late cancellation or correction in it.
    """
    by = here.person(Role.ADMIN).id
    async with here.transaction() as tx:
        await audit_log.write(tx, here.org_id, by, "calendar", "term_added", await here.now(tx))
        made = Term.of(await roster.add(tx, terms, here.org_id, here.new_id(), asked.model_dump()))
    response.headers["Location"] = f"/v1/terms?ref={made.ref}" if made.ref else "/v1/terms"
    return made


@router.get("/terms")
async def list_terms(here: Here, listing: Lister, ref: Reference | None = None) -> Listed[Term]:
    """List terms by their first day."""
    async with here.transaction() as tx:
        part = await roster.listed(tx, terms, here.org_id, listing.cut, (), ref=ref)
    return listing.answer(part, Term.of)
