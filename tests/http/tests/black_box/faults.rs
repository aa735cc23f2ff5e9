//! The database gone, Redis gone, the process told to stop, the process shot.

use crate::sessions::is_signed_in;
use sqlx::Connection;
use std::time::{Duration, Instant};
use yimen_http_tests::{
    Backend, Client, Gateway, OwnRedis, Page, Raw, Receiver, Registration, Resident, Setup, Taps, TestApp,
};

async fn behind_taps() -> (TestApp, Taps) {
    let (setup, taps) = Setup::new().with_taps();
    (setup.start().await, taps)
}

/// A resident who is signed in and has tokens, and a department.
async fn before_the_fault(app: &TestApp) -> (Resident, Client, String) {
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let tokens = resident.sign_in_to(&client).await;
    (resident, client, tokens.refresh)
}

fn assert_try_again(page: &Page) {
    page.assert_error(503, "temporarily_unavailable");
    assert!(!page.answer.header("retry-after").is_empty());
    assert!(page.text("main").contains("再试"), "{}", page.text("main"));
}

/// Waits until `holds`, and says how long that took.
async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "not within 20 s: {what}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!("{what} after {:?}", began.elapsed());
}

async fn until_ready(app: &TestApp) {
    until("ready again", async || app.get("/readyz").await.status == 200).await;
}

/// How long an answer may take while something is gone: well within the request's own limit.
async fn quickly<T>(what: &str, work: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let result = work.await;
    println!("{what} answered after {:?}", began.elapsed());
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{what} took {:?}",
        began.elapsed()
    );
    result
}

