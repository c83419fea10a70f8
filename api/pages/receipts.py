"""Receipts and statements: proofs that people take home, and the page that checks them without asking us."""

import hashlib
import io
import re
import uuid
from base64 import b64encode
from functools import lru_cache
from typing import Any

import structlog
from flask import Blueprint, Response, render_template, send_file
from flask_babel import gettext as _

from api import edge, errors, look, receipt_links, statements
from api.messages import audit as book_words
from api.messages import receipts as messages
from api.schemas.receipts import StatementAsked
from api.static_files import FOLDER
from ledger import log, reading, receipt
from ledger.book import from_ms
from ledger.errors import BadEntry, LogBroken
from timebank import accounts, evidence, permissions, receipts
from timebank.errors import NotFound, Refused
from timebank.people import communities

blueprint = Blueprint("receipts", __name__)

PDF = "application/pdf"
SCRIPTS = ("js/receipt/hashes.js", "js/receipt/entry.js", "js/receipt/proof.js", "js/receipt/page.js")
NOBLE = "vendor/noble-ed25519.js"


class ReceiptNotReady(Refused):
    """No checkpoint commits to the entry yet."""

    code = "receipt_not_ready"
    status = 409


@blueprint.errorhandler(BadEntry)
@blueprint.errorhandler(LogBroken)
def damaged(error: Exception) -> Any:
    """The log itself is damaged: an alarm, told as such."""
    structlog.get_logger().error("log damaged", community=edge.community().code, told=str(error))
    return errors.answer("log_damaged", 500, {"told": str(error)})


@blueprint.get("/c/<community_code>/receipts/<int:seq>")
@edge.signed_in
def one(seq: int) -> Any:
    """The receipt of an entry: what it is, and the ways to take it home."""
    made = receipts.of_entry(edge.read(), actor=edge.actor(), seq=seq)
    return edge.page("receipts/one.html", seq=seq, made=made, facts=_facts(seq), link=receipt_links.short_link(seq))


@blueprint.post("/c/<community_code>/receipts/<int:seq>")
@edge.signed_in
def sign(seq: int) -> Any:
    """Sign a checkpoint now, for who does not want to wait the minute; signing twice signs once."""
    receipts.require(edge.read(), actor=edge.actor(), seq=seq)
    if receipt.make(edge.read(), edge.community().id, seq) is None:
        evidence.checkpoint(edge.storage(), edge.community().id, receipt_links.seal())
        edge.stop_reading()
    return edge.back("receipts.one", seq=seq)


@blueprint.get("/c/<community_code>/receipts/<int:seq>.tlog-proof")
@edge.signed_in
def file(seq: int) -> Any:
    """The receipt as a file."""
    text = _ready(seq).text()
    name = f"{edge.community().code}-{seq}{receipt.FILE_EXTENSION}"
    return Response(text, mimetype="text/plain", headers={"Content-Disposition": f'attachment; filename="{name}"'})


@blueprint.get("/c/<community_code>/receipts/<int:seq>.pdf")
@edge.signed_in
def sheet(seq: int) -> Any:
    """The receipt on paper (回执)."""
    document = statements.receipt_pdf(_ready(seq), facts=_facts(seq))
    return _pdf(document, f"{edge.community().code}-{seq}.pdf")


@blueprint.get("/c/<community_code>/statements/<any(minutes, points):what>/<uuid:owner_id>")
@edge.signed_in
def statement_form(what: str, owner_id: uuid.UUID) -> Any:
    """Choose the days of a statement."""
    unit = {"minutes": "min", "points": "pt"}[what]
    _require_statement(unit, owner_id)
    first, last = statements.default_period(_today())
    return edge.page(
        "receipts/period.html",
        what=what,
        owner_id=owner_id,
        holder=statements.holder_of(unit, owner_id),
        first=first,
        last=last,
    )


@blueprint.get("/c/<community_code>/statements/<any(minutes, points):what>/<uuid:owner_id>.pdf")
@edge.signed_in
def statement(what: str, owner_id: uuid.UUID) -> Any:
    """The statement as an A4 document."""
    unit = {"minutes": "min", "points": "pt"}[what]
    _require_statement(unit, owner_id)
    asked = edge.load(StatementAsked)
    first, last = statements.default_period(_today())
    first, last = asked["first"] or first, asked["last"] or last
    if first > last:
        raise edge.bad("to", _("止日不能早于起日。"))
    found = receipts.statement(
        edge.read(), actor=edge.actor(), unit=unit, owner_id=owner_id, first=first, last=last, today=_today()
    )
    document = statements.statement_pdf(found, owner_id=owner_id)
    return _pdf(document, f"{edge.community().code}-{what}-{first}-{last}.pdf")


