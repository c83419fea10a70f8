"""What the database holds of a person, table by table: the one list that erasing, exporting and the tests go by.

Every column of text or bytes stands here once: in a rule of `HERS` (rows that are a person's, and what becomes of
them), in `TEXTS` (free text, where anybody may be mentioned), or in `FREE` (nothing personal). A test reads every table
and fails when a new column stands nowhere. Ids and numbers of people stay: without the rows named here they lead to
nobody.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, MetaData, Select, Table, and_, false, or_, select, tuple_
from sqlmodel import SQLModel

# What stands where a name stood: in rows that need one, and in other people's texts a star for each character.
ERASED = "已删除 / erased"
STAR = "*"


@dataclass(frozen=True)
class Subject:
    """Whose data it is. `home`: her household, if nobody else lives there; `login`: her sign-in, if it is nobody else's."""

    community_id: int
    person_id: uuid.UUID
    home: uuid.UUID | None = None
    login: uuid.UUID | None = None


@dataclass(frozen=True)
class Without:
    """A JSON object that loses these keys."""

    keys: tuple[str, ...]

    def __call__(self, value: Any) -> Any:
        return (
            {name: told for name, told in value.items() if name not in self.keys} if isinstance(value, dict) else value
        )


Where = Callable[[Table, Subject], ColumnElement[bool]]


@dataclass(frozen=True)
class Rule:
    """Rows of a table that are a person's: `becomes` says what its columns get, None that the rows go.

    `topic` is the word that the preview counts them under. Of what she is given on request, `secret` columns are left
    out: keys, and what belongs to others, such as their addresses and who said what of her. `given` False: all of it.
    """

    table: str
    where: Where
    becomes: Mapping[str, Any] | None = None
    topic: str = ""
    secret: tuple[str, ...] = field(default=())
    given: bool = True


def table(name: str) -> Table:
    """A table of the domain by its name; its module must have been loaded."""
    metadata: MetaData = SQLModel.metadata
    return metadata.tables[name]


def hers(column: str = "person_id") -> Where:
    """Rows that name her in this column."""
    return lambda one, subject: and_(_own(one, subject), one.c[column] == subject.person_id)


def of_hers(column: str, parent: str, *people: str, home: str = "") -> Where:
    """Rows below such rows of `parent` as name her in one of `people`, or in `home` the household that goes with her."""

    def where(one: Table, subject: Subject) -> ColumnElement[bool]:
        return and_(_own(one, subject), one.c[column].in_(_parents(parent, people, home, subject)))

    return where


def of_her_home(column: str = "household_id") -> Where:
    """Rows of her household, if nobody else lives in it."""
    return lambda one, subject: and_(_own(one, subject), _is(one.c[column], subject.home))


def of_her_login(column: str = "login_id") -> Where:
    """Rows of her sign-in, if it is nobody else's."""
    return lambda one, subject: _is(one.c[column], subject.login)


def about_her_lines(one: Table, subject: Subject) -> ColumnElement[bool]:
    """Objections to lines about her."""
    line, award = table("publicity_line"), table("award")
    named = (
        select(line.c.batch_number, line.c.number)
        .join(award, and_(award.c.community_id == line.c.community_id, award.c.id == line.c.award_id))
        .where(line.c.community_id == subject.community_id)
        .where(or_(award.c.person_id == subject.person_id, _is(award.c.household_id, subject.home)))
    )
    return and_(_own(one, subject), tuple_(one.c.batch_number, one.c.line_number).in_(named))


def photos_of_hers(one: Table, subject: Subject) -> ColumnElement[bool]:
    """Photographs that came with her awards, or with those of a household that goes with her."""
    photo = table("award_photo")
    hers_ = _parents("award", ("person_id", "claimant_id"), "household_id", subject)
    kept = select(photo.c.attachment_id).where(
        photo.c.community_id == subject.community_id, photo.c.award_id.in_(hers_)
    )
    return and_(_own(one, subject), one.c.id.in_(kept))


