"""What a calendar is still owed: whatever becomes of session, place and letters, in the end it
shows what is true, and nothing is said twice for nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.feeds.calendar import Event
from app.feeds.imip import Envelope, cancellation, invitation
from app.feeds.owing import AGAIN_AFTER, Fate, Said, Step, Truth, next_step
from tests.feeds.calendar_store import Store

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SOON = NOW + 3 * DAY


def said(shows: str | None, fate: Fate = Fate.LEFT, sequence: int = 0, **given: Any) -> Said:
    return Said(sequence=sequence, shows=shows, starts_at=SOON, fate=fate, **given)


def truth(shows: str, *, near: bool = True, starts_at: datetime = SOON) -> Truth:
    return Truth(shows=shows, starts_at=starts_at, near=near)


def step(*letters: Said, true: Truth | None, at_least: int = 0) -> Step | None:
    return next_step(letters, true, at_least=at_least, now=NOW)


def speaks(sequence: int, *, is_new: bool = False, take_back: int | None = None) -> Step:
    return Step(take_back=take_back, speaks=True, sequence=sequence, is_new=is_new)


def takes_back(sequence: int) -> Step:
    return Step(take_back=sequence, speaks=False, sequence=sequence + 1, is_new=False)


class TestOwed:
    def test_a_new_place_once(self) -> None:
        assert step(true=truth("a")) == speaks(0, is_new=True)
        assert step(said("a"), true=truth("a")) is None
        assert step(said("a", Fate.WAITING), true=truth("a")) is None

    def test_not_what_is_far_away(self) -> None:
        assert step(true=truth("a", near=False)) is None

    def test_what_is_there_is_kept_true_however_far_it_moves(self) -> None:
        assert step(said("a"), true=truth("b", near=False)) == speaks(1)

    def test_what_is_gone_is_taken_out(self) -> None:
        assert step(said("a"), true=None) == speaks(1)
        assert step(said("a"), said(None, sequence=1), true=None) is None

    def test_who_comes_back_is_invited_under_a_higher_number(self) -> None:
        letters = (said("a"), said(None, sequence=1))

        assert step(*letters, true=truth("a")) == speaks(2)
        assert step(*letters, true=truth("a", near=False)) is None

    def test_numbers_follow_the_feed_where_they_can(self) -> None:
        assert step(true=truth("a"), at_least=4) == speaks(4, is_new=True)
        assert step(said("a", sequence=9), true=truth("b"), at_least=4) == speaks(10)

    def test_nothing_of_what_has_begun(self) -> None:
        begun = truth("b", starts_at=NOW)

        assert step(true=begun) is None
        assert step(said("a"), true=begun) is None
        assert step(replace(said("a"), starts_at=NOW), true=None) is None


class TestOnTheWay:
    def test_a_letter_that_is_no_longer_true_is_taken_back(self) -> None:
        waiting = said("b", Fate.WAITING, 1)

        assert step(said("a"), waiting, true=truth("c")) == speaks(2, take_back=1)
        assert step(said("b", Fate.WAITING), true=None) is not None

    def test_who_joins_and_leaves_before_anything_left_hears_nothing(self) -> None:
        found = step(said("a", Fate.WAITING), true=None)

        assert found == replace(takes_back(0), is_new=True)

    def test_what_changes_and_changes_back_is_not_told(self) -> None:
        assert step(said("a"), said("b", Fate.WAITING, 1), true=truth("a")) == takes_back(1)

    def test_nothing_overtakes_what_is_leaving(self) -> None:
        assert step(said("a", Fate.LEAVING), true=None) is None

    def test_what_perhaps_arrived_counts_as_there(self) -> None:
        waiting = said("b", Fate.WAITING, 1, perhaps=True)

        assert step(said("a"), waiting, true=truth("a")) == speaks(2, take_back=1)
        assert step(said("a", Fate.WAITING, perhaps=True), true=None) == speaks(1, take_back=0)

    def test_what_was_taken_back_was_never_said(self) -> None:
        assert step(said("a", Fate.TAKEN_BACK), true=None) is None
        assert step(said("a", Fate.TAKEN_BACK), true=truth("a")) == speaks(1, is_new=True)

    def test_what_was_lost_is_tried_again_a_day_later(self) -> None:
        lately = said("a", Fate.LOST, lost_at=NOW - HOUR)
        long_ago = said("a", Fate.LOST, lost_at=NOW - AGAIN_AFTER)

        assert step(lately, true=truth("a")) is None
        assert step(lately, true=truth("b")) == speaks(1, is_new=True)
        assert step(long_ago, true=truth("a")) == speaks(1, is_new=True)
        assert step(long_ago, true=None) is None


@dataclass
class Letter:
    """One in the outbox."""

    said: Said
    ics: bytes


@dataclass
class Post:
    """The outbox of one person about one session, and their calendars."""

    letters: list[Letter] = field(default_factory=list)
    calendars: list[Store] = field(default_factory=lambda: [Store(), Store(remembers=True)])
    arrived: list[Said] = field(default_factory=list)

    def arrive(self, letter: Letter) -> None:
        self.arrived.append(letter.said)
        for calendar in self.calendars:
            calendar.take(letter.ics)

    def becomes(self, position: int, fate: Fate, **given: Any) -> None:
        letter = self.letters[position]
        letter.said = replace(letter.said, fate=fate, **given)

    @property
    def waiting(self) -> int | None:
        last = len(self.letters) - 1
        waits = self.letters and self.letters[last].said.fate is Fate.WAITING
        return last if waits else None


class Life(RuleBasedStateMachine):
    """One session that is moved, retitled, cancelled, joined and left, while letters wait, leave,
    come back, vanish, or arrive without anybody knowing."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.title: str | None = None
        self.sequence = 0
        self.post = Post()

    # --- what happens in the centre

    @rule(title=st.sampled_from("abc"))
    def true_is(self, title: str) -> None:
        self.title, self.sequence = title, self.sequence + 1

    @rule()
    def no_longer(self) -> None:
        self.title = None

    @rule(wait=st.sampled_from((MINUTE, HOUR, DAY)))
    def time_passes(self, wait: timedelta) -> None:
        self.now = self.now + wait

    # --- what the worker does

    @rule()
    def looks(self) -> None:
        letters = [one.said for one in self.post.letters]
        found = next_step(letters, self.truth, at_least=self.sequence, now=self.now)
        if found is None:
            return
        if found.take_back is not None:
            assert letters[-1].sequence == found.take_back
            self.post.becomes(-1, Fate.TAKEN_BACK)
        if found.speaks:
            self.say(found.sequence)

    @property
    def truth(self) -> Truth | None:
        starts_at = NOW + 400 * DAY
        return Truth(shows=self.title, starts_at=starts_at, near=True) if self.title else None

    def say(self, sequence: int) -> None:
        event = Event(
            uid="one@punte.example",
            starts_at=NOW + 400 * DAY,
            ends_at=NOW + 400 * DAY + HOUR,
            zone="Europe/Bucharest",
            summary=self.title or "Meeting",
            sequence=sequence,
            created_at=NOW,
            changed_at=NOW,
        )
        envelope = Envelope("punte@example.org", "Punte", "layla@example.org", self.now)
        ics = (
            invitation(event, envelope)
            if self.title
            else cancellation(event, envelope, goes_on=True)
        )
        new = Said(
            sequence=sequence, shows=self.title, starts_at=event.starts_at, fate=Fate.WAITING
        )
        assert not self.post.letters or sequence > self.post.letters[-1].said.sequence
        self.post.letters.append(Letter(new, ics))

    has_waiting = precondition(lambda self: self.post.waiting is not None)

    @has_waiting
    @rule(how=st.sampled_from(("well", "well", "unknown", "later", "lost")))
    def leaves(self, how: str) -> None:
        """Composed at the last moment: what is not true any more is dropped."""
        letter = self.post.letters[-1]
        if letter.said.shows != self.title:
            self.post.becomes(-1, Fate.LEFT if letter.said.perhaps else Fate.TAKEN_BACK)
        elif how == "well":
            self.post.arrive(letter)
            self.post.becomes(-1, Fate.LEFT)
        elif how == "unknown":
            self.post.arrive(letter)
            self.post.becomes(-1, Fate.WAITING, perhaps=True)
        elif how == "lost" and not letter.said.perhaps:
            self.post.becomes(-1, Fate.LOST, lost_at=self.now)

    @has_waiting
    @rule()
    def begins_to_leave_while_the_world_goes_on(self) -> None:
        self.post.becomes(-1, Fate.LEAVING)
        self.looks()
        assert self.post.letters[-1].said.fate is Fate.LEAVING, "something overtook it"
        self.post.arrive(self.post.letters[-1])
        self.post.becomes(-1, Fate.LEFT)

    # --- what must be true

    @invariant()
    def nothing_goes_backwards(self) -> None:
        numbers = [one.sequence for one in self.post.arrived]
        assert numbers == sorted(numbers)

    @invariant()
    def in_the_end_calendars_show_the_truth(self) -> None:
        kept = (self.now, [replace(one) for one in self.post.letters], list(self.post.arrived))
        before = [Store(one.remembers, dict(one.events), dict(one.orders))
                  for one in self.post.calendars]  # fmt: skip
        self.now += AGAIN_AFTER
        for _turn in range(3):
            self.looks()
            if self.post.waiting is not None:
                self.leaves("well")
        for calendar in self.post.calendars:
            shown = [str(event["SUMMARY"]) for event in calendar.events.values()]
            assert shown == ([self.title] if self.title else [])
        assert self.quiet(), "something is still owed"
        self.now, self.post.letters, self.post.arrived = kept
        self.post.calendars = before

    def quiet(self) -> bool:
        letters = [one.said for one in self.post.letters]
        return next_step(letters, self.truth, at_least=self.sequence, now=self.now) is None


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
