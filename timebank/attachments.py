"""Files that belong to a row: minutes of a meeting as they were signed, photographs of a deed, pictures of goods.

A file is looked at before the write (`prepare`, which touches no database) and kept in the commit of the row that names
it (`keep`), so that there is never one without the other. Photographs and pictures are drawn anew: smaller, turned
upright, and without what a camera writes into them, such as where it was. Minutes stay as they came, since their digest
is what was voted on.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import ClassVar

from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import CheckConstraint, Index, LargeBinary, text, update
from sqlmodel import Field, Session, SQLModel, col, select

from timebank import policy
from timebank.columns import Id, Instant, Number, new_id
from timebank.errors import Refused
from timebank.people.working_days import today_in

MIB = 2**20
MOST_PIXELS = 50_000_000  # of what must be unpacked whole to be drawn anew
JPEG_QUALITY = 82
# What phones make and browsers show. Other formats are read by programs beside us, or not at all.
PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
PDF = "application/pdf"
AT_ONCE = 100  # whose content goes in one write


@dataclass(frozen=True)
class Purpose:
    """What a file is for: the most bytes that may come, and the longest side in pixels of what is drawn anew (0: kept as it came)."""

    most_bytes: int
    longest_side: int
    pdf: bool = False
    ends: bool = False


PURPOSES: Mapping[str, Purpose] = {
    "minutes": Purpose(10 * MIB, 0, pdf=True),
    "photo": Purpose(12 * MIB, 1600, ends=True),
    "picture": Purpose(12 * MIB, 800),
}


class AttachmentEmpty(Refused):
    """The file has no content."""

    code = "attachment_empty"
    status = 422


class AttachmentTooLarge(Refused):
    """More bytes or pixels than the purpose takes (fact `most_mib`)."""

    code = "attachment_too_large"
    status = 422


class AttachmentUnreadable(Refused):
    """Neither a picture that can be read nor, for minutes, a PDF (fact `pdf`: whether a PDF is taken)."""

    code = "attachment_unreadable"
    status = 422


class Attachment(SQLModel, table=True):
    """A file. `digest` is the SHA-256 of the content in hex, and stays when the content went at `ends_at`."""

    __tablename__: ClassVar[str] = "attachment"
    __table_args__ = (
        CheckConstraint("purpose IN ('minutes', 'photo', 'picture')", name="ck_attachment_purpose"),
        CheckConstraint("size > 0", name="ck_attachment_size"),
        CheckConstraint("content IS NOT NULL OR ends_at IS NOT NULL", name="ck_attachment_gone"),
        Index(
            "ix_attachment_ends",
            "community_id",
            "ends_at",
            sqlite_where=text("content IS NOT NULL AND ends_at IS NOT NULL"),
            postgresql_where=text("content IS NOT NULL AND ends_at IS NOT NULL"),
        ),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    purpose: str
    name: str
    media_type: str
    size: int
    digest: str
    content: bytes | None = Field(default=None, sa_type=LargeBinary)
    kept_at: datetime = Field(sa_type=Instant)
    kept_by: str
    ends_at: datetime | None = Field(default=None, sa_type=Instant)

    @property
    def is_whole(self) -> bool:
        """Whether the content is there and is still what was kept."""
        return self.content is not None and sha256(self.content).hexdigest() == self.digest


@dataclass(frozen=True)
class Prepared:
    """A file that may be kept. `given` is the SHA-256 of what was handed in, before it was drawn anew."""

    purpose: str
    name: str
    media_type: str
    content: bytes
    digest: str
    given: str


def prepare(content: bytes, purpose: str, name: str) -> Prepared:
    """Look at a file by what is in it, whatever its name says, and draw pictures anew.

    Raises:
        AttachmentEmpty, AttachmentTooLarge, AttachmentUnreadable.
    """
    wanted = PURPOSES[purpose]
    if not content:
        raise AttachmentEmpty
    if len(content) > wanted.most_bytes:
        raise AttachmentTooLarge(most_mib=wanted.most_bytes // MIB)
    given = sha256(content).hexdigest()
    if wanted.pdf and content.startswith(b"%PDF-"):
        media_type = PDF
    else:
        content, media_type = _picture(content, wanted)
    plain = " ".join(
        "".join(sign if sign.isprintable() else " " for sign in name).replace("\\", "/").split("/")[-1].split()
    )
    return Prepared(purpose, plain[-100:] or purpose, media_type, content, sha256(content).hexdigest(), given)


def keep(session: Session, *, community_id: int, prepared: Prepared, now: datetime, by: str) -> uuid.UUID:
    """Keep a file in the commit of the row that will name it; photographs for the days of the community's policy."""
    ends_at = None
    if PURPOSES[prepared.purpose].ends:
        ends_at = now + timedelta(
            days=policy.of(session, community_id, today_in(session, community_id, now)).photo_days
        )
    kept = Attachment(
        community_id=community_id, id=new_id(now), purpose=prepared.purpose, name=prepared.name,
        media_type=prepared.media_type, size=len(prepared.content), digest=prepared.digest, content=prepared.content,
        kept_at=now, kept_by=by, ends_at=ends_at,
    )  # fmt: skip
    session.add(kept)
    session.flush()
    return kept.id


