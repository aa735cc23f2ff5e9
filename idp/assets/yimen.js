// Pages work without this file. It sends a response that is waiting to be sent, and shows that a
// form is on its way so that nobody presses twice.
"use strict";

for (const form of document.querySelectorAll("form[data-send-at-once]")) form.submit();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  const button = event.submitter;
  if (!button?.dataset.busy) return;
  button.dataset.idle = button.textContent;
  button.textContent = button.dataset.busy;
  button.setAttribute("aria-disabled", "true");
});

// The browser may bring the page back as it was left.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("[data-idle]")) {
    button.textContent = button.dataset.idle;
    delete button.dataset.idle;
    button.removeAttribute("aria-disabled");
  }
});
