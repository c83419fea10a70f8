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

function tell() {
  const planned = Number(form.querySelector("[name=planned_minutes]").value);
  const left = Number(form.dataset.freeMinutes) - planned;
  const box = form.querySelector("[data-after]");
  box.textContent = left < 0 ? `\u2212${said(-left)}` : said(left);
  box.closest("div").classList.toggle("short", left < 0);
  form.querySelector("[data-after-short]").hidden = left >= 0;
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
  tell();
}