async fn assert_works(app: &TestApp, resident: &Resident, client: &Client, refresh: &str) {
    assert!(is_signed_in(&resident.browser).await, "nobody was signed out");
    assert_eq!(client.refresh(refresh).await.status, 200);
    app.advance("61s").await;
    resident.elsewhere().sign_in_to(client).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis"]
async fn without_its_database_it_says_so_and_recovers() {
    let (app, taps) = behind_taps().await;
    let (resident, client, refresh) = before_the_fault(&app).await;
    let form = app.resident("13800000002");
    let number = form.browser.get("/account").await;
    let cookies = resident.browser.cookies().len();

    taps.database.shut();
    let ready = quickly("readyz", app.get("/readyz")).await;
    assert_eq!(
        (ready.status, &ready.json()["database"]),
        (503, &"unavailable".into())
    );
    assert_eq!(
        app.get("/healthz").await.status,
        200,
        "the process itself is well"
    );
    assert_try_again(&quickly("the account", resident.browser.get("/account")).await);
    assert_try_again(&quickly("a number", form.ask_for_code(&number)).await);
    let request = client.sign_in();
    let page = quickly("a sign-in", resident.follow(&request)).await;
    if page.left_for().is_some() {
        assert_eq!(request.read(&page).error(), "temporarily_unavailable");
    } else {
        assert_try_again(&page);
    }
    let answer = quickly("a refresh", client.refresh(&refresh)).await;
    answer.assert_error(503, "temporarily_unavailable");
    assert_eq!(
        resident.browser.cookies().len(),
        cookies,
        "no cookie is cleared for a fault of ours"
    );
    for path in ["/oauth2/jwks", "/.well-known/openid-configuration"] {
        assert_eq!(app.get(path).await.status, 200, "{path} needs no database");
    }

    taps.database.open();
    until_ready(&app).await;
    assert_works(&app, &resident, &client, &refresh).await;
    assert!(
        form.ask_for_code(&number).await.has("#code"),
        "the same page goes on"
    );
}

/// The machine of the database is gone, and nothing tells the node so.
#[tokio::test]
#[ignore = "needs PostgreSQL and Redis"]
async fn a_database_that_says_nothing_is_not_waited_for() {
    let (app, taps) = behind_taps().await;
    let receiver = Receiver::start();
    let logout = Registration::new("hrss").option("--backchannel-logout-uri", &receiver.uri);
    let client = app.register(logout).await;
    let resident = app.resident("13800000001");
    let refresh = resident.sign_in_to(&client).await.refresh;

    taps.database.stall();
    // The first finds the connections dead, the second can make none.
    for _ in 0..2 {
        assert_try_again(&quickly("the account", resident.browser.get("/account")).await);
    }
    let answer = quickly("a refresh", client.refresh(&refresh)).await;
    answer.assert_error(503, "temporarily_unavailable");
    let ready = quickly("readyz", app.get("/readyz")).await;
    assert_eq!(
        (ready.status, &ready.json()["database"]),
        (503, &"unavailable".into())
    );
    assert_eq!(app.get("/oauth2/jwks").await.status, 200);
    for task in ["the outbox cannot be read", "the key ring could not be refreshed"] {
        until(task, async || app.log().contains(task)).await;
    }

    taps.database.open();
    until_ready(&app).await;
    assert_works(&app, &resident, &client, &refresh).await;
    let account = resident.browser.get("/account").await;
    let asked = account.press("#sign-out-everywhere", &[]).await;
    asked.press("#confirm", &[]).await;
    receiver.wait_for(1).await;
    let kid = app.command_json(&["keys", "list"])[0]["kid"].to_string();
    let kid = kid.trim_matches('"');
    assert!(app.get("/oauth2/jwks").await.body.contains(kid));
    app.command(&["keys", "revoke", kid]);
    until("the key is given up", async || {
        !app.get("/oauth2/jwks").await.body.contains(kid)
    })
    .await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis"]
async fn without_redis_it_says_so_and_recovers() {
    let (app, taps) = behind_taps().await;
    let (resident, client, refresh) = before_the_fault(&app).await;
    let form = app.resident("13800000002");
    let number = form.browser.get("/account").await;

    taps.state.shut();
    let ready = quickly("readyz", app.get("/readyz")).await;
    assert_eq!(
        (ready.status, &ready.json()["state"]),
        (503, &"unavailable".into())
    );
    assert!(
        quickly("the account", is_signed_in(&resident.browser)).await,
        "sessions are records"
    );
    assert_eq!(
        quickly("a refresh", client.refresh(&refresh)).await.status,
        200,
        "grants are records"
    );
    assert_try_again(&quickly("a number", form.ask_for_code(&number)).await);
    assert_try_again(&quickly("a sign-in", app.browser().get("/account")).await);

    taps.state.open();
    until_ready(&app).await;
    assert_works(&app, &resident, &client, &refresh).await;
    assert!(
        form.ask_for_code(&number).await.has("#code"),
        "the same page goes on"
    );
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis"]
async fn a_full_redis_asks_everybody_to_try_again() {
    let redis = OwnRedis::start().await;
    let app = Setup::new().set("state.url", redis.url.as_str()).start().await;
    let (resident, client, refresh) = before_the_fault(&app).await;
    let by_key = app.register(Registration::new("key").with_key()).await;
    let form = app.resident("13800000002");
    let number = form.browser.get("/account").await;

    redis.tell(&["CONFIG", "SET", "maxmemory", "1"]).await;
    assert_try_again(&form.ask_for_code(&number).await);
    assert_try_again(&app.browser().get("/account").await);
    let answer = by_key.refresh("made-up").await;
    answer.assert_error(503, "temporarily_unavailable");
    assert!(!answer.header("retry-after").is_empty());
    assert!(app.log().contains("OOM"), "the log says why");

    redis.tell(&["CONFIG", "SET", "maxmemory", "0"]).await;
    by_key.refresh("made-up").await.assert_error(400, "invalid_grant");
    assert!(
        form.ask_for_code(&number).await.has("#code"),
        "the same page goes on"
    );
    assert_works(&app, &resident, &client, &refresh).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis"]
async fn the_doctor_names_a_redis_that_forgets() {
    let redis = OwnRedis::start().await;
    let app = Setup::new().set("state.url", redis.url.as_str()).start().await;
    let (_, sound) = app.command(&["doctor"]);
    assert!(sound.contains("✓ short-lived state"), "{sound}");
    redis
        .tell(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"])
        .await;
    let (status, faulty) = app.command(&["doctor"]);
    assert!(!status.success());
    let line = faulty.lines().find(|line| line.contains("short-lived state"));
    let line = line.unwrap_or_default();
    assert!(
        line.starts_with('✗') && line.contains("allkeys-lru") && line.contains("noeviction"),
        "{faulty}"
    );
}

#[tokio::test]
async fn when_memory_is_full_nobody_begins_and_whoever_has_begun_goes_on() {
    let app = Setup::new()
        .set("state.url", "memory:")
        .set("state.memory_limit", 64 * 1024)
        .start()
        .await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let request = client.sign_in();
    let number = resident.follow(&request).await;
    let mut begun = 0;
    while app.get("/account").await.status == 303 {
        begun += 1;
        assert!(begun < 200, "the store has no bound");
    }
    println!("{begun} sign-ins begun and left");
    assert_try_again(&app.browser().get("/account").await);
    let late = app.resident("13800000002");
    assert_try_again(&late.follow(&client.sign_in()).await);

    let response = request.read(&resident.go_on(number).await);
    client.tokens(&request, &response).await;
    app.advance("13h").await;
    late.sign_in_to(&client).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis"]
async fn a_moment_without_the_database_is_forgotten_at_once() {
    let (app, taps) = behind_taps().await;
    let (resident, client, refresh) = before_the_fault(&app).await;
    taps.database.shut();
    taps.database.open();
    // The pool's connections are dead, and replaced without anyone noticing.
    until_ready(&app).await;
    assert_works(&app, &resident, &client, &refresh).await;
}

#[tokio::test]
async fn told_to_stop_it_finishes_what_is_under_way() {
    let app = TestApp::start().await;
    let mut open = Raw::open(app.port()).await;
    let body = "token=x";
    let head = format!(
        "POST /oauth2/introspect HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    open.send(head.as_bytes()).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    app.terminate();
    tokio::time::sleep(Duration::from_millis(300)).await;
    open.send(body.as_bytes()).await;
    let answer = open
        .rest(Duration::from_secs(10))
        .await
        .expect("it closes the connection");
    assert!(
        answer.starts_with("HTTP/1.1 401"),
        "the request that had begun is answered: {answer:?}"
    );
    let status = app.wait_for_end(Duration::from_secs(10)).expect("it ends");
    assert!(status.success(), "{status}");
    app.start_again();
    app.resident("13800000001").sign_in().await;
}

/// The browser that asked for the message is gone, so that no request is in flight any more.
#[tokio::test]
async fn told_to_stop_it_writes_down_a_message_that_is_under_way() {
    const DELIVERED: &str = "audit WHERE action = 'code.delivered'";
    let gateway = Gateway::start();
    let setup = Setup::new()
        .set("sms.providers", vec!["webhook"])
        .set("sms.webhook.url", gateway.url.as_str())
        .set("sms.webhook.secret", gateway.secret());
    let app = setup.start().await;
    let resident = app.resident("13800000001");
    let form = resident.browser.get("/account").await.form("#send-code");
    let asks = tokio::spawn(form.fill("phone", &resident.phone).submit());
    gateway.wait_for_one().await;
    asks.abort();
    assert!(asks.await.is_err(), "the browser hangs up");
    app.terminate();
    let early = app.wait_for_end(Duration::from_secs(1));
    assert_eq!(early, None, "the message is under way");
    assert_eq!(app.count(DELIVERED).await, 0);
    gateway.take_one();
    let status = quickly("the end", async { app.wait_for_end(Duration::from_secs(10)) }).await;
    assert!(status.expect("it ends").success());
    assert_eq!(app.count(DELIVERED).await, 1);
}

#[tokio::test]
async fn told_to_stop_it_does_not_wait_for_idle_connections() {
    let app = TestApp::start().await;
    let mut idle = Vec::new();
    for _ in 0..5 {
        idle.push(Raw::open(app.port()).await);
    }
    app.resident("13800000001").sign_in().await;
    let began = Instant::now();
    app.terminate();
    assert!(app.wait_for_end(Duration::from_secs(5)).is_some());
    println!("ended after {:?}", began.elapsed());
    drop(idle);
}

#[tokio::test]
async fn shot_at_any_moment_it_loses_no_sign_in() {
    let app = TestApp::start().await;
    let mut signed_in: Vec<Resident> = Vec::new();
    for round in 0..4 {
        let (arrived, mut arrivals) = tokio::sync::mpsc::unbounded_channel();
        let mut under_way = Vec::new();
        for end in 0..6 {
            let resident = app.resident(&format!("13800001{round}{end:02}"));
            let arrived = arrived.clone();
            under_way.push(tokio::spawn(async move {
                // Whoever has seen the account page is signed in; the others may be cut off anywhere.
                let page = resident.sign_in().await;
                assert!(page.has("#devices"));
                arrived.send(()).ok();
                resident
            }));
        }
        for _ in 0..=round {
            arrivals.recv().await;
        }
        app.kill();
        for one in under_way {
            signed_in.extend(one.await.ok());
        }
        app.start_again();
        for resident in &signed_in {
            assert!(
                is_signed_in(&resident.browser).await,
                "{} was lost",
                resident.phone
            );
        }
        assert_sound(&app).await;
    }
    app.resident("13800002000").sign_in().await;
}

async fn assert_sound(app: &TestApp) {
    if app.backend() == Backend::SqliteMemory {
        let mut file = sqlx::SqliteConnection::connect(&app.database_url())
            .await
            .unwrap();
        let verdict: String = sqlx::query_scalar("PRAGMA integrity_check")
            .fetch_one(&mut file)
            .await
            .unwrap();
        assert_eq!(verdict, "ok");
        let orphans: Vec<(String,)> = sqlx::query_as("SELECT \"table\" FROM pragma_foreign_key_check")
            .fetch_all(&mut file)
            .await
            .unwrap();
        assert!(orphans.is_empty(), "{orphans:?}");
    }
}

#[tokio::test]
async fn an_empty_database_is_made_ready_at_the_first_start() {
    let app = Setup::new().empty().start().await;
    app.resident("13800000001").sign_in().await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis"]
async fn two_nodes_share_their_records() {
    let app = TestApp::start().await;
    let second = app.second_node().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let tokens = resident.sign_in_to(&client).await;
    // The other node knows the session, the grant and the keys.
    let at_second = |path: &str| second.request("GET", path);
    let account = at_second("/account")
        .header("cookie", resident.browser.cookie_header())
        .send()
        .await
        .unwrap();
    assert_eq!(account.status(), 200);
    let info = at_second("/oauth2/userinfo")
        .bearer_auth(&tokens.access)
        .send()
        .await
        .unwrap();
    assert_eq!(info.status(), 200);
    let (here, there) = (
        app.get("/oauth2/jwks").await.json(),
        second.get("/oauth2/jwks").await.json(),
    );
    assert_eq!(here, there);
}