def photos_of_her_objections(one: Table, subject: Subject) -> ColumnElement[bool]:
    """Photographs that came with what she objected to."""
    said = table("objection")
    kept = select(said.c.photo_id).where(
        said.c.community_id == subject.community_id, said.c.person_id == subject.person_id, said.c.photo_id.is_not(None)
    )
    return and_(_own(one, subject), one.c.id.in_(kept))


def by_her_serial(one: Table, subject: Subject) -> ColumnElement[bool]:
    """Rows that name her by her serial."""
    person = table("person")
    serial = select(person.c.serial).where(
        person.c.community_id == subject.community_id, person.c.id == subject.person_id
    )
    return and_(_own(one, subject), one.c.serial.in_(serial))


def _parents(parent: str, people: tuple[str, ...], home: str, subject: Subject) -> Select[Any]:
    above = table(parent)
    named = [above.c[column] == subject.person_id for column in people]
    if home and subject.home is not None:
        named.append(above.c[home] == subject.home)
    return select(above.c.id).where(above.c.community_id == subject.community_id, or_(*named))


def _is(column: ColumnElement[Any], value: uuid.UUID | None) -> ColumnElement[bool]:
    """Whether a column has this value; never, where there is none."""
    return false() if value is None else column == value


def _own(one: Table, subject: Subject) -> ColumnElement[bool]:
    return one.c.community_id == subject.community_id


_AWARD = {"evidence": "", "source": "", "review_remark": "", "closed_reason": "", "again_reason": None}

