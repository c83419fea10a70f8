"""Files that belong to a row: what is taken, what becomes of it, and when it goes."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import uuid
from typing import Any

import pytest
from PIL import Image

from tests.village import Village
from timebank import attachments, upkeep
from timebank.attachments import AttachmentEmpty, AttachmentTooLarge, AttachmentUnreadable, Prepared
from timebank.permissions import Actor


def picture(size: tuple[int, int] = (60, 40), kind: str = "JPEG", mode: str = "RGB", **saved: Any) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, (200, 30, 30, 0) if mode == "RGBA" else (200, 30, 30)).save(out, kind, **saved)
    return out.getvalue()


def kept(village: Village, prepared: Prepared) -> uuid.UUID:
    def change(session: Any, now: dt.datetime) -> dict[str, Any]:
        made = attachments.keep(session, community_id=village.community_id, prepared=prepared, now=now, by="job:test")
        return {"id": made.hex}

    return uuid.UUID(village.write(change)["id"])


def test_a_photograph_is_drawn_anew_upright_smaller_and_without_its_place() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif.get_ifd(0x8825)[1] = "N"  # where it was taken
    came = picture((4000, 2000), exif=exif)
    prepared = attachments.prepare(came, "photo", "C:\\照片\\王秀英\x00.jpg")
    with Image.open(io.BytesIO(prepared.content)) as drawn:
        assert drawn.size == (800, 1600)
        assert not drawn.getexif()
    assert b"Exif" in came
    assert b"Exif" not in prepared.content
    assert (prepared.media_type, prepared.name) == ("image/jpeg", "王秀英 .jpg")
    assert prepared.given == hashlib.sha256(came).hexdigest() != prepared.digest


def test_what_is_transparent_becomes_white_and_minutes_stay_as_they_came() -> None:
    prepared = attachments.prepare(picture(kind="PNG", mode="RGBA"), "picture", "")
    with Image.open(io.BytesIO(prepared.content)) as drawn:
        assert drawn.getpixel((5, 5)) == (255, 255, 255)
    assert prepared.name == "picture"
    for came, media_type in ((b"%PDF-1.7 signed by all", "application/pdf"), (picture(kind="PNG"), "image/png")):
        minutes = attachments.prepare(came, "minutes", "会议纪要")
        assert (minutes.content, minutes.media_type, minutes.digest) == (came, media_type, minutes.given)


@pytest.mark.parametrize(
    "content, purpose, refusal",
    [
        (b"", "photo", AttachmentEmpty),
        (b"MZ a program called photo.jpg", "photo", AttachmentUnreadable),
        (b"%PDF-1.7", "photo", AttachmentUnreadable),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "picture", AttachmentUnreadable),
        (b"<html>%PDF-", "minutes", AttachmentUnreadable),
        (picture((300, 300))[:-200], "photo", AttachmentUnreadable),
        (picture(kind="GIF"), "minutes", AttachmentUnreadable),
        (picture((8000, 8000), "PNG"), "picture", AttachmentTooLarge),
        (b"%PDF-" + bytes(10 * 2**20), "minutes", AttachmentTooLarge),
    ],
    ids=["empty", "program", "pdf_as_photo", "svg", "html", "cut_off", "gif", "bomb", "eleven_megabytes"],
)
def test_what_cannot_be_read_is_refused(content: bytes, purpose: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        attachments.prepare(content, purpose, "x")


def test_a_photograph_goes_when_its_days_are_over(village: Village) -> None:
    """Policy: photo_days. At the very instant the picture goes; name and digest stay, minutes stay whole."""
    photo = kept(village, attachments.prepare(picture(), "photo", "清扫.jpg"))
    minutes = kept(village, attachments.prepare(b"%PDF-1.7", "minutes", "纪要.pdf"))
    actor = Actor.system(village.community_id, "forget_attachments")
    with village.read() as session:
        ends = attachments.load(session, village.community_id, photo).ends_at
        assert ends - attachments.load(session, village.community_id, photo).kept_at == dt.timedelta(days=90)
        assert upkeep.forget_attachments(session, actor, ends - dt.timedelta(milliseconds=1)) == []
        (piece,) = upkeep.forget_attachments(session, actor, ends)
    village.clock.move(ends - village.now)
    assert village.write(piece.change)["left"] == 0
    with village.read() as session:
        gone = attachments.load(session, village.community_id, photo)
        assert (gone.content, gone.name, gone.is_whole) == (None, "清扫.jpg", False)
        assert len(gone.digest) == 64
        assert attachments.load(session, village.community_id, minutes).is_whole
        assert attachments.load(session, village.community_id + 1, minutes) is None


def test_a_file_can_be_let_go_before_its_time_and_a_changed_one_is_seen(village: Village) -> None:
    photo = kept(village, attachments.prepare(picture(), "photo", "清扫.jpg"))
    with village.read() as session:
        found = attachments.load(session, village.community_id, photo)
        assert found.is_whole
        found.content = picture((61, 40))
        assert not found.is_whole
        session.expunge(found)

    def change(session: Any, now: dt.datetime) -> dict[str, Any]:
        attachments.forget(session, village.community_id, photo, now=now)
        return {}

    village.write(change)
    with village.read() as session:
        assert attachments.load(session, village.community_id, photo).content is None
