"""What people and programs may write into a field, once for forms and JSON.

Forms arrive as text; JSON arrives typed, and is taken at its type: a number in quotation marks is refused there.
Every schema of ours derives from `Schema`. A text never holds control characters, and is kept in Unicode's NFC.
"""

import re
import unicodedata
import uuid
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import date
from typing import Any

import marshmallow
from flask_babel import lazy_gettext as _
from marshmallow import ValidationError, fields

from timebank.columns import is_key

MOST = 2**53 - 1
NOT_OURS = frozenset({"csrf_token", "key", "lang"})

_from_text: ContextVar[bool] = ContextVar("from_text", default=False)


class Schema(marshmallow.Schema):
    """Fields of one request: unknown ones are refused in JSON, left aside in forms and addresses."""

    class Meta:
        unknown = marshmallow.RAISE

    error_messages = {"unknown": _("这里没有这一项。"), "type": _("格式不对。")}

    def load(self, data: Any, **options: Any) -> Any:
        is_text = hasattr(data, "getlist") or hasattr(data, "getall")
        token = _from_text.set(is_text)
        try:
            if is_text:
                return super().load(self._typed(data), **{**options, "unknown": marshmallow.EXCLUDE})
            return super().load(data, **options)
        finally:
            _from_text.reset(token)

    def _typed(self, data: Any) -> dict[str, Any]:
        """A form as a mapping: an empty field is an absent one, and only lists have several values."""
        found: dict[str, Any] = {}
        for name, field in self.load_fields.items():
            key = field.data_key or name
            if key in NOT_OURS and not isinstance(field, Key):
                continue
            values = [value for value in _values(data, key) if value not in ("", None)]
            if isinstance(field, fields.List):
                if values:
                    found[key] = values
            elif values:
                found[key] = values[-1]
        return found


def _values(data: Any, key: str) -> list[Any]:
    if hasattr(data, "data") and hasattr(data.data, "getlist"):  # webargs wraps what Flask gives
        data = data.data
    return list(data.getlist(key))


REQUIRED = {"required": _("请填写这一项。"), "null": _("请填写这一项。")}


class Whole(fields.Integer):
    """A whole number; 3.7, "3.0" and true are none. In forms full-width digits are understood."""

    default_error_messages = {**REQUIRED, "invalid": _("请填写整数。"), "too_large": _("数太大了。")}

    def __init__(self, *, least: int = 0, most: int = MOST, **options: Any) -> None:
        options["metadata"] = {"minimum": least, "maximum": most, **options.get("metadata", {})}
        super().__init__(strict=True, validate=Between(least, most), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and _from_text.get():
            text = unicodedata.normalize("NFKC", value).strip()
            if re.fullmatch(r"[+-]?[0-9]{1,16}", text):
                return int(text)
        raise self.make_error("invalid")


class Minutes(Whole):
    """Whole minutes."""

    def __init__(self, *, least: int = 1, most: int = 90_000, **options: Any) -> None:
        super().__init__(least=least, most=most, **options)


class Points(fields.String):
    """Points with at most one decimal, written as text: "2.5" is 25 steps."""

    default_error_messages = {
        **REQUIRED,
        "invalid": _("请填写积分,最多一位小数,例如 2.5。"),
        "out_of_range": _("请填写 {least:g} 到 {most:g} 之间的积分。"),
    }

    def __init__(self, *, least_steps: int = 1, most_steps: int = 10_000_000, **options: Any) -> None:
        options.setdefault("metadata", {}).setdefault("pattern", r"^-?[0-9]{1,9}(\.[0-9])?$")
        super().__init__(**options)
        self.least_steps, self.most_steps = least_steps, most_steps

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> int:  # type: ignore[override]
        if not isinstance(value, str):
            raise self.make_error("invalid")
        text = unicodedata.normalize("NFKC", value).strip() if _from_text.get() else value
        match = re.fullmatch(r"([+-]?)([0-9]{1,9})(?:\.([0-9]))?", text)
        if match is None:
            raise self.make_error("invalid")
        sign, whole, tenth = match.groups()
        steps = (int(whole) * 10 + int(tenth or 0)) * (-1 if sign == "-" else 1)
        if not self.least_steps <= steps <= self.most_steps:
            raise self.make_error("out_of_range", least=self.least_steps / 10, most=self.most_steps / 10)
        return steps


class Text(fields.String):
    """A text: NFC, without spaces at its ends, at most `most` characters, no control characters.

    `lines=True` allows several lines, `tabs=True` what was copied from a spreadsheet.
    """

    default_error_messages = {
        **REQUIRED,
        "invalid": _("请填写文字。"),
        "short": _("太短了。"),
        "long": _("太长了。"),
        "control": _("含有不能用的字符。"),
    }

    def __init__(
        self, *, least: int = 1, most: int = 200, lines: bool = False, tabs: bool = False, **options: Any
    ) -> None:
        options["metadata"] = {"minLength": least, "maxLength": most, **options.get("metadata", {})}
        super().__init__(**options)
        self.least, self.most = least, most
        self.allowed = ("\n" if lines else "") + ("\t" if tabs else "")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        text = unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()
        # What can be printed has none of them; only a text that cannot is looked at sign by sign.
        if not text.isprintable() and any(
            unicodedata.category(sign) in ("Cc", "Cs", "Cn") and sign not in self.allowed for sign in text
        ):
            raise self.make_error("control")
        if len(text) < self.least:
            raise self.make_error("short" if text else "required")
        if len(text) > self.most:
            raise self.make_error("long")
        return text


class Word(Text):
    """One of a set of codes, such as a role."""

    default_error_messages = {"choice": _("请从列出的选项中选择。")}

    def __init__(self, choices: tuple[str, ...], **options: Any) -> None:
        options["metadata"] = {"enum": list(choices), **options.get("metadata", {})}
        super().__init__(most=60, **options)
        self.choices = choices

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> str:
        text = super()._deserialize(value, attr, data, **options)
        if text not in self.choices:
            raise self.make_error("choice")
        return text


class Password(fields.String):
    """Kept exactly as typed; how good it must be is said by the use case."""

    default_error_messages = {**REQUIRED, "invalid": _("请填写文字。"), "long": _("太长了。")}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if len(value) > 128:
            raise self.make_error("long")
        return value


class Day(fields.String):
    """A day, `2026-11-21`."""

    default_error_messages = {**REQUIRED, "invalid": _("请填写日期,例如 2026-11-21。")}

    def __init__(self, **options: Any) -> None:
        options.setdefault("metadata", {}).setdefault("format", "date")
        super().__init__(**options)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **options: Any) -> str | None:
        return value.isoformat() if isinstance(value, date) else value

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> date:  # type: ignore[override]
        if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            try:
                found = date.fromisoformat(value)
            except ValueError:
                raise self.make_error("invalid") from None
            if 1900 <= found.year <= 2999:
                return found
        raise self.make_error("invalid")


