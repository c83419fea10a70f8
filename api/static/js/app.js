// Small comforts; every page works without them.
// A second tap on a button that is already at work does nothing. (The form's key makes it harmless anyway.)
// On a slow network the form says that it is on its way.
const SLOW = 600; // milliseconds
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  for (const button of form.querySelectorAll("button[type=submit]")) button.setAttribute("aria-busy", "true");
  const said = document.createElement("p");
  said.className = "sending";
  said.setAttribute("role", "status");
  form.append(said);
  setTimeout(() => {
    if (form.dataset.sent) said.textContent = document.body.dataset.sending ?? "";
  }, SLOW);
});

// Coming back to a page with the browser's arrow makes its forms usable again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector(".sending")?.remove();
    for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  }
});

// htmx posts carry the token of the page's forms.
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector("input[name=csrf_token]");
  if (token) event.detail.headers["X-CSRFToken"] = token.value;
});

// Buttons that print the page.
for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());
