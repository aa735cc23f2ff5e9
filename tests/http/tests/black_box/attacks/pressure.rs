//! A carrier's gateway under attack: its neighbours still get in, and whoever would not pay does not.

use yimen_http_tests::{Page, Resident, Setup, TestApp};

/// What the server sees of one carrier's customers.
pub(super) fn address(host: usize) -> String {
    format!("203.0.113.{host}")
}

pub(super) async fn city() -> TestApp {
    let app = Setup::new()
        .set("http.trusted_proxies", vec!["127.0.0.0/8"])
        .start()
        .await;
    // What is counted by the hour has it before it.
    app.begin_period(3600).await;
    app
}

/// Asks for codes from all over the range and answers each five times wrongly, as the page allows.
pub(super) async fn guess(app: &TestApp, codes: usize) {
    let attacks: Vec<_> = (0..codes)
        .map(|n| {
            let attacker = app.resident(&format!("138000003{n:02}")).at(&address(n + 1));
            tokio::spawn(async move {
                let mut page = ask(&attacker).await;
                for _ in 0..5 {
                    page = page.press("#verify", &[("code", "000000")]).await;
                    assert!(!page.has("#devices"), "one in a million");
                }
            })
        })
        .collect();
    for attack in attacks {
        attack.await.unwrap();
    }
}

pub(super) async fn ask(resident: &Resident) -> Page {
    resident
        .ask_for_code(&resident.browser.get("/account").await)
        .await
}

pub(super) fn is_held(page: &Page) -> bool {
    page.status() == 429 && page.has("form[data-work]")
}

#[tokio::test]
async fn three_hundred_wrong_codes_in_a_range_lock_out_none_of_its_neighbours() {
    let app = city().await;
    let owner = app.resident("13800000001").at(&address(201));
    owner.sign_in().await;
    owner.browser.lose_cookie("session");
    app.advance("61s").await;
    guess(&app, 60).await;

    // Whose browser is known there feels nothing of it.
    owner.sign_in().await;

    // A stranger's browser works.
    let working = app.resident("13800000002").at(&address(202));
    let held = ask(&working).await;
    assert!(is_held(&held), "{}", held.answer.body);
    assert_eq!(held.attribute("form[data-work]", "data-bits"), "17");
    let page = held.press("#continue", &[("work", &held.work())]).await;
    assert_eq!(working.enter_code(&page).await.url.path(), "/account");

    // Without scripts it waits, no longer than is said.
    let waiting = app.resident("13800000003").at(&address(203));
    let held = ask(&waiting).await;
    assert!(held.text("main").contains("75"), "{}", held.text("main"));
    assert_eq!(held.answer.header("retry-after"), "75");
    app.advance("60s").await;
    let held = held.press("#continue", &[]).await;
    assert!(is_held(&held) && held.text("main").contains("15"));
    assert!(waiting.codes().await.is_empty());
    app.advance("15s").await;
    let page = held.press("#continue", &[]).await;
    assert_eq!(waiting.enter_code(&page).await.url.path(), "/account");

    // Another range has nothing to do with it.
    app.resident("13800000004").at("198.51.100.7").sign_in().await;
    let log = app.log();
    assert_eq!(
        log.matches("an address range is under pressure").count(),
        1,
        "the operator is told once"
    );
    assert_eq!(log.matches("an address range has reached its ceiling").count(), 1);
    assert!(!log.contains("203.0.113."), "and not who was where");
}

#[tokio::test]
async fn a_code_from_before_the_attack_is_paid_for_before_it_is_looked_at() {
    let app = city().await;
    let resident = app.resident("13800000001").at(&address(201));
    let page = ask(&resident).await;
    guess(&app, 60).await;
    let code = resident.latest_code().await;
    let wrong = if code == "111111" { "222222" } else { "111111" };
    for typed in [wrong, &code] {
        let held = page.press("#verify", &[("code", typed)]).await;
        assert!(is_held(&held), "a right code looks as a wrong one does");
    }
    let held = page.press("#verify", &[("code", wrong)]).await;
    let told = held.press("#continue", &[("work", &held.work())]).await;
    assert!(told.text("#code-error").contains("还可以试 4 次"));
    let page = told.press("#verify", &[("code", &code)]).await;
    assert_eq!(page.url.path(), "/account", "paid once for all its tries");
}

#[tokio::test]
async fn who_would_not_pay_is_sent_nothing() {
    let app = city().await;
    guess(&app, 6).await;
    let attacker = app.resident("13800000001").at(&address(7));
    let held = ask(&attacker).await;
    assert!(is_held(&held));
    let challenge = held.attribute("form[data-work]", "data-work");

    // Pays no heed; answers by guess; says that it was easier, or is paid, or that its time has come.
    for fields in [
        vec![],
        vec![("work", "0")],
        vec![("work", challenge.as_str())],
        vec![("work", "0"), ("bits", "0"), ("data-bits", "0")],
        vec![("work", "0"), ("challenge", ""), ("until", "0"), ("paid", "work")],
    ] {
        let again = held.press("#continue", &fields).await;
        assert!(is_held(&again), "{fields:?}");
        assert_eq!(
            again.attribute("form[data-work]", "data-work"),
            challenge,
            "asking again is no new chance"
        );
    }

    // Solves it for another browser's sign-in.
    let work = held.work();
    let elsewhere = ask(&attacker.elsewhere().at(&address(8))).await;
    assert!(is_held(&elsewhere.press("#continue", &[("work", &work)]).await));
    assert!(attacker.codes().await.is_empty());

    // Uses it twice, the second time for another number.
    let number = attacker.browser.get("/account").await;
    let paid = held.press("#continue", &[("work", &work)]).await;
    assert!(paid.has("#code"));
    let replayed = number
        .form("#send-code")
        .fill("phone", "13800000009")
        .fill("work", &work)
        .submit()
        .await;
    assert!(is_held(&replayed));
    assert_eq!(app.resident("13800000009").codes().await.len(), 0);

    // Keeps what it found for later.
    let old = replayed.work();
    app.advance("10m").await;
    let late = replayed.press("#continue", &[("work", &old)]).await;
    assert!(is_held(&late), "{}", late.answer.body);
    assert_eq!(app.resident("13800000009").codes().await.len(), 0);
}

#[tokio::test]
async fn an_attacker_who_does_the_work_pays_more_and_more() {
    let app = city().await;
    guess(&app, 6).await;
    let mut bits = Vec::new();
    for n in 0..8 {
        let attacker = app.resident(&format!("138000004{n:02}")).at(&address(100 + n));
        let held = ask(&attacker).await;
        bits.push(held.attribute("form[data-work]", "data-bits"));
        let mut page = held.press("#continue", &[("work", &held.work())]).await;
        for _ in 0..5 {
            page = page.press("#verify", &[("code", "000000")]).await;
        }
    }
    assert_eq!(bits, ["14", "14", "14", "14", "14", "14", "15", "15"]);
}
