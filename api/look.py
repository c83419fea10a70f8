"""How things look to the reader: language, elder mode, and how minutes, points and days are written."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, g, request
from flask_babel import get_locale, gettext

from api import edge
from api.sentences import OneDomain
from timebank.errors import NotFound
from timebank.people.masking import mask_name

LANGUAGES = {"zh": "zh_Hans_CN", "en": "en"}
SIZES = ("20", "24", "30")
DEFAULT_ZONE = "Asia/Shanghai"
LANGUAGE_COOKIE, ELDER_COOKIE = "lang", "elder"
WEEKDAYS = {"zh": "一二三四五六日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MINUS = "\N{MINUS SIGN}"


def init_app(app: Flask) -> None:
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(app.root_path) + "/translations"
    OneDomain(app, default_locale=LANGUAGES["zh"], default_timezone=DEFAULT_ZONE, locale_selector=chosen_locale)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.add_template_filter(minutes)
    app.add_template_filter(points)
    app.add_template_filter(day)
    app.add_template_filter(instant)
    app.add_template_filter(clock_time)
    app.add_template_filter(mask_name, "masked")
    app.add_template_filter(grouped)
    app.context_processor(_facts)
    # Globals, so that imported macros see them too.
    app.jinja_env.globals.update(
        fresh_key=_fresh_key, typed=_typed, field_error=_field_error, current_refusal=_current_refusal
    )


def chosen_locale() -> str:
    """The reader's choice, else the browser's; Chinese unless English is asked for."""
    chosen = request.cookies.get(LANGUAGE_COOKIE) if request else None
    if chosen in LANGUAGES:
        return LANGUAGES[chosen]
    best = request.accept_languages.best_match(["zh-CN", "zh", "en"], "zh") if request else "zh"
    return LANGUAGES["en" if best == "en" else "zh"]


def language() -> str:
    locale = get_locale()
    return "en" if locale is not None and locale.language == "en" else "zh"


def text_size() -> str:
    """`20`, `24` or `30` pixels in elder mode; empty in the ordinary one."""
    chosen = request.cookies.get(ELDER_COOKIE, "") if request else ""
    return chosen if chosen in SIZES else ""


def zone() -> ZoneInfo:
    """The zone of the community that the address names."""
    here = _here()
    return ZoneInfo(here.zone if here else DEFAULT_ZONE)


def minutes(value: int) -> str:
    """Whole minutes as people say them: 25 小时 30 分."""
    sign, (hours, rest) = (MINUS if value < 0 else ""), divmod(abs(value), 60)
    if hours and rest:
        return sign + gettext("%(hours)s 小时 %(rest)s 分", hours=grouped(hours), rest=rest)
    if hours:
        return sign + gettext("%(hours)s 小时", hours=grouped(hours))
    return sign + gettext("%(rest)s 分", rest=rest)


def points(steps: int) -> str:
    """Steps of a tenth as points: 50 is 5, 25 is 2.5."""
    whole, tenth = divmod(abs(steps), 10)
    return (MINUS if steps < 0 else "") + grouped(whole) + (f".{tenth}" if tenth else "")


def grouped(value: int) -> str:
    """A count with its thousands apart: 12,730."""
    return f"{value:,}".replace("-", MINUS)


def day(value: date) -> str:
    """2026年11月21日 周六."""
    if isinstance(value, datetime):
        value = value.astimezone(zone()).date()
    if language() == "en":
        return f"{WEEKDAYS['en'][value.weekday()]} {value.day} {MONTHS[value.month - 1]} {value.year}"
    return f"{value.year}年{value.month}月{value.day}日 周{WEEKDAYS['zh'][value.weekday()]}"


def instant(value: datetime) -> str:
    """An instant in the community's zone, to the minute."""
    return instant_in(value, zone())


def instant_in(value: datetime, place: ZoneInfo) -> str:
    """An instant in this zone, to the minute."""
    local = value.astimezone(place)
    if language() == "en":
        return f"{local.day} {MONTHS[local.month - 1]} {local.year}, {local:%H:%M}"
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"


def clock_time(value: datetime) -> str:
    """The time of the day alone: 09:02."""
    return f"{value.astimezone(zone()):%H:%M}"


def _facts() -> dict[str, Any]:
    from api import sign_in

    size = text_size()
    return {
        "lang": language(),
        "html_lang": "en" if language() == "en" else "zh-CN",
        "elder": bool(size),
        "text_size": size,
        "demo": edge.settings().demo,
        "clock_ahead": _clock_ahead(),
        "signed_in": sign_in.current,
        "here": _here,
        "actor": edge.actor,
        "now": edge.now,
        "this_page": lambda: request.full_path.rstrip("?") if request.method == "GET" else request.path,
    }


def _clock_ahead() -> str:
    """How far a demo's clock was moved, in words; empty where it was not."""
    hours = round(edge.settings().clock.offset() / timedelta(hours=1))
    if not hours:
        return ""
    return minutes(hours * 60) if hours % 24 else gettext("%(days)s 天", days=hours // 24)


def _here() -> Any:
    """The community of the address; None where there is none, or none of that code."""
    try:
        return edge.community() if "community_code" in g else None
    except NotFound:
        return None


def _fresh_key() -> str:
    return str(edge.fresh_key())


def _current_refusal() -> Any:
    """Why the form is shown once more; None on a first showing."""
    return g.get("refusal")


def _field_error(name: str) -> str:
    refusal = g.get("refusal")
    return str(refusal.fields.get(name, "")) if refusal else ""


def _typed(name: str, default: Any = "") -> Any:
    """What was typed into a field of a form that is shown once more."""
    if request.method == "POST" and name in request.form:
        return request.form[name]
    return request.args.get(name, default) if request.method in ("GET", "HEAD") else default
