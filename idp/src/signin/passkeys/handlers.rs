use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use webauthn_rs::prelude::Passkey as Credential;

use super::super::Signin;
use super::super::handlers::{phone_page, to_phone};
use super::super::interaction::Interaction;
use super::super::pages::PhoneProblem;
use super::super::sessions::{FRESH, Session};
use super::pages::{OfferPage, PasskeyTrouble, RaisePage, RaiseStep};
use super::sign_in::{Answer, Verdict};
use crate::account::{self, Lacking, Passkey};
use crate::audit::{Actor, Change, Context};
use crate::clock::Timestamp;
use crate::web::{ErrorKind, Facts, Halt, Page, PageError, PostedForm, api_headers, respond, see_other};

/// How long "not now" is listened to.
const NOT_NOW: std::time::Duration = std::time::Duration::from_secs(30 * 24 * 60 * 60);

/// POST `/signin/{id}/passkey/options`: what the page's script hands to the authenticator.
///
/// # Errors
/// A page that says why this interaction does not go on.
pub async fn sign_in_options(
    State(signin): State<Signin>,
    Path(id): Path<String>,
    facts: Facts,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let interaction = signin
        .interactions
        .posted(&id, &form, &headers, facts.now)
        .await?;
    let mut options = signin.passkeys.begin_sign_in(&id, facts.now).await?;
    // Whoever raises a sign-in has shown whose it is: only their own passkeys are offered.
    if let Some(session) = signin.raising(&interaction, &headers, &facts).await? {
        options["allowCredentials"] = signin.allowed(&session).await?;
    }
    Ok(for_script(options))
}

/// POST `/signin/{id}/passkey`: checks an authenticator's answer and signs in.
///
/// # Errors
/// As [`sign_in_options`].
pub async fn sign_in_with_passkey(
    State(signin): State<Signin>,
    Path(id): Path<String>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let interaction = signin
        .interactions
        .posted(&id, &form, &headers, facts.now)
        .await?;
    let raising = signin.raising(&interaction, &headers, &facts).await?;
    let answer = Answer {
        interaction: id,
        credential: read_credential(&form)?,
        visitor: signin
            .visitor(&headers, interaction.dress(page.clone()).locale(), &facts)
            .await?,
        only: raising.as_ref().map(|session| session.account),
    };
    let context = Context::of(&facts, Actor::Resident, &signin.rng);
    let credential_id = answer.credential.id.clone();
    let trouble = match signin.answer_by_passkey(&context, answer).await? {
        Verdict::SignedIn(cookies) => return Ok(see_other(&interaction.continuation, cookies)),
        Verdict::Asked => return Ok(see_other(&format!("/signin/{}/whose", interaction.id), [])),
        Verdict::Over => PasskeyTrouble::Over,
        Verdict::Unknown => PasskeyTrouble::Unknown { credential_id },
        Verdict::OtherAccount => PasskeyTrouble::OtherAccount,
        Verdict::Refused => PasskeyTrouble::Refused,
    };
    Ok(match raising {
        Some(session) => {
            let view = signin
                .raise_page(page, &interaction, &session, Some(trouble))
                .await?;
            view.map_or_else(
                || see_other(&interaction.continuation, []),
                |view| respond(StatusCode::UNPROCESSABLE_ENTITY, &view),
            )
        }
        None => {
            let view = phone_page(
                page,
                &signin,
                &interaction,
                String::new(),
                Some(PhoneProblem::Passkey(trouble)),
            );
            respond(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    })
}

/// GET `/signin/{id}/offer`: after a code, one calm offer of a passkey for the next time.
///
/// # Errors
/// As [`sign_in_options`].
pub async fn offer(
    State(signin): State<Signin>,
    Path(id): Path<String>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
) -> Result<Response, Halt> {
    let (interaction, session) = signin.signed_in(&id, &headers, &facts).await?;
    let is_offered = signin.passkeys.are_offered()
        && !session.is_at_kiosk()
        && interaction
            .aim
            .is_none_or(|aim| session.lacks(aim.level) != Some(Lacking::Passkey))
        && account::may_offer_passkey(&signin.db, session.account, session.auth_time).await?;
    if !is_offered {
        return Ok(see_other(&interaction.continuation, []));
    }
    Ok(offer_page(page, &interaction, None).into_response())
}

/// POST `/signin/{id}/offer/options`: what the page's script hands to the authenticator for a new passkey.
///
/// # Errors
/// As [`sign_in_options`].
pub async fn enrolment_options(
    State(signin): State<Signin>,
    Path(id): Path<String>,
    facts: Facts,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let (interaction, session) = signin.posted(&id, &form, &headers, &facts).await?;
    signin.want_fresh(&interaction, &session, facts.now).await?;
    let context = Context::of(&facts, Actor::Resident, &signin.rng);
    Ok(for_script(
        signin.passkeys.begin_enrolment(&context, &session).await?,
    ))
}

/// POST `/signin/{id}/offer`: keeps the passkey that the authenticator has made.
///
/// # Errors
/// As [`sign_in_options`].
pub async fn enrol(
    State(signin): State<Signin>,
    Path(id): Path<String>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let (interaction, session) = signin.posted(&id, &form, &headers, &facts).await?;
    let context = Context::of(&facts, Actor::Resident, &signin.rng);
    let enrolled = signin
        .passkeys
        .finish_enrolment(&context, &signin.sessions, &session, &read_credential(&form)?)
        .await?;
    let Some(trouble) = PasskeyTrouble::of(enrolled) else {
        return Ok(see_other(&interaction.continuation, []));
    };
    if let Some(session) = signin.raising(&interaction, &headers, &facts).await?
        && let Some(view) = signin
            .raise_page(page.clone(), &interaction, &session, Some(trouble.clone()))
            .await?
    {
        return Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &view));
    }
    let view = offer_page(page, &interaction, Some(trouble));
    Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &view))
}

