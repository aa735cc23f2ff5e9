//! Another department reads a record here: which of its tokens open it, and which open nothing.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::{Value, json};
use yimen_sdk::{Access, Bearer};

use crate::browser::{Answer, Browser};
use crate::provider::CLIENT;
use crate::world::World;

const ASKER: &str = "https://housing.city.example";

struct Contributions;

impl Access for Contributions {
    const RECORD: Option<&'static str> = Some("contribution_record");
    const PURPOSES: &'static [&'static str] = &["rent_subsidy", "startup_grant"];
}

struct KnownWell;

impl Access for KnownWell {
    const RECORD: Option<&'static str> = Some("contribution_record");
    const PURPOSES: &'static [&'static str] = &["rent_subsidy"];
    const LEVEL: u8 = 4;
}

fn told<A: Access>(caller: &Bearer<A>) -> String {
    format!("{} {:?} {:?}", caller.sub(), caller.actor(), caller.purpose())
}

/// A department that holds a record, and has an interface of its own beside it.
async fn holder() -> (World, Browser) {
    let world = World::start().await;
    let app = Router::new()
        .route(
            "/api/contributions",
            get(async |caller: Bearer<Contributions>| told(&caller)),
        )
        .route("/api/deeds", get(async |caller: Bearer<KnownWell>| told(&caller)))
        .route("/api/own", get(async |caller: Bearer| told(&caller)))
        .layer(world.yimen.layer());
    let browser = Browser::new(app, CLIENT);
    (world, browser)
}

fn details(location: &str, record: &str, purpose: &str) -> Value {
    json!({ "type": "data", "locations": [location], "datatypes": [record], "purpose": purpose })
}

/// As the provider would exchange it for this department.
fn exchanged(world: &World, bend: impl Fn(&mut Value)) -> String {
    world.provider.access_token(|claims| {
        claims.as_object_mut().unwrap().remove("scope");
        claims["sub"] = json!("sub-here");
        claims["aud"] = json!(CLIENT);
        claims["client_id"] = json!(ASKER);
        claims["act"] = json!({ "sub": ASKER });
        claims["authorization_details"] = json!([details(CLIENT, "contribution_record", "rent_subsidy")]);
        bend(claims);
    })
}

async fn call(browser: &mut Browser, path: &str, token: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    browser
        .send("GET", path, &[("authorization", bearer.as_str())], "")
        .await
}

async fn assert_refused(browser: &mut Browser, path: &str, token: &str, what: &str, error: &str) {
    let answer = call(browser, path, token).await;
    let status = match error {
        "insufficient_scope" => StatusCode::FORBIDDEN,
        _ => StatusCode::UNAUTHORIZED,
    };
    assert_eq!(answer.status, status, "{what}");
    assert_eq!(answer.body, json!({ "error": error }).to_string(), "{what}");
    let challenge = answer.headers["www-authenticate"].to_str().unwrap();
    assert!(
        challenge.contains(&format!("error=\"{error}\"")),
        "{what}: {challenge}"
    );
}

