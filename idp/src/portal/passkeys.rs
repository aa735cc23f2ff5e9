use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use uuid::Uuid;

use super::Portal;
use super::end::confirm;
use super::pages::{NewPasskeyPage, Signals};
use super::question::Question;
use crate::account::{self, Identity, Notice, Passkey, PasskeyEnd};
use crate::signin::{Enrolled, FRESH, PasskeyTrouble, Session, credential_id, read_credential};
use crate::web::{ErrorKind, Facts, Halt, Page, PageError, PostedForm, api_headers, respond, see_other};

pub(super) const NEW: &str = "/account/passkeys";
/// Longer names are cut by every list that shows them.
const LONGEST_NAME: usize = 40;

/// GET `/account/passkeys`: what a passkey is, and the way to make one.
///
/// # Errors
/// Where the records do not answer.
pub async fn new_passkey(
    State(portal): State<Portal>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
) -> Result<Response, Halt> {
    let session = portal.fresh_session(&headers, &facts, NEW, FRESH).await?;
    if session.is_at_kiosk() {
        return Ok(see_other("/account#methods", []));
    }
    Ok(new_page(page, &session, None).into_response())
}

/// POST `/account/passkeys/options`: what the page's script hands to the authenticator for a new passkey.
///
/// # Errors
/// A page where the form is not ours, or the records do not answer.
pub async fn passkey_options(
    State(portal): State<Portal>,
    facts: Facts,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let session = portal.posted_fresh(&headers, &facts, &form, NEW, FRESH).await?;
    let context = portal.context(&facts);
    let options = portal.passkeys.begin_enrolment(&context, &session).await?;
    let mut response = Json(options).into_response();
    api_headers(response.headers_mut());
    Ok(response)
}

/// POST `/account/passkeys`: keeps the passkey that the authenticator has made.
///
/// # Errors
/// As [`passkey_options`].
pub async fn add_passkey(
    State(portal): State<Portal>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let session = portal.posted_fresh(&headers, &facts, &form, NEW, FRESH).await?;
    let context = portal.context(&facts);
    let enrolled = portal
        .passkeys
        .finish_enrolment(&context, &portal.sessions, &session, &read_credential(&form)?)
        .await?;
    if enrolled == Enrolled::Made {
        return Ok(see_other("/account?done=passkey-added#methods", []));
    }
    let view = new_page(page, &session, PasskeyTrouble::of(enrolled));
    Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &view))
}

/// POST `/account/passkeys/rename` with `passkey` and `name`.
///
/// # Errors
/// As [`passkey_options`].
pub async fn rename_passkey(
    State(portal): State<Portal>,
    facts: Facts,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let session = portal.posted(&headers, &facts, &form).await?;
    let id = named(&form)?;
    let name: String = form
        .one("name")?
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST_NAME)
        .collect();
    let name = name.trim();
    if name.is_empty() {
        return Ok(see_other("/account?done=nothing#methods", []));
    }
    let mut change = portal.change(&facts).await?;
    if !account::rename_passkey(&mut change, &portal.vault, session.account, id, name).await? {
        return Ok(see_other("/account?done=nothing#methods", []));
    }
    change.commit().await?;
    Ok(see_other("/account?done=passkey-renamed#methods", []))
}

