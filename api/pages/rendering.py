"""From a template to a page. What every template knows is written here; see docs/pages.md for a page's own values."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from markupsafe import Markup, escape

from api.pages import pictures, static_files, times
from api.pages.navigation import area_at, areas_of, tabs_at
from api.pages.saying import said_in
from domain.explaining import code_in_words
from domain.plain_words import capital, clean, listed, task_in_words

TEMPLATES = Path(__file__).parent.parent / "templates"
PRIVATE = {"Cache-Control": "private, no-store", "Vary": "HX-Request, Cookie"}


def name(written: str | None) -> Markup:
    """A person's name as he writes it, its direction kept from what stands around it."""
    return Markup(f"<bdi>{escape(clean(written) or 'without a name')}</bdi>")


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its unit: "1 lesson", "2 lessons", "no lessons"."""
    return f"{number or 'no'} {one if number == 1 else many or one + 's'}"


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    in_zone = (
        times.when,
        times.clock,
        times.clock_in,
        times.to_the_second,
        times.day,
        times.long_day,
        times.relative,
        times.both,
        times.beside,
        times.is_today,
    )
    made.filters |= {f.__name__: pass_context(f) for f in (*in_zone, times.is_today)}
    made.filters |= {
        "name": name,
        "counted": counted,
        "city": times.city,
        "code": code_in_words,
        "task": task_in_words,
        "listed": listed,
        "capital": capital,
        "initials": pictures.initials,
        "span": times.span,
        "late": times.late,
    }
    made.globals |= {
        "strip": pictures.strip,
        "strip_key": pictures.strip_key,
        "spark": pictures.spark,
        "segments": pictures.segments,
        "static": static_files.address,
        "static_has": static_files.has,
    }
    return made


_TEMPLATES = _environment()


def render(
    request: Request,
    template: str,
    *,
    status: int = 200,
    now: datetime | None = None,
    at: str | None = None,
    **values: Any,
) -> HTMLResponse:
    """A page, or a fragment when the template's file name begins with an underscore.

    The template knows `visit` (None when nobody is signed in), `zone`, `lang`, `now`, `path`, `fragment`, `said`,
    `tabs`, `areas` and `counts`, and `values`. `now` stands in for the shell's own, which pages made by
    `shell.staff_pages` need not give; `at` is the page that tabs are drawn for, when it is not this one.
    A name it uses and nobody gave raises UndefinedError.
    """
    html = _TEMPLATES.get_template(template).render({**_shell(request, template, now, at), **values})
    return HTMLResponse(html, status, PRIVATE)


def _shell(request: Request, template: str, now: datetime | None, at: str | None) -> dict[str, Any]:
    visit = getattr(request.state, "visit", None)
    me = getattr(visit, "me", None)
    counts: dict[str, int] = getattr(request.state, "counts", {})
    path = at or request.url.path
    return {
        "request": request,
        "visit": visit,
        "zone": visit.zone if visit else "UTC",
        "lang": "en",
        "direction": "ltr",
        "now": now or getattr(request.state, "now", None) or request.app.state.clock(),
        "path": path,
        "fragment": template.rpartition("/")[2].startswith("_"),
        "said": said_in(request.query_params) if request.method == "GET" else None,
        "tabs": tabs_at(path, me.role, counts) if me else (),
        "areas": [a for a in areas_of(me.role) if a is not area_at(path, me.role)] if me else (),
        "counts": counts,
    }
