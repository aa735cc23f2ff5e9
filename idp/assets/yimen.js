// Pages work without this file. It sends a response that is waiting to be sent, and shows that a
// form is on its way so that nobody presses twice. Old web views run it too: plain old syntax.
"use strict";

document.querySelectorAll("form[data-send-at-once]").forEach(function (form) {
  form.submit();
});

document.addEventListener("submit", function (event) {
  var form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  var button = event.submitter;
  if (!button || !button.dataset.busy) return;
  button.dataset.idle = button.textContent;
  button.textContent = button.dataset.busy;
  button.setAttribute("aria-disabled", "true");
});

// The browser may bring the page back as it was left.
window.addEventListener("pageshow", function () {
  document.querySelectorAll("form[data-sent]").forEach(function (form) {
    delete form.dataset.sent;
  });
  document.querySelectorAll("[data-idle]").forEach(function (button) {
    button.textContent = button.dataset.idle;
    delete button.dataset.idle;
    button.removeAttribute("aria-disabled");
  });
});
