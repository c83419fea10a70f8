"""Files that come with a form, and how they go out again."""

import io
import uuid
from typing import Any

from flask import Response, request, send_file
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from api import edge, errors
from timebank import attachments
from timebank.attachments import Attachment, Prepared
from timebank.errors import NotFound, Refused

KEPT_SECONDS = 24 * 60 * 60  # the content of an address never changes


def uploaded(field: str, purpose: str) -> Prepared | None:
    """The file of a field, looked at and ready to be kept; None where none was chosen.

    Raises:
        BadInput: naming the field, with the reason in the reader's words.
    """
    file = request.files.get(field)
    return _prepared(file, field, purpose) if file else None


def several(field: str, purpose: str, *, most: int) -> list[Prepared]:
    """The files of a field that takes several, in order; BadInput if there are more than `most`."""
    files = [file for file in request.files.getlist(field) if file]
    if len(files) > most:
        raise edge.bad(field, _("最多 %(most)s 个文件。", most=most))
    return [_prepared(file, field, purpose) for file in files]


def answer(session: Any, attachment_id: uuid.UUID, *, public: bool = False) -> Response:
    """A file of the community of the address; whoever calls has asked whether it may be shown.

    Pictures are shown, a PDF is handed out to be kept. What an address leads to never changes, so a browser may keep it.

    Raises:
        NotFound: no such file, or its days are over.
    """
    found = attachments.load(session, edge.community().id, attachment_id)
    if found is None or found.content is None:
        raise NotFound(what="attachment")
    return _sent(found, public=public)


def _prepared(file: FileStorage, field: str, purpose: str) -> Prepared:
    try:
        return attachments.prepare(file.read(), purpose, file.filename or "")
    except Refused as refused:
        raise edge.bad(field, errors.words(refused.code, refused.facts)) from None


def _sent(found: Attachment, *, public: bool) -> Response:
    assert found.content is not None
    response = send_file(
        io.BytesIO(found.content),
        mimetype=found.media_type,
        as_attachment=found.media_type == attachments.PDF,
        download_name=found.name,
        etag=found.digest,
        max_age=KEPT_SECONDS,
    )
    # Flask calls all that may be kept public; what not everybody may see no cache keeps between two people.
    response.cache_control.public = public
    if not public:
        response.cache_control.private = True
    # What somebody uploaded is never a page of ours, whatever a browser takes it for.
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
