"""Policies: the numbers an operator may change, one version after the other."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from fastapi import Response
from pydantic import BaseModel, ConfigDict, model_validator

from api.access import Here
from api.once import router as doors
from db import policy_versions
from domain.policy import Policy
from domain.tasks import Role

router = doors("policies")
LONGEST, LARGEST, STEPS = timedelta(days=366), 1000, 10
"""No duration, number or ladder of a policy goes beyond these: times computed from them must stay on the calendar."""
OUT_OF = (("misses", "misses_of_last"), ("first_misses", "first_sessions"), ("urgent_misses", "urgent_of_last"))


class PolicyIn(Policy):
    """A policy to publish. What is left out has its shipped default; `version` is given by us."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"examples": [{"weekly_sms_cap": 2}]})

    @model_validator(mode="after")
    def _can_be_lived_by(self) -> Self:
        for name, value in self:
            if isinstance(value, timedelta) and not timedelta(0) <= value <= LONGEST:
                raise ValueError(f"{name} must lie between 0 and {LONGEST.days} days")
            if isinstance(value, int) and value > LARGEST:
                raise ValueError(f"{name} must be at most {LARGEST}")
        for few, of in OUT_OF:
            if getattr(self, few) > getattr(self, of):
                raise ValueError(f"{few} must not be above {of}, or the rule can never fire")
        chases = list(self.chase_instructor)
        if len(chases) > STEPS or any(c > self.unrecorded_task_after for c in chases) or chases != sorted(set(chases)):
            raise ValueError(
                f"chase_instructor takes up to {STEPS} times, each later than the one before, up to the task"
            )
        waits = [step.after for step in self.ladder]
        if len(waits) > STEPS or any(w <= timedelta(0) or w > LONGEST for w in waits) or waits != sorted(set(waits)):
            raise ValueError(f"ladder takes up to {STEPS} steps, each later than the one before and within a year")
        return self


class Published(BaseModel):
    """A version of the policy. Version 1 is what the program ships with."""

    version: int
    published_at: datetime | None = None
    published_by: str | None = None
    policy: Policy


class Policies(BaseModel):
    """Every version, the newest (which new cases take) first."""

    items: list[Published]


@router.get("/policies")
async def list_policies(here: Here) -> Policies:
    """List the policy's versions, newest first. A case keeps the version it opened under."""
    async with here.transaction() as tx:
        rows = await policy_versions.published(tx, here.org_id)
    items = [
        Published(
            version=r.version,
            published_at=r.published_at,
            published_by=r.published_by,
            policy=Policy.model_validate(r.document | {"version": r.version}),
        )
        for r in rows
    ]
    shipped = [] if any(p.version == 1 for p in items) else [Published(version=1, policy=Policy())]
    return Policies(items=items + shipped)


@router.post("/policies", status_code=201)
async def publish_policy(here: Here, asked: PolicyIn, response: Response) -> Published:
    """Publish a new version; an admin's act. It rules what opens from now on."""
    by = here.person(Role.ADMIN).id
    async with here.transaction() as tx:
        now = await here.now(tx)
        policy = await policy_versions.publish(tx, here.org_id, Policy(**dict(asked)), by, now)
    response.headers["Location"] = "/v1/policies"
    return Published(version=policy.version, published_at=now, published_by=by, policy=policy)
