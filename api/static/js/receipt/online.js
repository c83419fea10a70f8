// The checking page where it is served: pictures of QR codes are read too, by the reader that the scanner uses.

import { start } from "./page.js";

async function readPicture(file) {
  const { BarcodeDetector } = await import("../../vendor/barcode-detector.js");
  const [found] = await new BarcodeDetector({ formats: ["qr_code"] }).detect(await createImageBitmap(file));
  return found?.rawValue ?? "";
}

start({ readPicture });
