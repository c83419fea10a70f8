"""Hours given and received: of one person, and of a community that shows nobody."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.timebank.hours import arrange
from tests.timebank.lived_in import live
from timebank.errors import Forbidden
from timebank.reports import participation
from timebank.reports.tallies import Span

SPAN = Span(dt.date(2026, 11, 1), dt.date(2026, 12, 1))


def test_given_and_received_stand_beside_each_other(village):
    """The volunteer served at a point and at an elder's home; she received what he served there."""
    story = live(village)
    (_, gave), (_, received) = ((one, _sums(village, one)) for one in (story.volunteer.person_id, story.elder.id))
    assert gave == (105 + 90, 0)
    assert received == (0, 90)


def test_figures_of_fewer_than_five_people_are_not_shown(village):
    point = arrange.make_point(village)
    for count in range(1, 6):
        arrange.serve(village, arrange.make_volunteer(village, f"志愿{count}"), point, minutes=30)
        _months, whole = _community(village)
        shown = (whole.given.people, whole.given.minutes, whole.given.median_minutes)
        assert shown == ((5, 150, 30) if count == 5 else (None, None, None))
        assert (whole.received.people, whole.both) == (0, 0)


def test_everybody_is_counted_once_in_the_whole_span(village):
    point = arrange.make_point(village)
    volunteers = [arrange.make_volunteer(village, f"志愿{count}") for count in range(5)]
    for volunteer in volunteers:
        arrange.serve(village, volunteer, point, minutes=30)
    village.pass_time(days=14)
    for volunteer in volunteers:
        arrange.serve(village, volunteer, point, minutes=60)
    months, whole = _community(village)
    assert [one.given.people for one in months] == [5, 5]
    assert sum(one.given.minutes for one in months) == whole.given.minutes == 450
    assert (whole.given.people, whole.given.median_minutes) == (5, 90)


def test_whose_hours_they_are_and_who_may_read_them(village):
    story = live(village)
    with village.read() as session, pytest.raises(Forbidden):
        participation.of_person(
            session, actor=village.actor(person=story.elder), person_id=story.volunteer.person_id, span=SPAN
        )


def _sums(village, person_id):
    with village.read() as session:
        rows = participation.of_person(session, actor=village.actor("auditor"), person_id=person_id, span=SPAN)
    return sum(one.given_minutes for one in rows), sum(one.received_minutes for one in rows)


def _community(village):
    with village.read() as session:
        return participation.of_community(session, actor=village.actor("auditor"), span=SPAN)
