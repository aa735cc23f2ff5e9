//! 云川市市场监督管理局: is the name I want for my business still free?

mod application;

use askama::Template;
use axum::Router;
use axum::extract::{Form, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;
use yimen_sdk::{MaybeSignedIn, SignedIn};

use crate::frame::{City, Frame, show};
use crate::language::Language;
use application::{Application, Draft, Form as BusinessForm, Refused, Registry, Verdict};

#[derive(Clone)]
struct Office {
    city: City,
    registry: Registry,
}

pub(crate) fn routes(city: City) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/applications", get(applications).post(apply))
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
}

async fn applications(
    State(office): State<Office>,
    language: Language,
    uri: Uri,
    person: SignedIn,
) -> Response {
    let applications = office.registry.of(person.sub());
    let filed = uri.query().and_then(|query| query.strip_prefix("filed="));
    let page = Applications {
        frame: Frame::new(language, &uri, Some(&person), &office.city),
        just_filed: filed
            .filter(|number| applications.iter().any(|one| one.number == *number))
            .map(str::to_owned),
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
            };
            show(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
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
