use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};

use super::pages::{CodePage, CodeProblem, ConfirmPage, DeviceTold, told};
use super::records::{DeviceKey, Request, deny, find, open};
use super::user_code::UserCode;
use crate::department::{Client, DEVICE_CODE};
use crate::oidc::authorize::open_for_device;
use crate::oidc::{Oidc, QueryOrForm, WireError};
use crate::signin::{Interaction, InteractionFault, NewInteraction};
use crate::web::{Facts, Halt, Page, PageError, PostedForm, respond, see_other};

/// Codes that one sender may type in [`GUESSES_IN`], right ones included (RFC 8628 §5.1). Ours: a hall full of people
/// stands behind one address, and of 2^34 codes a hundred are as good as none.
const GUESSES: u64 = 100;
const GUESSES_IN: Duration = Duration::from_secs(10 * 60);

/// What the form of the code is bound to: it is the same for everyone, and only our own pages send it.
const BINDING: &str = "device";

/// What the verification keeps with its interaction.
#[derive(Debug, Serialize, Deserialize)]
struct Carried {
    device: DeviceKey,
    /// Shown for comparison.
    user_code: String,
}

/// GET `/oauth2/device` (RFC 8628 §3.3): asks for the code, which may have come with the address.
///
/// # Errors
/// None: whatever the query says, the code can be typed.
pub async fn show_device(page: Page, given: Result<QueryOrForm, WireError>) -> Result<Response, PageError> {
    let QueryOrForm(given) = given?;
    let given = given.get("user_code").and_then(UserCode::read);
    let user_code = given.map_or_else(String::new, |code| code.to_string());
    Ok(code_page(page, user_code, None).into_response())
}

/// POST `/oauth2/device` with `user_code`: looks for the device.
///
/// # Errors
/// A page where the form is not ours, or the short-lived state does not answer.
pub async fn enter_user_code(
    State(oidc): State<Oidc>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, PageError> {
    form.check_token(BINDING)?;
    let typed = form.one("user_code")?;
    let kept: String = typed.chars().take(20).collect();
    let refused = |page, problem| {
        let status = match problem {
            CodeProblem::TooMany => StatusCode::TOO_MANY_REQUESTS,
            CodeProblem::Malformed | CodeProblem::Unknown => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Ok(respond(status, &code_page(page, kept.clone(), Some(problem))))
    };
    let Some(code) = UserCode::read(typed) else {
        return refused(page, CodeProblem::Malformed);
    };
    if !may_guess(&oidc, &facts).await? {
        return refused(page, CodeProblem::TooMany);
    }
    let found = find(&oidc, &code, facts.now).await?;
    let Some((device, request)) = found else {
        return refused(page, CodeProblem::Unknown);
    };
    let Some(client) = client_of(&oidc, &request).await? else {
        return refused(page, CodeProblem::Unknown);
    };
    let id = oidc.rng.id();
    let here = format!("/oauth2/device/{id}");
    let carried = Carried {
        device,
        user_code: code.to_string(),
    };
    let new = NewInteraction {
        continuation: here.clone(),
        cancel: here.clone(),
        restart: Some("/oauth2/device".to_owned()),
        client: Some((&*client).into()),
        redirect: None,
        ui_locales: None,
        login_hint: None,
        fresh_after: None,
        by_themselves: false,
        aim: None,
        carried: serde_json::to_string(&carried).map_err(PageError::internal)?,
    };
    let cookies = oidc.interactions.open(id, new, &headers, &facts).await?;
    Ok(see_other(&here, cookies))
}

/// GET `/oauth2/device/{id}`: which service asks; the resident compares the code.
///
/// # Errors
/// A page that says why this does not go on.
pub async fn look_at_device(
    State(oidc): State<Oidc>,
    Path(id): Path<String>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
) -> Result<Response, Halt> {
    let (interaction, carried) = pick_up(&oidc, &id, &headers, &facts).await?;
    let Some(client) = waiting_client(&oidc, &carried.device, &facts).await? else {
        return Ok(told(page, DeviceTold::Over));
    };
    let page = page.back_to(format!("/oauth2/device/{id}"));
    let view = ConfirmPage {
        asking: client.asking(page.locale()),
        id,
        token: page.form_token(&interaction.form_binding()),
        user_code: carried.user_code,
        page,
    };
    Ok(view.into_response())
}

/// POST `/oauth2/device/{id}` with `decision`: the resident stands before the device, and goes on to sign in and to
/// allow; or does not.
///
/// # Errors
/// As [`look_at_device`].
pub async fn confirm_device(
    State(oidc): State<Oidc>,
    Path(id): Path<String>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let (interaction, carried) = pick_up(&oidc, &id, &headers, &facts).await?;
    form.check_token(&interaction.form_binding())?;
    if form.one("decision")? != "go-on" {
        oidc.interactions.answer(&interaction).await?;
        deny(&oidc, &carried.device, facts.now).await?;
        return Ok(told(page, DeviceTold::Denied));
    }
    let request = open(&oidc, &carried.device, facts.now).await?;
    let Some(request) = request else {
        return Ok(told(page, DeviceTold::Over));
    };
    let Some(client) = client_of(&oidc, &request).await? else {
        return Ok(told(page, DeviceTold::Over));
    };
    oidc.interactions.answer(&interaction).await?;
    let asked = (request.scope, request.details);
    Ok(open_for_device(&oidc, &client, carried.device, asked, &facts, &headers).await?)
}

async fn pick_up(
    oidc: &Oidc,
    id: &str,
    headers: &HeaderMap,
    facts: &Facts,
) -> Result<(Interaction, Carried), Halt> {
    let interaction = oidc.interactions.pick_up(id, headers, facts.now).await?;
    match serde_json::from_str(&interaction.carried) {
        Ok(carried) => Ok((interaction, carried)),
        // Begun by another room.
        Err(_) => {
            let client_id = interaction.client_id;
            let gone = InteractionFault::Gone { client_id };
            Err(oidc.interactions.send_elsewhere(gone).await?)
        }
    }
}

async fn waiting_client(
    oidc: &Oidc,
    device: &DeviceKey,
    facts: &Facts,
) -> Result<Option<Arc<Client>>, PageError> {
    match open(oidc, device, facts.now).await? {
        Some(request) => client_of(oidc, &request).await,
        None => Ok(None),
    }
}

/// The client that asked, while it is registered to.
async fn client_of(oidc: &Oidc, request: &Request) -> Result<Option<Arc<Client>>, PageError> {
    let client = oidc.departments.client(&request.client_id).await?;
    Ok(client.filter(|client| client.is_active() && client.metadata.may_use_grant(DEVICE_CODE)))
}

/// Counted before the code is looked for, whatever comes of it.
async fn may_guess(oidc: &Oidc, facts: &Facts) -> Result<bool, PageError> {
    let Some(sender) = oidc.senders.sender_of(facts.address) else {
        return Ok(true);
    };
    let name = format!("device-guesses:{sender}");
    let guesses = oidc.state.count(&name, facts.now, GUESSES_IN).await?;
    Ok(guesses <= GUESSES)
}

fn code_page(page: Page, user_code: String, problem: Option<CodeProblem>) -> CodePage {
    let here = match UserCode::read(&user_code) {
        Some(code) => format!("/oauth2/device?user_code={code}"),
        None => "/oauth2/device".to_owned(),
    };
    let page = page.back_to(here);
    CodePage {
        token: page.form_token(BINDING),
        user_code,
        problem,
        page,
    }
}