class Id(fields.UUID):
    """The identifier of a row."""

    default_error_messages = {**REQUIRED, "invalid_uuid": _("格式不对。")}

    def _validated(self, value: Any) -> uuid.UUID:
        if isinstance(value, str) and re.fullmatch(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}", value):
            return uuid.UUID(value)
        if isinstance(value, uuid.UUID):
            return value
        raise self.make_error("invalid_uuid")


class IdTold(fields.String):
    """An identifier in an answer, however it is kept, as an address takes it: with hyphens."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **options: Any) -> str | None:
        return None if value is None else str(value if isinstance(value, uuid.UUID) else uuid.UUID(value))


class Key(Id):
    """The key that makes a request happen once: a UUIDv7 whose low 16 bits are zero."""

    default_error_messages = {"invalid_key": _("请求编号不对:需要低 16 位为零的 UUIDv7。")}

    def _validated(self, value: Any) -> uuid.UUID:
        key = super()._validated(value)
        if not is_key(key):
            raise self.make_error("invalid_key")
        return key


class PersonNumber(Text):
    """A person's number as it stands on the card; capital letters, full-width and dashes forgiven."""

    default_error_messages = {"number": _("请照卡片填写编号,例如 TYC-12-7。")}

    def __init__(self, **options: Any) -> None:
        super().__init__(most=60, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> str:
        text = typed_number(super()._deserialize(value, attr, data, **options))
        if not re.fullmatch(r"[0-9A-Z][0-9A-Z-]{2,58}", text):
            raise self.make_error("number")
        return text


def typed_number(text: str) -> str:
    """What was meant by a number that somebody typed from a card."""
    plain = unicodedata.normalize("NFKC", text).strip().upper()
    return re.sub(r"[\u2010-\u2015\u2212\uff0d\s_-]+", "-", plain)


def typed_phone(text: str) -> str:
    """What was meant by a phone that somebody typed: digits alone, without the country's code."""
    digits = re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", text))
    return digits.removeprefix("0086" if digits.startswith("0086") else "86") if len(digits) > 11 else digits


def plain_messages(messages: Any, within: str = "") -> dict[str, str]:
    """A validation's messages by field, in the reader's language; what lies within a list is named `rows.3.minutes`."""
    if isinstance(messages, Mapping):
        found: dict[str, str] = {}
        for name, inner in messages.items():
            place = f"{within}.{name}" if within else str(name)
            found.update(plain_messages(inner, place))
        return found
    if isinstance(messages, list | tuple) and any(isinstance(inner, Mapping) for inner in messages):
        return plain_messages(dict(enumerate(messages)), within)
    told = messages if isinstance(messages, list | tuple) else [messages]
    return {within or "_schema": " ".join(str(message) for message in told)}


class Between:
    """A number between two others, both included; tells so in the reader's language."""

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most

    def __call__(self, value: int) -> int:
        if not self.least <= value <= self.most:
            # A list of one: a sentence that is translated later would be taken apart into its letters.
            raise ValidationError([_("请填写 %(least)s 到 %(most)s 之间的数。", least=self.least, most=self.most)])
        return value


__all__ = [
    "Between", "Day", "Id", "Key", "Minutes", "Password", "PersonNumber", "Points", "Schema", "Text", "ValidationError", "Whole",
    "Word", "plain_messages", "typed_number", "typed_phone",
]  # fmt: skip
