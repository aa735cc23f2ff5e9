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

function showBusy(button) {
  if (!button.dataset.busy) return;
  button.dataset.idle = button.textContent;
  button.textContent = button.dataset.busy;
  button.setAttribute("aria-disabled", "true");
}

// Looks for a number that, written after the form's challenge, gives a SHA-256 that begins with so many zero bits, and
// sends the form with it; without it once the wait is over. A little at a time, so that the page stays alive.
function work(form) {
  if (!window.Int32Array) return;
  var zeros = 32 - form.dataset.bits;
  var end = Date.now() + form.dataset.left * 1000;
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

  function goOn() {
    // A page that was brought back has begun anew.
    if (form.beginning !== beginning) return;
    for (var pause = Date.now() + 40; Date.now() < pause; ) {
      for (var last = tried + 250; tried < last; tried += 1) {
        if (firstWordOfHash(form.dataset.work + tried) >>> zeros === 0) return send(tried);
      }
    }
    if (Date.now() >= end) return send("");
    setTimeout(goOn, 0);
  }

  setTimeout(goOn, 0);
}

// SHA-256 (FIPS 180-4) of up to 55 characters of ASCII, one block. Ten times quicker than crypto.subtle, which has to be
// asked and waited for at each try, and there without https too.
var firstWordOfHash = (function () {
  if (!window.Int32Array) return;
  var roots = new Int32Array([
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
  ]);
  var words = new Int32Array(64);

  function turn(word, by) {
    return (word >>> by) | (word << (32 - by));
  }

  return function (text) {
    var at, x, y;
    for (at = 0; at < 16; at += 1) words[at] = 0;
    for (at = 0; at < text.length; at += 1) words[at >> 2] |= text.charCodeAt(at) << (24 - 8 * (at % 4));
    words[at >> 2] |= 0x80 << (24 - 8 * (at % 4));
    words[15] = 8 * text.length;
    for (at = 16; at < 64; at += 1) {
      x = words[at - 15];
      y = words[at - 2];
      x = turn(x, 7) ^ turn(x, 18) ^ (x >>> 3);
      y = turn(y, 17) ^ turn(y, 19) ^ (y >>> 10);
      words[at] = words[at - 16] + x + words[at - 7] + y;
    }
    var a = 0x6a09e667, b = 0xbb67ae85, c = 0x3c6ef372, d = 0xa54ff53a;
    var e = 0x510e527f, f = 0x9b05688c, g = 0x1f83d9ab, h = 0x5be0cd19;
    for (at = 0; at < 64; at += 1) {
      x = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + roots[at] + words[at]) | 0;
      y = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g;
      g = f;
      f = e;
      e = (d + x) | 0;
      d = c;
      c = b;
      b = a;
      a = (x + y) | 0;
    }
    return (0x6a09e667 + a) | 0;
  };
})();
