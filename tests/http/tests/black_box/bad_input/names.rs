//! What somebody who sends a request may give a name to.

use super::files_below;
use std::path::Path;

/// The fields of the pages' forms, and the parameters of the endpoints.
pub(crate) const NAMES: &[&str] = &[
    "access_token",
    "acr_values",
    "act",
    "advance",
    "answer",
    "asked",
    "assertion",
    "back",
    "can_passkey",
    "claims",
    "client",
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "compared",
    "confirmed",
    "contract",
    "credential",
    "cursor",
    "decision",
    "device_code",
    "dispute",
    "done",
    "edition",
    "file",
    "fingerprint",
    "grant_type",
    "id_token_hint",
    "item",
    "lang",
    "limit",
    "login_hint",
    "logout_hint",
    "max_age",
    "name",
    "name_en",
    "nonce",
    "number",
    "optional",
    "organisation",
    "organisation_en",
    "passkey",
    "pattern",
    "phone",
    "post_logout_redirect_uri",
    "prompt",
    "purpose-en-phone",
    "purpose-phone",
    "reason",
    "redirect_uri",
    "refresh_token",
    "request",
    "request_uri",
    "resource",
    "response_mode",
    "response_type",
    "ruling",
    "scope",
    "seen",
    "session",
    "state",
    "token",
    "token_type_hint",
    "ui_locales",
    "until",
    "user_code",
    "version",
    "work",
];

#[test]
fn no_field_of_a_page_is_forgotten_here() {
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../idp/templates");
    let mut found = 0;
    for path in files_below(&templates) {
        let text = std::fs::read_to_string(&path).unwrap();
        for element in text.split('<').filter(|element| !element.starts_with("meta")) {
            for rest in element.split(" name=\"").skip(1) {
                let name = rest.split('"').next().unwrap();
                // What a template fills in is a name of the code's: those of the questions before an act, and of
                // the answer to a department.
                if !name.contains("{{") {
                    found += 1;
                    assert!(NAMES.contains(&name), "{name} in {}", path.display());
                }
            }
        }
    }
    assert!(found > 100, "{found}");
}
