"""A camera that sees what a test holds before it: Chromium reads its frames from a film made of one picture.

    camera = FakeCamera(tmp_path / "camera.y4m")
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*CHROMIUM_ARGUMENTS, *camera.arguments])
    camera.show(qr_picture)      # seen by the next page that opens the camera

The film is read when a page opens the camera, so another picture needs a page opened anew, not another browser.
"""

from pathlib import Path

from PIL import Image, ImageOps

CHROMIUM = "/usr/bin/chromium"

# As root there is no sandbox; the rest keeps Chromium from looking for anything outside this machine.
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

SIZE = (640, 480)


class FakeCamera:
    """The film's file, and the arguments that make Chromium take it for a camera and ask nobody for leave."""

    def __init__(self, film: Path) -> None:
        self.film = film
        self.arguments = [
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={film}",
        ]
        self.show(Image.new("L", SIZE, 255))

    def show(self, picture: Image.Image) -> None:
        """Hold a picture before the camera, on white paper, as large as it fits."""
        paper = Image.new("RGB", SIZE, "white")
        fitted = ImageOps.contain(picture.convert("RGB"), (SIZE[0] - 80, SIZE[1] - 80))
        paper.paste(fitted, ((SIZE[0] - fitted.width) // 2, (SIZE[1] - fitted.height) // 2))
        luma, blue, red = paper.convert("YCbCr").split()
        half = (SIZE[0] // 2, SIZE[1] // 2)
        frame = b"FRAME\n" + luma.tobytes() + blue.resize(half).tobytes() + red.resize(half).tobytes()
        header = f"YUV4MPEG2 W{SIZE[0]} H{SIZE[1]} F10:1 Ip A1:1 C420jpeg\n".encode()
        self.film.write_bytes(header + frame * 10)
