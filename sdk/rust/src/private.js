// A browser may keep a page as it was and show it again on Back, for minutes, though it was told to store nothing. By
// then its person may have gone: what leaves the screen is emptied, and asked for anew.
"use strict";
addEventListener("pagehide", function (event) {
  if (event.persisted) document.documentElement.replaceChildren();
});
addEventListener("pageshow", function (event) {
  if (event.persisted) location.reload();
});
