"""What the JSON of publicity answers. Steps are tenths of a point."""

import marshmallow
from marshmallow.fields import Boolean, Date, DateTime, Integer, List, Nested, String

from api.fields import IdTold


class PublicityCountTold(marshmallow.Schema):
    """How many lines of a batch are in a state, and their steps (tenths of a point)."""

    state = String(required=True)
    lines = Integer(required=True)
    steps = Integer(required=True)


class PublicityBatchTold(marshmallow.Schema):
    """A batch; over all `states` lines and steps add up to its own, and `adds_up` says so."""

    number = Integer(required=True)
    month = String(required=True)
    state = String(required=True)
    published_at = DateTime(required=True)
    objections_until = DateTime(required=True)
    lines = Integer(required=True)
    total_steps = Integer(required=True)
    digest = String(required=True)
    note = Integer(required=True, metadata={"description": "seq of the ledger's note of the digest"})
    states = List(Nested(PublicityCountTold), required=True)
    adds_up = Boolean(required=True)


class PublicityPlaceTold(marshmallow.Schema):
    """A batch and a line."""

    batch = Integer(required=True)
    line = Integer(required=True)


class PublicityLineTold(marshmallow.Schema):
    """A line as it hangs out: a masked name, never a full one."""

    number = Integer(required=True)
    name = String(required=True)
    suffix = String(required=True)
    grid = String(required=True)
    household_tail = String(required=True)
    item = String(required=True)
    table_version = Integer(required=True)
    position = Integer(required=True)
    on = Date(required=True)
    steps = Integer(required=True)
    state = String(required=True)
    answers = List(String(), required=True, metadata={"description": "of objections to it, without who objected"})
    put_right_in = Nested(
        PublicityPlaceTold,
        required=True,
        allow_none=True,
        metadata={"description": "of a corrected line: what came in its place, once that hangs out"},
    )
    put_right_from = Nested(
        PublicityPlaceTold,
        required=True,
        allow_none=True,
        metadata={"description": "the line in whose place this one came"},
    )


class PublicityBatchesTold(marshmallow.Schema):
    batches = List(Nested(PublicityBatchTold), required=True)
    before = Integer(required=True, allow_none=True, metadata={"description": "ask with this for the next page"})


class PublicityLinesTold(marshmallow.Schema):
    batch = Nested(PublicityBatchTold, required=True)
    lines = List(Nested(PublicityLineTold), required=True)
    page = Integer(required=True)
    pages = Integer(required=True)


class PublicityObjectionTold(marshmallow.Schema):
    """An objection, for who raised it and for those who answer."""

    id = String(required=True)
    number = Integer(required=True, allow_none=True)
    batch = Integer(required=True)
    line = Integer(required=True)
    state = String(required=True)
    line_state = String(required=True)
    late = Boolean(required=True)
    channel = String(required=True)
    reason = String(required=True)
    raised_at = DateTime(required=True)
    answer_due_at = DateTime(required=True)
    answer = String(required=True)
    appeal_until = DateTime(required=True, allow_none=True)
    decision_due_at = DateTime(required=True, allow_none=True)
    decision = String(required=True)
    outcome = String(required=True, allow_none=True)
    declined = String(
        required=True, allow_none=True, metadata={"description": "why a second officer did not book the line back"}
    )
    taken_back_at = DateTime(required=True, allow_none=True)


class PublicityObjectionsTold(marshmallow.Schema):
    objections = List(Nested(PublicityObjectionTold), required=True)
    before = Integer(required=True, allow_none=True, metadata={"description": "ask with this for the next page"})


class PublicityHeldTold(marshmallow.Schema):
    reason = String(required=True)
    awards = Integer(required=True)
    steps = Integer(required=True)


class PublicityPreparedTold(marshmallow.Schema):
    """What the batch of a month would be, and what is held back and why."""

    number = Integer(required=True)
    month = Date(required=True)
    lines = Integer(required=True)
    steps = Integer(required=True)
    deductions = Integer(required=True)
    held = List(Nested(PublicityHeldTold), required=True)
    publishing = Integer(required=True, allow_none=True)


class PublicityOutcomeTold(marshmallow.Schema):
    """What was done, with its facts."""

    class Meta:
        unknown = marshmallow.INCLUDE

    code = String(required=True)
    batch = Integer()
    lines = Integer()
    left = Boolean(
        metadata={"description": "the rest goes on beside the requests; ask for the batch to see how far it is"}
    )
    objection_id = IdTold()
    number = Integer()
    late = Boolean()
    answer_due_at = String()
    decision_due_at = String()
    joined = Integer()
    line_state = String()
    booked = Integer()
    refused = Integer(metadata={"description": "lines that a rule of the ledger does not let be booked"})
    award_id = IdTold()
    needs_another = Boolean(metadata={"description": "a second officer confirms or declines the booking back"})
    objections = Integer(metadata={"description": "those whose answer stands no more"})
    entry = Integer(allow_none=True, metadata={"description": "seq of the counter-entry"})


class PublicityCorrectionTold(marshmallow.Schema):
    """A booking back that waits for a second officer."""

    award_id = String(required=True)
    batch = Integer(required=True, allow_none=True)
    line = Integer(required=True, allow_none=True)
    steps = Integer(required=True)
    reason = String(required=True)
    asked_at = DateTime(required=True)
    asked_by = String(required=True)


class PublicityCorrectionsTold(marshmallow.Schema):
    corrections = List(Nested(PublicityCorrectionTold), required=True)


class PublicityRefusedLineTold(marshmallow.Schema):
    """A line that the ledger refused; `code` is one of docs/log-format.md."""

    line = Integer(required=True)
    award_id = String(required=True)
    steps = Integer(required=True)
    code = String(required=True)
    tries = Integer(required=True)
    refused_at = DateTime(required=True)


class PublicityRefusedTold(marshmallow.Schema):
    count = Integer(required=True)
    lines = List(Nested(PublicityRefusedLineTold), required=True)
