"""The blueprint of orders, and the words that its templates need."""

from typing import Any

from flask import Blueprint

from api.messages import orders as words

blueprint = Blueprint("orders", __name__)


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {"order_words": words}
