"""Changing several sessions of a series at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.extensions import db
from app.notices.models import Kind as Letter
from app.notices.models import Notice
from app.people.models import Person
from app.people.terms import Level, Role
from app.planning.operations import NeedChange, changes_of_edit, edit_series
from app.planning.undoing import NothingToUndo, undo
from app.programme.bookings import book
from app.programme.changing import ChangedMeanwhile, HelperElsewhere
from app.programme.details import (
    Details,
    LessPrivateThanItsActivity,
    NotProtectedAlone,
    titles_of,
)
from app.programme.kinds import Privacy
from app.programme.models import (
    Activity,
    Booking,
    ChangeKind,
    Edit,
    Meeting,
    Part,
    Scope,
    Status,
)
from app.programme.operations import RoomTaken
from app.programme.places import Room
from app.programme.queries import listed_meetings
from app.programme.series import as_seen, concerned, fingerprint, moved, with_status
from app.programme.shifting import Shift
from app.signups.operations import join
from app.staffing.models import Need, State
from app.staffing.needs import MoreThanWanted, NeedFacts
from app.staffing.operations import SomebodyCounts
from app.staffing.stricter import SomebodyWouldNotFit
from tests import make
from tests.make import BEFORE, MONDAY
from tests.races import all_at_once
from tests.statements import statements

WEEK, HOUR = timedelta(weeks=1), timedelta(hours=1)
SOON = BEFORE + timedelta(minutes=2)


def a_series(number: int, *, room: Room | None = None, step: timedelta = WEEK) -> list[Meeting]:
    activity = make.activity()
    there = room or make.room(centre=activity.centre)
    return [
        make.meeting(activity=activity, room=there, starts_at=MONDAY + n * step)
        for n in range(number)
    ]


def by(hours: float = 0, days: int = 0) -> Shift:
    change = timedelta(hours=hours, days=days)
    return Shift(MONDAY_ZONE, change, change)


MONDAY_ZONE = ZoneInfo("Europe/Bucharest")


def shifted(
    meetings: Sequence[Meeting],
    shift: Shift,
    *,
    scope: Scope = Scope.ALL,
    me: Person | None = None,
    now: datetime = BEFORE,
    room: Room | None = None,
) -> Edit | None:
    targets = moved(meetings, shift, room=room, keep_rooms=room is None, by_hand=False)
    return edit_series(
        meetings,
        scope=scope,
        by=me or meetings[0].activity.coordinator,
        now=now,
        seen=as_seen(fingerprint(meetings), meetings),
        targets=targets,
    )


def edited(meetings: Sequence[Meeting], **wish: object) -> Edit:
    edit = edit_series(
        meetings,
        scope=Scope.ALL,
        by=meetings[0].activity.coordinator,
        now=BEFORE,
        seen=lambda _held: True,
        **wish,  # type: ignore[arg-type]
    )
    assert edit is not None
    return edit


def letters(kind: Letter = Letter.SERIES_CHANGED) -> list[Notice]:
    return list(db.session.scalars(select(Notice).where(Notice.kind == kind)))


def starts(meetings: Sequence[Meeting]) -> list[datetime]:
    return [meeting.starts_at for meeting in meetings]


@pytest.mark.usefixtures("app")
class TestScope:
    def test_this_the_week_later_ones_or_all(self) -> None:
        series = a_series(6, step=timedelta(days=2))  # Mon Wed Fri, Sun Tue Thu
        anchor = series[1]

        def which(scope: Scope) -> list[int]:
            found = concerned(anchor, scope, now=BEFORE).meetings
            return [series.index(meeting) for meeting in found]

        assert which(Scope.THIS) == [1]
        assert which(Scope.WEEK) == [0, 1, 2, 3]
        assert which(Scope.LATER) == [1, 2, 3, 4, 5]
        assert which(Scope.ALL) == [0, 1, 2, 3, 4, 5]

    def test_what_is_over_or_cancelled_is_left_alone(self) -> None:
        series = a_series(4)
        series[1].status = Status.CANCELLED
        db.session.flush()

        found = concerned(series[2], Scope.ALL, now=MONDAY + HOUR)

        assert [series.index(one) for one in found.meetings] == [2, 3]

    def test_what_was_changed_by_hand_stays_unless_it_is_asked_for(self) -> None:
        series = a_series(3)
        series[1].by_hand = True
        db.session.flush()

        found = concerned(series[0], Scope.ALL, now=BEFORE)

        assert found.exceptions == (series[1],)
        assert series[1] not in found.meetings
        assert series[1] in concerned(series[1], Scope.ALL, now=BEFORE).meetings
        assert len(concerned(series[0], Scope.ALL, now=BEFORE, also_by_hand=True).meetings) == 3

    def test_only_those_of_the_same_weekday_and_hour(self) -> None:
        series = a_series(4, step=timedelta(days=7) / 2)

        found = concerned(series[0], Scope.ALL, now=BEFORE, same_slot=True)

        assert [series.index(one) for one in found.meetings] == [0, 2]


@pytest.mark.usefixtures("app")
class TestMoving:
    def test_a_series_of_sixty_with_forty_people_moves_in_few_statements(self) -> None:
        series = a_series(60, step=timedelta(days=2))
        activity, room = series[0].activity, series[0].room
        for _n in range(40):
            join(activity, make.participant(activity.centre), by=activity.coordinator, now=BEFORE)
        helper = make.mediator(activity.centre)
        for meeting in series:
            make.assignment(need=make.need(meeting=meeting), person=helper, state=State.CONFIRMED)
        old = starts(series)
        db.session.expire_all()
        db.session.refresh(activity)
        assert [one.room for one in series] == [room] * 60

        me = activity.coordinator
        assert me.name

        asked = statements(lambda: shifted(series, by(hours=1), me=me))

        assert len(asked) <= 39, "\n".join(" ".join(one.split())[:170] for one in asked)
        assert [after - before for before, after in zip(old, starts(series), strict=True)] == (
            [HOUR] * 60
        )
        told = letters()
        assert len(told) == len({notice.person_id for notice in told}) == 41
        held = select(Booking).join(Booking.meeting).where(Booking.starts_at == Meeting.starts_at)
        assert len(db.session.scalars(held.where(Booking.held)).all()) == 60 * 41

    def test_a_week_later_each_takes_the_place_of_the_next(self) -> None:
        """On the way nobody may be in two places, nor two meetings in one room."""
        series = a_series(3)
        layla = make.participant(series[0].activity.centre)
        join(series[0].activity, layla, by=layla, now=BEFORE)
        old = starts(series)

        shifted(series, by(days=7))

        assert starts(series)[:-1] == old[1:]
        assert {one.room for one in series} == {series[0].room}

    def test_it_shows_who_when_before_and_after_at_each_session(self) -> None:
        series = a_series(3)
        edit = shifted(series[1:], by(hours=2), scope=Scope.LATER)

        assert edit is not None
        changes = changes_of_edit(edit)
        assert [change.meeting for change in changes] == series[1:]
        assert {(c.kind, c.by, c.at) for c in changes} == {
            (ChangeKind.MOVED, series[0].activity.coordinator, BEFORE)
        }
        assert changes[0].before["starts_at"] == (MONDAY + WEEK).isoformat()
        assert changes[0].after["starts_at"] == (MONDAY + WEEK + 2 * HOUR).isoformat()
        assert [meeting.sequence for meeting in series] == [0, 1, 1]

    def test_one_taken_room_refuses_all_of_it(self) -> None:
        series = a_series(4)
        make.meeting(room=series[2].room, starts_at=series[2].starts_at + timedelta(hours=3))
        old = starts(series)

        with pytest.raises(RoomTaken):
            shifted(series, by(hours=2))

        db.session.rollback()
        assert starts(series) == old

    def test_two_of_the_series_cannot_meet_in_one_room(self) -> None:
        series = a_series(2, step=timedelta(hours=3))
        targets = moved(series, by(), room=None, keep_rooms=True, by_hand=False)
        both = [targets[0], make_target_at(targets[1], series[0])]

        with pytest.raises(RoomTaken):
            edited(series, targets=both)

    def test_a_helper_expected_elsewhere_refuses_it(self) -> None:
        series = a_series(3)
        need = make.need(meeting=series[1])
        amina = make.mediator(series[0].activity.centre)
        make.assignment(need=need, person=amina, state=State.CONFIRMED)
        other = make.meeting(starts_at=series[1].starts_at + timedelta(hours=3))
        book(amina, other, Part.HELPER)

        with pytest.raises(HelperElsewhere):
            shifted(series, by(hours=2))

    def test_a_learner_expected_elsewhere_is_told_and_held_to_the_rest(self) -> None:
        series = a_series(3)
        layla = make.participant(series[0].activity.centre)
        join(series[0].activity, layla, by=layla, now=BEFORE)
        other = make.meeting(starts_at=series[1].starts_at + timedelta(hours=3))
        join(other.activity, layla, by=layla, now=BEFORE)

        shifted(series, by(hours=2))

        mine = select(Booking.held).join(Booking.meeting).order_by(Meeting.starts_at)
        held = db.session.scalars(mine.where(Meeting.activity_id == series[0].activity_id)).all()
        assert held == [True, False, True]
        assert [notice.person_id for notice in letters()] == [layla.id]

    def test_whoever_has_a_place_at_one_of_them_reads_of_that_one(self) -> None:
        series = a_series(3)
        amina = make.mediator(series[0].activity.centre)
        make.assignment(need=make.need(meeting=series[1]), person=amina, state=State.CONFIRMED)

        shifted(series, by(hours=1))

        assert not letters()
        assert [notice.person_id for notice in letters(Letter.MOVED)] == [amina.id]

    def test_a_decision_made_on_another_state_is_not_carried_out(self) -> None:
        series = a_series(3)
        name = fingerprint(series)
        shifted(series[:1], by(hours=1))

        with pytest.raises(ChangedMeanwhile):
            edit_series(
                series,
                scope=Scope.ALL,
                by=series[0].activity.coordinator,
                now=BEFORE,
                seen=as_seen(name, series),
                targets=moved(series, by(hours=1), room=None, keep_rooms=True, by_hand=False),
            )

    def test_nobody_hears_of_what_happens_to_a_draft(self) -> None:
        series = a_series(3)
        activity = series[0].activity
        activity.published_at = None
        layla = make.participant(activity.centre)
        join(activity, layla, by=activity.coordinator, now=BEFORE)

        shifted(series, by(hours=1))

        assert not db.session.scalars(select(Notice)).all()
        assert not db.session.scalars(select(Booking).where(Booking.held)).all()


def make_target_at(target: object, meeting: Meeting) -> object:
    from dataclasses import replace

    return replace(target, starts_at=meeting.starts_at, ends_at=meeting.ends_at)  # type: ignore[type-var]


@pytest.mark.usefixtures("app")
class TestCancelling:
    def test_one_of_twenty(self) -> None:
        series = a_series(20)
        layla = make.participant(series[0].activity.centre)
        join(series[0].activity, layla, by=layla, now=BEFORE)

        edited(series[6:7], targets=with_status(series[6:7], Status.CANCELLED))

        assert [one.is_cancelled for one in series].count(True) == 1
        assert [notice.person_id for notice in letters(Letter.CANCELLED)] == [layla.id]

    def test_from_week_twelve_on_and_back(self) -> None:
        series = a_series(20)
        layla = make.participant(series[0].activity.centre)
        join(series[0].activity, layla, by=layla, now=BEFORE)
        rest = concerned(series[11], Scope.LATER, now=BEFORE).meetings

        edited(rest, targets=with_status(rest, Status.CANCELLED))
        held = db.session.scalars(select(func.count()).where(Booking.held)).one()
        off = concerned(series[11], Scope.LATER, now=BEFORE, cancelled=True).meetings
        edited(off, targets=with_status(off, Status.PLANNED))

        assert (len(rest), held) == (9, 11)
        assert not any(one.is_cancelled for one in series)
        assert db.session.scalars(select(func.count()).where(Booking.held)).one() == 20


@pytest.mark.usefixtures("app")
class TestDetails:
    def test_one_session_has_a_title_of_its_own(self) -> None:
        series = a_series(3)

        edited(series[1:2], details=Details(titles={"en": "At the museum"}))

        assert [one.title_in("en") for one in series] == [
            "Language café",
            "At the museum",
            "Language café",
        ]
        found = listed_meetings(start=BEFORE, end=MONDAY + 9 * WEEK, words="MUSÉUM")
        assert db.session.scalars(found).all() == [series[1]]

    def test_for_all_it_is_the_activitys_title(self) -> None:
        series = a_series(2)
        edit = edited(series, details=Details(titles={"en": "Talking", "ro": "Vorbim"}, whole=True))

        assert titles_of(series[0].activity) == {"en": "Talking", "ro": "Vorbim"}
        assert not any(one.texts for one in series)
        undo(edit, by=series[0].activity.coordinator, now=SOON)
        assert titles_of(series[0].activity) == {"en": "Language café"}

    def test_an_activity_that_becomes_protected_is_gone_for_strangers(self) -> None:
        series = a_series(3)
        series[2].privacy = Privacy.PUBLIC

        edit = edited(series, details=Details(privacy=Privacy.PROTECTED, whole=True))

        def listed() -> list[Meeting]:
            found = listed_meetings(start=BEFORE, end=MONDAY + 9 * WEEK)
            return list(db.session.scalars(found))

        assert listed() == []
        undo(edit, by=series[0].activity.coordinator, now=SOON)
        assert listed() == series
        assert [one.privacy for one in series] == [Privacy.MEMBERS] * 2 + [Privacy.PUBLIC]

    def test_one_session_of_an_open_activity_is_never_protected_alone(self) -> None:
        series = a_series(2)

        with pytest.raises(NotProtectedAlone):
            edited(series[1:], details=Details(privacy=Privacy.PROTECTED))

    def test_whoever_makes_it_protected_still_knows_of_it(self) -> None:
        series = a_series(1)
        other = make.coordinator(series[0].activity.centre)

        edit_series(
            series,
            scope=Scope.ALL,
            by=other,
            now=BEFORE,
            seen=lambda _held: True,
            details=Details(privacy=Privacy.PROTECTED, whole=True),
        )

        assert [one.person_id for one in series[0].activity.confidants] == [other.id]

    def test_one_session_is_never_more_public_than_its_activity(self) -> None:
        meeting = make.meeting()

        with pytest.raises(LessPrivateThanItsActivity):
            edited([meeting], details=Details(privacy=Privacy.PUBLIC))

    def test_nobody_is_written_to_because_of_a_title_or_a_link(self) -> None:
        series = a_series(2)
        layla = make.participant(series[0].activity.centre)
        join(series[0].activity, layla, by=series[0].activity.coordinator, now=BEFORE)
        sent = len(db.session.scalars(select(Notice)).all())

        link = "https://meet.example.org/a"
        edited(series, details=Details(titles={"en": "Else"}, online_url=link))

        assert {one.online_url for one in series} == {link}
        assert len(db.session.scalars(select(Notice)).all()) == sent
        assert [one.sequence for one in series] == [0, 0]


ARABIC = NeedFacts(role=Role.MEDIATOR, language="ar")
DARI = NeedFacts(role=Role.MEDIATOR, language="prs", level=Level.B1)


@pytest.mark.usefixtures("app")
class TestNeeds:
    def with_needs(self) -> list[Meeting]:
        series = a_series(4)
        for meeting in series:
            make.need(meeting=meeting, language="ar")
        return series

    def languages(self) -> list[str | None]:
        found = select(Need.language).join(Need.meeting).order_by(Meeting.starts_at, Need.id)
        return list(db.session.scalars(found))

    def test_the_same_need_changes_from_here_on(self) -> None:
        series = self.with_needs()

        edit = edited(series[2:], need=NeedChange(ARABIC, DARI))

        assert self.languages() == ["ar", "ar", "prs", "prs"]
        assert {one.kind for one in changes_of_edit(edit)} == {ChangeKind.NEEDS}
        undo(edit, by=series[0].activity.coordinator, now=SOON)
        assert self.languages() == ["ar"] * 4

    def test_a_need_is_added_and_taken_away(self) -> None:
        series = self.with_needs()

        added = edited(series[:2], need=NeedChange(None, DARI))
        assert self.languages() == ["ar", "prs", "ar", "prs", "ar", "ar"]
        undo(added, by=series[0].activity.coordinator, now=SOON)
        assert self.languages() == ["ar"] * 4
        edited(series[1:], need=NeedChange(ARABIC, None))
        assert self.languages() == ["ar"]

    def test_who_is_confirmed_must_still_fit(self) -> None:
        series = self.with_needs()
        need = db.session.scalars(select(Need).where(Need.meeting_id == series[1].id)).one()
        amina = make.mediator(series[0].activity.centre)
        make.assignment(need=need, person=amina, state=State.CONFIRMED)

        with pytest.raises(SomebodyWouldNotFit):
            edited(series, need=NeedChange(ARABIC, DARI))

    def test_who_is_asked_keeps_the_need(self) -> None:
        series = self.with_needs()
        need = db.session.scalars(select(Need).where(Need.meeting_id == series[1].id)).one()
        make.assignment(need=need)

        with pytest.raises(SomebodyCounts):
            edited(series, need=NeedChange(ARABIC, None))

    def test_fewer_than_are_confirmed_is_refused(self) -> None:
        meeting = make.meeting()
        need = make.need(meeting=meeting, language="ar", wanted=2)
        for _n in range(2):
            make.assignment(need=need, state=State.CONFIRMED)
        two = NeedFacts(role=Role.MEDIATOR, language="ar", wanted=2)

        with pytest.raises(MoreThanWanted):
            edited([meeting], need=NeedChange(two, ARABIC))


@pytest.mark.usefixtures("app")
class TestUndo:
    def test_everything_is_as_before_and_nobody_hears_of_either(self) -> None:
        series = a_series(4)
        layla = make.participant(series[0].activity.centre)
        join(series[0].activity, layla, by=series[0].activity.coordinator, now=BEFORE)
        old = starts(series)
        edit = shifted(series, by(hours=1))
        assert edit is not None

        undo(edit, by=series[0].activity.coordinator, now=SOON)

        assert starts(series) == old
        assert [notice.state.value for notice in letters()] == ["dropped"]
        assert db.session.scalars(select(func.count()).where(Booking.held)).one() == 4

    def test_whoever_read_of_the_change_reads_of_its_undoing(self) -> None:
        series = a_series(2)
        layla = make.participant(series[0].activity.centre)
        join(series[0].activity, layla, by=series[0].activity.coordinator, now=BEFORE)
        edit = shifted(series, by(hours=1))
        assert edit is not None
        letters()[0].state = type(letters()[0].state).SENT

        undo(edit, by=series[0].activity.coordinator, now=SOON)

        assert sorted(notice.state.value for notice in letters()) == ["pending", "sent"]

    def test_what_changed_since_stays(self) -> None:
        series = a_series(3)
        old = starts(series)
        edit = shifted(series, by(hours=1))
        shifted(series[1:2], by(hours=1))
        assert edit is not None

        undo(edit, by=series[0].activity.coordinator, now=SOON)

        assert starts(series) == [old[0], old[1] + 2 * HOUR, old[2]]

    def test_only_once(self) -> None:
        series = a_series(2)
        edit = shifted(series, by(hours=1))
        assert edit is not None
        undo(edit, by=series[0].activity.coordinator, now=SOON)

        with pytest.raises(NothingToUndo):
            undo(edit, by=series[0].activity.coordinator, now=SOON)

    def test_not_into_a_room_that_was_given_away(self) -> None:
        series = a_series(2)
        edit = shifted(series, by(hours=4))
        make.meeting(room=series[0].room, starts_at=MONDAY)
        assert edit is not None

        with pytest.raises(RoomTaken):
            undo(edit, by=series[0].activity.coordinator, now=SOON)

    def test_a_session_moved_for_itself_follows_its_series_again(self) -> None:
        series = a_series(2)
        targets = moved(series[:1], by(hours=1), room=None, keep_rooms=True, by_hand=True)
        edit = edited(series[:1], targets=targets)
        assert series[0].by_hand

        undo(edit, by=series[0].activity.coordinator, now=SOON)

        assert not series[0].by_hand


def _joining(activity_id: int, person_id: int) -> Callable[[], object]:
    def click() -> object:
        person = db.session.get_one(Person, person_id)
        return join(db.session.get_one(Activity, activity_id), person, by=person, now=BEFORE)

    return click


def _shifting(ids: Sequence[int], name: str) -> Callable[[], object]:
    def click() -> object:
        meetings = [db.session.get_one(Meeting, meeting_id) for meeting_id in ids]
        return edit_series(
            meetings,
            scope=Scope.ALL,
            by=meetings[0].activity.coordinator,
            now=BEFORE,
            seen=as_seen(name, meetings),
            targets=moved(meetings, by(hours=1), room=None, keep_rooms=True, by_hand=False),
        )

    return click


def test_whoever_joins_while_a_series_moves_comes_at_the_new_times(racing_app: Flask) -> None:
    for _round in range(20):
        with racing_app.app_context():
            series = a_series(3)
            layla = make.participant(series[0].activity.centre)
            ids, name = [one.id for one in series], fingerprint(series)
            activity_id, person_id = series[0].activity_id, layla.id
            db.session.commit()

        clicks = [_joining(activity_id, person_id), _shifting(ids, name), _shifting(ids, name)]
        results = all_at_once(racing_app, clicks)

        made = [one for one in results[1:] if isinstance(one, Edit)]
        assert len(made) <= 1
        with racing_app.app_context():
            wrong = (
                select(func.count())
                .select_from(Booking)
                .join(Booking.meeting)
                .where(
                    Booking.meeting_id.in_(ids),
                    (Booking.starts_at != Meeting.starts_at) | ~Booking.held,
                )
            )
            assert db.session.scalars(wrong).one() == 0
