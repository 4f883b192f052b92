"""The poster of a feed as PDF: drawn one at a time and kept, because anybody may ask for one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from threading import Lock

from app.certificates.paper import pdf_of

STYLE = Path(__file__).parent.parent / "static" / "poster.css"
PATIENCE = 3.0
"""So many seconds one waits while another poster is being drawn."""

SIZES = ((120, "large"), (300, "middle"))
"""With so many letters of its own, a poster stays one page in that size."""

_drawing = Lock()


def letters_for(texts: Iterable[str]) -> str:
    """How large a poster that says this may be written."""
    letters = sum(map(len, texts))
    return next((size for most, size in SIZES if letters <= most), "small")


def tag_of(page: str) -> str:
    """What changes when the poster would look different; nothing is drawn for it."""
    return hashlib.sha256(STYLE.read_bytes() + page.encode()).hexdigest()[:32]


def drawn(page: str) -> bytes | None:
    """The PDF of that page; None where too many ask at once."""
    if not _drawing.acquire(timeout=PATIENCE):
        return None
    try:
        return _drawn_once(page)
    finally:
        _drawing.release()


@lru_cache(maxsize=32)
def _drawn_once(page: str) -> bytes:
    return pdf_of(page, style=STYLE)
