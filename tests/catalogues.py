"""Bring every catalogue in line with the words in the code: ``make messages``.

New words come in empty, words that are no longer used go; nothing is guessed. Pages of the staff
are in the languages of `STAFF_LANGUAGES`; the other catalogues hold what everybody else may meet.
"""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from app.i18n import LANGUAGES

SOURCE = "en"
ROOT = Path(__file__).parent.parent
METHODS = [("app/**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]
OPTIONS = {"templates/**.html": {"trimmed": "true"}, "templates/**.txt": {"trimmed": "true"}}
KEYWORDS = DEFAULT_KEYWORDS | {"_l": None}
PLURALS = {
    "ro": "nplurals=3; plural=(n==1 ? 0 : (n==0 || (n%100 > 0 && n%100 < 20)) ? 1 : 2);",
    "ar": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 "
    ": n%100>=11 ? 4 : 5);",
    "fr": "nplurals=2; plural=(n > 1);",
    "uk": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && "
    "(n%100<12 || n%100>14) ? 1 : 2);",
    "ru": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && "
    "(n%100<12 || n%100>14) ? 1 : 2);",
    "fa": "nplurals=2; plural=(n > 1);",
    "tr": "nplurals=2; plural=(n != 1);",
}
STAFF_LANGUAGES = ("ro", "en", "ar")
STAFF_ROOMS = (
    "app/planning/",
    "app/rota/",
    "templates/rota/",
    "app/certificates/draft_form.py",
    "app/presence/meeting_form.py",
    "app/approval/apart.py",
    "app/approval/forms.py",
    "app/approval/operations.py",
    "app/approval/papers.py",
    "app/approval/register.py",
    "app/approval/routes.py",
    "app/invitations/forms.py",
    "app/invitations/operations.py",
    "app/demo/",
    "app/doctor.py",
    "app/cli.py",
    *(
        f"templates/approval/{page}.html"
        for page in (
            "age",
            "applications",
            "check",
            "contract",
            "papers",
            "register",
            "removal",
            "step",
            "words",
        )
    ),
    "templates/planning/",
    "templates/invitations/people.html",
    "templates/invitations/person.html",
    "templates/notices/",
    "templates/certificates/draft.html",
    "templates/certificates/of_person.html",
    "templates/presence/instead.html",
    "templates/presence/line.html",
    "templates/presence/meeting.html",
    "templates/presence/of_person.html",
    "templates/reminders/",
)
"""Where only the staff read: words found nowhere else need no other language."""


def words_in_the_code(language: str = SOURCE) -> Catalog:
    """Every message of the code and the templates that *language* needs, without locations."""
    found = Catalog()
    for file, _line, message, _comments, context in extract_from_dir(
        ROOT, METHODS, OPTIONS, KEYWORDS
    ):
        if language in STAFF_LANGUAGES or not file.startswith(STAFF_ROOMS):
            found.add(message, context=context)
    return found


def path_of(language: str) -> Path:
    return ROOT / "app" / "translations" / language / "LC_MESSAGES" / "messages.po"


def catalogue(language: str) -> Catalog:
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language)


def main() -> None:
    for language in LANGUAGES:
        if language == SOURCE:
            continue
        known = catalogue(language)
        known.update(words_in_the_code(language), no_fuzzy_matching=True)
        known.obsolete.clear()
        _write(known, language)
        missing = [m.id for m in known if m.id and not m.string]
        print(f"{language}: {len(known)} messages, {len(missing)} without words")


def _write(known: Catalog, language: str) -> None:
    with path_of(language).open("wb") as file:
        write_po(file, known, omit_header=True, sort_output=True, width=0, include_lineno=False)
    body = path_of(language).read_text(encoding="utf-8")
    path_of(language).write_text(_header(language) + body, encoding="utf-8")


def _header(language: str) -> str:
    """Ours: Babel writes Arabic plural forms 4 and 5 in the wrong order."""
    lines = (
        "Project-Id-Version: Punte",
        f"Language: {language}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        f"Plural-Forms: {PLURALS[language]}",
    )
    return 'msgid ""\nmsgstr ""\n' + "".join(f'"{line}\\n"\n' for line in lines) + "\n"


if __name__ == "__main__":
    main()