/// POST `/signin/{id}/offer/later`: not now.
///
/// # Errors
/// As [`sign_in_options`].
pub async fn enrol_later(
    State(signin): State<Signin>,
    Path(id): Path<String>,
    facts: Facts,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let (interaction, session) = signin.posted(&id, &form, &headers, &facts).await?;
    let mut change = Change::begin(&signin.db, &Context::of(&facts, Actor::Resident, &signin.rng)).await?;
    account::postpone_passkey_offer(&mut change, session.account, facts.now.plus(NOT_NOW)).await?;
    change.commit().await?;
    Ok(see_other(&interaction.continuation, []))
}

/// GET `/signin/{id}/raise`: asks for what the sign-in lacks, one thing at a time.
///
/// # Errors
/// As [`sign_in_options`].
pub async fn raise(
    State(signin): State<Signin>,
    Path(id): Path<String>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
) -> Result<Response, Halt> {
    let (interaction, session) = signin.signed_in(&id, &headers, &facts).await?;
    let lacking = interaction.aim.and_then(|aim| session.lacks(aim.level));
    if lacking == Some(Lacking::RealName) && signin.real_names.can_be_proven() {
        return Ok(see_other(&format!("/signin/{id}/identity"), []));
    }
    let view = signin.raise_page(page, &interaction, &session, None).await?;
    if view.as_ref().is_some_and(RaisePage::makes) {
        signin.want_fresh(&interaction, &session, facts.now).await?;
    }
    Ok(view.map_or_else(
        || see_other(&interaction.continuation, []),
        |view| view.into_response(),
    ))
}

/// POST `/signin/{id}/decline`: the resident will not raise the sign-in; whoever asked decides what follows.
///
/// # Errors
/// As [`sign_in_options`].
pub async fn decline(
    State(signin): State<Signin>,
    Path(id): Path<String>,
    facts: Facts,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let interaction = signin
        .interactions
        .posted(&id, &form, &headers, facts.now)
        .await?;
    signin.interactions.decline_raise(&interaction, facts.now).await?;
    Ok(see_other(&interaction.continuation, []))
}

impl Signin {
    /// The interaction and the session of this browser; whoever has none signs in first.
    async fn signed_in(
        &self,
        id: &str,
        headers: &HeaderMap,
        facts: &Facts,
    ) -> Result<(Interaction, Session), Halt> {
        let interaction = self.interactions.pick_up(id, headers, facts.now).await?;
        match self.sessions.current(headers, facts).await? {
            Some(session) => Ok((interaction, session)),
            None => Err(Halt::elsewhere(to_phone(&interaction))),
        }
    }

