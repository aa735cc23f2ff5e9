//! The question at sign-in.

use super::{City, HOLDER, KEY, asking, details};
use serde_json::json;
use yimen_http_tests::{Registration, TestApp};

#[tokio::test]
async fn the_page_says_who_asks_whom_for_what_to_what_end_and_until_when() {
    let city = City::start().await;
    let page = city.resident.follow(&city.request()).await;
    let page = city.resident.sign_in_at(&page).await;
    let asked = page.texts(".claim");
    let record = asked.iter().find(|text| text.contains("社保缴费记录")).unwrap();
    for part in [
        format!("云川市某局 · {HOLDER}系统").as_str(),
        "为发放租房补贴",
        "保存在",
        "用到",
    ] {
        assert!(record.contains(part), "{part} is missing in {record}");
    }
    let english = city
        .resident
        .browser
        .get(&format!("{}?lang=en", page.url.path()))
        .await;
    let english = if english.has(".claim") { english } else { page };
    assert!(english.count(".claim") >= 3, "each thing by itself");
}

#[tokio::test]
async fn what_was_granted_is_told_with_the_tokens_and_no_more() {
    let city = City::start().await;
    let tokens = city.allowed().await;
    let answer = tokens.answer.json();
    assert_eq!(answer["authorization_details"], details());
    let (_, claims) = yimen_http_tests::decode(&tokens.access);
    assert!(claims["authorization_details"].is_null(), "it is no right here");
    assert_eq!(claims["aud"], city.app.url(""));
    let introspected = city.asker.introspect(&tokens.access).await.json();
    assert_eq!(introspected["authorization_details"], details());
    let refreshed = city.asker.refresh(&tokens.refresh).await.json();
    assert_eq!(refreshed["authorization_details"], details());
    // A sign-in that asks for nothing of others says nothing of it.
    let plain = city.resident.sign_in_to(&city.asker).await.answer.json();
    assert!(plain["authorization_details"].is_null(), "{plain}");
}

#[tokio::test]
async fn what_was_allowed_is_not_asked_again() {
    let city = City::start().await;
    city.allowed().await;
    let request = city.request().with("prompt", "none");
    let page = city.resident.follow(&request).await;
    let tokens = city.asker.tokens(&request, &request.read(&page)).await;
    assert_eq!(tokens.answer.json()["authorization_details"], details());
    // Somebody else was asked nothing.
    let other = city.app.resident("13800000002");
    other.sign_in_to(&city.asker).await;
    let page = other.follow(&request).await;
    assert_eq!(request.read(&page).error(), "consent_required");
}

#[tokio::test]
async fn refusing_tells_the_department_and_gives_nothing() {
    let city = City::start().await;
    city.resident.sign_in_to(&city.asker).await;
    let request = city.request();
    let page = city.resident.follow(&request).await;
    assert_eq!(page.count(".claim"), 1, "the record alone is new");
    let response = request.read(&page.press("#deny", &[]).await);
    assert_eq!(response.error(), "access_denied");
    // It goes on without: a sign-in that does not ask needs no question.
    let plain = city.asker.sign_in();
    let page = city.resident.follow(&plain).await;
    assert!(!plain.read(&page).code().is_empty());
    // The next request that asks is asked.
    assert!(city.resident.follow(&city.request()).await.has("#allow"));
}

#[tokio::test]
async fn an_optional_record_starts_unticked_and_each_request_asks_once() {
    let city = City::with(&[("--optional", KEY)]).await;
    city.resident.sign_in_to(&city.asker).await;
    let request = city.request();
    let page = city.resident.follow(&request).await;
    assert!(page.has(&format!("input[type=checkbox][value='{KEY}']:not([checked])")));
    let page = page.press("#allow", &[]).await;
    let tokens = city.asker.tokens(&request, &request.read(&page)).await;
    assert!(tokens.answer.json()["authorization_details"].is_null());
    city.exchange(&tokens).await.assert_error(400, "invalid_target");

    // The request names it on purpose, so it is asked for again.
    let request = city.request();
    let page = city.resident.follow(&request).await;
    let page = page.press("#allow", &[("item", KEY)]).await;
    let tokens = city.asker.tokens(&request, &request.read(&page)).await;
    assert_eq!(tokens.answer.json()["authorization_details"], details());
    assert_eq!(city.exchange(&tokens).await.status, 200);
}