# In this order: what hangs below another row first.
HERS: tuple[Rule, ...] = (
    Rule("login_session", of_her_login(), secret=("token_digest",), topic="sign_in"),
    Rule("presence", of_her_login()),
    Rule("login_person", hers(), topic="sign_in"),
    Rule("role_grant", hers(), topic="roles"),
    Rule("role_grant", of_her_login(), topic="roles"),
    Rule("login", of_her_login("id"), secret=("password_hash",), topic="sign_in"),
    Rule("used_code", hers()),
    Rule("card", hers(), secret=("token",), topic="cards"),
    Rule("card", of_her_home(), secret=("token",), topic="cards"),
    Rule("helper_binding", hers("elder_id"), topic="helpers"),
    Rule("helper_binding", hers("helper_id"), topic="helpers"),
    Rule("activity_team", hers()),
    Rule("team_leader", hers(), topic="register"),
    Rule("team_member", hers(), topic="register"),
    Rule("person_skill", hers(), topic="register"),
    Rule("person_insurance", hers(), topic="register"),
    Rule("guardian_consent", hers(), topic="register", secret=("guardian_id",)),
    Rule("guardian_consent", hers("guardian_id"), {"evidence": ""}, secret=("person_id", "evidence"), given=False),
    Rule("kin", hers(), topic="register", secret=("relative_id",)),
    Rule("kin", hers("relative_id"), topic="register", secret=("person_id", "evidence", "declared_by")),
    Rule("person_flag", hers(), topic="register"),
    Rule("flag_consent", hers(), topic="register"),
    Rule("person_change", hers(), topic="register"),
    Rule("merchant_staff", hers()),
    Rule("notice_delivery", hers()),
    Rule("notice_delivery", of_hers("notice_id", "notice", "person_id")),
    Rule("notice_contact", hers(), topic="notices"),
    Rule("notice", hers(), topic="notices"),
    Rule("order_offer", hers(), topic="orders"),
    Rule(
        "order_dispute",
        of_hers("order_id", "service_order", "recipient_id", "volunteer_id"),
        {"reason": STAR, "decision": ""},
        given=False,
    ),
    Rule("order_escalation", of_hers("order_id", "service_order", "recipient_id"), {"note": ""}, given=False),
    Rule(
        "order_event",
        of_hers("order_id", "service_order", "recipient_id", "volunteer_id"),
        {"facts": Without(("reason", "note"))},
        secret=("facts", "actor", "actor_id"),
    ),
    Rule(
        "order_call_back",
        of_hers("order_id", "service_order", "recipient_id", "volunteer_id"),
        {"note": ""},
        given=False,
    ),
    Rule(
        "service_order",
        hers("recipient_id"),
        {"place": "", "note": "", "rating_comment": "", "tear_off_hash": None},
        topic="orders",
        secret=("tear_off_hash",),
    ),
    Rule(
        "service_order",
        hers("volunteer_id"),
        {"rating_comment": ""},
        topic="orders",
        secret=("tear_off_hash", "place", "note", "rating", "rating_comment", "balance_before_minutes", "placed_by"),
    ),
    Rule("sign_up_absence", hers(), {"excuse": "", "excused_at": None, "decided_note": ""}, topic="sign_ups"),
    Rule("offline_scan", hers(), {"code": ""}, topic="visits", secret=("code", "seen_by")),
    Rule("scan_verdict", of_hers("scan_id", "offline_scan", "person_id"), {"facts": {}, "note": ""}, given=False),
    Rule("visit_review", of_hers("visit_id", "visit", "person_id"), {"note": ""}),
    Rule(
        "visit_word", of_hers("visit_id", "visit", "person_id"), {"note": ""}, secret=("note", "person_id", "given_by")
    ),
    Rule("visit_word", hers(), {"note": ""}, topic="visits"),
    Rule("visit", hers(), {"place": "", "witness": None, "source": None, "note": None}, topic="visits"),
    Rule(
        "objection",
        about_her_lines,
        {"reason": STAR, "answer": "", "appeal": "", "decision": "", "taken_back_reason": None, "declined": None},
        given=False,
    ),
    Rule(
        "objection",
        hers(),
        {"reason": STAR, "answer": "", "appeal": "", "decision": "", "taken_back_reason": None, "declined": None},
        topic="objections",
    ),
    Rule("points_comment", hers(), {"text": STAR}, topic="objections"),
    Rule("points_objection", hers(), {"reason": STAR}, topic="objections"),
    Rule(
        "award_correction",
        of_hers("award_id", "award", "person_id", home="household_id"),
        {"reason": "", "decline_reason": None},
    ),
    Rule("publicity_hold", of_hers("award_id", "award", "person_id", home="household_id"), {"reason": STAR}),
    Rule("attachment", photos_of_her_objections, {"name": "", "content": None}, secret=("content",)),
    Rule(
        "publicity_line",
        of_hers("award_id", "award", "person_id", home="household_id"),
        {"masked_name": STAR, "grid": "", "household_tail": "", "suffix": ""},
    ),
    Rule("attachment", photos_of_hers, {"name": "", "content": None}, secret=("content",)),
    Rule("award_review", of_hers("award_id", "award", "person_id", home="household_id"), {"remark": ""}),
    Rule("award_invitation", of_hers("award_id", "award", "person_id", home="household_id"), {"place": STAR}),
    Rule(
        "award_hearing",
        of_hers("award_id", "award", "person_id", home="household_id"),
        {"words": STAR, "present": STAR},
    ),
    Rule("award", hers(), _AWARD, topic="awards"),
    Rule("award", hers("claimant_id"), _AWARD),
    Rule("award", of_her_home(), _AWARD),
    Rule(
        "shop_order", hers(), {"code_salt": "", "code_tag": ""}, topic="shop_orders", secret=("code_salt", "code_tag")
    ),
    Rule("shop_order", of_her_home(), {"code_salt": "", "code_tag": ""}, secret=("code_salt", "code_tag")),
    Rule(
        "honour_line",
        of_her_home(),
        {
            "name": "",
            "masked_name": STAR,
            "grid": "",
            "household_tail": "",
            "suffix": "",
            "why": "",
            "heard_text": "",
            "taken_off_reason": STAR,
        },
    ),
    Rule("honour_objection", hers(), {"reason": STAR, "answer": ""}, topic="objections"),
    Rule(
        "household_change_member", hers(), {"relation": "", "relation_before": "", "evidence": None}, topic="register"
    ),
    Rule("household_event", hers(), {"reason": ""}, topic="register"),
    Rule("household", of_her_home("id"), {"name": "", "address": "", "book_code": None}, topic="register"),
    Rule("person_word", by_her_serial, given=False),  # her name again
    Rule(
        "person",
        hers("id"),
        {
            "name": ERASED,
            "search_key": "",
            "sex": "",
            "born_on": None,
            "phone": None,
            "relation": "",
            "identity_cipher": None,
            "identity_index": None,
            "identity_last4": None,
            "import_id": None,
            "import_row": None,
        },
        topic="register",
        secret=("identity_cipher", "identity_index", "search_key"),
    ),
)

