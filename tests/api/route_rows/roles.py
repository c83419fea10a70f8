"""Giving roles and taking them back."""

from timebank.people import logins

STAFF = {"operator", "community_manager", "desk_staff"}


def a_volunteer(world):
    """Somebody who holds the role of a volunteer."""
    person = world.residents[0]
    grant_id = world.db.storage.write_global(
        lambda session, now: logins.grant(
            session,
            now=now,
            role="volunteer",
            area_path=world.village.area_path,
            from_on=now.date(),
            until_on=None,
            given_by="test",
            community_id=person.community_id,
            person_id=person.id,
        )
    )
    return {"grant_id": grant_id.hex}


def a_list(world, made):
    return {"people": world.residents[1].number, "role": "volunteer"}


ROWS = {
    "roles.listed": {"roles": STAFF, "arrange": a_volunteer},
    "roles.give": {
        "method": "POST",
        "roles": STAFF,
        "data": lambda world, made: {"who": world.residents[1].number, "role": "volunteer"},
    },
    "roles.many": {"roles": STAFF},
    "roles.look_at_many": {"method": "POST", "roles": STAFF, "data": a_list},
    "roles.give_many": {"method": "POST", "roles": STAFF, "data": a_list, "ok": {303}},
    "roles.take_back": {
        "method": "POST",
        "roles": STAFF,
        "arrange": a_volunteer,
        "data": lambda world, made: {"grant_id": made["grant_id"]},
    },
}
