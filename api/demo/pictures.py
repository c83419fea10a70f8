"""Pictures of goods for the demo, drawn from a few shapes when the demo is made: nothing is taken from elsewhere."""

import io
from collections.abc import Callable

from PIL import Image, ImageDraw

from timebank.attachments import Prepared, prepare

WIDTH, HEIGHT = 400, 300
GROUND, JADE, CLAY, INK, LIGHT = "#eef4f0", "#2f7d62", "#c8743c", "#24332d", "#ffffff"
Pen = ImageDraw.ImageDraw


def of(name: str) -> Prepared | None:
    """The picture of some goods, ready to be kept; None where nobody drew one."""
    draw = DRAWN.get(name)
    if draw is None:
        return None
    image = Image.new("RGB", (WIDTH, HEIGHT), GROUND)
    draw(ImageDraw.Draw(image))
    file = io.BytesIO()
    image.save(file, "PNG")
    return prepare(file.getvalue(), "picture", f"{name}.png")


def _soap(pen: Pen) -> None:
    pen.rounded_rectangle((100, 110, 300, 210), 45, fill=LIGHT, outline=INK, width=6)
    pen.rounded_rectangle((140, 140, 260, 180), 18, outline=JADE, width=5)
    for left, top, size in ((70, 70, 36), (300, 60, 50), (330, 120, 26)):
        pen.ellipse((left, top, left + size, top + size), outline=JADE, width=5)


def _bottle(pen: Pen) -> None:
    pen.rounded_rectangle((140, 90, 260, 270), 20, fill=JADE, outline=INK, width=6)
    pen.rectangle((175, 50, 225, 90), fill=LIGHT, outline=INK, width=6)
    pen.rounded_rectangle((160, 150, 240, 220), 12, fill=LIGHT)


def _sauce(pen: Pen) -> None:
    pen.polygon(
        ((165, 110), (165, 60), (235, 60), (235, 110), (260, 150), (260, 270), (140, 270), (140, 150)), fill=INK
    )
    pen.rectangle((160, 30, 240, 60), fill=CLAY)
    pen.rectangle((150, 180, 250, 235), fill=LIGHT)


def _bag(pen: Pen) -> None:
    pen.polygon(((130, 80), (270, 80), (290, 260), (110, 260)), fill=LIGHT, outline=INK, width=6)
    pen.rectangle((140, 60, 260, 85), fill=CLAY, outline=INK, width=6)
    pen.ellipse((165, 140, 235, 210), fill=JADE)


def _towel(pen: Pen) -> None:
    pen.rounded_rectangle((120, 60, 280, 260), 10, fill=LIGHT, outline=INK, width=6)
    for top in (90, 110, 210, 230):
        pen.line((123, top, 277, top), fill=CLAY, width=8)


def _tissue(pen: Pen) -> None:
    pen.polygon(((170, 120), (200, 50), (240, 120)), fill=LIGHT, outline=INK, width=5)
    pen.rounded_rectangle((90, 115, 310, 240), 16, fill=JADE, outline=INK, width=6)
    pen.ellipse((150, 125, 250, 150), fill=INK)


def _hoe(pen: Pen) -> None:
    pen.line((110, 260, 270, 80), fill=CLAY, width=16)
    pen.polygon(((255, 60), (320, 120), (300, 145), (235, 85)), fill=INK)


def _boots(pen: Pen) -> None:
    for left in (90, 210):
        pen.polygon(
            ((left, 60), (left + 60, 60), (left + 60, 180), (left + 105, 205), (left + 105, 250), (left, 250)), fill=JADE,
            outline=INK, width=6,
        )  # fmt: skip


def _scissors(pen: Pen) -> None:
    pen.line((130, 60, 270, 220), fill=INK, width=14)
    pen.line((270, 60, 130, 220), fill=INK, width=14)
    pen.ellipse((95, 200, 165, 270), outline=CLAY, width=12)
    pen.ellipse((235, 200, 305, 270), outline=CLAY, width=12)


def _gift(pen: Pen) -> None:
    pen.rectangle((100, 120, 300, 270), fill=LIGHT, outline=INK, width=6)
    pen.rectangle((185, 120, 215, 270), fill=CLAY)
    pen.ellipse((140, 60, 205, 120), outline=CLAY, width=10)
    pen.ellipse((195, 60, 260, 120), outline=CLAY, width=10)


DRAWN: dict[str, Callable[[Pen], None]] = {
    "香皂": _soap, "洗衣液": _bottle, "酱油": _sauce, "食盐": _bag, "菜种": _bag, "毛巾": _towel, "抽纸": _tissue,
    "锄头": _hoe, "雨靴": _boots, "理发": _scissors, "清洁礼包": _gift,
}  # fmt: skip
