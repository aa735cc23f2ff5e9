//! How sign-ins at a department go, told to the operator: week by week, and of no fewer than ten people.

use serde_json::{Value, json};
use yimen_http_tests::{Client, Resident, TestApp};

/// Seconds. Multiples of it fall on a Thursday: a story that begins there ends in the same week.
const WEEK: i64 = 7 * 24 * 60 * 60;

async fn start() -> (TestApp, Client) {
    let app = TestApp::start().await;
    app.begin_period(WEEK).await;
    let client = app.client("hrss").await;
    (app, client)
}

fn people(app: &TestApp, from: usize, count: usize) -> Vec<Resident> {
    let numbers = from..from + count;
    numbers
        .map(|number| app.resident(&format!("138{number:08}")))
        .collect()
}

/// What the operator is told of all weeks that are over.
fn told(app: &TestApp) -> Value {
    let arguments = [
        "department",
        "adoption",
        "hrss",
        "--from",
        "2020-W01",
        "--to",
        "2099-W01",
    ];
    let told = app.command_json(&arguments);
    assert_eq!(told[0]["client_id"], "hrss", "{told}");
    told[0]["weeks"].clone()
}

/// Lets the week end.
async fn end_week(app: &TestApp) {
    // What was counted is added before its week is over.
    app.advance("1s").await;
    app.advance("9d").await;
}

#[tokio::test]
async fn thirty_who_sign_in_are_thirty_and_those_who_leave_are_told_by_where() {
    let (app, client) = start().await;
    for resident in people(&app, 0, 30) {
        resident.sign_in_to(&client).await;
        // Reading a page again is no other sign-in.
        let request = client.sign_in();
        let page = resident.follow(&request).await;
        assert!(!request.read(&page).code().is_empty());
    }
    for resident in people(&app, 100, 10) {
        let page = resident.follow(&client.sign_in()).await;
        resident.browser.get(page.url.path()).await;
    }
    for resident in people(&app, 200, 10) {
        let page = resident.follow(&client.sign_in()).await;
        resident.ask_for_code(&page).await;
    }
    for resident in people(&app, 300, 10) {
        let page = resident.follow(&client.sign_in()).await;
        assert!(resident.sign_in_at(&page).await.has("#allow"));
    }
    assert_eq!(told(&app), json!([]), "the week is not over");
    end_week(&app).await;
    let told = told(&app);
    let [week] = told.as_array().unwrap().as_slice() else {
        panic!("{told}");
    };
    assert_eq!(
        (&week["begun"], &week["finished"]),
        (&json!(90), &json!(60)),
        "{week}"
    );
    assert_eq!(week["returning_percent"], 50, "{week}");
    let parts = &week["parts"];
    let expected = [
        ("left_number", 10),
        ("left_code", 10),
        ("left_consent", 10),
        ("by_sms", 30),
        ("by_session", 30),
        ("no_page", 30),
    ];
    for (cell, expected) in expected {
        assert_eq!(parts[cell], expected, "{cell}: {week}");
    }
    assert_eq!(
        (
            app.count("adoption_person").await,
            app.count("adoption_cell").await
        ),
        (0, 0)
    );
}

#[tokio::test]
async fn nine_are_too_few_to_be_told_of() {
    let (app, client) = start().await;
    for resident in people(&app, 0, 9) {
        for _ in 0..2 {
            let request = client.sign_in();
            let page = resident.follow(&request).await;
            if page.has("#send-code") {
                resident.sign_in_at(&page).await.press("#allow", &[]).await;
            }
        }
    }
    end_week(&app).await;
    let told = told(&app);
    let week = &told[0];
    assert_eq!(
        (&week["begun"], &week["finished"]),
        (&Value::Null, &Value::Null),
        "{week}"
    );
    let parts = week["parts"].as_object().unwrap();
    assert!(parts.values().all(Value::is_null), "{week}");
}

#[tokio::test]
async fn what_was_counted_outlives_an_orderly_end_of_the_node() {
    let (app, client) = start().await;
    for resident in people(&app, 0, 10) {
        resident.sign_in_to(&client).await;
    }
    app.terminate();
    assert!(app.wait_for_end(std::time::Duration::from_secs(20)).is_some());
    assert!(
        app.rows("SELECT COUNT(*) FROM adoption_cell WHERE times = 10")
            .await
            >= 3
    );
    app.start_again();
}

#[tokio::test]
async fn a_bad_week_or_an_unknown_system_is_refused_in_words() {
    let (app, _) = start().await;
    let refused = |arguments: &[&str]| {
        let (status, said) = app.command(&[&["department", "adoption"], arguments].concat());
        assert!(!status.success(), "{said}");
        said
    };
    assert!(refused(&["hrss", "--from", "2026-40"]).contains("2026-W40"));
    assert!(refused(&["nobody"]).contains("no such system"));
}
