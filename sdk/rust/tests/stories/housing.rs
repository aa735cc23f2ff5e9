//! Housing and social security: a department that asks for a record, and the one that holds it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use yimen_sdk::{Access, Bearer, Error, Reading, Record, SignedIn, Yimen, require_acr, require_record};

use crate::keys::department_key;
use crate::provider::Provider;
use crate::world::{Time, World, department};

struct Contributions;

impl Access for Contributions {
    const RECORD: Option<&'static str> = Some("contribution_record");
    const PURPOSES: &'static [&'static str] = &["rent_subsidy"];
}

struct KnownWell;

impl Access for KnownWell {
    const RECORD: Option<&'static str> = Some("contribution_record");
    const PURPOSES: &'static [&'static str] = &["rent_subsidy"];
    const LEVEL: u8 = 4;
}

struct JustNow;

impl Access for JustNow {
    const RECORD: Option<&'static str> = Some("contribution_record");
    const PURPOSES: &'static [&'static str] = &["rent_subsidy"];
    const MAX_AGE: Option<Duration> = Some(Duration::from_secs(1));
}

/// Social security, on a port of its own.
async fn hrss(provider: &Provider, time: &Time) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let yimen = Yimen::at(&provider.issuer)
        .department(&address)
        .key_pem(department_key())
        .clock(time.clock());
    let yimen = yimen.load().await.unwrap();
    let app = Router::new()
        .route("/api/contributions", get(contributions))
        .route(
            "/api/known-well",
            get(async |_: Bearer<KnownWell>| Json(json!({}))),
        )
        .route("/api/once", get(once))
        .route("/api/just-now", get(async |_: Bearer<JustNow>| Json(json!({}))))
        .route("/api/nobody", get(async || StatusCode::NOT_FOUND))
        .route("/api/down", get(async || StatusCode::BAD_GATEWAY))
        .route("/api/moved", get(async || Redirect::to("/api/contributions")))
        .route("/api/page", get(async || "<p>welcome</p>"))
        .route("/api/huge", get(async || "a".repeat(1024 * 1024 + 1)))
        .layer(yimen.layer());
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// Refuses the first two questions.
async fn once() -> StatusCode {
    static REFUSED: AtomicUsize = AtomicUsize::new(0);
    if REFUSED.fetch_add(1, Ordering::Relaxed) < 2 {
        StatusCode::UNAUTHORIZED
    } else {
        StatusCode::NOT_FOUND
    }
}

async fn contributions(caller: Bearer<Contributions>) -> Json<Value> {
    let told = format!("{} {:?} {:?}", caller.sub(), caller.actor(), caller.purpose());
    Json(json!({ "months": 14, "told": told }))
}

#[derive(Deserialize)]
struct Paid {
    months: u32,
    told: String,
}

/// Housing, which asks for what social security holds.
pub(crate) async fn housing() -> World {
    let mut world = World::start().await;
    let hrss = hrss(&world.provider, &world.time).await;
    let record = record(&hrss);
    let asked = || require_record(record.clone());
    let own = Router::new()
        .route("/subsidy", get(subsidy).post(subsidy).route_layer(asked()))
        .route(
            "/deed",
            get(subsidy).route_layer(require_acr(3).record(record.clone())),
        )
        .route("/unasked", get(subsidy))
        .route("/subsidy/{page}", get(read).route_layer(asked()))
        .route("/elsewhere", get(elsewhere).route_layer(asked()))
        .route("/both", get(both))
        .route("/silent", get(silent).route_layer(require_record(nowhere())))
        .route("/link", get(link))
        .with_state(hrss)
        .layer(world.yimen.layer());
    let rest = Router::new().fallback_service(department(&world.yimen));
    world.app = own.merge(rest);
    world
}

fn record(hrss: &str) -> Record {
    Record::of(hrss, "contribution_record").purpose("rent_subsidy")
}

async fn subsidy(hrss: State<String>, person: SignedIn) -> Result<String, Error> {
    read(hrss, Path("contributions".to_owned()), person).await
}

async fn read(
    State(hrss): State<String>,
    Path(page): Path<String>,
    person: SignedIn,
) -> Result<String, Error> {
    let address = format!("{hrss}/api/{page}");
    Ok(match person.read::<Paid>(&record(&hrss), &address).await? {
        Reading::Found(paid) => format!("{} months: {}", paid.months, paid.told),
        Reading::Nothing => "nothing".to_owned(),
        Reading::Declined => "declined".to_owned(),
    })
}

/// Asks for the second when it has the first.
async fn both(State(hrss): State<String>, person: SignedIn) -> Result<String, Error> {
    let address = format!("{hrss}/api/nobody");
    let pension = Record::of(&hrss, "pension").purpose("rent_subsidy");
    let (first, second) = (
        person.read::<Paid>(&record(&hrss), &address).await?,
        person.read::<Paid>(&pension, &address).await?,
    );
    let is_nothing = |reading| matches!(reading, Reading::Nothing);
    assert!(is_nothing(first) && is_nothing(second));
    Ok("nothing nothing".to_owned())
}

async fn elsewhere(State(hrss): State<String>, person: SignedIn) -> Response {
    let read = person
        .read::<Paid>(&record(&hrss), "http://127.0.0.1:9/api")
        .await;
    read.err().unwrap().to_string().into_response()
}

/// A holder where nobody listens; its address is about the person.
fn nowhere() -> Record {
    Record::of("http://127.0.0.1:1", "contribution_record").purpose("rent_subsidy")
}

async fn silent(person: SignedIn) -> String {
    let read = person
        .read::<Paid>(&nowhere(), "http://127.0.0.1:1/api?number=330106")
        .await;
    let error = read.err().unwrap();
    assert!(error.is_temporary());
    error.to_string()
}

async fn link(State(hrss): State<String>, person: SignedIn) -> String {
    person.asking_address(&record(&hrss), "/subsidy")
}
