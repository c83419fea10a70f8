"""Who witnesses this log: on the audit's page, on the notice board, and on the sheet that is itself a witness."""

import io
from typing import Any, cast

from flask import Blueprint, current_app, g, render_template, send_file
from flask_babel import gettext as _

from api import edge, look, qr, witnesses
from api.card_sheets import pdf
from api.keys import SigningKeys
from api.witnesses import Standing
from api.witnessing import NoKey, witness_of
from ledger import log, witness
from ledger.quorum import BadPolicy, Policy
from timebank import permissions
from timebank.errors import NotFound
from timebank.people import communities

blueprint = Blueprint("witnesses", __name__)

COSIGNATURES_ON_PAPER = 4  # more make modules too small for a phone; the others are on the page
HEX_A_GROUP, GROUPS_A_LINE = 4, 4


@blueprint.get("/c/<community_code>/books/witnesses")
@edge.signed_in
def page() -> Any:
    """Who signed our checkpoints last, whether that is enough and lately, and whose logs we witness."""
    asks, reading, place = edge.actor(), edge.read(), edge.community()
    permissions.require(asks, "reports.trial_balance", community_id=asks.community_id)
    here = witness_of(edge.settings(), edge.storage())
    return edge.page(
        "audit/witnesses.html",
        standing=last_witnessed(),
        end=log.end(reading, place.id),
        newest=log.newest(reading, place.id),
        vkey=log.vkey(reading, place.id),
        log_address=log_address(),
        own_key=_own_key(),
        listed=[(key.name, here.seen(key.name).size) for key in here.listed()],
    )


@blueprint.get("/c/<community_code>/books/checkpoint-sheet.pdf")
@edge.signed_in
def sheet() -> Any:
    """The newest checkpoint for the wall: paper cannot be changed from afar."""
    asks, reading, place = edge.actor(), edge.read(), edge.community()
    permissions.require(asks, "reports.trial_balance", community_id=asks.community_id)
    newest = log.newest(reading, place.id)
    if newest is None:
        raise NotFound(what="checkpoint")
    try:
        policy = _policy()
    except BadPolicy:
        policy = None
    trusted = {one.key.public_key for one in policy.witnesses} if policy else set()
    shown = witness.cosigned(reading, place.id, newest, by=trusted, most=COSIGNATURES_ON_PAPER)
    made = render_template(
        "audit/checkpoint_sheet.html",
        community=place,
        origin=place.origin,
        checkpoint=newest,
        signed_at=witnesses.instant(newest.at),
        groups=_in_groups(newest.root.hex()),
        vkey=log.vkey(reading, place.id),
        text=shown,
        witnesses=shown.count("\N{EM DASH} ") - 1,
        language="en" if look.language() == "en" else "zh-CN",
        log_address=log_address(),
        code=qr.svg(shown, label=_("检查点")),
    )
    document = pdf([made], progress=lambda _done: None)
    month = f"{communities.local_day(place, witnesses.instant(newest.at)):%Y-%m}"
    name = f"{place.code}-checkpoint-{month}-{newest.size}.pdf"
    return send_file(io.BytesIO(document), mimetype="application/pdf", download_name=name)


@blueprint.app_template_global("last_witnessed")
def last_witnessed() -> Standing:
    """Who saw the log of this address's community last; looked up once a request."""
    if "last_witnessed" not in g:
        keys = cast(SigningKeys, current_app.extensions["timebank_keys"])
        try:
            policy, problem = _policy(), ""
        except BadPolicy as bad:
            policy, problem = None, str(bad)
        g.last_witnessed = witnesses.standing(
            edge.read(), edge.community(), policy, keys, now=edge.now(), problem=problem
        )
    return cast(Standing, g.last_witnessed)


@blueprint.app_template_global("log_address")
def log_address() -> str:
    """Where programs read the log of this community."""
    return f"{edge.settings().public_url}/log/{edge.community().code}"


def _policy() -> Policy | None:
    return witnesses.policy_in(edge.settings().policy_of_witnesses)


def _own_key() -> str:
    try:
        return witness_of(edge.settings(), edge.storage()).key.line
    except NoKey:
        return ""


def _in_groups(digits: str) -> list[list[str]]:
    """Lines of groups of four, so that two people can read it to each other."""
    groups = [digits[at : at + HEX_A_GROUP] for at in range(0, len(digits), HEX_A_GROUP)]
    return [groups[at : at + GROUPS_A_LINE] for at in range(0, len(groups), GROUPS_A_LINE)]
