// Reads a QR code with the camera and puts it where typing would have put it.
//
// A page works without this file: the field takes what a hand-held scanner types (the code and Enter), what a person
// types from the card, and a photograph goes to the server. This adds the camera. The markup comes from
// templates/macros/scan.html; every sentence a person reads stands there, so that it is translated.
//
//   <div data-scan>                     one scanner
//     <form> <input data-scan-field>    what was read goes here, then the form is sent
//     <button data-scan-start>          starts and stops the camera
//     <video data-scan-video>
//     <button data-scan-torch>          shown where the camera has a lamp
//     <p data-scan-says="insecure|denied|missing|failed|looking|read" hidden>
//
// A page that wants the text itself listens for "scan" on the scanner and calls preventDefault(): then no form is sent.

const SAME_CODE_MS = 2500;
const BETWEEN_LOOKS_MS = 120;
const LAST_READ = "scan.last";
const CAMERA_WAS_ON = "scan.on";

/** What this tab remembers from page to page: the last code read, and that the camera was on. */
const memory = {
  get(name) {
    try {
      return JSON.parse(sessionStorage.getItem(name));
    } catch {
      return null;
    }
  },
  set(name, value) {
    try {
      sessionStorage.setItem(name, JSON.stringify(value));
    } catch {
      // Private windows may refuse; the scanner then only forgets.
    }
  },
};

/** The reader (zxing-cpp in WebAssembly) is fetched when a camera starts, never with the page. */
async function makeDetector() {
  const { BarcodeDetector } = await import("../vendor/barcode-detector.js");
  return new BarcodeDetector({ formats: ["qr_code"] });
}

function cameraIsAllowed() {
  return window.isSecureContext && Boolean(navigator.mediaDevices?.getUserMedia);
}

let audio = null;

/** One short high tone: read. (Results of an act have other sounds, on the page that follows.) */
function beep() {
  try {
    audio ??= new AudioContext();
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = 1320;
    volume.gain.setValueAtTime(0.2, audio.currentTime);
    volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.15);
    tone.connect(volume).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + 0.16);
  } catch {
    // No sound device: the page shows and the phone shakes all the same.
  }
  navigator.vibrate?.(80);
}

/** Whether this very code was read a moment ago: a card held before the camera is one scan. */
function isRepeated(text) {
  const last = memory.get(LAST_READ);
  const now = Date.now();
  memory.set(LAST_READ, { text, at: now });
  return last !== null && last.text === text && now - last.at < SAME_CODE_MS && now >= last.at;
}

class Scanner {
  constructor(root) {
    this.root = root;
    this.video = root.querySelector("[data-scan-video]");
    this.field = root.querySelector("[data-scan-field]");
    this.startButton = root.querySelector("[data-scan-start]");
    this.torchButton = root.querySelector("[data-scan-torch]");
    this.stream = null;
    this.isStarting = false;
  }

  listen() {
    this.startButton.hidden = false;
    this.startButton.addEventListener("click", () => (this.stream ? this.stop() : this.start()));
    this.torchButton?.addEventListener("click", () => this.switchTorch());
    window.addEventListener("pagehide", () => this.stop({ remember: true }));
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.stop({ remember: true });
      else if (memory.get(CAMERA_WAS_ON)) this.start();
    });
    if (!cameraIsAllowed()) {
      this.startButton.hidden = true;
      this.say("insecure");
    } else if (this.root.hasAttribute("data-scan-stays") && memory.get(CAMERA_WAS_ON)) {
      this.start();
    }
  }

  say(name) {
    for (const sentence of this.root.querySelectorAll("[data-scan-says]")) {
      sentence.hidden = sentence.dataset.scanSays !== name;
    }
  }

  async start() {
    if (this.stream || this.isStarting) return;
    this.isStarting = true;
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } },
        audio: false,
      });
    } catch (error) {
      this.isStarting = false;
      this.say({ NotAllowedError: "denied", NotFoundError: "missing" }[error.name] ?? "failed");
      return;
    }
    this.isStarting = false;
    memory.set(CAMERA_WAS_ON, true);
    this.video.srcObject = this.stream;
    this.video.hidden = false;
    this.startButton.setAttribute("aria-pressed", "true");
    this.say("looking");
    this.showTorch();
    try {
      await this.video.play();
      await this.look(await makeDetector());
    } catch {
      if (this.stream) {
        this.stop();
        this.say("failed");
      }
    }
  }

  stop({ remember = false } = {}) {
    if (!remember) memory.set(CAMERA_WAS_ON, false);
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
    this.video.hidden = true;
    this.startButton.setAttribute("aria-pressed", "false");
    if (this.torchButton) this.torchButton.hidden = true;
    if (cameraIsAllowed()) this.say("");
  }

  async look(detector) {
    const stream = this.stream;
    while (this.stream === stream && stream) {
      if (this.video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) {
        const found = await detector.detect(this.video);
        if (this.stream !== stream) return;
        if (found.length > 0 && !isRepeated(found[0].rawValue)) this.take(found[0].rawValue);
      }
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS_MS));
    }
  }

  take(text) {
    beep();
    this.say("read");
    const event = new CustomEvent("scan", { detail: { text }, bubbles: true, cancelable: true });
    if (!this.root.dispatchEvent(event) || !this.field) return;
    this.field.value = text;
    this.field.form?.requestSubmit();
  }

  get track() {
    return this.stream?.getVideoTracks()[0];
  }

  showTorch() {
    if (this.torchButton) this.torchButton.hidden = !this.track?.getCapabilities?.().torch;
  }

  async switchTorch() {
    const isOn = this.torchButton.getAttribute("aria-pressed") !== "true";
    try {
      await this.track.applyConstraints({ advanced: [{ torch: isOn }] });
      this.torchButton.setAttribute("aria-pressed", String(isOn));
    } catch {
      this.torchButton.hidden = true;
    }
  }
}

/** A chosen photograph is sent at once; without JavaScript there is a button for it. */
function sendChosenPhotos(root) {
  for (const input of root.querySelectorAll("[data-scan-photo]")) {
    input.addEventListener("change", () => {
      if (input.files.length > 0) input.form.requestSubmit();
    });
  }
}

for (const root of document.querySelectorAll("[data-scan]")) {
  new Scanner(root).listen();
  sendChosenPhotos(root);
}
