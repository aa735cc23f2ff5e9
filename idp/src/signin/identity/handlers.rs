use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::super::Signin;
use super::super::handlers::to_phone;
use super::super::interaction::Interaction;
use super::super::sessions::{FRESH, Session};
use super::pages::{IdentityPage, Setting, StoppedPage};
use super::prove::{Outcome, Prove};
use super::typed::{Trouble, Typed};
use crate::account::Lacking;
use crate::audit::{Actor, Context};
use crate::web::{Facts, Halt, Page, PostedForm, respond, see_other};

/// How long somebody may look for their glasses and their card, with the page open.
pub const TO_FILL_IN: Duration = Duration::from_secs(30 * 60);

/// GET `/signin/{id}/identity`: asks for the name and the number that the sign-in lacks.
///
/// # Errors
/// A page that says why this interaction does not go on.
pub async fn show_identity(
    State(signin): State<Signin>,
    Path(id): Path<String>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
) -> Result<Response, Halt> {
    let (interaction, session) = signin.unproven(&id, &headers, &facts, FRESH).await?;
    let view = question(page, &interaction, &session, Typed::default(), Trouble::default());
    Ok(view.into_response())
}

/// POST `/signin/{id}/identity`: has the name confirmed.
///
/// # Errors
/// As [`show_identity`].
pub async fn prove_identity(
    State(signin): State<Signin>,
    Path(id): Path<String>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let (interaction, session) = signin.unproven(&id, &headers, &facts, FRESH + TO_FILL_IN).await?;
    form.check_token(&binding(&interaction, &session))?;
    let typed = Typed::of(&form)?;
    let context = Context::of(&facts, Actor::Resident, &signin.rng);
    let ask = Prove {
        session: session.clone(),
        typed: typed.clone(),
    };
    Ok(match signin.real_names.clone().prove(context, ask).await? {
        Outcome::Proven(cookie) => see_other(&interaction.continuation, cookie),
        Outcome::SignedOut => to_phone(&interaction),
        Outcome::Again(trouble) => {
            let view = question(page, &interaction, &session, typed, trouble);
            respond(trouble.status(), &view)
        }
        Outcome::Stopped(stop) => {
            let (page, setting) = on_the_way(page, &interaction);
            let view = StoppedPage::of(page, setting, stop, &session);
            respond(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    })
}

impl Signin {
    /// The interaction, and the session that lacks a proven name. Whose name it is nobody takes back, so the person
    /// has signed in of late: not on a device that somebody else has left open.
    async fn unproven(
        &self,
        id: &str,
        headers: &HeaderMap,
        facts: &Facts,
        fresh: Duration,
    ) -> Result<(Interaction, Session), Halt> {
        let now = facts.now;
        let interaction = self.interactions.pick_up(id, headers, now).await?;
        let lacking = self.raising(&interaction, headers, facts).await?;
        let lacking = lacking.filter(|session| {
            let aim = interaction.aim.map(|aim| aim.level);
            aim.and_then(|level| session.lacks(level)) == Some(Lacking::RealName)
        });
        match lacking {
            Some(session) if session.signed_in_here_since(now.minus(fresh)) => Ok((interaction, session)),
            Some(_) => {
                self.interactions.demand_sign_in(&interaction, now).await?;
                Err(Halt::elsewhere(to_phone(&interaction)))
            }
            None => Err(Halt::elsewhere(see_other(&interaction.continuation, []))),
        }
    }
}

/// What the forms of the account page about a person's name are bound to: only a page that wanted a fresh sign-in has
/// them, so that no other page's token does it half an hour later.
pub fn to_prove(session: &Session) -> String {
    format!("prove {}", session.id)
}

/// Whoever signs in meanwhile in another tab is not given the name that was typed here.
fn binding(interaction: &Interaction, session: &Session) -> String {
    format!("{}.{}", interaction.form_binding(), session.id)
}

fn on_the_way(page: Page, interaction: &Interaction) -> (Page, Setting) {
    let page = interaction
        .dress(page)
        .back_to(format!("/signin/{}/identity", interaction.id));
    let token = page.form_token(&interaction.form_binding());
    let setting = Setting::OnTheWay {
        door: interaction.door(page.locale(), &token),
        id: interaction.id.clone(),
        token,
        is_required: interaction.aim.is_some_and(|aim| aim.is_required),
    };
    (page, setting)
}

fn question(
    page: Page,
    interaction: &Interaction,
    session: &Session,
    typed: Typed,
    trouble: Trouble,
) -> IdentityPage {
    let (page, setting) = on_the_way(page, interaction);
    IdentityPage {
        token: page.form_token(&binding(interaction, session)),
        setting,
        typed,
        trouble,
        page,
    }
}
