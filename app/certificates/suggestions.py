"""Words for a certificate, in Romanian, by kind of activity; the coordinator changes them."""

from __future__ import annotations

from collections.abc import Collection

_RESPONSIBILITIES = {
    "course": (
        "sprijinirea participanților la cursurile de limba română",
        "pregătirea și desfășurarea exercițiilor de conversație",
    ),
    "orientation": ("explicarea serviciilor publice și a pașilor practici pentru participanți",),
    "cultural": ("organizarea și însoțirea activităților culturale și de socializare",),
    "childcare": ("supravegherea și animarea copiilor pe durata activităților părinților",),
    "": (
        "sprijin lingvistic și practic acordat participanților, cu respectarea confidențialității",
    ),
}
_COMPETENCES = {
    "course": ("comunicare interculturală", "facilitarea învățării limbii române"),
    "orientation": ("comunicare interculturală", "orientare în serviciile publice"),
    "cultural": ("organizare de evenimente", "lucru în echipă"),
    "childcare": ("lucru cu copiii", "responsabilitate"),
    "": ("empatie și păstrarea confidențialității",),
}


def responsibilities(kinds: Collection[str]) -> list[str]:
    """What whoever helped at these *kinds* usually did; the empty kind stands for all that is
    protected or individual."""
    return _of(_RESPONSIBILITIES, kinds)


def competences(kinds: Collection[str]) -> list[str]:
    return _of(_COMPETENCES, kinds)


def _of(words: dict[str, tuple[str, ...]], kinds: Collection[str]) -> list[str]:
    return list(dict.fromkeys(one for kind in words if kind in kinds for one in words[kind]))
