//! 云川市人力资源和社会保障局: what somebody has paid in, and what they may expect.

mod statement;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use yimen_sdk::{MaybeSignedIn, SignedIn};

use crate::frame::{City, Frame, show};
use crate::language::Language;
use statement::Statement;

pub(crate) fn routes(city: City) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/pension", get(pension))
        .fallback(nowhere)
        .with_state(city)
}

#[derive(Template)]
#[template(path = "social_security/home.html")]
struct Home {
    frame: Frame,
}

async fn home(State(city): State<City>, language: Language, uri: Uri, person: MaybeSignedIn) -> Response {
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

async fn pension(State(city): State<City>, language: Language, uri: Uri, person: SignedIn) -> Response {
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

#[derive(Template)]
#[template(path = "social_security/nowhere.html")]
struct Nowhere {
    frame: Frame,
}

async fn nowhere(State(city): State<City>, language: Language, uri: Uri, person: MaybeSignedIn) -> Response {
    show(
        StatusCode::NOT_FOUND,
        &Nowhere {
            frame: Frame::new(language, &uri, person.as_ref(), &city),
        },
    )
}
