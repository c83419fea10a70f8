"""Put what the pages load in the browser into api/static/vendor, from node_modules.

Nothing is bundled and nothing comes from the network while a page is shown: a village may have no more than its
own Wi-Fi, so every file is served by us.

htmx.min.js             swaps parts of a page without a reload; pages work without it
pico.min.css            the style sheet under our own
barcode-detector.js     an ES module that reads QR codes from the camera, where the browser has no BarcodeDetector
                        of its own: `import { BarcodeDetector } from "./vendor/barcode-detector.js"`
idb.js                  an ES module that keeps the scans of a station without a network (IndexedDB with promises)
noble-ed25519.js        an ES module that checks Ed25519 signatures, where the browser has no WebCrypto for it: on plain
                        http, in WeChat, on older phones
zxing_reader.wasm       the reader inside it; fetched when the first frame is read
LICENSES.txt            their licences

The folder is not in the repository: tools/setup.py runs this after `npm ci`.
"""

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "node_modules"
VENDOR = ROOT / "api" / "static" / "vendor"

COPIED = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "idb.js": "idb/build/index.js",
    "noble-ed25519.js": "@noble/ed25519/index.js",
    "pico.min.css": "@picocss/pico/css/pico.min.css",
    "zxing_reader.wasm": "zxing-wasm/dist/reader/zxing_reader.wasm",
}

LICENCES = {
    "htmx": "htmx.org/LICENSE",
    "idb": "idb/LICENSE",
    "noble-ed25519": "@noble/ed25519/LICENSE",
    "Pico CSS": "@picocss/pico/LICENSE.md",
    "barcode-detector": "barcode-detector/LICENSE",
    "zxing-wasm": "zxing-wasm/LICENSE",
}

# The package's ES build is not minified and comes in two files; its one-file build makes a global. As a module that
# global stays inside, and is exported by name. The package would fetch its .wasm from a public CDN unless told
# otherwise, so it is told here, where nobody can forget it.
BARCODE_DETECTOR = "barcode-detector/dist/iife/ponyfill.js"
BARCODE_DETECTOR_EXPORTS = """
export const { BarcodeDetector, prepareZXingModule } = BarcodeDetectionAPI;
prepareZXingModule({
  overrides: {
    locateFile: (name, folder) => (name.endsWith(".wasm") ? new URL(name, import.meta.url).href : folder + name),
  },
});
"""


def build(vendor: Path = VENDOR) -> list[Path]:
    """Write the folder anew and return the files written."""
    missing = [
        name for name in (*COPIED.values(), *LICENCES.values(), BARCODE_DETECTOR) if not (PACKAGES / name).is_file()
    ]
    if missing:
        sys.exit(f"node_modules lacks {', '.join(missing)}: run make setup")
    shutil.rmtree(vendor, ignore_errors=True)
    vendor.mkdir(parents=True)
    for name, source in COPIED.items():
        shutil.copyfile(PACKAGES / source, vendor / name)
    detector = (PACKAGES / BARCODE_DETECTOR).read_text(encoding="utf-8")
    if not detector.startswith("var BarcodeDetectionAPI="):
        sys.exit(f"{BARCODE_DETECTOR} no longer makes the global BarcodeDetectionAPI: look at its new shape")
    (vendor / "barcode-detector.js").write_text(detector + BARCODE_DETECTOR_EXPORTS, encoding="utf-8")
    licences = [
        f"== {name} ==\n\n{(PACKAGES / source).read_text(encoding='utf-8')}" for name, source in LICENCES.items()
    ]
    (vendor / "LICENSES.txt").write_text("\n\n".join(licences), encoding="utf-8")
    return sorted(vendor.iterdir())


if __name__ == "__main__":
    for path in build():
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size:,} bytes")
