"""Devices for programs: a browser registers itself, for staff who are signed in in it."""

from typing import Any

import marshmallow
from flask_smorest import Blueprint
from marshmallow.fields import Integer, String

from api import edge, fields
from api.v1.attendance import KEY
from timebank.hours.attendance import devices

blueprint = Blueprint(
    "v1_devices", __name__, url_prefix="/api/v1/c/<community_code>/devices", description="Devices that scan offline"
)


class Hex(fields.Text):
    """Bytes as hexadecimal digits."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        text = super()._deserialize(value, attr, data, **options)
        try:
            return bytes.fromhex(text)
        except ValueError:
            raise self.make_error("invalid") from None


class Registration(fields.Schema):
    point = fields.Whole(required=True, least=1)
    name = fields.Text(required=True, most=60)
    public_key = Hex(required=True, most=130, metadata={"description": "65 bytes: an uncompressed point of P-256, hex"})
    proof = Hex(
        required=True, most=128, metadata={"description": "the key's signature of the statement, 64 bytes, hex"}
    )


class Registered(marshmallow.Schema):
    code = String(required=True)
    device_id = String(required=True)
    number = Integer(required=True)
    name = String(required=True)
    point_number = Integer(required=True)


@blueprint.post("")
@blueprint.doc(parameters=[KEY])
@blueprint.arguments(Registration)
@blueprint.response(201, Registered)
@edge.signed_in
def register(asked: dict[str, Any]) -> dict[str, Any]:
    """Register the public key of a browser at a point; what `proof` signs stands in docs/offline.md."""
    return edge.submit(
        "devices.register",
        lambda session, now: devices.register(
            session,
            actor=edge.actor(),
            now=now,
            point_number=asked["point"],
            name=asked["name"],
            public_key=asked["public_key"],
            proof=asked["proof"],
        ),
        content=asked,
    )
