"""Telephone numbers: typed in any way, kept as E.164. Only this file knows the library."""

from __future__ import annotations

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

HOME = "RO"
"""Where a number without +.. is dialled."""


MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
SIGNS = " ()./-"
_SIGNS = str.maketrans(dict.fromkeys(SIGNS))
ABROAD = ("+40", "0040")
"""How our numbers begin for whoever is abroad."""


def e164(typed: str) -> str | None:
    """*typed* as +40721000000; None where it is no mobile number that can exist, such as one that
    costs whoever writes to it."""
    try:
        number = phonenumbers.parse(typed, HOME)
    except NumberParseException:
        return None
    if number.extension or phonenumbers.number_type(number) not in MOBILE:
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def plain(typed: str) -> str:
    """*typed* without spaces and signs, a number of ours as it is dialled here: the same for
    0733 222 111 and +40733222111. `namesakes.plain_in_rows` says the same to the database."""
    digits = typed.translate(_SIGNS)
    for prefix in ABROAD:
        if digits.startswith(prefix):
            return "0" + digits.removeprefix(prefix)
    return digits


def shown(number: str) -> str:
    """An E.164 *number* as people read it: +40 721 000 000."""
    parsed = phonenumbers.parse(number)
    return phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)
