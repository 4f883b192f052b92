"""What is on in the demonstration: titles and descriptions in Romanian, English and Arabic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from app.demo import titles
from app.people.terms import Level, Role
from app.programme.kinds import Kind

MON, TUE, WED, THU, FRI, SAT = range(6)


@dataclass(frozen=True)
class Wanted:
    """A need of every meeting of a series."""

    role: Role
    language: str | None = None
    level: Level | None = None
    wanted: int = 1
    women_only: bool = False
    check_required: bool = False


@dataclass(frozen=True)
class Series:
    """One activity with its weekly pattern, by whom it is planned and who comes."""

    kind: Kind
    centre: str
    coordinator: str
    room: str
    days: tuple[int, ...]
    starts: time
    ends: time
    texts: dict[str, tuple[str, str]]
    needs: tuple[Wanted, ...]
    learners: tuple[str, ...] = ()
    support: str | None = None
    level: str | None = None
    capacity: int | None = None
    every: int = 1


def _course(title: str, level: str, ar: str) -> dict[str, tuple[str, str]]:
    return {
        "ro": (f"Curs de limba română {level}: {title}", "Vorbim, citim și scriem, pas cu pas."),
        "en": (f"Romanian course {level}", "We speak, read and write, step by step."),
        "ar": (f"دورة اللغة الرومانية {level}: {ar}", "نتكلم ونقرأ ونكتب خطوة بخطوة."),
        **titles.course(level),
    }


_ORIENTATION = {
    "ro": ("Orientare culturală: sănătate, școală, locuință", "Drepturi, servicii, pași practici."),
    "en": ("Cultural orientation: health, school, housing", "Rights, services, practical steps."),
    "ar": ("التوجيه الثقافي: الصحة والمدرسة والسكن", "الحقوق والخدمات والخطوات العملية."),
    **titles.ORIENTATION,
}
_WORK = {
    "ro": ("Orientare pentru piața muncii", "CV, contract, interviu."),
    "en": ("Finding work", "CV, contract, interview."),
    "ar": ("التوجيه لسوق العمل", "السيرة الذاتية والعقد والمقابلة."),
    **titles.WORK,
}
_WOMEN = {
    "ro": ("Grup de femei", "Un loc liniștit, doar pentru noi."),
    "en": ("Women's group", "A quiet place, only for us."),
    "ar": ("مجموعة النساء", "مكان هادئ لنا وحدنا."),
}
_MUSEUM = {
    "ro": ("Plimbare la muzeu", "Mergem împreună; copiii sunt bineveniți."),
    "en": ("Walk to the museum", "We go together; children are welcome."),
    "ar": ("نزهة إلى المتحف", "نذهب معًا، والأطفال مرحّب بهم."),
    **titles.MUSEUM,
}
_COOKING = {
    "ro": ("Gătim împreună", "Rețete din toate țările."),
    "en": ("Cooking together", "Recipes from every country."),
    "ar": ("نطبخ معًا", "وصفات من كل البلدان."),
    **titles.COOKING,
}

VOL, MED = Role.VOLUNTEER, Role.MEDIATOR
TEACHER = Wanted(Role.TEACHER, "ro", Level.C1)
BUCHAREST = ("Layla Nasser", "Omar Nasser", "Samira Aziz", "Mina Hosseini", "Tesfay Gebre")
BRASOV = ("Olena Kovalenko", "Serhii Bondar", "Derya Yılmaz", "Rozan Ali")
CRAIOVA = ("Abdi Hassan", "Huda Osman", "Kasun Fernando", "Marie Kamga")

SERIES = (
    Series(
        Kind.COURSE,
        "bucuresti",
        "Mihai Dumitru",
        "Sala mare",
        (TUE, THU),
        time(17),
        time(19),
        _course("seara", "A1–A2.1", "مساءً"),
        (TEACHER, Wanted(MED, "ar", Level.B2)),
        BUCHAREST,
        "ar",
        "A1–A2.1",
        15,
    ),
    Series(
        Kind.COURSE,
        "bucuresti",
        "Mihai Dumitru",
        "Sala mică",
        (SAT,),
        time(10),
        time(13),
        _course("sâmbăta", "A1", "السبت"),
        (TEACHER, Wanted(MED, "ne", Level.B1)),
        ("Bikash Thapa",),
        "ne",
        "A1",
        12,
    ),
    Series(
        Kind.ORIENTATION,
        "bucuresti",
        "Mihai Dumitru",
        "Sala mare",
        (WED,),
        time(10),
        time(12),
        _ORIENTATION,
        (Wanted(MED, "prs", Level.B2), Wanted(MED, "ti", Level.B1)),
        ("Parwin Noori",),
        "prs",
        None,
        20,
    ),
    Series(
        Kind.ORIENTATION,
        "bucuresti",
        "Simona Radu",
        "Sala mică",
        (MON,),
        time(16),
        time(18),
        _WORK,
        (Wanted(VOL, "en", Level.B2), Wanted(MED, "bn", Level.B2)),
        (),
        "bn",
        None,
        15,
        every=2,
    ),
    Series(
        Kind.WOMENS_GROUP,
        "bucuresti",
        "Simona Radu",
        "Sala mică",
        (FRI,),
        time(10),
        time(12),
        _WOMEN,
        (Wanted(MED, "ar", Level.C1, women_only=True, check_required=True),),
        ("Layla Nasser", "Samira Aziz", "Parwin Noori"),
        "ar",
        None,
        10,
    ),
    Series(
        Kind.CULTURAL,
        "bucuresti",
        "Mihai Dumitru",
        "Sala mare",
        (SAT,),
        time(15),
        time(18),
        _COOKING,
        (Wanted(VOL, wanted=2),),
        (),
        None,
        None,
        None,
        every=2,
    ),
    Series(
        Kind.COURSE,
        "brasov",
        "Ilinca Pop",
        "Sala de curs",
        (MON, WED),
        time(17, 30),
        time(19, 30),
        _course("pentru toți", "A2.1", "للجميع"),
        (TEACHER, Wanted(MED, "uk", Level.B2)),
        BRASOV,
        "uk",
        "A2.1",
        15,
    ),
    Series(
        Kind.ORIENTATION,
        "brasov",
        "Ilinca Pop",
        "Sala de curs",
        (THU,),
        time(11),
        time(13),
        _ORIENTATION,
        (Wanted(MED, "tr", Level.B2),),
        (),
        "tr",
        None,
        20,
    ),
    Series(
        Kind.WOMENS_GROUP,
        "brasov",
        "Ilinca Pop",
        "Camera de discuții",
        (FRI,),
        time(10),
        time(12),
        _WOMEN,
        (Wanted(MED, "uk", Level.B2, women_only=True, check_required=True),),
        ("Olena Kovalenko", "Derya Yılmaz"),
        "uk",
        None,
        10,
    ),
    Series(
        Kind.CULTURAL,
        "brasov",
        "Ilinca Pop",
        "Sala de curs",
        (SAT,),
        time(11),
        time(13),
        _MUSEUM,
        (Wanted(VOL, wanted=2), Wanted(VOL, "en", Level.B1)),
        (),
        None,
        None,
        25,
        every=2,
    ),
    Series(
        Kind.COURSE,
        "craiova",
        "Dragoș Stan",
        "Sala 1",
        (TUE, THU),
        time(16),
        time(18),
        _course("începători", "A1", "للمبتدئين"),
        (TEACHER, Wanted(MED, "ar", Level.B2)),
        CRAIOVA,
        "ar",
        "A1",
        15,
    ),
    Series(
        Kind.ORIENTATION,
        "craiova",
        "Dragoș Stan",
        "Sala 1",
        (WED,),
        time(17),
        time(19),
        _WORK,
        (Wanted(MED, "si", Level.B2),),
        ("Kasun Fernando",),
        "si",
        None,
        15,
    ),
    Series(
        Kind.WOMENS_GROUP,
        "craiova",
        "Dragoș Stan",
        "Sala 2",
        (MON,),
        time(10),
        time(12),
        _WOMEN,
        (Wanted(MED, "so", Level.B2, women_only=True, check_required=True),),
        ("Huda Osman",),
        "so",
        None,
        8,
    ),
    Series(
        Kind.CULTURAL,
        "craiova",
        "Dragoș Stan",
        "Sala 1",
        (SAT,),
        time(16),
        time(18),
        _COOKING,
        (Wanted(VOL, wanted=2),),
        (),
        None,
        None,
        None,
    ),
)