@blueprint.get("/c/<community_code>/r/<named>")
def shown(named: str) -> Any:
    """What a short link says, for everybody: whether this hash stands at this number, and nothing of what it is about.

    Only of entries that a checkpoint commits to: what is told to the world can be held against the log.
    """
    number, _dot, told = named.partition(".")
    hash_told = receipt_links.named(told) if told else None
    if not re.fullmatch(r"[0-9]{1,15}", number) or (told and hash_told is None):
        raise NotFound(what="entry")
    session, place = edge.read(), edge.community()
    found = receipts.shown(session, place.id, int(number))
    agrees = None
    if found is not None and hash_told is not None:
        agrees = found.leaf_hash.hex().startswith(hash_told.hex)
    return edge.page(
        "receipts/shown.html",
        status=404 if found is None else 200,
        seq=int(number),
        size=log.end(session, place.id).size,
        found=found,
        told=hash_told,
        agrees=agrees,
        proof=[] if found is None else [b64encode(one).decode() for one in found.path],
        instant_of=from_ms,
    )


@blueprint.get("/check-receipt")
def checker() -> Any:
    """Check a receipt in the browser: what is given stays there."""
    return edge.page("receipts/check.html", **_checker_facts())


@blueprint.get("/check-receipt.html")
def saved_checker() -> Any:
    """The same page as one file with everything in it, which may reach no network by its own policy."""
    style, script = _saved_parts()
    policy = f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; base-uri 'none'; form-action 'none'"
    content = render_template("receipts/saved.html", style=style, script=script, policy=policy, **_checker_facts())
    headers = {"Content-Disposition": 'attachment; filename="check-receipt.html"'}
    return Response(content, mimetype="text/html", headers=headers)


def _checker_facts() -> dict[str, Any]:
    uses = {
        name: {"words": str(text), "unit": messages.UNIT_OF_MODULE.get(name.partition(".")[0], "")}
        for name, text in book_words.USE_CASES.items()
    }
    fixed = {
        number: {"unit": unit, "class": str(book_words.CLASSES[class_])}
        for number, (unit, class_) in accounts.FIXED.items()
    }
    kinds = {name: str(text) for name, text in book_words.KINDS.items()}
    sentences = {name: str(text) for name, text in messages.SENTENCES.items()}
    return {"words": {"sentences": sentences, "kinds": kinds, "uses": uses, "accounts": fixed}}


@lru_cache(maxsize=1)
def _saved_parts() -> tuple[str, str]:
    """Style and script of the saved file: our modules one after another without their imports and exports, the library as a value."""
    noble = (FOLDER / NOBLE).read_text(encoding="utf-8")
    noble, changed = re.subn(r"^export \{([^}]*)\};?$", r"return {\1};", noble, flags=re.MULTILINE)
    if changed != 1:
        raise RuntimeError(f"{NOBLE} no longer ends with one list of exports")
    own = [(FOLDER / name).read_text(encoding="utf-8") for name in SCRIPTS]
    plain = [
        re.sub(r"^(import .*\n|export (?=(async )?(function|class|const)))", "", one, flags=re.MULTILINE) for one in own
    ]
    script = f"const noble = (() => {{\n{noble}\n}})();\n" + "\n".join(plain) + "\nstart();\n"
    if "</script" in script or "<!--" in script:
        raise RuntimeError("a script that cannot stand in a page")
    return f"\n{(FOLDER / 'css/receipt.css').read_text(encoding='utf-8')}", f"\n{script}"


def _digest(content: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(content.encode()).digest()).decode()}"


def _ready(seq: int) -> receipt.Receipt:
    made = receipts.of_entry(edge.read(), actor=edge.actor(), seq=seq)
    if made is None:
        raise ReceiptNotReady(seq=seq)
    return made


def _facts(seq: int) -> list[tuple[str, str]]:
    """What the entry says, in words, for who may have its receipt."""
    found = reading.entry(edge.read(), edge.community().id, seq)
    if found is None:
        raise NotFound(what="entry", seq=seq)
    kind = str(book_words.KINDS[found.kind])
    use_case = (found.detail or {}).get("use_case", "")
    moved = sum(amount for _number, amount in found.fields.get("legs", ()) if amount > 0)
    told = [
        (
            _("什么事"),
            " \u00b7 ".join(
                [kind, *([str(book_words.USE_CASES[use_case])] if use_case in book_words.USE_CASES else [])]
            ),
        ),
        (_("记账时刻"), look.instant(found.at)),
    ]
    if moved:
        unit = _unit_of(found)
        amount = look.minutes(moved) if unit == "min" else f"{look.points(moved)} {_('分(积分)')}"
        told.insert(1, (_("数额"), amount))
    return told


def _unit_of(found: reading.Entry) -> str:
    number = found.fields["legs"][0][0]
    (account,) = reading.accounts(edge.read(), edge.community().id, numbers=[number])
    return str(account.unit)


def _require_statement(unit: str, owner_id: uuid.UUID) -> None:
    asks = edge.actor()
    if unit == "min":
        permissions.require(asks, "attendance.statement", community_id=asks.community_id, person_id=owner_id)
    else:
        permissions.require(asks, "points.read", community_id=asks.community_id, household_id=owner_id)


def _today() -> Any:
    return communities.local_day(edge.community(), edge.now())


def _pdf(document: bytes, name: str) -> Any:
    return send_file(io.BytesIO(document), mimetype=PDF, download_name=name)
