"""Whoever is erased gives up coming places, and takes the words of her absences with her."""

from __future__ import annotations

from sqlalchemy import select

from tests.timebank.erasure import traces
from tests.timebank.hours.arrange import make_point
from tests.timebank.hours.arrange_activities import excuse, plan, sign_up, stands, told, volunteers, write_down
from tests.village import Village
from timebank.hours.activities.tables import Absence
from timebank.people import residents


def test_an_erased_person_gives_her_place_up_and_the_next_comes_up(village: Village) -> None:
    point, (goes, stays) = make_point(village), volunteers(village, "欧阳去", "司马留")
    missed = plan(village, point, starts_in=1, hours=1)
    sign_up(village, goes, missed)
    village.pass_time(hours=3)
    write_down(village, goes, missed)
    excuse(village, goes, missed, "住院,病名不便说")
    coming = plan(village, point, starts_in=24 * 20, capacity=1)
    sign_up(village, goes, coming)
    sign_up(village, stays, coming)
    with village.read() as session:
        person = residents.person(session, village.community_id, goes.person_id)
        session.expunge(person)
    traces.erase(village, person)
    assert [stands(village, who, coming) for who in (goes, stays)] == ["gave up", "place"]
    assert told(village, stays) == ["sign_up_promoted"]
    with village.read() as session:
        absence = session.scalars(select(Absence)).one()
    assert (absence.excuse, absence.excused_at) == ("", None)
    assert absence.missed_at is not None
