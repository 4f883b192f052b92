"""Pages that are the same for every stranger: browsers may keep them, and ask if they are still
true. What somebody sees who is signed in is kept nowhere."""

from __future__ import annotations

import hashlib

from flask import Response, make_response, request, session

from app.people.current import person_or_none


def for_strangers(page: str) -> Response:
    """*page* with its ETag, or 304 where the browser has it already; `no-store` as every other page
    where somebody is signed in, or it says something to this browser alone."""
    answer = make_response(page)
    if person_or_none() is not None or session.modified:
        return answer
    tag = hashlib.sha256(page.encode()).hexdigest()[:32]
    known = next((t for t in (tag, f"{tag}-gzip") if request.if_none_match.contains(t)), None)
    if known is not None:
        answer = Response(status=304)
    answer.set_etag(known or tag)
    answer.headers["Cache-Control"] = "no-cache"
    answer.vary.update(("Cookie", "Accept-Language"))
    return answer