#[tokio::test]
async fn prompt_consent_asks_for_what_was_given_too_and_takes_a_no() {
    let city = City::with(&[("--optional", KEY)]).await;
    let request = city.request();
    let page = city
        .resident
        .sign_in_at(&city.resident.follow(&request).await)
        .await;
    request.read(&page.press("#allow", &[("item", KEY)]).await).code();
    let request = city.request().with("prompt", "consent");
    let page = city.resident.follow(&request).await;
    assert!(page.has(&format!("input[value='{KEY}']:not([checked])")));
    let response = request.read(&page.press("#allow", &[]).await);
    let tokens = city.asker.tokens(&request, &response).await;
    assert!(tokens.answer.json()["authorization_details"].is_null());
    let account = city.resident.browser.get("/account").await;
    assert!(
        !account.text("#services").contains("社保缴费记录"),
        "it was taken back"
    );
}

#[tokio::test]
async fn two_tabs_that_answer_differently_get_what_each_was_told() {
    let city = City::with(&[("--optional", KEY)]).await;
    city.resident.sign_in_to(&city.asker).await;
    let (one, other) = (city.request(), city.request());
    let (left, right) = tokio::join!(city.resident.follow(&one), city.resident.follow(&other));
    let left = left.press("#allow", &[("item", KEY)]).await;
    let given = city.asker.tokens(&one, &one.read(&left)).await;
    assert_eq!(given.answer.json()["authorization_details"], details());
    // The other tab says no: what stood is taken back, for both.
    let right = right.press("#allow", &[]).await;
    let refused = city.asker.tokens(&other, &other.read(&right)).await;
    assert!(refused.answer.json()["authorization_details"].is_null());
    let answer = city.exchange(&given).await;
    answer.assert_error(400, "invalid_authorization_details");
}

#[tokio::test]
async fn it_is_asked_for_by_a_pushed_request_and_by_a_signed_one() {
    let app = TestApp::start().await;
    app.register(super::holder()).await;
    let asker = app
        .register(
            Registration::new("housing")
                .with_key()
                .scope("openid")
                .option("--ask", &format!("{KEY}=为发放租房补贴")),
        )
        .await;
    let resident = app.resident("13800000001");
    let pushed = asker.pushed(asking(asker.sign_in(), &details())).await;
    let tokens = asker.tokens(&pushed, &resident.go_through(&pushed).await).await;
    assert_eq!(tokens.answer.json()["authorization_details"], details());

    // In a request object it is JSON and no text; what stands beside it does not count.
    let request = asker.sign_in();
    let mut claims = asker.object(&request);
    claims["authorization_details"] = details();
    let mut signed = asker.signed(request, &claims);
    let other = json!([{ "type": "data", "locations": [HOLDER], "datatypes": ["pension"], "purpose": "rent_subsidy" }]);
    let brought = signed.brought.as_mut().unwrap();
    brought.push(("authorization_details".to_owned(), other.to_string()));
    let tokens = asker.tokens(&signed, &resident.go_through(&signed).await).await;
    assert_eq!(tokens.answer.json()["authorization_details"], details());

    let request = asker.sign_in();
    let plain = asker.object(&request);
    let mut signed = asker.signed(request, &plain);
    let brought = signed.brought.as_mut().unwrap();
    brought.push(("authorization_details".to_owned(), details().to_string()));
    let tokens = asker.tokens(&signed, &resident.go_through(&signed).await).await;
    assert!(tokens.answer.json()["authorization_details"].is_null());

    let refused = asker.push(&asking(asker.sign_in(), &other)).await;
    refused.assert_error(400, "invalid_authorization_details");
}

#[tokio::test]
async fn a_device_gets_what_its_resident_allowed() {
    let city = City::with(&[
        ("--grant-type", "authorization_code"),
        ("--grant-type", crate::forms::DEVICE_GRANT),
    ])
    .await;
    let written = details().to_string();
    let form = [("scope", "openid"), ("authorization_details", written.as_str())];
    let begun = city
        .asker
        .call("/oauth2/device_authorization", &form)
        .await
        .json();
    let page = city
        .resident
        .browser
        .get(begun["verification_uri_complete"].as_str().unwrap())
        .await;
    let page = page.press("#find-device", &[]).await.press("#go-on", &[]).await;
    let page = city.resident.sign_in_at(&page).await;
    assert!(
        page.text("main").contains("社保缴费记录"),
        "{}",
        page.text("main")
    );
    page.press("#allow", &[]).await;
    let form = [
        ("grant_type", crate::forms::DEVICE_GRANT),
        ("device_code", begun["device_code"].as_str().unwrap()),
    ];
    let answer = city.asker.call("/oauth2/token", &form).await;
    assert_eq!(answer.json()["authorization_details"], details());
    let token = answer.field("access_token");
    assert_eq!(super::exchange(&city.asker, &token, &[]).await.status, 200);
    let form = [("scope", "openid"), ("authorization_details", "[]")];
    let refused = city.asker.call("/oauth2/device_authorization", &form).await;
    refused.assert_error(400, "invalid_authorization_details");
}
