//! What a visit to the window is worth to a department: level 4, with a passkey that stands for the person.

use yimen_http_tests::{Authenticator, Client, Page, Resident, Setup, SignIn, TestApp, Tokens};

use super::{PHONE, XIUYING, city};
use crate::proofing::{demanding, prove};

const UNMET: &str = "unmet_authentication_requirements";

fn wishing(app: &TestApp, client: &Client) -> SignIn {
    client.sign_in().with("acr_values", &app.url("/acr/4"))
}

/// From the first page that follows the sign-in to the tokens.
async fn tokens(client: &Client, resident: &Resident, request: &SignIn, page: Page) -> Tokens {
    let response = request.read(&resident.go_on(page).await);
    client.tokens(request, &response).await
}

/// The level is said in the ID token, and by introspection to whoever is given the access token.
async fn assert_level(app: &TestApp, client: &Client, tokens: &Tokens, level: u8) {
    let acr = app.url(&format!("/acr/{level}"));
    assert_eq!(tokens.claims["acr"], acr);
    let told = client.introspect(&tokens.access).await.json();
    assert_eq!((&told["active"], &told["acr"]), (&true.into(), &acr.into()));
}

/// A resident with a passkey made on the account page, in whose session no name has been proven.
async fn with_new_passkey(app: &TestApp) -> (Resident, Authenticator) {
    let (resident, passkey) = (app.resident(PHONE), Authenticator::new());
    passkey
        .enrol(&resident.sign_in().await.click("#add-passkey").await)
        .await;
    (resident, passkey)
}

/// As [`with_new_passkey`], and the name is then proven in a session that the passkey has opened.
async fn with_vouched_passkey(app: &TestApp) -> (Resident, Authenticator) {
    let (resident, passkey) = with_new_passkey(app).await;
    let browser = &resident.browser;
    browser.get("/account").await.press("#sign-out", &[]).await;
    passkey.sign_in(&browser.get("/account").await).await;
    prove(&browser.get("/account/identity").await, XIUYING).await;
    (resident, passkey)
}

#[tokio::test]
async fn who_stood_there_and_has_a_passkey_that_stands_for_them_is_level_4() {
    let (app, _authority) = city(Setup::new()).await;
    let client = app.client("hrss").await;
    let (_, passkey) = with_vouched_passkey(&app).await;
    let shown = app.operator("w").await.confirm(PHONE, XIUYING).await;
    assert_eq!(shown.status(), 200, "{}", shown.text("#told"));

    // As a wish, and as a condition, on a device that nobody has seen before: nothing is asked but the passkey.
    for request in [wishing(&app, &client), demanding(&app, client.sign_in(), 4)] {
        let resident = app.resident(PHONE);
        let page = passkey.sign_in(&resident.follow(&request).await).await;
        let tokens = tokens(&client, &resident, &request, page).await;
        assert_level(&app, &client, &tokens, 4).await;
        assert_eq!(tokens.claims["amr"], serde_json::json!(["pop", "user", "mfa"]));
        let account = resident.browser.get("/account").await;
        assert!(
            account.text("#identity").contains("可信级别 4"),
            "{}",
            account.text("#identity")
        );
        // Less was asked for, and is what the token says.
        let less = demanding(&app, client.sign_in(), 3);
        let response = resident.go_through(&less).await;
        assert_level(&app, &client, &client.tokens(&less, &response).await, 3).await;
    }

    // A code says no more of who typed it than before.
    app.advance("61s").await;
    let resident = app.resident(PHONE);
    let request = demanding(&app, client.sign_in(), 4);
    let raise = resident.sign_in_at(&resident.follow(&request).await).await;
    assert!(raise.url.path().ends_with("/raise"), "{}", raise.url);
    let identity = passkey.sign_in(&raise).await;
    let tokens = tokens(&client, &resident, &request, identity).await;
    assert_level(&app, &client, &tokens, 4).await;
}

/// Whoever took over the telephone may have made it: staff have seen the person, and not who made their passkeys.
#[tokio::test]
async fn a_passkey_from_before_the_visit_is_level_2_until_a_name_vouches_for_it() {
    let (app, _authority) = city(Setup::new()).await;
    let client = app.client("hrss").await;
    let (_, passkey) = with_new_passkey(&app).await;
    assert_eq!(
        app.operator("w").await.confirm(PHONE, XIUYING).await.status(),
        200
    );

    let resident = app.resident(PHONE);
    let request = wishing(&app, &client);
    let identity = passkey.sign_in(&resident.follow(&request).await).await;
    assert!(identity.url.path().ends_with("/identity"), "{}", identity.url);
    let declined = identity.press("#decline", &[]).await;
    let held = tokens(&client, &resident, &request, declined).await;
    assert_level(&app, &client, &held, 2).await;
    let request = demanding(&app, client.sign_in(), 4);
    let identity = resident.follow(&request).await;
    let declined = request.read(&identity.press("#decline", &[]).await);
    assert_eq!(declined.error(), UNMET);

    let request = demanding(&app, client.sign_in(), 4);
    let identity = resident.follow(&request).await;
    let proven = prove(&identity, XIUYING).await;
    let raised = tokens(&client, &resident, &request, proven).await;
    assert_level(&app, &client, &raised, 4).await;
}

/// Everything that our pages can add is there: nothing more is asked, and the answer is the error of OpenID Connect's
/// "Unmet Authentication Requirements 1.0".
#[tokio::test]
async fn without_the_window_an_essential_level_4_is_unmet_and_a_wished_one_is_3() {
    let (app, _authority) = city(Setup::new()).await;
    let client = app.client("hrss").await;
    let (resident, _) = with_vouched_passkey(&app).await;
    let request = demanding(&app, client.sign_in(), 4);
    for request in [request.clone(), request.with("prompt", "none")] {
        let response = request.read(&resident.follow(&request).await);
        assert_eq!(response.error(), UNMET);
    }
    let request = wishing(&app, &client);
    let page = resident.follow(&request).await;
    let held = tokens(&client, &resident, &request, page).await;
    assert_level(&app, &client, &held, 3).await;
}
