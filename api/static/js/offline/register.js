// Registers this browser at a service point: its key is made here, and only the public half leaves it.

import * as keep from "./keep.js";

const form = document.querySelector("[data-register]");

/** The server's time: request keys are of its clock, and this browser's may be hours off. */
function serverNow() {
  return Number(form.dataset.now) + Math.round(performance.now());
}

function say(name, text = "") {
  for (const sentence of document.querySelectorAll("[data-register-says]")) {
    sentence.hidden = sentence.dataset.registerSays !== name;
    const place = sentence.querySelector("[data-register-message]");
    if (place) place.textContent = text;
  }
}

async function markOwn() {
  const own = new Map((await keep.devices()).map((device) => [device.id, device]));
  for (const row of document.querySelectorAll("[data-device]")) {
    const device = own.get(row.dataset.device);
    if (!device) continue;
    row.querySelector("[data-this-browser]").hidden = false;
    // A device that is not believed any more must not go on keeping scans as if it were.
    const unsent = (await keep.scans(device.place)).some((scan) => scan.state !== "answered");
    if (row.hasAttribute("data-revoked") && !unsent) await keep.forgetDevice(device.place);
  }
}

async function register(event) {
  event.preventDefault();
  const fields = new FormData(form);
  const { community } = form.dataset;
  const point = Number(fields.get("point"));
  const place = `${community}/${point}`;
  say("working");
  try {
    const made = await keep.newDeviceKey(community, point);
    const answer = await fetch(form.dataset.url, {
      method: "POST",
      body: JSON.stringify({ point, name: fields.get("name"), public_key: made.publicKey, proof: made.proof }),
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json",
        "X-CSRFToken": fields.get("csrf_token"),
        "Idempotency-Key": `${keep.newKey(serverNow()).slice(0, -4)}0000`,
      },
    });
    const said = await answer.json();
    if (!answer.ok) return say("refused", said.error?.message ?? "");
    await keep.keepDevice({ place, id: said.device_id, number: said.number, name: said.name, privateKey: made.privateKey });
    location.assign(form.dataset.stationUrl.replace("/0/", `/${point}/`));
  } catch {
    return say("failed");
  }
  return undefined;
}

if (form) {
  const lacking = keep.missing();
  if (lacking) {
    say(lacking);
    for (const control of form.elements) control.disabled = true;
  } else {
    form.addEventListener("submit", register);
    markOwn();
  }
}