# Free text of everybody's rows: whoever writes it may mention her, so her name and phone are looked for in all of it.
TEXTS: Mapping[str, tuple[str, ...]] = {
    "activity": ("title", "cancel_reason"),
    "activity_series": ("title", "shifts"),
    "activity_terms": ("shift_name", "note"),
    "attachment": ("name",),
    "attendance_link": ("reason", "category", "title"),
    "award": ("evidence", "source", "review_remark", "closed_reason", "again_reason"),
    "award_hearing": ("words", "present"),
    "award_invitation": ("place",),
    "award_review": ("remark",),
    "award_correction": ("reason", "decline_reason"),
    "publicity_hold": ("reason",),
    "calendar_day": ("reason",),
    "card": ("revoked_reason",),
    "eligibility_rule": ("name", "gives", "body"),
    "erasure": ("reason",),
    "flag_consent": ("evidence",),
    "guardian_consent": ("guardian_name", "evidence"),
    "household": ("name", "address"),
    "household_change": ("address", "reason", "closed_reason"),
    "household_event": ("reason",),
    "honour_decision": ("body", "reason", "content"),
    "honour_line": ("why", "heard_text", "taken_off_reason"),
    "honour_list": ("title", "closed_reason"),
    "honour_objection": ("reason", "answer"),
    "kin": ("evidence", "end_reason"),
    "import_batch": ("file_name",),
    "merchant": ("name", "place"),
    "objection": ("reason", "answer", "appeal", "decision", "taken_back_reason", "declined"),
    "order_call_back": ("note",),
    "order_dispute": ("reason", "decision"),
    "order_escalation": ("note",),
    "notice": ("facts",),
    "order_event": ("facts",),
    "person_change": ("changes", "reason"),
    "paper_row": ("book",),
    "person_flag": ("evidence",),
    "person_skill": ("proof",),
    "point_day": ("reason",),
    "points_body": ("name",),
    "points_comment": ("item_title", "text", "answer"),
    "points_edit": ("before", "after"),
    "points_life": ("layout", "closed_reason"),
    "points_objection": ("reason", "answer"),
    "points_vote": ("minutes_name", "remark"),
    "points_switch": ("reason",),
    "policy_decision": ("reason", "body"),
    "points_table": ("title", "source", "minutes_name"),
    "scan_device": ("name",),
    "scan_verdict": ("facts", "note"),
    "service_order": ("place", "note", "rating_comment"),
    "service_point": ("name", "place"),
    "merchant_day": ("reason",),
    "shop_delivery": ("note_number", "remark"),
    "shop_file": ("name", "rows"),
    "shop_item": ("name", "piece", "category", "description", "picture_alt"),
    "shop_order": ("close_reason",),
    "shop_return": ("reason", "remark"),
    "shop_supplier": ("name", "contact", "note"),
    "stock_taking_line": ("reason",),
    "sign_up_absence": ("excuse", "decided_note"),
    "stock_movement": ("reason",),
    "team": ("name", "purpose", "end_reason"),
    "visit": ("place", "witness", "source", "note"),
    "visit_review": ("note",),
    "year_close": ("body", "reason", "undo_reason", "withdrawn_reason"),
    "visit_word": ("note",),
}

# Files on their way in: a row that names her goes, and a file that still waits goes as a whole, to be uploaded again.
STAGED: Mapping[str, tuple[str, ...]] = {
    "import_row": ("entry", "problems", "notes"),
    "points_staging": ("name", "content"),
    "team_upload": ("file_name", "rows"),
}

# Answers that are kept so that asking again gives the first one.
ANSWERS: Mapping[str, tuple[str, ...]] = {"request": ("facts",)}

# Whose accounts were whose: taken away with the accounts.
OWNERS = "account_owner"

# Salt and detail of the entries that name her accounts: taken away by the book.
DETAILS = "ledger_detail"