    /// As [`Signin::signed_in`], behind a form of its pages.
    async fn posted(
        &self,
        id: &str,
        form: &PostedForm,
        headers: &HeaderMap,
        facts: &Facts,
    ) -> Result<(Interaction, Session), Halt> {
        let found = self.signed_in(id, headers, facts).await?;
        form.check_token(&found.0.form_binding())?;
        Ok(found)
    }

    /// Nobody makes a passkey on a device that somebody else has left open: it wants a sign-in of late.
    async fn want_fresh(
        &self,
        interaction: &Interaction,
        session: &Session,
        now: Timestamp,
    ) -> Result<(), Halt> {
        if session.signed_in_here_since(now.minus(FRESH)) {
            return Ok(());
        }
        self.interactions.demand_sign_in(interaction, now).await?;
        Err(Halt::elsewhere(to_phone(interaction)))
    }

    /// The session that this interaction wants stronger.
    pub(in crate::signin) async fn raising(
        &self,
        interaction: &Interaction,
        headers: &HeaderMap,
        facts: &Facts,
    ) -> Result<Option<Session>, PageError> {
        let Some(aim) = interaction.aim else {
            return Ok(None);
        };
        let session = self.sessions.current(headers, facts).await?;
        Ok(session.filter(|one| interaction.accepts(one) && one.lacks(aim.level).is_some()))
    }

    /// The page for what is lacking; none where nothing is that a page of ours could add.
    async fn raise_page(
        &self,
        page: Page,
        interaction: &Interaction,
        session: &Session,
        trouble: Option<PasskeyTrouble>,
    ) -> Result<Option<RaisePage>, PageError> {
        let Some(aim) = interaction.aim else {
            return Ok(None);
        };
        let step = match session.lacks(aim.level) {
            // None is made at a kiosk: the next person stands before the same one.
            Some(Lacking::Passkey)
                if !session.is_at_kiosk()
                    && account::passkeys(&self.db, &self.vault, session.account)
                        .await?
                        .is_empty() =>
            {
                RaiseStep::MakePasskey
            }
            Some(Lacking::Passkey) => RaiseStep::UsePasskey,
            Some(Lacking::RealName | Lacking::Window) | None => return Ok(None),
        };
        let page = interaction
            .dress(page)
            .back_to(format!("/signin/{}/raise", interaction.id));
        let token = page.form_token(&interaction.form_binding());
        Ok(Some(RaisePage {
            door: interaction.door(page.locale(), &token),
            id: interaction.id.clone(),
            token,
            step,
            is_required: aim.is_required,
            trouble,
            page,
        }))
    }

    async fn allowed(&self, session: &Session) -> Result<Value, PageError> {
        let held = account::passkeys(&self.db, &self.vault, session.account).await?;
        let ids = held.iter().filter_map(credential_id);
        Ok(ids.map(|id| json!({ "type": "public-key", "id": id })).collect())
    }
}

fn offer_page(page: Page, interaction: &Interaction, trouble: Option<PasskeyTrouble>) -> OfferPage {
    let page = interaction
        .dress(page)
        .back_to(format!("/signin/{}/offer", interaction.id));
    let token = page.form_token(&interaction.form_binding());
    OfferPage {
        door: interaction.door(page.locale(), &token),
        id: interaction.id.clone(),
        token,
        trouble,
        page,
    }
}

/// What an authenticator said, as the page's script has written it into the form.
///
/// # Errors
/// Where it is not what WebAuthn says.
pub fn read_credential<T: DeserializeOwned>(form: &PostedForm) -> Result<T, PageError> {
    serde_json::from_str(form.one("credential")?).map_err(|fault| {
        let said = format!(
            "credential is no WebAuthn response: line {} column {}",
            fault.line(),
            fault.column()
        );
        PageError::new(ErrorKind::BadRequest).developer("reason", &said)
    })
}

/// A passkey's credential id in base64url, as browsers write it.
#[must_use]
pub fn credential_id(passkey: &Passkey) -> Option<String> {
    let credential: Credential = serde_json::from_str(&passkey.credential).ok()?;
    Some(URL_SAFE_NO_PAD.encode(credential.cred_id()))
}

fn for_script(options: Value) -> Response {
    let mut response = Json(options).into_response();
    api_headers(response.headers_mut());
    response
}
