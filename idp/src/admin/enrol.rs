use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::pages::{EnrolPage, Trouble};
use super::{Admin, CEREMONY, SIGN_IN};
use crate::audit::{Actor, Change, Context};
use crate::operator::{self, Operator};
use crate::signin::{StaffEnrolment, read_credential};
use crate::store::hash;
use crate::web::{ErrorKind, Facts, Halt, Page, PageError, PostedForm, api_headers, respond, see_other};

/// GET `/admin/enrol/{code}`, from the link that `yimen admin add` prints. To open it uses nothing up: whoever looks at
/// links on the way to the person may do so.
///
/// # Errors
/// A page where the link is good no more.
pub async fn show_enrolment(
    State(admin): State<Admin>,
    Path(code): Path<String>,
    facts: Facts,
    page: Page,
) -> Result<Response, PageError> {
    let operator = admin.invited(&code, &facts).await?;
    Ok(enrol_page(page, &code, operator, None).into_response())
}

/// POST `/admin/enrol/{code}/options`: what the page's script hands to the authenticator.
///
/// # Errors
/// As [`show_enrolment`], and where the form is not ours.
pub async fn enrolment_options(
    State(admin): State<Admin>,
    Path(code): Path<String>,
    facts: Facts,
    form: PostedForm,
) -> Result<Response, PageError> {
    form.check_token(&binding(&code))?;
    let operator = admin.invited(&code, &facts).await?;
    let attestation = admin.config.settings.operator.attestation;
    let (options, ceremony) = admin
        .passkeys
        .relying_party()?
        .begin_staff_enrolment(operator.id, &operator.name, attestation)
        .map_err(PageError::internal)?;
    let kept = serde_json::to_vec(&ceremony).map_err(PageError::internal)?;
    admin.state.put(&key(&code), &kept, facts.now, CEREMONY).await?;
    let mut response = Json(options).into_response();
    api_headers(response.headers_mut());
    Ok(response)
}

/// POST `/admin/enrol/{code}`: keeps the passkey. From now on the link is good no more, and the person signs in.
///
/// # Errors
/// As [`enrolment_options`].
pub async fn enrol(
    State(admin): State<Admin>,
    Path(code): Path<String>,
    facts: Facts,
    page: Page,
    form: PostedForm,
) -> Result<Response, Halt> {
    form.check_token(&binding(&code))?;
    let operator = admin.invited(&code, &facts).await?;
    let answer = read_credential(&form)?;
    let kept = admin.state.take(&key(&code), facts.now).await?;
    let ceremony: Option<StaffEnrolment> = kept.and_then(|kept| serde_json::from_slice(&kept).ok());
    let again = |page, trouble| {
        let view = enrol_page(page, &code, operator.clone(), Some(trouble));
        Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &view))
    };
    let Some(ceremony) = ceremony else {
        return again(page, Trouble::Over);
    };
    let relying_party = admin.passkeys.relying_party()?;
    let credential = match relying_party.finish_staff_enrolment(&answer, &ceremony) {
        Ok(credential) => credential,
        Err(fault) => {
            tracing::info!(reason = %fault, "an operator's new passkey was refused");
            return again(page, Trouble::Refused);
        }
    };
    let stored = serde_json::to_string(&credential).map_err(PageError::internal)?;
    let context = Context::of(&facts, Actor::Operator, &admin.rng);
    let mut change = Change::begin(&admin.db, &context).await?;
    let id = credential.cred_id();
    if !operator::add_passkey(&mut change, operator.id, &code, id, &stored, relying_party.id()).await? {
        return again(page, Trouble::Refused);
    }
    change.commit().await?;
    Ok(see_other(SIGN_IN, []))
}

impl Admin {
    async fn invited(&self, code: &str, facts: &Facts) -> Result<Operator, PageError> {
        let operator = operator::invited(&self.db, code, facts.now).await?;
        operator.ok_or_else(|| PageError::new(ErrorKind::NotFound).because("no link for a passkey is good"))
    }
}

fn enrol_page(page: Page, code: &str, operator: Operator, trouble: Option<Trouble>) -> EnrolPage {
    let here = format!("/admin/enrol/{code}");
    let page = page.back_to(here.clone());
    EnrolPage {
        token: page.form_token(&binding(code)),
        name: operator.name,
        here,
        trouble,
        page,
    }
}

fn binding(code: &str) -> String {
    format!("operator's link {code}")
}

fn key(code: &str) -> String {
    let digest: String = hash(code).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("operator-link:{{{digest}}}")
}