/// POST `/account/passkeys/remove` with `passkey`.
///
/// # Errors
/// As [`passkey_options`].
pub async fn remove_passkey(
    State(portal): State<Portal>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let session = portal
        .posted_fresh(&headers, &facts, &form, super::HOME, FRESH)
        .await?;
    let id = named(&form)?;
    let held = account::passkeys(&portal.db, &portal.vault, session.account).await?;
    let Some(passkey) = held.iter().find(|passkey| passkey.id == id) else {
        return Ok(see_other("/account?done=nothing#methods", []));
    };
    if is_last_of_its_level(&session, &held, passkey) {
        return Ok(see_other("/account?done=passkey-needed#methods", []));
    }
    if form.one("confirmed")? != "yes" {
        let question = Question::RemovePasskey {
            passkey: id.to_string(),
            name: passkey.name.clone(),
        };
        return Ok(confirm(page, &session, question));
    }
    let mut change = portal.change(&facts).await?;
    account::hold(&mut change, session.account).await?;
    let mut change = portal.still_signed_in(change, &session, &headers, &facts).await?;
    // Looked at again: of two that are removed at once, the second is the last.
    if account::stands_alone(&mut change, session.account, id).await? {
        return Ok(see_other("/account?done=passkey-needed#methods", []));
    }
    if account::end_passkey(&mut change, session.account, id, PasskeyEnd::Removed).await? {
        let sessions = &portal.sessions;
        sessions
            .end_of_passkey(&mut change, session.account, id, Some(session.id))
            .await?;
        let device = session.device.to_string();
        let (vault, removed) = (&portal.vault, Notice::PasskeyRemoved);
        account::tell(&mut change, vault, session.account, removed, &device).await?;
        change.commit().await?;
    }
    Ok(see_other("/account?done=passkey-removed#methods", []))
}

/// A person whose real name is known keeps one way to show that it is them: a code alone does not.
fn is_last_of_its_level(session: &Session, held: &[Passkey], passkey: &Passkey) -> bool {
    let others = held.iter().any(|one| one.is_vouched && one.id != passkey.id);
    session.identity > Identity::Unknown && passkey.is_vouched && !others
}

fn named(form: &PostedForm) -> Result<Uuid, PageError> {
    let unknown = |_| PageError::new(ErrorKind::BadRequest).developer("reason", "passkey names no passkey");
    form.one("passkey")?.parse().map_err(unknown)
}

fn new_page(page: Page, session: &Session, trouble: Option<PasskeyTrouble>) -> NewPasskeyPage {
    let page = page.back_to(NEW);
    NewPasskeyPage {
        token: page.form_token(&session.id.to_string()),
        trouble,
        page,
    }
}

/// What authenticators should know of the account's passkeys (WebAuthn Level 3 §5.1.10): each list is for those who know
/// the account by the same handle, of which an account has more than one after a merging.
pub(super) async fn signals(
    portal: &Portal,
    held: &[Passkey],
    session: &Session,
    name: String,
) -> Result<Vec<Signals>, PageError> {
    let Some(rp_id) = portal.passkeys.rp_id() else {
        return Ok(Vec::new());
    };
    let own = account::known_handle(&portal.db, session.account).await?;
    let merged = account::merged_handles(&portal.db, session.account).await?;
    let signals = |known_by: Option<Uuid>, handle: Uuid| {
        let those = held.iter().filter(|passkey| passkey.handle == known_by);
        Signals {
            rp_id: rp_id.to_owned(),
            user_id: URL_SAFE_NO_PAD.encode(handle.as_bytes()),
            accepted: those.filter_map(credential_id).collect::<Vec<_>>().join(" "),
            name: name.clone(),
        }
    };
    let of_own = own.map(|handle| signals(None, handle));
    let of_merged = merged.into_iter().map(|handle| signals(Some(handle), handle));
    Ok(of_own.into_iter().chain(of_merged).collect())
}

/// GET `/.well-known/passkey-endpoints`: where password managers send people to make and to manage passkeys
/// (W3C, A Well-Known URL for Relying Party Passkey Endpoints).
pub async fn passkey_endpoints(State(portal): State<Portal>) -> Result<Response, PageError> {
    if !portal.passkeys.are_offered() {
        return Err(PageError::new(ErrorKind::NotFound));
    }
    let at = |path: &str| format!("{}{path}", portal.site.origin());
    Ok(Json(json!({ "enroll": at(NEW), "manage": at("/account") })).into_response())
}

/// GET `/.well-known/webauthn`: at which other addresses the same passkeys sign in (WebAuthn Level 3 §5.11.1).
pub async fn related_origins(State(portal): State<Portal>) -> Result<Response, PageError> {
    match portal.passkeys.related_origins() {
        [] => Err(PageError::new(ErrorKind::NotFound)),
        origins => Ok(Json(json!({ "origins": origins })).into_response()),
    }
}
