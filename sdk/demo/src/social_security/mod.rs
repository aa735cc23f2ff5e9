//! 云川市人力资源和社会保障局: what somebody has paid in, and what they may expect. Other departments whom they allow it read
//! for how long they have paid.

mod insured;
mod statement;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use yimen_sdk::{Access, Bearer, MaybeSignedIn, SignedIn};

use crate::frame::{City, Frame, show};
use crate::language::Language;
pub(crate) use insured::Insured;
use statement::Statement;

#[derive(Clone)]
struct Office {
    city: City,
    insured: Insured,
}

pub(crate) fn routes(city: City, insured: Insured) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/pension", get(pension))
        .route("/api/contributions", get(contributions))
        .fallback(nowhere)
        .with_state(Office { city, insured })
}

#[derive(Template)]
#[template(path = "social_security/home.html")]
struct Home {
    frame: Frame,
}

async fn home(
    State(Office { city, .. }): State<Office>,
    language: Language,
    uri: Uri,
    person: MaybeSignedIn,
) -> Response {
    show(
        StatusCode::OK,
        &Home {
            frame: Frame::new(language, &uri, person.as_ref(), &city),
        },
    )
}

#[derive(Template)]
#[template(path = "social_security/pension.html")]
struct Pension {
    frame: Frame,
    statement: Statement,
    level: Option<u8>,
    today: String,
}

async fn pension(
    State(Office { city, .. }): State<Office>,
    language: Language,
    uri: Uri,
    person: SignedIn,
) -> Response {
    let frame = Frame::new(language, &uri, Some(&person), &city);
    let today = city.now().date();
    let page = Pension {
        statement: Statement::of(person.sub(), today),
        level: person.level(),
        today: frame.date(&today),
        frame,
    };
    show(StatusCode::OK, &page)
}

/// For how long somebody has paid in is told to whom they allow it, and to nobody else. Not what they earn: nobody needs
/// that for what the record may be read for.
struct ContributionRecord;

impl Access for ContributionRecord {
    const RECORD: Option<&'static str> = Some("contribution_record");
    const PURPOSES: &'static [&'static str] = &["startup_subsidy"];
}

async fn contributions(
    State(Office { city, insured }): State<Office>,
    caller: Bearer<ContributionRecord>,
) -> Result<Json<Value>, StatusCode> {
    if !insured.has(caller.sub()) {
        return Err(StatusCode::NOT_FOUND);
    }
    let today = city.now().date();
    let statement = Statement::of(caller.sub(), today);
    let last_paid = statement.paid.first().map(|payment| &payment.month);
    Ok(Json(
        json!({ "months": statement.months, "last_paid": last_paid }),
    ))
}

#[derive(Template)]
#[template(path = "social_security/nowhere.html")]
struct Nowhere {
    frame: Frame,
}

async fn nowhere(
    State(Office { city, .. }): State<Office>,
    language: Language,
    uri: Uri,
    person: MaybeSignedIn,
) -> Response {
    show(
        StatusCode::NOT_FOUND,
        &Nowhere {
            frame: Frame::new(language, &uri, person.as_ref(), &city),
        },
    )
}
