use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey as Credential, PublicKeyCredential, WebauthnError,
};

use super::pages::{SignInPage, Trouble};
use super::{Admin, CEREMONY, DESK, SIGN_IN};
use crate::audit::{Action, Actor, Change, Context, Event};
use crate::operator::{self, OperatorPasskey};
use crate::signin::read_credential;
use crate::web::{Facts, Halt, Page, PageError, PostedForm, api_headers, respond, see_other};

/// GET `/admin/sign-in`: by passkey, and by nothing else.
///
/// # Errors
/// Where the records do not answer.
pub async fn show_sign_in(
    State(admin): State<Admin>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    if admin.operators.on_duty(&headers, facts.now).await?.is_some() {
        return Ok(see_other(DESK, []));
    }
    let id = admin.rng.id();
    Ok(sign_in_page(page, &id, None).into_response())
}

/// POST `/admin/sign-in/{id}/options`: what the page's script hands to the authenticator.
///
/// # Errors
/// A page where the form is not ours, or the short-lived state does not answer.
pub async fn sign_in_options(
    State(admin): State<Admin>,
    Path(id): Path<String>,
    facts: Facts,
    form: PostedForm,
) -> Result<Response, PageError> {
    form.check_token(&binding(&id))?;
    admin.interactions.admit(&facts).await?;
    let (options, ceremony) = admin
        .passkeys
        .relying_party()?
        .begin_sign_in()
        .map_err(PageError::internal)?;
    let kept = serde_json::to_vec(&ceremony).map_err(PageError::internal)?;
    admin.state.put(&key(&id), &kept, facts.now, CEREMONY).await?;
    let mut response = Json(options).into_response();
    api_headers(response.headers_mut());
    Ok(response)
}

/// POST `/admin/sign-in/{id}`: checks the authenticator's answer and begins a session of its operator's.
///
/// # Errors
/// As [`sign_in_options`].
pub async fn sign_in(
    State(admin): State<Admin>,
    Path(id): Path<String>,
    facts: Facts,
    page: Page,
    form: PostedForm,
) -> Result<Response, Halt> {
    form.check_token(&binding(&id))?;
    let answer: PublicKeyCredential = read_credential(&form)?;
    let context = Context::of(&facts, Actor::Operator, &admin.rng);
    Ok(match admin.answer(&context, &id, &answer).await? {
        Ok(cookie) => see_other(DESK, [cookie]),
        Err(trouble) => {
            let view = sign_in_page(page, &admin.rng.id(), Some(trouble));
            respond(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    })
}

/// POST `/admin/sign-out`
///
/// # Errors
/// A page where the form is not ours, or the records do not answer.
pub async fn sign_out(
    State(admin): State<Admin>,
    facts: Facts,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let on_duty = admin.signed_in(&headers, &facts).await?;
    form.check_token(&on_duty.form_binding())?;
    let context = Context::of(&facts, Actor::Operator, &admin.rng);
    let cookie = admin.operators.end(&context, &headers).await?;
    Ok(see_other(SIGN_IN, [cookie]))
}

impl Admin {
    async fn answer(
        &self,
        context: &Context,
        id: &str,
        answer: &PublicKeyCredential,
    ) -> Result<Result<HeaderValue, Trouble>, PageError> {
        let kept = self.state.take(&key(id), context.now).await?;
        let ceremony: Option<DiscoverableAuthentication> =
            kept.and_then(|kept| serde_json::from_slice(&kept).ok());
        let Some(ceremony) = ceremony else {
            return Ok(Err(Trouble::Over));
        };
        let rp_id = self.passkeys.relying_party()?.id();
        let found = operator::find_passkey(&self.db, rp_id, answer.get_credential_id()).await?;
        let Some(found) = found else {
            return Ok(Err(Trouble::Refused));
        };
        match self.check(answer, ceremony, &found) {
            Ok(credential) => self.begin(context, &found, &credential).await,
            Err(fault) => {
                tracing::info!(reason = %fault, "an operator's passkey was refused");
                let mut change = Change::begin(&self.db, context).await?;
                if matches!(fault, WebauthnError::CredentialPossibleCompromise) {
                    operator::end_cloned(&mut change, &found).await?;
                }
                let failed = Event::new(Action::OperatorFailed).with("operator", found.operator.id);
                let failed = failed.with("passkey", found.id);
                change.record(failed.with("reason", fault.to_string())).await?;
                change.commit().await?;
                Ok(Err(Trouble::Refused))
            }
        }
    }

    /// What the passkey is after this use, as the records keep it.
    fn check(
        &self,
        answer: &PublicKeyCredential,
        ceremony: DiscoverableAuthentication,
        found: &OperatorPasskey,
    ) -> Result<String, WebauthnError> {
        let mut credential: Credential = serde_json::from_str(&found.credential)?;
        if answer.get_user_unique_id() != Some(found.operator.id.as_bytes().as_slice()) {
            return Err(WebauthnError::InvalidUserUniqueId);
        }
        let relying_party = self
            .passkeys
            .relying_party()
            .map_err(|_| WebauthnError::Configuration)?;
        let result = relying_party.finish_sign_in(answer, ceremony, &credential)?;
        credential.update_credential(&result);
        Ok(serde_json::to_string(&credential)?)
    }

    async fn begin(
        &self,
        context: &Context,
        found: &OperatorPasskey,
        credential: &str,
    ) -> Result<Result<HeaderValue, Trouble>, PageError> {
        let mut change = Change::begin(&self.db, context).await?;
        // Another use came between: the person tries again.
        if !operator::use_passkey(&mut change, found, credential).await? {
            return Ok(Err(Trouble::Over));
        }
        let cookie = self.operators.begin(&mut change, &found.operator).await?;
        change.commit().await?;
        Ok(Ok(cookie))
    }
}

fn sign_in_page(page: Page, id: &str, trouble: Option<Trouble>) -> SignInPage {
    let page = page.back_to(SIGN_IN);
    SignInPage {
        token: page.form_token(&binding(id)),
        id: id.to_owned(),
        trouble,
        page,
    }
}

fn binding(id: &str) -> String {
    format!("operator's sign-in {id}")
}

fn key(id: &str) -> String {
    format!("operator-passkey:{{{id}}}")
}
