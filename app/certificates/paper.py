"""The only place that knows how a PDF is made: WeasyPrint, which needs Pango from the system.

Nothing is fetched while it is made: the style sheet is handed over, the QR code is drawn inside.
"""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from app.i18n import _l
from app.refusal import Refusal

SYSTEM_PACKAGES = (
    "libpango-1.0-0",
    "libpangoft2-1.0-0",
    "libharfbuzz-subset0",
    "fonts-dejavu-core",
)
"""What Debian and Ubuntu call it."""
STYLE = Path(__file__).parent.parent / "static" / "certificate.css"


class NoPaper(Refusal):
    message = _l(
        "This machine cannot make PDF files yet: an administrator installs libpango-1.0-0, "
        "libpangoft2-1.0-0 and libharfbuzz-subset0. Until then, print the page itself."
    )


@cache
def can_make_pdf() -> bool:
    """Whether the system has what is needed."""
    try:
        import weasyprint
    except (ImportError, OSError):
        return False
    return bool(weasyprint)


def pdf_of(html: str, *, style: Path = STYLE) -> bytes:
    """The page as PDF. Raises `NoPaper` where the system lacks what is needed."""
    if not can_make_pdf():
        raise NoPaper
    import weasyprint

    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    look = weasyprint.CSS(string=style.read_text(encoding="utf-8"))
    page = weasyprint.HTML(string=html, url_fetcher=_fetch_nothing)
    made: Any = page.write_pdf(stylesheets=[look])
    return bytes(made)


def _fetch_nothing(url: str, *_args: object, **_kwargs: object) -> NoReturn:
    raise ValueError("a paper asks nobody for anything")
