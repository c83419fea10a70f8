"""Offline scans for programs: a signed batch is taken without a sign-in, since the device's signature says who sends it.

The format, with a vector to try a client with, stands in docs/offline.md.
"""

import base64
import binascii
from typing import Any

import marshmallow
from flask import request
from flask_smorest import Blueprint
from marshmallow.fields import Dict, Integer, List, Nested, String

from api import edge
from api.messages.offline import verdict
from timebank.hours.attendance.offline import receiving
from timebank.hours.attendance.offline.body import BYTES_MOST, SCANS_MOST, BatchTooLarge
from timebank.hours.attendance.offline.receiving import BadSignature

blueprint = Blueprint(
    "v1_offline", __name__, url_prefix="/api/v1/c/<community_code>/offline", description="Offline scans of devices"
)
# Devices send no cookies that matter here: who they are says the signature.
WITHOUT_CSRF = True

SIGNATURE = {
    "in": "header",
    "name": "Timebank-Signature",
    "required": True,
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{86}$"},
    "description": "the device's ECDSA P-256 signature (SHA-256) of the body's bytes: r and s, 64 bytes, base64url",
}


class ScanAnswer(marshmallow.Schema):
    """What became of one scan: accepted, waiting or refused, and why in words."""

    key = String(required=True)
    outcome = String(required=True)
    code = String(required=True)
    facts = Dict(required=True)
    message = String(required=True)
    next = String(required=True, metadata={"description": "what to do about it; empty if nothing"})
    direction = String()
    corrected_at = Integer(metadata={"description": "when it was scanned by the server's clock, UTC milliseconds"})
    person = String(allow_none=True)
    name = String(allow_none=True)


class BatchAnswer(marshmallow.Schema):
    """The answers, in the order of the batch's scans."""

    code = String(required=True)
    counter = Integer(required=True)
    received_at = Integer(required=True, metadata={"description": "UTC milliseconds"})
    clock_ahead_ms = Integer(required=True, metadata={"description": "by how much the device's clock is ahead"})
    answers = List(Nested(ScanAnswer), required=True)


@blueprint.post("/batches")
@blueprint.doc(
    parameters=[SIGNATURE],
    security=[],
    requestBody={
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["counter", "device", "scans", "sent_at"],
                    "properties": {
                        "counter": {"type": "integer", "minimum": 1},
                        "device": {"type": "string", "format": "uuid"},
                        "scans": {"type": "array", "items": {"type": "object"}, "minItems": 1, "maxItems": SCANS_MOST},
                        "sent_at": {"type": "integer"},
                    },
                }
            }
        },
    },
)
@blueprint.response(200, BatchAnswer)
def batches(**_: Any) -> dict[str, Any]:
    """Take a signed batch of at most 500 scans, each answered on its own. 409 `counter_seen`: fact `last`."""
    if (request.content_length or 0) > BYTES_MOST:
        raise BatchTooLarge(bytes_most=BYTES_MOST, scans_most=SCANS_MOST)
    request.max_content_length = BYTES_MOST
    told = receiving.receive(
        edge.storage(),
        community_id=edge.community().id,
        body=request.get_data(cache=False),
        signature=_signature(request.headers.get("Timebank-Signature", "")),
        received_at=edge.now(),
    )
    edge.stop_reading()
    for answer in told["answers"]:
        answer["message"], answer["next"] = verdict(answer["code"], answer["facts"])
    return told


def _signature(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadSignature from None
