//! May somebody have the subsidy for founders? It takes a year of social security, which the bureau reads where it is
//! known, if they allow it; or they say it themselves, and bring their statement to the window.

use askama::Template;
use axum::Router;
use axum::extract::{Form, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use yimen_sdk::{Error, Reading, Record, SignedIn, require_record};

use super::Office;
use crate::frame::{City, Frame, show};
use crate::language::Language;

const NEEDED_MONTHS: u32 = 12;
/// Nobody has paid in for longer.
const MOST_MONTHS: u32 = 720;

/// What social security knows, as it tells it.
#[derive(Deserialize)]
struct Contributions {
    months: u32,
    last_paid: Option<String>,
}

/// What the page shows.
enum Finding {
    Read(Contributions),
    /// Social security does not know them.
    Unknown,
    /// They would rather say it themselves.
    Unasked,
    Said(u32),
    Unreadable,
}

impl Finding {
    const fn months(&self) -> u32 {
        match self {
            Self::Read(contributions) => contributions.months,
            Self::Said(months) => *months,
            Self::Unknown | Self::Unasked | Self::Unreadable => 0,
        }
    }
}

#[derive(Template)]
#[template(path = "business_registration/subsidy.html")]
struct Subsidy {
    frame: Frame,
    finding: Finding,
    is_enough: bool,
    /// What they typed.
    typed: String,
    today: String,
    /// Where they are asked once more.
    ask: String,
}

pub(super) fn routes(city: &City) -> Router<Office> {
    let page = get(subsidy).post(say).route_layer(require_record(record(city)));
    Router::new().route("/subsidy", page)
}

/// What the city's operator lets us ask for.
fn record(city: &City) -> Record {
    Record::of(&city.other_department, "contribution_record").purpose("startup_subsidy")
}

async fn subsidy(
    State(office): State<Office>,
    language: Language,
    uri: Uri,
    person: SignedIn,
) -> Result<Response, Error> {
    let address = format!("{}/api/contributions", office.city.other_department);
    let finding = match person.read(&record(&office.city), &address).await? {
        Reading::Found(contributions) => Finding::Read(contributions),
        Reading::Nothing => Finding::Unknown,
        Reading::Declined => Finding::Unasked,
    };
    Ok(Subsidy::page(
        StatusCode::OK,
        &office,
        (language, &uri),
        &person,
        finding,
        String::new(),
    ))
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    form_token: String,
    #[serde(default)]
    months: String,
}

/// Somebody says for how long they have paid.
async fn say(
    State(office): State<Office>,
    language: Language,
    uri: Uri,
    person: SignedIn,
    Form(said): Form<Said>,
) -> Response {
    let months = said.months.trim().parse().ok();
    let months = months.filter(|months| *months <= MOST_MONTHS && person.owns_form(&said.form_token));
    let (status, finding) = months.map_or(
        (StatusCode::UNPROCESSABLE_ENTITY, Finding::Unreadable),
        |months| (StatusCode::OK, Finding::Said(months)),
    );
    Subsidy::page(status, &office, (language, &uri), &person, finding, said.months)
}

impl Subsidy {
    fn page(
        status: StatusCode,
        office: &Office,
        (language, uri): (Language, &Uri),
        person: &SignedIn,
        finding: Finding,
        typed: String,
    ) -> Response {
        let frame = Frame::new(language, uri, Some(person), &office.city);
        let page = Self {
            today: frame.date(&office.city.now().date()),
            ask: person.asking_address(&record(&office.city), "/subsidy"),
            is_enough: finding.months() >= NEEDED_MONTHS,
            frame,
            finding,
            typed,
        };
        show(status, &page).into_response()
    }
}
