"""Bring every catalogue in line with the words in the code: ``make messages``.

New words come in empty, words that are no longer used go; nothing is guessed. Pages of the staff
are in the languages of `STAFF_LANGUAGES`; the other catalogues hold what everybody else may meet.
"""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from app.i18n import LANGUAGES, PARTIAL

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
    "ps": "nplurals=2; plural=(n != 1);",
    "ne": "nplurals=2; plural=(n != 1);",
    "si": "nplurals=2; plural=(n > 1);",
    "bn": "nplurals=2; plural=(n > 1);",
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
    "app/households/desk.py",
    "app/households/desk_forms.py",
    "app/households/undoing.py",
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
    "templates/households/family.html",
    "templates/households/still_minded.html",
    "templates/invitations/people.html",
    "templates/invitations/person.html",
    "templates/notices/sent.html",
    "templates/certificates/draft.html",
    "templates/certificates/of_person.html",
    "templates/presence/instead.html",
    "templates/presence/line.html",
    "templates/presence/meeting.html",
    "templates/presence/of_person.html",
    "app/attendance/certifying.py",
    "app/attendance/course_forms.py",
    "app/attendance/course_pages.py",
    "app/attendance/courses.py",
    *(
        f"templates/attendance/{page}.html"
        for page in ("course", "course_parts", "group_size", "line", "list", "member")
    ),
    "app/participants/",
    "templates/participants/",
    "app/reminders/calls.py",
    "app/reminders/contact.py",
    "templates/reminders/calls.html",
    "templates/reminders/contact.html",
    "templates/reminders/letter.html",
    "templates/reminders/letters.html",
    "templates/sign_outs/ask.html",
    "app/consents/forms.py",
    "app/consents/operations.py",
    "templates/consents/of_person.html",
    "templates/consents/photos.html",
    "templates/consents/words.html",
)
"""Where only the staff read: words found nowhere else need no other language."""


PARTICIPANTS_ROOMS = (
    "app/feeds/",
    "app/invitations/address",
    "app/invitations/code_",
    "app/navigation.py",
    "app/people/operations.py",
    "app/people/passwords.py",
    "app/people/routes.py",
    "app/people/forms.py",
    "app/approval/refusing.py",
    "app/programme/choosing.py",
    "app/programme/kinds.py",
    "app/programme/outdoors.py",
    "app/programme/routes.py",
    "app/programme/words.py",
    "app/signups/",
    "app/web.py",
    "templates/approval/refusing.html",
    "templates/components/badges.html",
    "templates/components/calendars.html",
    "templates/components/cards.html",
    "templates/components/forms.html",
    "templates/components/meetings.html",
    "templates/components/times.html",
    "templates/error.html",
    "templates/feeds/",
    "templates/invitations/address",
    "templates/invitations/code",
    "templates/invitations/forgotten.html",
    "templates/layout.html",
    *(
        f"templates/letters/{letter}"
        for letter in (
            "added.txt",
            "cancelled.txt",
            "code.txt",
            "enrolled.txt",
            "expected_again.txt",
            "frame.",
            "moved.txt",
            "password.txt",
            "released.txt",
            "reminder.txt",
            "removed.txt",
            "restored.txt",
            "series_changed.txt",
            "term_published.txt",
            "words.txt",
        )
    ),
    "app/consents/routes.py",
    "app/people/consents.py",
    "app/sign_outs/",
    "templates/letters/signed_out.txt",
    "templates/consents/mine.html",
    "templates/people/away.html",
    "templates/people/unsent.html",
    "templates/sign_outs/mine.html",
    "templates/sign_outs/words.html",
    "templates/people/choose_password.html",
    "templates/people/confirm.html",
    "templates/people/profile.html",
    "templates/people/sign_in.html",
    "templates/programme/index.html",
    "templates/programme/meeting.html",
    "templates/programme/mine.html",
    "templates/refused.html",
    "app/households/coming_page.py",
    "app/households/forms.py",
    "app/households/operations.py",
    "app/households/routes.py",
    "app/joining/card_pages.py",
    "app/joining/coming.py",
    "app/joining/forms.py",
    "app/joining/routes.py",
    "app/listening/",
    "app/notices/agents.py",
    "app/notices/channels.py",
    "app/notices/devices.py",
    "app/notices/models.py",
    "app/own_data/",
    "app/people/spoken.py",
    "app/people/terms.py",
    "app/reminders/asked_for.py",
    "app/reminders/forms.py",
    "app/reminders/invitations.py",
    "app/reminders/letters.py",
    "app/reminders/my_",
    "app/reminders/together.py",
    "templates/attendance/own.html",
    "templates/components/people.html",
    "templates/components/push.html",
    "templates/households/child.html",
    "templates/households/coming.html",
    "templates/households/mine.html",
    "templates/households/moments.html",
    "templates/households/removal.html",
    "templates/joining/cancelled.html",
    "templates/joining/card.html",
    "templates/joining/code.html",
    "templates/joining/form.html",
    "templates/joining/link.html",
    "templates/joining/made.html",
    "templates/joining/paper.html",
    "templates/letters/asked_for.txt",
    "templates/letters/invitation.txt",
    "templates/letters/offer_lapsed.txt",
    "templates/letters/place_offered.txt",
    "templates/letters/together",
    "templates/listening/mine.html",
    "templates/listening/missing.html",
    "templates/listening/words.html",
    "templates/notices/unsubscribe.html",
    "templates/own_data/",
    "templates/people/language",
    "templates/reminders/mine.html",
    "templates/signups/choices.html",
    "templates/signups/leaving.html",
    "templates/signups/offered.html",
    "templates/signups/others.html",
    "templates/signups/series.html",
    "templates/signups/activity.html",
)
"""What participants meet: all that the languages of `PARTIAL` hold."""


def words_in_the_code(language: str = SOURCE) -> Catalog:
    """Every message of the code and the templates that *language* needs, without locations."""
    found = Catalog()
    for file, _line, message, _comments, context in extract_from_dir(
        ROOT, METHODS, OPTIONS, KEYWORDS
    ):
        if _is_read_in(language, file):
            found.add(message, context=context)
    return found


def _is_read_in(language: str, file: str) -> bool:
    """Whether *file* holds words of a page or letter that exists in *language*."""
    if language in PARTIAL:
        return file.startswith(PARTICIPANTS_ROOMS)
    return language in STAFF_LANGUAGES or not file.startswith(STAFF_ROOMS)


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
