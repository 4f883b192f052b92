"""Why a message could not be delivered, and what is wrong with sending, in words of the staff."""

from __future__ import annotations

from app.i18n import _
from app.notices.models import Notice, State
from app.notices.queries import PACED
from app.notices.workers import Watch


def why(notice: Notice) -> str:
    """One sentence, and the server's code where it said one."""
    code = notice.last_code or ""
    known = {
        "no-address": _("No e-mail address is known."),
        "no-mailbox": _("The e-mail address cannot be right."),
        "no-smtputf8": _("The mail server cannot send to this address."),
        "no-consent": _("They want no e-mail."),
        "silent": _("Nothing is sent to this person."),
        "stopped": _("No e-mail goes to this address any more."),
        "bounced": _("The message came back."),
        "crashed": _("Sending broke off. Nobody knows whether the message arrived."),
        "unclear": _("Nobody knows whether the short message arrived. It is not sent twice."),
        "late": _("The message was not sent in time."),
        PACED: _("The message was not sent in time."),
        "unwritable": _("The message could not be written. Please tell who looks after Punte."),
        "error": _("Something went wrong. Please tell who looks after Punte."),
    }
    if code in known:
        return known[code]
    if code.isdigit():
        return _("It was refused (code %(code)s).", code=code)
    if code:
        return _("The server could not be reached.")
    return _("It could not be sent.") if notice.state is State.FAILED else known["late"]


def trouble(watch: Watch) -> str | None:
    """What the staff should know of sending, and what to do; None if all is well."""
    if watch.is_well:
        return None
    kept = _("They are kept, and leave by themselves as soon as they can.")
    if watch.working == 0 and not watch.stuck:
        what = _("Messages do not leave at the moment: the program that sends them has stopped.")
    elif watch.refused:
        what = _("Messages do not leave at the moment: the mail server refuses them.")
    elif watch.resting:
        what = _("Messages do not leave at the moment: the mail server does not answer.")
    elif watch.stuck:
        what = _("Messages leave late: the program that sends them does not get on.")
    else:
        return _("One of the programs that send messages has stopped. The others go on.")
    todo = _("Telephone whoever must know today, and tell who looks after Punte.")
    return f"{what} {kept} {todo}"
