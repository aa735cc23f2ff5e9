use crate::sessions::is_signed_in;
use cookie::Cookie;
use yimen_http_tests::TestApp;

/// A cookie planted before the sign-in is worth nothing afterwards.
#[tokio::test]
async fn a_planted_session_is_not_taken_up() {
    let app = TestApp::start().await;
    let (attacker, victim) = (app.browser(), app.resident("13800000001"));
    for name in ["session", "__Host-session"] {
        let planted = Cookie::build((name, "A".repeat(43))).path("/").build();
        victim.browser.plant_cookie(planted.clone());
        attacker.plant_cookie(planted);
    }
    victim.sign_in().await;
    assert!(!is_signed_in(&attacker).await);
}

/// The attacker plants their own live session: signing in replaces it.
#[tokio::test]
async fn a_session_of_the_attacker_ends_when_the_victim_signs_in() {
    let app = TestApp::start().await;
    let (attacker, victim) = (app.resident("13800000001"), app.resident("13800000002"));
    let client = app.client("hrss").await;
    attacker.sign_in().await;
    for cookie in attacker.browser.cookies() {
        victim.browser.plant_cookie(cookie);
    }
    let request = client.sign_in().with("prompt", "login");
    let page = victim.sign_in_at(&victim.follow(&request).await).await;
    request.read(&page.press("#allow", &[]).await).code();
    let account = victim.browser.get("/account").await;
    assert!(account.text("#methods").contains("0002"));
    let theirs = attacker.browser.get("/account").await;
    assert!(
        !theirs.answer.body.contains("0002"),
        "the attacker's cookie opens nothing of the victim's"
    );
}

/// The attacker plants the cookie of an interaction, to ride along when the victim completes it.
#[tokio::test]
async fn a_planted_interaction_gives_the_attacker_no_session() {
    let app = TestApp::start().await;
    let (attacker, victim) = (app.browser(), app.resident("13800000001"));
    let begun = attacker.get("/account").await;
    for cookie in attacker.cookies() {
        victim.browser.plant_cookie(cookie);
    }
    let page = victim.browser.get(begun.url.path()).await;
    let page = victim.sign_in_at(&page).await;
    assert!(page.has("#devices"));
    assert!(!is_signed_in(&attacker).await);
    let again = attacker.get(begun.url.path()).await;
    assert!(!again.has("#devices") && !again.answer.body.contains("0001"));
}
