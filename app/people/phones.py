"""Telephone numbers: typed in any way, kept as E.164. Only this file knows the library."""

from __future__ import annotations

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

HOME = "RO"
"""Where a number without +.. is dialled."""


MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


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


def shown(number: str) -> str:
    """An E.164 *number* as people read it: +40 721 000 000."""
    parsed = phonenumbers.parse(number)
    return phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)
