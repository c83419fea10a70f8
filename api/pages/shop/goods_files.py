"""A list of goods from Excel or CSV: upload, look at each row, take it in."""

import uuid
from typing import Any

from flask import request
from flask_babel import gettext as _

from api import edge, errors, lists
from api.messages import points as words
from api.messages import shop as shop_words
from api.pages.shop.common import again, blueprint, chosen_merchant, page
from api.schemas import shop as asked
from timebank import permissions
from timebank.errors import Refused
from timebank.points.shop import files
from timebank.points.table.words import Problem


@blueprint.get("/c/<community_code>/merchant/import")
@edge.signed_in
def goods_form() -> Any:
    """Where to upload the list, and what its columns are."""
    permissions.require(edge.actor(), "shop.offer", community_id=edge.community().id)
    return page("shop/upload.html", **_form())


@blueprint.get("/c/<community_code>/merchant/import/template.xlsx")
@edge.signed_in
def goods_template() -> Any:
    """An empty list of goods."""
    permissions.require(edge.actor(), "shop.offer", community_id=edge.community().id)
    return lists.answer("xlsx", [lists.template(str(_("商品")), files.COLUMNS)], "goods-template")


@blueprint.post("/c/<community_code>/merchant/import")
@edge.signed_in
def goods_stage() -> Any:
    """Read an uploaded list and go to its preview."""
    permissions.require(edge.actor(), "shop.offer", community_id=edge.community().id)
    try:
        merchant, _every = chosen_merchant("shop.offer", edge.load(asked.MerchantNamed)["merchant_id"])
        file = request.files.get("file")
        if merchant is None or file is None or not file.filename:
            raise edge.bad("file", _("请选择一个文件。"))
        content, name, merchant_id = file.read(), file.filename, merchant.id
        rows = files.read_file(content)
        made = edge.submit(
            "shop.stage_goods",
            lambda session, now: files.stage(
                session, actor=edge.actor(), now=now, merchant_id=merchant_id, name=name, rows=rows
            ),
            content={"file": content, "merchant": merchant_id},
        )
    except Refused as refused:
        return again("shop/upload.html", refused, **_form())
    return edge.back("shop.goods_preview", file_id=uuid.UUID(made["file_id"]))


@blueprint.get("/c/<community_code>/merchant/import/<uuid:file_id>")
@edge.signed_in
def goods_preview(file_id: uuid.UUID) -> Any:
    """What each row would do, or why it cannot."""
    return page("shop/preview.html", **_preview(file_id))


@blueprint.post("/c/<community_code>/merchant/import/<uuid:file_id>")
@edge.signed_in
def goods_take_in(file_id: uuid.UUID) -> Any:
    """Take the list in: all rows or none."""
    permissions.require(edge.actor(), "shop.offer", community_id=edge.community().id)
    try:
        made = edge.submit(
            "shop.take_in_goods",
            lambda session, now: files.take_in(session, actor=edge.actor(), now=now, file_id=file_id),
            content={"file": file_id},
        )
    except Refused as refused:
        return again("shop/preview.html", refused, **_preview(file_id))
    edge.flash_done(
        _("已导入:新增 %(new)s 种,改价 %(changed)s 种,不变 %(same)s 种。", new=made["new"], changed=made["changed"],
          same=made["same"])
    )  # fmt: skip
    return edge.back("shop.stock")


def said(problem: Problem) -> str:
    """One reason in the reader's words."""
    text = shop_words.REASONS.get(problem.code, words.REASONS.get(problem.code, problem.code))
    return errors.filled(text, problem.facts)


def _form() -> dict[str, Any]:
    merchant, every = chosen_merchant("shop.offer", None)
    return {"merchant": merchant, "merchants": every, "columns": files.COLUMNS}


def _preview(file_id: uuid.UUID) -> dict[str, Any]:
    return {"preview": files.preview(edge.read(), actor=edge.actor(), now=edge.now(), file_id=file_id), "said": said}
