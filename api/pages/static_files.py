"""What pages load: our stylesheet, our script, and htmx where npm brought it.

The address holds a digest of the content, so a browser keeps a file for ever and a new one has a new address.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

OURS = Path(__file__).parent.parent / "static"
HTMX = Path(__file__).parent.parent.parent / "node_modules" / "htmx.org" / "dist"
"""Where `make install` puts htmx; without it pages work by reloading."""
_SHELF = {
    "bellwether.css": ((OURS / "bellwether.css",), "text/css"),
    "keys.js": ((OURS / "keys.js",), "text/javascript"),
    "sheet.js": ((OURS / "sheet.js",), "text/javascript"),
    "icon.svg": ((OURS / "icon.svg",), "image/svg+xml"),
    "htmx.min.js": ((HTMX / "htmx.min.js", HTMX / "ext" / "hx-sse.min.js"), "text/javascript"),
}
"""Each file and what it is put together from. Server-sent events come in one file with htmx: it starts by itself a
moment after it ran, and would not know of an extension that came over the wire a moment later."""
FOR_EVER = "public, max-age=31536000, immutable"

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class _File:
    content: bytes
    packed: bytes
    media_type: str
    digest: str


def _read() -> dict[str, _File]:
    found = {}
    for name, (paths, media_type) in _SHELF.items():
        if all(path.is_file() for path in paths):
            content = b"\n".join(path.read_bytes() for path in paths)
            digest = hashlib.sha256(content).hexdigest()[:12]
            found[name] = _File(content, gzip.compress(content, 9, mtime=0), media_type, digest)
    return found


_FILES = _read()


def has(name: str) -> bool:
    """Whether the file is here. Only htmx's may be missing."""
    return name in _FILES


def address(name: str) -> str:
    """Where a page finds the file. Raises KeyError for one that is not here."""
    return f"/static/{_FILES[name].digest}/{name}"


@router.get("/static/{digest}/{name}")
async def static_file(request: Request, digest: str, name: str) -> Response:
    """A file as it was when the page named it; an older digest is not here any more."""
    file = _FILES.get(name)
    if file is None or file.digest != digest:
        raise HTTPException(404)
    headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return Response(file.packed, headers=headers | {"Content-Encoding": "gzip"}, media_type=file.media_type)
    return Response(file.content, headers=headers, media_type=file.media_type)


@router.get("/favicon.ico")
async def favicon(request: Request) -> Response:
    """The bell, for programs that do not read the page's own link to it."""
    return await static_file(request, _FILES["icon.svg"].digest, "icon.svg")
