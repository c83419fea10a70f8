// The form of a new order says at once what will be left; without it the next page says so.
// The sentences stand in the page: [data-after] shows minutes, [data-after-short] is shown where they are not enough.

const form = document.querySelector("[data-free-minutes]");

/** Minutes as the page writes them: the option of a choice of minutes carries its words. */
function said(minutes) {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  const words = form.dataset;
  if (hours && rest) return words.both.replace("{h}", hours).replace("{m}", rest);
  return hours ? words.hours.replace("{h}", hours) : words.minutes.replace("{m}", rest);
}

/** What it may cost where an hour counts for more; null: the planned minutes, or not known yet. */
let price = null;

function tell() {
  const planned = price ?? Number(form.querySelector("[name=planned_minutes]").value);
  const left = Number(form.dataset.freeMinutes) - planned;
  const box = form.querySelector("[data-after]");
  box.textContent = left < 0 ? `\u2212${said(-left)}` : said(left);
  box.closest("div").classList.toggle("short", left < 0);
  form.querySelector("[data-after-short]").hidden = left >= 0;
}

/** Ask what it may cost at that time, and show it: who sees it and sends the form has agreed to it. */
async function ask() {
  const asked = new URLSearchParams();
  for (const name of ["service", "day", "time", "planned_minutes"]) {
    const value = form.querySelector(`[name=${name}]`).value;
    if (!value) return;
    asked.set(name, value);
  }
  let told = null;
  try {
    const answer = await fetch(`${form.dataset.priceUrl}?${asked}`);
    if (answer.ok) told = await answer.json();
  } catch {
    // Without a network the server says it after the form is sent.
  }
  const costsMore = told !== null && told.most_minutes > told.planned_minutes;
  price = costsMore ? told.most_minutes : null;
  const line = form.querySelector("[data-price]");
  line.hidden = !costsMore;
  line.textContent = costsMore ? line.dataset.words.replace("{most}", told.most) : "";
  const agreed = form.querySelector("[data-agreed]");
  agreed.disabled = !costsMore;
  agreed.value = costsMore ? told.most_minutes : 0;
  tell();
}

/** A service proposes its usual minutes, until somebody chose other ones. */
function propose(event) {
  const minutes = form.querySelector("[name=planned_minutes]");
  const usual = event.target.selectedOptions[0]?.dataset.minutes;
  if (usual && !minutes.dataset.chosen) minutes.value = usual;
  tell();
}

if (form) {
  form.querySelector("[data-live]").hidden = false;
  form.querySelector("[name=service]").addEventListener("change", propose);
  form.querySelector("[name=planned_minutes]").addEventListener("change", (event) => {
    event.target.dataset.chosen = "yes";
    tell();
  });
  for (const name of ["service", "day", "time", "planned_minutes"]) {
    form.querySelector(`[name=${name}]`).addEventListener("change", ask);
  }
  tell();
  ask();
}
