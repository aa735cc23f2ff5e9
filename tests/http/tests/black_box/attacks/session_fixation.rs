use crate::proofing::{XIUYING, demanding, prove, start};
use crate::sessions::{is_signed_in, session_cookie};
use cookie::Cookie;
use yimen_http_tests::{Authenticator, Browser, Page, Resident, TestApp};

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

/// Somebody who has the session's cookie as it is now.
async fn thief_of(app: &TestApp, resident: &Resident) -> Browser {
    let thief = app.browser();
    thief.plant_cookie(session_cookie(&resident.browser));
    assert!(is_signed_in(&thief).await, "it is the session's");
    thief
}

/// What was opened in another tab before goes on, and the former cookie does not.
async fn assert_rotated(resident: &Resident, thief: &Browser, other_tab: &Page) {
    assert_ne!(
        session_cookie(thief).value(),
        session_cookie(&resident.browser).value()
    );
    assert!(!is_signed_in(thief).await, "the former cookie opens nothing");
    assert!(is_signed_in(&resident.browser).await);
    let asked = other_tab.press("#sign-out-everywhere", &[]).await;
    assert!(
        asked.has("#confirm"),
        "the other tab's form holds: {}",
        asked.answer.body
    );
}

/// A cookie that was planted or read while the session was worth little is worth nothing once it is worth more: after
/// a passkey, and after a name.
#[tokio::test]
async fn a_cookie_from_before_a_rise_is_dead_after_it() {
    let (app, _authority) = start().await;
    let client = app.client("hrss").await;
    let (resident, passkey) = (app.resident("13800000001"), Authenticator::new());
    let request = demanding(&app, client.sign_in(), 3);
    let make = resident.sign_in_at(&resident.follow(&request).await).await;
    let confirm = passkey.enrol(&make).await;

    let thief = thief_of(&app, &resident).await;
    let other_tab = resident.browser.get("/account").await;
    let identity = passkey.sign_in(&confirm).await;
    assert!(identity.url.path().ends_with("/identity"), "{}", identity.url);
    assert_rotated(&resident, &thief, &other_tab).await;

    let thief = thief_of(&app, &resident).await;
    let consent = prove(&identity, XIUYING).await;
    assert_rotated(&resident, &thief, &other_tab).await;
    let response = request.read(&resident.go_on(consent).await);
    let tokens = client.tokens(&request, &response).await;
    assert_eq!(tokens.claims["acr"], app.url("/acr/3"));
}

#[tokio::test]
async fn a_name_proven_on_the_account_page_changes_the_cookie_too() {
    let (app, _authority) = start().await;
    let resident = app.resident("13800000001");
    let page = resident.sign_in().await.click("#prove-name").await;
    let thief = thief_of(&app, &resident).await;
    let other_tab = resident.browser.get("/account").await;
    let account = prove(&page, XIUYING).await;
    assert_eq!(account.text("h1"), XIUYING.0);
    assert_rotated(&resident, &thief, &other_tab).await;
}
