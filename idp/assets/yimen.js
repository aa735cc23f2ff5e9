// Pages work without this file. It sends a response that is waiting to be sent, does the work that a page asks for under
// attack, and shows that a form is on its way so that nobody presses twice. Old web views run it too: plain old syntax.
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
  if (event.submitter) showBusy(event.submitter);
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
  document.querySelectorAll("form[data-work]").forEach(work);
});

// A page that waits for a phone looks again once there is something else to see.
document.querySelectorAll("[data-waits]").forEach(function lookAgain(place) {
  setTimeout(function () {
    fetch(place.dataset.waits).then(function (answer) {
      return answer.ok && !answer.redirected ? answer.json() : {};
    }).then(function (state) {
      if (state.waits) lookAgain(place);
      else location.reload();
    }, function () { lookAgain(place); });
  }, 2000);
});

function showBusy(button) {
  if (!button.dataset.busy) return;
  button.dataset.idle = button.textContent;
  button.textContent = button.dataset.busy;
  button.setAttribute("aria-disabled", "true");
}

// Looks for a number that, written after the form's challenge, gives a SHA-256 that begins with so many zero bits, and
// sends the form with it; without it once the wait is over. A little at a time, so that the page stays alive.
function work(form) {
  if (!window.crypto || !crypto.subtle || !window.TextEncoder) return;
  var zeros = 32 - form.dataset.bits;
  var end = Date.now() + form.dataset.left * 1000;
  var encoder = new TextEncoder();
  var beginning = {};
  var tried = Math.floor(Math.random() * 1e9);
  form.beginning = beginning;
  form.dataset.sent = "yes";
  form.dataset.working = "yes";
  // Back leads to the page before, which nobody has to send again.
  history.replaceState(null, "", form.dataset.back);
  showBusy(form.querySelector("button"));

  function send(found) {
    form.elements.work.value = found;
    form.submit();
  }

  function look(hashes, first) {
    // A page that was brought back has begun anew.
    if (form.beginning !== beginning) return;
    for (var at = 0; at < hashes.length; at += 1) {
      if (new DataView(hashes[at]).getUint32(0) >>> zeros === 0) return send(first + at);
    }
    if (Date.now() >= end) return send("");
    setTimeout(goOn, 0);
  }

  function goOn() {
    var first = tried;
    var asked = [];
    for (tried += 500; asked.length < tried - first; ) {
      asked.push(crypto.subtle.digest("SHA-256", encoder.encode(form.dataset.work + (first + asked.length))));
    }
    Promise.all(asked).then(function (hashes) { look(hashes, first); });
  }

  goOn();
}
