"""The page that checks a receipt, in Chromium: with a genuine one, with every part altered, with no network, and from a file."""

from __future__ import annotations

import base64
import html
import io
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import qrcode
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from qrcode.util import MODE_8BIT_BYTE, QRData
from werkzeug.serving import make_server

from ledger import log, note, receipt, witness
from ledger.note import COSIGNATURE, Key
from tests.camera import CHROMIUM, CHROMIUM_ARGUMENTS, FakeCamera
from tests.client import make_app
from tests.ledger.books import credit, make_volunteer, seal_of
from tests.village import SECRET, Database, Village, VillageClock, make_schema, open_village
from timebank import evidence
from timebank.storage import Storage

pytestmark = pytest.mark.browser

# WebCrypto is not there on plain http, nor Ed25519 in it on older phones.
WITHOUT_WEBCRYPTO = "Object.defineProperty(Crypto.prototype, 'subtle', { get: () => undefined })"


@dataclass
class Genuine:
    """A receipt of a log with a witness, the keys that check it, and where the page is served."""

    text: str
    vkey: str
    witness: str
    seq: int
    size: int
    address: str

    @property
    def extra(self) -> dict[str, str]:
        return json.loads(base64.b64decode(self.text.split("\n")[1].removeprefix("extra ")))

    def with_extra(self, **changes: str) -> str:
        told = json.dumps({**self.extra, **changes}, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
        lines = self.text.split("\n")
        return "\n".join([lines[0], f"extra {base64.b64encode(told.encode()).decode()}", *lines[2:]])


@pytest.fixture(scope="module")
def genuine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Genuine]:
    folder = tmp_path_factory.mktemp("receipts")
    url = f"sqlite:///{folder / 'timebank.db'}"
    make_schema(url)
    clock = VillageClock()
    db = Database(Storage(url, clock=clock.now, secret=SECRET), clock, url)
    village = open_village(db, code="TPL", name="太平里社区", area_code="3201020101")
    server = make_server("127.0.0.1", 0, make_app(db, folder / "data"), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield make_genuine(village, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()
    db.storage.close()


def make_genuine(village: Village, address: str) -> Genuine:
    seq = credit(village, make_volunteer(village), times=300) - 40
    signed = evidence.checkpoint(village.storage, village.community_id, seal_of(village))
    seed = Ed25519PrivateKey.generate()
    key = Key("witness.example/w1", seed.public_key().public_bytes_raw(), COSIGNATURE)
    at = int(village.now.timestamp())
    text = signed.note.partition("\n\n")[0] + "\n"
    line = note.cosign(text, key.name, key.public_key, seed.sign, at=at)
    village.write(
        lambda session, now: {
            "kept": witness.keep(session, village.community_id, signed.size, line, [key], latest_at=2**62)
        }
    )
    with village.read() as session:
        made = receipt.make(session, village.community_id, seq)
        vkey = log.vkey(session, village.community_id)
    return Genuine(made.text(), vkey, key.line, seq, signed.size, address)


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> FakeCamera:
    return FakeCamera(tmp_path_factory.mktemp("camera") / "camera.y4m")


@pytest.fixture(scope="module")
def browser(camera: FakeCamera) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*CHROMIUM_ARGUMENTS, *camera.arguments])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, genuine: Genuine) -> Iterator[Page]:
    """The checking page; nothing on it fails silently."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 360, "height": 740}, accept_downloads=True)
    context.set_default_timeout(30_000)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda told: faults.append(told.text) if told.type == "error" else None)
    page.goto(f"{genuine.address}/check-receipt")
    page.locator("[data-receipt-check]").wait_for()
    yield page
    context.close()
    assert faults == []


def answer(page: Page, text: str, vkey: str, trust: str = "") -> tuple[str, dict[str, str]]:
    """What the page says of a receipt: good or bad, and the sign of each step."""
    page.evaluate("document.querySelector('[data-result]').removeAttribute('data-answer')")
    for name, value in {"receipt": text, "vkey": vkey, "trust": trust}.items():
        page.locator(f"[name={name}]").evaluate("(field, value) => { field.value = value; }", value)
    page.get_by_role("button", name="核对", exact=True).click()
    result = page.locator("[data-result][data-answer]")
    result.wait_for()
    steps = result.locator("[data-step]").evaluate_all(
        "steps => steps.map((step) => [step.dataset.step, step.querySelector('.check-sign').textContent])"
    )
    return str(result.get_attribute("data-answer")), dict(steps)


def failed(page: Page, text: str, vkey: str, trust: str = "") -> set[str]:
    good, steps = answer(page, text, vkey, trust)
    found = {name for name, sign in steps.items() if sign == "✗"}
    assert good == ("bad" if found else "good")
    return found


def flipped(text: str, at: int) -> str:
    """Base64 of the same length with one bit changed."""
    raw = bytearray(base64.b64decode(text))
    raw[at] ^= 1
    return base64.b64encode(raw).decode()


def test_a_genuine_receipt_is_explained_with_the_network_cut_off(page: Page, genuine: Genuine) -> None:
    page.context.set_offline(True)
    good, steps = answer(page, genuine.text.replace("\n", "\r\n"), genuine.vkey, genuine.witness)
    assert good == "good"
    assert set(steps.values()) == {"✓"}
    assert list(steps) == ["form", "key", "trust", "entry", "signature", "path", "detail", "witnesses"]
    said = page.locator("[data-result]").inner_text()
    for sentence in ("这一笔确实在账上", "60 分钟", "2026年11月20日", f"{genuine.seq}", genuine.vkey.split("+")[0]):
        assert sentence in said
    assert answer(page, genuine.text, genuine.vkey)[1]["trust"] == "–"


def test_where_there_is_no_webcrypto_our_own_parts_say_the_same(browser: Browser, genuine: Genuine) -> None:
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    page.add_init_script(WITHOUT_WEBCRYPTO)
    page.goto(f"{genuine.address}/check-receipt")
    assert page.evaluate("crypto.subtle === undefined")
    assert failed(page, genuine.text, genuine.vkey, genuine.witness) == set()
    lines = genuine.text.rstrip("\n").split("\n")
    dash, name, encoded = lines[-2].split(" ")
    forged = "\n".join([*lines[:-2], f"{dash} {name} {flipped(encoded, 30)}", lines[-1]])
    assert failed(page, forged, genuine.vkey) == {"signature"}
    context.close()


def test_a_flipped_bit_in_each_part_is_found_and_named(page: Page, genuine: Genuine) -> None:
    text, vkey = genuine.text, genuine.vkey
    lines = text.rstrip("\n").split("\n")

    def changed(at: int, line: str) -> str:
        return "\n".join([*lines[:at], line, *lines[at + 1 :]])

    told = genuine.extra
    leaf = told["leaf"].replace(",-60]", ",-61]").replace(",60]", ",61]")
    assert leaf != told["leaf"]
    assert failed(page, genuine.with_extra(leaf=leaf), vkey) == {"path"}
    assert failed(page, genuine.with_extra(leaf=told["leaf"].replace('"v":1', '"v":2')), vkey) == {"entry", "path"}
    assert failed(page, genuine.with_extra(detail=told["detail"].replace("60", "61", 1)), vkey) == {"detail"}
    assert failed(page, genuine.with_extra(salt=f"{int(told['salt'], 16) ^ 1:064x}"), vkey) == {"detail"}
    assert failed(page, changed(2, f"index {genuine.seq - 1}"), vkey) == {"entry", "path"}
    assert failed(page, changed(3, flipped(lines[3], 0)), vkey) == {"path"}
    assert failed(page, "\n".join(lines[:3] + lines[4:]), vkey) == {"path"}
    blank = lines.index("")
    assert "signature" in failed(page, changed(blank + 2, str(genuine.size + 1)), vkey)
    assert failed(page, changed(blank + 3, flipped(lines[blank + 3], 31)), vkey) == {"signature", "path"}
    for at, wrong in ((-2, "signature"), (-1, "witnesses")):
        dash, name, encoded = lines[at].split(" ")
        altered = changed(len(lines) + at, f"{dash} {name} {flipped(encoded, 20)}")
        assert failed(page, altered, vkey, genuine.witness) == {wrong}


def test_another_key_and_a_misread_key_are_told_apart(page: Page, genuine: Genuine) -> None:
    name = genuine.vkey.split("+")[0]
    stranger = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    assert failed(page, genuine.text, Key(name, stranger).line) == {"signature"}
    assert "不是这把密钥签的" in page.locator(".band").inner_text()
    assert failed(page, genuine.text, genuine.vkey.replace(name, "elsewhere/log/X")) == {"key"}
    assert "编号与内容不符" in page.locator(".band").inner_text()
    assert failed(page, genuine.text, "") == {"key"}
    assert failed(page, genuine.text, genuine.witness) == {"key"}
    # Every signature "verifies" under the neutral point.
    assert failed(page, genuine.text, Key(name, bytes([1, *bytes(31)])).line) == {"signature"}


def code(text: str) -> Image.Image:
    """A code as the paper has it."""
    drawn = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_L, box_size=6, border=4)
    drawn.add_data(QRData(text.encode(), mode=MODE_8BIT_BYTE, check_data=False))  # type: ignore[call-overload]
    return drawn.make_image().get_image()


def test_the_key_is_scanned_from_paper_and_the_receipt_from_a_photograph(
    page: Page, genuine: Genuine, camera: FakeCamera
) -> None:
    camera.show(code(genuine.vkey))
    page.get_by_role("button", name="用相机扫码").click()
    page.wait_for_function("key => document.querySelector('[name=vkey]').value === key", arg=genuine.vkey)
    page.get_by_role("button", name="关掉相机").click()
    photograph = io.BytesIO()
    code(genuine.text).rotate(3, expand=True, fillcolor=255).save(photograph, "PNG")
    page.locator("[name=file]").set_input_files(
        {"name": "paper.png", "mimeType": "image/png", "buffer": photograph.getvalue()}
    )
    page.wait_for_function("text => document.querySelector('[name=receipt]').value === text", arg=genuine.text.strip())
    page.get_by_role("button", name="核对", exact=True).click()
    page.locator("[data-answer=good]").wait_for()
    assert page.locator(".check-bad").count() == 0


def test_a_policy_asks_for_its_quorum(page: Page, genuine: Genuine) -> None:
    absent = Key("witness.example/w2", Ed25519PrivateKey.generate().public_key().public_bytes_raw(), COSIGNATURE).line
    two = f"# ours\nlog {genuine.vkey}\nwitness a {genuine.witness}\nwitness b {absent}\n"
    assert failed(page, genuine.text, genuine.vkey, f"{two}group g any a b\nquorum g\n") == set()
    assert failed(page, genuine.text, genuine.vkey, f"{two}group g all a b\nquorum g\n") == {"witnesses"}
    assert failed(page, genuine.text, genuine.vkey, f"{two}quorum none\n") == set()
    assert failed(page, genuine.text, genuine.vkey, f"{two}quorum c\n") == {"trust"}
    assert failed(page, genuine.text, genuine.vkey, absent) == {"witnesses"}


def test_hostile_text_is_refused_and_nothing_hangs(page: Page, genuine: Genuine) -> None:
    text = genuine.text
    nested = base64.b64encode(b"[" * 100_000).decode()
    hostile = [
        "",
        text.replace("index ", "index 9" + "9" * 30),
        text.replace("\n\n", "\n" + f"{'A' * 43}=\n" * 40_000 + "\n", 1),
        text.replace("\nindex", "\nextra AAAA\nindex"),
        text.replace("extra ", "extra ===="),
        f"c2sp.org/tlog-proof@v1\nextra {nested}\nindex 1\n\n" + text.partition("\n\n")[2],
        text.replace("\u2014", "-"),
        text.rstrip("\n") + "\u2028\n" * 200 + "x",
        text + text.rstrip("\n").rsplit("\n", 1)[1] * 200,
    ]
    # Not by the field: a million lines in a text field keep any browser busy, and the field takes no more than 100,000 signs.
    found = page.evaluate(
        """async ([texts, logKey]) => {
            const { check } = await import("/static/js/receipt/proof.js");
            const failed = ({ steps }) => steps.filter((step) => step.ok === false).map((step) => step.name);
            const long = ["\\n".repeat(1e6), "c2sp.org/tlog-proof@v1\\n".repeat(8e4), `${texts[0]}${"x".repeat(2e6)}`];
            return Promise.all([...texts, ...long].map(async (text) => failed(await check(text, { logKey }))));
        }""",
        [hostile, genuine.vkey],
    )
    assert found == [["form"]] * (len(hostile) + 3)
    page.locator("[name=file]").set_input_files(
        {"name": "x.tlog-proof", "mimeType": "text/plain", "buffer": b"\n" * 1_000_000}
    )
    page.locator("[data-note]").get_by_text("文件太大").wait_for()


def test_markup_in_an_entry_is_text(page: Page, genuine: Genuine) -> None:
    name = genuine.vkey.split("+")[0]
    markup = genuine.text.replace(name, "<img/src=x/onerror=alert(1)>")
    assert failed(page, markup, genuine.vkey) == {"signature"}
    assert "<img/src=x" in page.locator("[data-result]").inner_text()
    assert page.locator("[data-result] img").count() == 0


def test_a_forged_entry_is_answered_whatever_it_says(page: Page, genuine: Genuine) -> None:
    leaf = genuine.extra["leaf"]
    for old, new, wrong in (
        (re.search(r'"at":\d+', leaf)[0], f'"at":{2**53 - 1}', {"path"}),
        ('"kind":"post"', '"kind":"constructor"', {"entry", "path"}),
        ('"on":', '"of":{"toString":1},"on":', {"entry", "path"}),
    ):
        assert failed(page, genuine.with_extra(leaf=leaf.replace(old, new)), genuine.vkey) == wrong
    told = json.dumps({"use_case": {"toString": 1}}, separators=(",", ":"))
    assert failed(page, genuine.with_extra(detail=told), genuine.vkey) == {"detail"}


def test_a_key_is_remembered_only_when_asked_and_another_one_is_warned_of(page: Page, genuine: Genuine) -> None:
    page.locator("[name=remember]").check()
    assert answer(page, genuine.text, genuine.vkey)[0] == "good"
    page.reload()
    page.locator("[name=file]").set_input_files(
        {"name": "x.tlog-proof", "mimeType": "application/octet-stream", "buffer": genuine.text.encode()}
    )
    page.locator("[data-note]").get_by_text("已填上这台设备记住的公钥").wait_for()
    assert page.locator("[name=vkey]").input_value() == genuine.vkey
    page.locator("[name=vkey]").fill(genuine.witness)
    page.locator("[data-note]").get_by_text("与这台设备以前为这个账本记住的不同").wait_for()


def test_one_file_on_a_stick_checks_without_a_server(
    page: Page, browser: Browser, genuine: Genuine, tmp_path: Path
) -> None:
    with page.expect_download() as expected:
        page.get_by_role("link", name="下载核对器").click()
    saved = tmp_path / "check-receipt.html"
    saved.write_bytes(Path(expected.value.path()).read_bytes())
    alone = browser.new_context(offline=True).new_page()
    faults: list[str] = []
    alone.on("pageerror", lambda error: faults.append(str(error)))
    alone.goto(saved.as_uri())
    assert failed(alone, genuine.text, genuine.vkey, genuine.witness) == set()
    assert failed(alone, genuine.with_extra(salt="0" * 64), genuine.vkey) == {"detail"}
    # Its own policy lets it reach nothing, whoever changes the file's script.
    assert alone.evaluate("fetch('https://example.org').then(() => 'sent', () => 'refused')") == "refused"
    assert "script-src 'sha256-" in html.unescape(saved.read_text(encoding="utf-8"))
    assert faults == []
    alone.context.close()