def load(session: Session, community_id: int, attachment_id: uuid.UUID) -> Attachment | None:
    """A file with its content; whoever calls has asked whether it may be shown."""
    return session.get(Attachment, (community_id, attachment_id))


def forget(session: Session, community_id: int, attachment_id: uuid.UUID, *, now: datetime) -> None:
    """Let a file's content go before its time; name and digest stay."""
    session.execute(
        update(Attachment)
        .where(col(Attachment.community_id) == community_id, col(Attachment.id) == attachment_id)
        .values(content=None, ends_at=now)
    )


def over(session: Session, community_id: int, now: datetime, limit: int = AT_ONCE) -> list[uuid.UUID]:
    """Files whose content is to go by now, the oldest first."""
    return list(
        session.scalars(
            select(col(Attachment.id))
            .where(
                col(Attachment.community_id) == community_id,
                col(Attachment.content).is_not(None),
                col(Attachment.ends_at) <= now,
            )
            .order_by(col(Attachment.ends_at), col(Attachment.id))
            .limit(limit)
        )
    )


def forget_over(session: Session, community_id: int, now: datetime) -> int:
    """Let the content go of files whose time is over; how many more there are beyond this write."""
    due = over(session, community_id, now, AT_ONCE + 1)
    session.execute(
        update(Attachment)
        .where(col(Attachment.community_id) == community_id, col(Attachment.id).in_(due[:AT_ONCE]))
        .values(content=None)
    )
    return len(due[AT_ONCE:])


def _picture(content: bytes, wanted: Purpose) -> tuple[bytes, str]:
    try:
        with Image.open(io.BytesIO(content), formats=tuple(PICTURES)) as opened:
            media_type = PICTURES[str(opened.format)]
            side = wanted.longest_side
            if side:
                opened.draft("RGB", (side, side))
            if opened.width * opened.height > MOST_PIXELS:
                raise AttachmentTooLarge(most_mib=wanted.most_bytes // MIB)
            if not _is_whole(content, str(opened.format)):
                raise AttachmentUnreadable(pdf=wanted.pdf)
            opened.load()
            if not side:
                return content, media_type
            upright = ImageOps.exif_transpose(opened)
            upright.thumbnail((side, side))
            return _drawn(upright), PICTURES["JPEG"]
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise AttachmentUnreadable(pdf=wanted.pdf) from None


def _is_whole(content: bytes, kind: str) -> bool:
    """Whether a picture has its end. Asked here, since a program may have told Pillow to draw what is cut off in grey."""
    if kind == "PNG":
        return b"IEND" in content
    if kind == "WEBP":
        return len(content) >= 8 + int.from_bytes(content[4:8], "little")
    at = 2  # behind the start of a JPEG; segments tell their length, up to the picture itself
    while content[at : at + 1] == b"\xff" and content[at + 1 : at + 2] != b"\xda":
        at += 2 + int.from_bytes(content[at + 2 : at + 4])
    return content.find(b"\xff\xd9", at) > 0


def _drawn(picture: Image.Image) -> bytes:
    """A JPEG without metadata; what is transparent becomes white."""
    ground = Image.new("RGB", picture.size, "white")
    clear = picture.convert("RGBA")
    ground.paste(clear, mask=clear.getchannel("A"))
    out = io.BytesIO()
    ground.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return out.getvalue()