#[tokio::test]
async fn an_exchanged_token_opens_the_record_and_says_who_reads_it_and_what_for() {
    let (world, mut browser) = holder().await;
    let answer = call(&mut browser, "/api/contributions", &exchanged(&world, |_| {})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(
        answer.body,
        format!("sub-here Some({ASKER:?}) Some(\"rent_subsidy\")")
    );
    assert_eq!(answer.headers["cache-control"], "no-store");
    // Beside objects that are not about it, the one that is counts.
    let among_others = exchanged(&world, |claims| {
        claims["authorization_details"] = json!([
            { "type": "act_for", "mandate": "1" },
            details(CLIENT, "payslip", "rent_subsidy"),
            details(CLIENT, "contribution_record", "startup_grant"),
        ]);
    });
    let answer = call(&mut browser, "/api/contributions", &among_others).await;
    assert!(
        answer.body.ends_with("Some(\"startup_grant\")"),
        "{}",
        answer.body
    );
    let own = call(&mut browser, "/api/own", &world.provider.access_token(|_| {})).await;
    assert_eq!(own.body, "sub-1 None None");
}

#[tokio::test]
async fn a_token_that_was_not_exchanged_for_this_department_opens_nothing() {
    let (world, mut browser) = holder().await;
    let now = world.time.seconds();
    let issuer = world.provider.issuer.clone();
    type Bend = Box<dyn Fn(&mut Value)>;
    let bends: [(&str, Bend); 14] = [
        (
            "another audience",
            Box::new(|c| c["aud"] = json!("https://tax.city.example")),
        ),
        (
            "the provider's own audience",
            Box::new(move |c| c["aud"] = json!(issuer)),
        ),
        (
            "this and another audience",
            Box::new(|c| c["aud"] = json!([CLIENT, ASKER])),
        ),
        (
            "a list of this audience",
            Box::new(|c| c["aud"] = json!([CLIENT])),
        ),
        ("no act", Box::new(|c| c["act"] = Value::Null)),
        (
            "somebody else's act",
            Box::new(|c| c["act"] = json!({ "sub": "https://tax.city.example" })),
        ),
        ("an act in words", Box::new(|c| c["act"] = json!(ASKER))),
        (
            "an act behind an act",
            Box::new(|c| c["act"] = json!({ "sub": ASKER, "act": { "sub": "https://tax.city.example" } })),
        ),
        (
            "another's client",
            Box::new(|c| c["client_id"] = json!("https://tax.city.example")),
        ),
        (
            "another issuer",
            Box::new(|c| c["iss"] = json!("https://evil.example")),
        ),
        ("expired", Box::new(move |c| c["exp"] = json!(now))),
        ("from the future", Box::new(move |c| c["iat"] = json!(now + 61))),
        ("bound to a key", Box::new(|c| c["cnf"] = json!({ "jkt": "x" }))),
        ("nobody's", Box::new(|c| c["sub"] = Value::Null)),
    ];
    for (what, bend) in bends {
        let token = exchanged(&world, bend);
        assert_refused(&mut browser, "/api/contributions", &token, what, "invalid_token").await;
    }
    let own = world.provider.access_token(|_| {});
    assert_refused(
        &mut browser,
        "/api/contributions",
        &own,
        "one of its own",
        "invalid_token",
    )
    .await;
    let kiosks = world
        .provider
        .access_token(|c| c["client_id"] = json!("hall-kiosk"));
    assert_refused(
        &mut browser,
        "/api/contributions",
        &kiosks,
        "a caller's own",
        "invalid_token",
    )
    .await;
}

#[tokio::test]
async fn a_token_for_another_record_or_purpose_does_not_open_this_one() {
    let (world, mut browser) = holder().await;
    let record = || details(CLIENT, "contribution_record", "rent_subsidy");
    let with = |member: &str, value: Value| {
        let mut object = record();
        object[member] = value;
        json!([object])
    };
    for (what, granted) in [
        ("nothing", Value::Null),
        ("an empty list", json!([])),
        ("no list", record()),
        ("another record", with("datatypes", json!(["payslip"]))),
        ("no record", with("datatypes", json!([]))),
        ("another purpose", with("purpose", json!("credit_check"))),
        ("no purpose", with("purpose", Value::Null)),
        ("another place", with("locations", json!([ASKER]))),
        (
            "this place among others",
            with("locations", json!([CLIENT, ASKER])),
        ),
        ("another type", with("type", json!("data_summary"))),
        ("a limit that nobody knows", with("actions", json!(["count"]))),
        (
            "the place of one and the record of another",
            json!([
                details(CLIENT, "payslip", "rent_subsidy"),
                details(ASKER, "contribution_record", "rent_subsidy"),
                details(CLIENT, "contribution_record", "credit_check"),
            ]),
        ),
    ] {
        let token = exchanged(&world, |claims| claims["authorization_details"] = granted.clone());
        assert_refused(
            &mut browser,
            "/api/contributions",
            &token,
            what,
            "insufficient_scope",
        )
        .await;
    }
}

#[tokio::test]
async fn an_exchanged_token_opens_nothing_but_the_record() {
    let (world, mut browser) = holder().await;
    let token = exchanged(&world, |_| {});
    assert_refused(
        &mut browser,
        "/api/own",
        &token,
        "another department's",
        "invalid_token",
    )
    .await;
    // Not even one of a caller whose own tokens open it.
    let kiosks = exchanged(&world, |claims| {
        claims["client_id"] = json!("hall-kiosk");
        claims["act"] = json!({ "sub": "hall-kiosk" });
    });
    assert_refused(&mut browser, "/api/own", &kiosks, "a caller's", "invalid_token").await;
    let read = call(&mut browser, "/api/contributions", &kiosks).await;
    assert_eq!(read.status, StatusCode::OK);
}

#[tokio::test]
async fn a_record_may_ask_for_a_level_too() {
    let (world, mut browser) = holder().await;
    let low = exchanged(&world, |_| {});
    let error = "insufficient_user_authentication";
    assert_refused(&mut browser, "/api/deeds", &low, "level 3", error).await;
    let acr = format!("{}/acr/4", world.provider.issuer);
    let high = exchanged(&world, |claims| claims["acr"] = json!(acr));
    assert_eq!(
        call(&mut browser, "/api/deeds", &high).await.status,
        StatusCode::OK
    );
}
