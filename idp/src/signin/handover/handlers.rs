use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::super::Signin;
use super::super::arrival::{Entry, Manner};
use super::super::handlers::to_phone;
use super::super::interaction::Interaction;
use super::super::sessions::Proof;
use super::model::{Answer, Approval};
use super::pages::{HandoverPage, Picture, Shown};
use crate::account;
use crate::audit::{Actor, Change, Context};
use crate::web::{Facts, Halt, Locale, Page, PageError, PostedForm, api_headers, see_other};

/// POST `/signin/{id}/handover`: asks a phone for this sign-in.
///
/// # Errors
/// A page that says why this interaction does not go on.
pub async fn begin_handover(
    State(signin): State<Signin>,
    Path(id): Path<String>,
    facts: Facts,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let interaction = signin.begin_page(&id, &headers, &facts).await?;
    form.check_token(&interaction.form_binding())?;
    if interaction.by_themselves {
        return Ok(to_phone(&interaction));
    }
    let device = signin.sessions.device(&headers).await?;
    signin
        .handovers
        .begin(&interaction, &device, facts.address, facts.now)
        .await?;
    Ok(see_other(&here(&id), []))
}

/// GET `/signin/{id}/handover`: the picture and the number; once the phone has said yes, the sign-in.
///
/// # Errors
/// As [`begin_handover`].
pub async fn show_handover(
    State(signin): State<Signin>,
    Path(id): Path<String>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
) -> Result<Response, Halt> {
    let interaction = signin.begin_page(&id, &headers, &facts).await?;
    let asked = signin.handovers.find(&id, facts.now).await?;
    let shown = match asked {
        Some(asked) if asked.is_open() => {
            let code = signin.handovers.code(&id, &asked);
            let address = format!("{}/account/handover/{id}/{code}", signin.site.origin());
            Shown::Open {
                picture: Picture::of(&address)?,
                number: asked.number,
                address,
            }
        }
        Some(asked) => match asked.answer {
            Some(Answer::Yes(_)) => {
                if let Some(response) = signin.enter_by_phone(&interaction, &facts, &headers).await? {
                    return Ok(response);
                }
                Shown::Over
            }
            Some(Answer::No) => Shown::Refused,
            None => Shown::Over,
        },
        None => Shown::Over,
    };
    Ok(view(page, &interaction, shown).into_response())
}

/// GET `/signin/{id}/handover/state`: whether the page still shows what is the case.
///
/// # Errors
/// As [`begin_handover`].
pub async fn handover_state(
    State(signin): State<Signin>,
    Path(id): Path<String>,
    facts: Facts,
    headers: HeaderMap,
) -> Result<Response, Halt> {
    signin.begin_page(&id, &headers, &facts).await?;
    let asked = signin.handovers.find(&id, facts.now).await?;
    let waits = asked.is_some_and(|asked| asked.is_open());
    let mut response = Json(json!({ "waits": waits })).into_response();
    api_headers(response.headers_mut());
    Ok(response)
}

impl Signin {
    /// Signs this browser in by the phone's yes; none where another request has used it, or the phone's own session has
    /// ended since.
    async fn enter_by_phone(
        &self,
        interaction: &Interaction,
        facts: &Facts,
        headers: &HeaderMap,
    ) -> Result<Option<Response>, PageError> {
        let Some(approval) = self.handovers.take(&interaction.id, facts.now).await? else {
            return Ok(None);
        };
        let Approval {
            account,
            session,
            by_passkey,
        } = approval;
        let open = self.sessions.list_open(account).await?;
        let Some(phone) = open.into_iter().find(|one| one.id == session) else {
            return Ok(None);
        };
        // Nobody speaks: the browser that is let in is not remembered.
        let visitor = self.visitor(headers, Locale::default(), facts).await?;
        let known = visitor.browser.is_known(&self.db, account).await?;
        let mut change = Change::begin(&self.db, &Context::of(facts, Actor::Resident, &self.rng)).await?;
        account::hold(&mut change, account).await?;
        if !self.sessions.is_live(&mut change, session).await? {
            return Ok(None);
        }
        let proof = Proof::Phone {
            by_passkey,
            auth_time: phone.auth_time,
            ends_at: phone.expires_at,
        };
        let entry = Entry {
            account,
            proof,
            known,
            manner: Manner::Usual,
        };
        let cookies = self.let_in(change, &visitor, entry).await?;
        Ok(Some(see_other(&interaction.continuation, cookies)))
    }
}

fn view(page: Page, interaction: &Interaction, shown: Shown) -> HandoverPage {
    let page = interaction.dress(page).back_to(here(&interaction.id));
    let token = page.form_token(&interaction.form_binding());
    HandoverPage {
        door: interaction.door(page.locale(), &token),
        id: interaction.id.clone(),
        token,
        shown,
        page,
    }
}

fn here(id: &str) -> String {
    format!("/signin/{id}/handover")
}
