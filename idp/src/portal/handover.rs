use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::Portal;
use crate::audit::{Action, Event};
use crate::place::Place;
use crate::signin::{Answered, Handover, Session};
use crate::web::{Door, Facts, Halt, Page, PageError, PostedForm, respond, views};

/// GET `/account/handover/{id}/{code}`, from a picture on another screen: who asks there, and the question.
///
/// # Errors
/// A page where the records or the short-lived state do not answer.
pub async fn look_at_handover(
    State(portal): State<Portal>,
    Path((id, code)): Path<(String, String)>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
) -> Result<Response, Halt> {
    // Nobody signs in for a picture that is over.
    let Some(asked) = portal.handovers.scanned(&id, &code, facts.now).await? else {
        return Ok(told(page, Told::Over));
    };
    let here = here(&id, &code);
    let session = portal.approver(&headers, &facts, &here, &asked).await?;
    let there = portal.there(&id, &asked, &facts)?;
    Ok(question(page, &session, here, asked, there, None).into_response())
}

/// POST `/account/handover/{id}/{code}` with `answer` and, for a yes, `number`.
///
/// # Errors
/// As [`look_at_handover`], and where the form is not this session's.
pub async fn answer_handover(
    State(portal): State<Portal>,
    Path((id, code)): Path<(String, String)>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let here = here(&id, &code);
    let handovers = &portal.handovers;
    let Some(asked) = handovers.scanned(&id, &code, facts.now).await? else {
        return Ok(told(page, Told::Over));
    };
    let session = portal.approver(&headers, &facts, &here, &asked).await?;
    form.check_token(&binding(&session, &here))?;
    if form.one("answer")? == "no" {
        let answered = handovers.refuse(&id, &code, facts.now).await?;
        if answered == Answered::Taken {
            let refused = Event::new(Action::HandoverRefused).account(session.account);
            let context = portal.context(&facts);
            context
                .record(&portal.db, refused.with("device", &asked.device))
                .await?;
        }
        return Ok(told(page, Told::Refused));
    }
    let number = form.one("number")?.trim();
    Ok(
        match handovers.approve(&id, &code, number, &session, facts.now).await? {
            Answered::Taken => told(page, Told::Allowed),
            Answered::Over => told(page, Told::Over),
            Answered::Wrong { tries_left } => {
                let there = portal.there(&id, &asked, &facts)?;
                let view = question(page, &session, here, asked, there, Some(tries_left));
                respond(StatusCode::UNPROCESSABLE_ENTITY, &view)
            }
        },
    )
}

/// Where the browser is that asks, as far as that is known.
struct There {
    /// Whether in this phone's network.
    near: Option<bool>,
    place: Option<Place>,
}

impl Portal {
    fn there(&self, id: &str, asked: &Handover, facts: &Facts) -> Result<There, PageError> {
        Ok(There {
            near: self.handovers.is_near(id, asked, facts.address),
            place: self.handovers.place(id, asked)?,
        })
    }

    /// Somebody who has just signed in, here and by themselves: not by another's yes.
    async fn approver(
        &self,
        headers: &HeaderMap,
        facts: &Facts,
        here: &str,
        asked: &Handover,
    ) -> Result<Session, Halt> {
        self.fresh_session(headers, facts, here, asked.patience(facts.now))
            .await
    }
}

/// The question on the phone.
#[derive(Template)]
#[template(path = "portal/handover.html")]
struct HandoverPage {
    page: Page,
    door: Door,
    here: String,
    token: String,
    /// None where the browser does not say what it is.
    device: Option<String>,
    /// The registered kiosk that it is.
    kiosk: Option<String>,
    /// Whether it is in this phone's network, where that can be told.
    near: Option<bool>,
    /// About where it is.
    place: Option<String>,
    /// After a wrong number.
    tries_left: Option<u32>,
}

/// What came of it.
#[derive(Template)]
#[template(path = "portal/handover_told.html")]
struct ToldPage {
    page: Page,
    told: Told,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Allowed,
    Refused,
    Over,
}

impl ToldPage {
    fn heading(&self) -> String {
        let id = match self.told {
            Told::Allowed => "handed-over",
            Told::Refused => "handover-stopped",
            Told::Over => "handover-gone",
        };
        self.page.say(id).to_string()
    }

    fn advice(&self) -> String {
        let id = match self.told {
            Told::Allowed => "handed-over-advice",
            Told::Refused => "handover-stopped-advice",
            Told::Over => "handover-gone-advice",
        };
        self.page.say(id).with("number", self.page.helpline()).to_string()
    }
}

views!(HandoverPage, ToldPage);

fn question(
    page: Page,
    session: &Session,
    here: String,
    asked: Handover,
    there: There,
    tries_left: Option<u32>,
) -> HandoverPage {
    let page = page.back_to(here.clone());
    let door = asked.client.map_or(Door::Account, |caller| {
        Door::Service(caller.asking(page.locale()))
    });
    HandoverPage {
        token: page.form_token(&binding(session, &here)),
        door,
        here,
        device: Some(asked.device).filter(|device| device.chars().any(char::is_alphanumeric)),
        kiosk: asked.kiosk,
        near: there.near,
        place: there.place.map(|place| {
            let name = place.name(page.locale());
            page.say("handover-place").with("place", name).to_string()
        }),
        tries_left,
        page,
    }
}

fn told(page: Page, told: Told) -> Response {
    let status = match told {
        Told::Allowed | Told::Refused => StatusCode::OK,
        Told::Over => StatusCode::GONE,
    };
    respond(status, &ToldPage { page, told })
}

/// The form serves the one who has seen the question, for what the question was about.
fn binding(session: &Session, here: &str) -> String {
    format!("{} {here}", session.id)
}

fn here(id: &str, code: &str) -> String {
    format!("/account/handover/{id}/{code}")
}