# Nothing personal: codes, states and kinds; numbers of people (`..._by`); digests; adopted tables; the ledger.
FREE: Mapping[str, tuple[str, ...]] = {
    "account_owner": ("kind", "unit", "class"),
    "activity": ("service_class", "planned_by"),
    "activity_series": ("kind", "template", "rhythm", "planned_by"),
    "activity_sign_up": ("given_up_how",),
    "activity_terms": ("kind", "skills"),
    "area": ("code", "name", "level", "parent_code", "path"),
    "area_upload": ("file_name", "rows", "uploaded_by"),
    "attachment": ("purpose", "media_type", "digest", "content", "kept_by"),  # whose it is, the row says that names it
    "attempt": ("subject",),  # a keyed digest
    "attendance_award": ("state", "reason"),
    "attendance_link": ("kind", "target", "recorded_by", "ended_by"),
    "award": ("limited_by", "state", "stage", "source_kind", "entered_by", "reviewed_by", "closed_by"),
    "award_hearing": ("outcome", "written_by"),
    "award_invitation": ("invited_by",),
    "award_photo": ("digest",),
    "award_review": ("turn", "verdict", "reviewed_by", "asks", "draw_month", "undone_by"),
    "review_draw": ("month", "seed", "commitment"),
    "award_correction": ("asked_by", "confirmed_by", "declined_by"),
    "calendar_day": ("entered_by",),
    "card": ("kind", "token", "issued_by", "revoked_by"),
    "community": ("code", "name", "area_code", "area_path", "zone", "origin", "profile", "opened_by"),
    "counter": ("name",),
    "eligibility_rule": ("services", "expression", "state", "minutes_digest", "digest", "drafted_by", "confirmed_by"),
    "erasure": ("number", "state", "asked_by", "approved_by", "ended_by", "accounts", "counts"),
    "flag_consent": ("kind", "way", "recorded_by", "revoked_by"),
    "guardian_consent": ("relation", "how", "given_by", "revoked_by"),
    "helper_binding": ("relation", "state", "asked_by", "reviewed_by", "confirmed_how", "ended_by"),
    "household": ("book_code", "area_path"),
    "household_change": ("kind", "state", "area_path", "asked_by", "giver_way", "giver_recorded_by", "taker_way",
                         "taker_recorded_by", "done_by", "closed_by"),
    "household_change_member": ("agreed_way", "recorded_by"),
    "household_event": ("kind", "recorded_by"),
    "honour_decision": ("kind", "state", "minutes_digest", "drafted_by", "confirmed_by"),
    "honour_line": ("consent", "consent_by", "taken_off_by"),
    "honour_list": ("kind", "state", "rule", "proposed_by", "confirmed_by", "published_by", "digest", "closed_by"),
    "honour_objection": ("raised_by", "state", "answered_by"),
    "year_close": ("state", "minutes_digest", "drafted_by", "announced_by", "started_by", "undo_asked_by", "undo_by",
                   "withdrawn_by"),
    "kin": ("relation", "how", "declared_by", "ended_by", "confirmed_by"),
    "import_batch": ("file_digest", "state", "sheet", "staged_by", "applied_by", "facts"),
    "import_refusal": ("reason",),
    "import_row": ("verdict",),
    "import_run": ("confirmed_by",),
    "ledger_account": ("unit", "class", "to_classes"),
    "ledger_checkpoint": ("root", "note"),
    "ledger_cosignature": ("key", "line"),
    "ledger_detail": ("salt", "detail"),
    "ledger_entry": ("kind", "id", "leaf"),  # account numbers and digests
    "ledger_hold": ("legs",),
    "ledger_note": ("topic", "subject", "digest"),
    "ledger_tail": ("origin", "root", "edge"),
    "ledger_tile": ("root", "hashes"),
    "ledger_witnessed": ("origin", "note"),
    "login": ("name", "phone", "password_hash"),
    "login_person": ("number",),
    "login_session": ("token_digest",),
    "merchant_day": ("entered_by",),
    "month_close": ("state", "digest", "totals", "waiting", "prepared_by", "closed_by"),
    "multiplier_table": ("body", "minutes_digest", "digest", "recorded_by"),
    "multiplier_window": ("service_class",),
    "notice": ("kind", "read_by"),
    "notice_contact": ("channel", "language", "set_by"),
    "notice_delivery": ("channel", "state", "error"),  # what the mail server said, without the address
    "objection": ("channel", "raised_by", "state", "answered_by", "decided_by", "form_number", "outcome",
                  "taken_back_by"),
    "publicity_refusal": ("code",),
    "offline_scan": ("direction", "seen_by"),
    "order_call_back": ("way", "actor"),
    "order_claim": ("place", "outcome"),
    "order_dispute": ("verdict", "raised_by", "decided_by"),
    "order_escalation": ("step", "acknowledged_by", "closed_how"),
    "order_event": ("verb", "state", "actor"),
    "person": ("number", "area_path", "left_reason"),
    "person_change": ("changed_by",),
    "person_flag": ("flag", "recorded_by"),
    "person_insurance": ("insurer", "policy_number", "recorded_by", "withdrawn_by"),  # hers; they go with the row
    "person_skill": ("skill", "recorded_by", "withdrawn_by"),
    "person_word": ("word",),  # her name; goes with the row
    "point_day": ("entered_by",),
    "point_hours": ("set_by",),
    "point_opening": ("kind",),
    "points_item": ("category", "title", "kind", "per", "subject", "remark", "clause", "evidence", "rule", "reporters",
                    "written"),
    "points_staging": ("kind", "staged_by"),
    "points_ballot": ("role", "said"),
    "points_body": ("kind", "opened_by"),
    "points_comment": ("channel", "written_by", "answered_by"),
    "points_edit": ("verb", "edited_by"),
    "points_life": ("stage", "closed_by"),
    "points_member": ("role", "seated_by", "ended_by"),
    "points_objection": ("channel", "raised_by", "state", "answered_by"),
    "points_vote": ("digest", "minutes_digest", "state", "recorded_by", "decided_by"),
    "points_switch": ("switched_by",),
    "points_table": ("state", "digest", "drafted_by", "body", "minutes_digest", "adopted_by"),
    "policy_decision": ("state", "numbers", "minutes_digest", "drafted_by", "confirmed_by"),
    "policy_version": ("profile", "numbers"),
    "publicity_batch": ("month", "published_by", "digest", "state"),
    "publicity_hold": ("held_by", "released_by"),
    "publicity_line": ("state",),
    "publicity_tally": ("state",),
    "request": ("actor", "use_case", "content", "outcome"),  # content: a keyed digest
    "role_grant": ("role", "area_path", "given_by"),
    "scan_batch": ("digest", "signature", "answers"),  # what each scan was answered, by its key
    "scan_device": ("public_key", "registered_by", "revoked_by", "revoked_reason"),
    "scan_verdict": ("outcome", "code", "decided_by"),
    "service_order": ("service", "state", "placed_by", "placed_how", "asked_way", "settled_how"),
    "service_point": ("area_path", "secret", "screen_token", "fixed_token"),
    "shop_delivery": ("received_by",),
    "shop_file": ("staged_by",),
    "shop_item": ("kind",),
    "shop_order": ("state", "ordered_by", "closed_by"),
    "shop_price": ("set_by",),
    "shop_return": ("state", "asked_by", "decided_by"),
    "shop_supplier": ("added_by",),
    "sign_up_absence": ("missed_how", "missed_by", "withdrawn_by", "verdict", "decided_by"),
    "stock_movement": ("kind", "moved_by"),
    "stock_taking": ("state", "begun_by", "counted_by", "booked_by", "digest"),
    "team": ("kind", "founded_by", "ended_by"),
    "team_donation": ("state", "donated_by", "ended_by"),
    "team_leader": ("appointed_by", "gone_by"),
    "team_member": ("added_by", "gone_by"),
    "team_upload": ("uploaded_by",),
    "visit": ("service_class", "state", "evidence", "start_evidence", "started_by", "ended_by", "offline", "review_reasons",
              "spans", "reasons", "table_digest"),
    "visit_rest": ("started_by", "ended_by"),
    "visit_review": ("verdict", "reviewed_by"),
    "visit_team": ("chosen_by",),
    "visit_word": ("asked_as", "asked_by", "word", "given_by"),
    "paper_row": ("typed_by",),
}  # fmt: skip
