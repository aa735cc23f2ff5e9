//! 云川市市场监督管理局: is the name I want for my business still free? Whoever signs the filing must be known well; who wants a
//! subsidy need not bring what social security knows.

mod application;
mod subsidy;

use std::time::Duration;

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use time::Date;
use yimen_sdk::{Access, Bearer, MaybeSignedIn, SignedIn, require_acr};

use crate::frame::{City, Frame, show};
use crate::language::Language;
use application::{Application, Draft, Form as BusinessForm, Refused, Registry, Verdict};

/// Whoever signs has shown finger or face for it, not in the morning.
const JUST_NOW: Duration = Duration::from_secs(600);

#[derive(Clone)]
struct Office {
    city: City,
    registry: Registry,
}

pub(crate) fn routes(city: City) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/applications", get(applications).post(apply))
        .route(
            "/applications/{number}/sign",
            get(filing).post(sign).route_layer(require_acr(3).fresh(JUST_NOW)),
        )
        .route("/api/filings", get(filings))
        .merge(subsidy::routes(&city))
        .fallback(nowhere)
        .with_state(Office {
            city,
            registry: Registry::default(),
        })
}

#[derive(Template)]
#[template(path = "business_registration/home.html")]
struct Home {
    frame: Frame,
}

async fn home(State(office): State<Office>, language: Language, uri: Uri, person: MaybeSignedIn) -> Response {
    show(
        StatusCode::OK,
        &Home {
            frame: Frame::new(language, &uri, person.as_ref(), &office.city),
        },
    )
}

#[derive(Template)]
#[template(path = "business_registration/applications.html")]
struct Applications {
    frame: Frame,
    applications: Vec<Application>,
    draft: Draft,
    refused: Option<Refused>,
    just_filed: Option<String>,
    just_signed: Option<String>,
    today: Date,
}

async fn applications(
    State(office): State<Office>,
    language: Language,
    uri: Uri,
    person: SignedIn,
) -> Response {
    let applications = office.registry.of(person.sub());
    let done = |what: &str| {
        let number = uri.query().and_then(|query| query.strip_prefix(what))?;
        let is_theirs = applications.iter().any(|one| one.number == number);
        is_theirs.then(|| number.to_owned())
    };
    let page = Applications {
        frame: Frame::new(language, &uri, Some(&person), &office.city),
        just_filed: done("filed="),
        just_signed: done("signed="),
        today: office.city.now().date(),
        applications,
        draft: Draft::default(),
        refused: None,
    };
    show(StatusCode::OK, &page)
}

#[derive(Deserialize)]
struct Submission {
    #[serde(default)]
    form_token: String,
    #[serde(flatten)]
    draft: Draft,
}

async fn apply(
    State(office): State<Office>,
    language: Language,
    uri: Uri,
    person: SignedIn,
    Form(submission): Form<Submission>,
) -> Response {
    let outcome = if person.owns_form(&submission.form_token) {
        office
            .registry
            .file(person.sub(), &submission.draft, office.city.now())
    } else {
        Err(Refused::OldPage)
    };
    match outcome {
        Ok(number) => Redirect::to(&format!("/applications?filed={number}")).into_response(),
        Err(refused) => {
            let page = Applications {
                frame: Frame::new(language, &uri, Some(&person), &office.city),
                applications: office.registry.of(person.sub()),
                draft: submission.draft,
                refused: Some(refused),
                just_filed: None,
                just_signed: None,
                today: office.city.now().date(),
            };
            show(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

#[derive(Template)]
#[template(path = "business_registration/filing.html")]
struct Filing {
    frame: Frame,
    application: Application,
    is_old_page: bool,
}

impl Office {
    /// A filing of theirs that waits for their signature.
    fn unsigned(&self, sub: &str, number: &str) -> Option<Application> {
        let today = self.city.now().date();
        let mut own = self.registry.of(sub).into_iter();
        own.find(|one| one.number == number && one.can_be_signed(today))
    }
}

/// Only people known by name, with a passkey, get here.
async fn filing(
    State(office): State<Office>,
    Path(number): Path<String>,
    language: Language,
    uri: Uri,
    person: SignedIn,
) -> Response {
    let Some(application) = office.unsigned(person.sub(), &number) else {
        return Redirect::to("/applications").into_response();
    };
    let page = Filing {
        frame: Frame::new(language, &uri, Some(&person), &office.city),
        application,
        is_old_page: false,
    };
    show(StatusCode::OK, &page)
}

#[derive(Deserialize)]
struct Signing {
    #[serde(default)]
    form_token: String,
}

async fn sign(
    State(office): State<Office>,
    Path(number): Path<String>,
    language: Language,
    uri: Uri,
    person: SignedIn,
    Form(signing): Form<Signing>,
) -> Response {
    let Some(application) = office.unsigned(person.sub(), &number) else {
        return Redirect::to("/applications").into_response();
    };
    if !person.owns_form(&signing.form_token) {
        let page = Filing {
            frame: Frame::new(language, &uri, Some(&person), &office.city),
            application,
            is_old_page: true,
        };
        return show(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    office.registry.sign(person.sub(), &number, office.city.now());
    Redirect::to(&format!("/applications?signed={number}")).into_response()
}

/// What people have filed is told to devices of ours alone, and only where the person is known by name and passkey.
struct SeeFilings;

impl Access for SeeFilings {
    const LEVEL: u8 = 3;
}

async fn filings(State(office): State<Office>, caller: Bearer<SeeFilings>) -> Json<Value> {
    let told = office.registry.of(caller.sub()).into_iter().map(
        |one| json!({ "number": one.number, "name": one.full_name(), "is_signed": one.signed.is_some() }),
    );
    Json(told.collect())
}

#[derive(Template)]
#[template(path = "business_registration/nowhere.html")]
struct Nowhere {
    frame: Frame,
}

async fn nowhere(
    State(office): State<Office>,
    language: Language,
    uri: Uri,
    person: MaybeSignedIn,
) -> Response {
    show(
        StatusCode::NOT_FOUND,
        &Nowhere {
            frame: Frame::new(language, &uri, person.as_ref(), &office.city),
        },
    )
}
