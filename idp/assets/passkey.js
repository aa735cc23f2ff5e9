// Passkeys. Pages work without this file: they then ask for a code by text message. Where the browser can, it shows
// the forms for passkeys, lets the authenticator answer, and sends its answer by the form it belongs to.
"use strict";

(function () {
  if (!window.PublicKeyCredential || !navigator.credentials || !window.AbortController) return;

  // Autofill waits in the background; whatever else begins must end it first, since only one ceremony may run.
  var autofill = null;

  function toBytes(text) {
    var plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (char) { return char.charCodeAt(0); });
  }

  function toText(buffer) {
    if (!buffer) return null;
    var plain = String.fromCharCode.apply(null, new Uint8Array(buffer));
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  async function optionsFor(form) {
    var answer = await fetch(form.dataset.options, {
      method: "POST",
      body: new URLSearchParams({ token: form.elements.token.value }),
    });
    if (!answer.ok || answer.redirected) throw new Error("no options");
    var options = await answer.json();
    options.challenge = toBytes(options.challenge);
    if (options.user) options.user.id = toBytes(options.user.id);
    [options.allowCredentials, options.excludeCredentials].forEach(function (list) {
      (list || []).forEach(function (one) { one.id = toBytes(one.id); });
    });
    return options;
  }

  function written(credential) {
    var response = credential.response;
    var transports = response.getTransports ? response.getTransports() : undefined;
    return JSON.stringify({
      id: credential.id,
      rawId: toText(credential.rawId),
      type: credential.type,
      clientExtensionResults: {},
      response: {
        clientDataJSON: toText(response.clientDataJSON),
        attestationObject: toText(response.attestationObject) || undefined,
        transports: response.attestationObject ? transports : undefined,
        authenticatorData: response.attestationObject ? undefined : toText(response.authenticatorData),
        signature: toText(response.signature) || undefined,
        userHandle: response.attestationObject ? undefined : toText(response.userHandle),
      },
    });
  }

  function send(form, credential) {
    form.elements.credential.value = written(credential);
    form.submit();
  }

  async function offerAutofill(form) {
    if (!PublicKeyCredential.isConditionalMediationAvailable) return;
    if (!(await PublicKeyCredential.isConditionalMediationAvailable())) return;
    autofill = new AbortController();
    try {
      var request = { publicKey: await optionsFor(form), mediation: "conditional", signal: autofill.signal };
      send(form, await navigator.credentials.get(request));
    } catch (_) {
      // Ended by the button, or by the person: the page is still there.
    }
  }

  async function ceremony(form) {
    if (autofill) autofill.abort();
    var button = form.querySelector("button");
    var failed = form.querySelector("[data-passkey-failed]");
    var idle = button.innerHTML;
    failed.hidden = true;
    button.textContent = button.dataset.busy;
    button.setAttribute("aria-disabled", "true");
    try {
      var request = { publicKey: await optionsFor(form) };
      send(form, await navigator.credentials[form.dataset.passkey](request));
    } catch (_) {
      failed.hidden = false;
      button.innerHTML = idle;
      button.removeAttribute("aria-disabled");
    }
  }

  document.documentElement.classList.add("has-passkey");

  document.querySelectorAll("form[data-passkey]").forEach(function (form) {
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      event.stopPropagation();
      if (form.querySelector("button").getAttribute("aria-disabled") !== "true") ceremony(form);
    });
  });

  PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable().then(function (available) {
    if (!available) return;
    document.querySelectorAll("[data-can-passkey]").forEach(function (field) { field.value = "yes"; });
    document.querySelectorAll("form[data-passkey]").forEach(function (form) {
      form.hidden = false;
      if (form.dataset.demotes) document.getElementById(form.dataset.demotes).classList.remove("go");
    });
  });

  document.querySelectorAll("form[data-demotes]").forEach(offerAutofill);

  // What the authenticator offers should be what signs in here (WebAuthn Level 3 §5.1.10).
  function signal(name, details) {
    if (PublicKeyCredential[name]) PublicKeyCredential[name](details).catch(function () {});
  }

  document.querySelectorAll("[data-unknown-credential]").forEach(function (one) {
    signal("signalUnknownCredential", { rpId: one.dataset.rpId, credentialId: one.dataset.unknownCredential });
  });

  document.querySelectorAll("[data-accepted-credentials]").forEach(function (one) {
    var rpId = one.dataset.rpId;
    var userId = one.dataset.userId;
    var accepted = one.dataset.acceptedCredentials.split(" ").filter(Boolean);
    signal("signalAllAcceptedCredentials", { rpId: rpId, userId: userId, allAcceptedCredentialIds: accepted });
    signal("signalCurrentUserDetails", { rpId: rpId, userId: userId, name: one.dataset.userName, displayName: one.dataset.userName });
  });
})();
