"""The OpenAPI document: what FastAPI cannot know by itself (the key, the actor, repetition, problems)."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.access import ACTOR
from api.once import KEY
from api.problems import MEDIA_TYPE, Problem

ABOUT = """Attendance infrastructure for online tutoring. What happens is sent here and stored; one durable workflow
per student decides what follows: the balance, messages to guardians, follow-ups for coordinators.

Send `Authorization: Bearer bw_...`. Times are RFC 3339 with an offset. Lists come in parts: follow `next`.
Errors are RFC 9457 problems whose `type` leads to an explanation."""
_ACTOR = {
    "name": ACTOR,
    "in": "header",
    "required": False,
    "description": "the staff member who acts: id, ref or e-mail address; without it, an integration",
    "schema": {"type": "string"},
}
_KEY = {
    "name": KEY,
    "in": "header",
    "required": False,
    "description": "makes the request happen once: sent again with the same body it gets the stored answer",
    "schema": {"type": "string", "maxLength": 255},
}
_PROBLEM = {
    "description": "What went wrong, and what to do about it",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_WITHOUT_KEY = ("/v1/calendars/",)
_BATCHES = {
    "/v1/students/batch": "StudentIn",
    "/v1/guardians/batch": "GuardianIn",
    "/v1/schedules/batch": "ScheduleIn",
    "/v1/enrollments/batch": "EnrollmentIn",
    "/v1/sessions/batch": "SessionIn",
    "/v1/outcomes/batch": "OutcomeIn",
}


def describe(app: FastAPI) -> dict[str, Any]:
    """The document, made once."""
    if app.openapi_schema:
        return app.openapi_schema
    made = get_openapi(title=app.title, version=app.version, description=ABOUT, routes=app.routes)
    schemas = made["components"]["schemas"]
    for stale in ("HTTPValidationError", "ValidationError"):
        schemas.pop(stale, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs") | {"Problem": problem}
    made["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer", "bearerFormat": "bw_..."}}
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = _PROBLEM
            if path.startswith("/v1/"):
                _complete(path, method, operation)
    app.openapi_schema = made
    return made


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    operation["security"] = [{"key": []}]
    if path.startswith(_WITHOUT_KEY):
        operation["security"] = []
        return
    operation.setdefault("parameters", []).append(_ACTOR)
    if method == "post":
        operation["parameters"].append(_KEY)
    if path in _BATCHES and method == "post":
        one = {"$ref": f"#/components/schemas/{_BATCHES[path]}"}
        items = {"type": "array", "items": one, "minItems": 1, "maxItems": 1000}
        body = {"type": "object", "properties": {"items": items}, "required": ["items"]}
        operation["requestBody"]["content"]["application/json"]["schema"] = body
