use yimen_http_tests::{Authenticator, Lie, TestApp, options_on, origin_of};

use super::PHONE;

#[tokio::test]
async fn a_link_makes_one_passkey_and_the_passkey_signs_in() {
    let app = TestApp::start().await;
    let page = app.enrolment_page("三号窗口").await;
    assert!(page.text("main").contains("三号窗口"));
    let again = page.reload().await;
    assert_eq!(again.status(), 200, "to look at it uses nothing up");
    let passkey = Authenticator::new();
    let desk = passkey.sign_in(&passkey.enrol(&page).await).await;
    assert_eq!(desk.url.path(), "/admin");
    assert!(desk.text("h1").contains("三号窗口"));
    // The link is over, in whoever's hands.
    app.browser()
        .get(page.url.as_str())
        .await
        .assert_error(404, "not_found");
    let late = page.form("#passkey").fill("credential", "{}").submit().await;
    assert_eq!(late.status(), 404);
    assert_eq!(app.command_json(&["admin", "list"])[0]["passkeys"], 1);
}

#[tokio::test]
async fn an_old_link_is_none() {
    let app = TestApp::start().await;
    let first = app.enrolment_page("w").await;
    let second = app.enrolment_page("w").await;
    assert_eq!(first.reload().await.status(), 404, "a newer one took its place");
    app.advance("25h").await;
    assert_eq!(second.reload().await.status(), 404);
    assert_eq!(app.browser().get("/admin/enrol/x").await.status(), 404);
}

#[tokio::test]
async fn nobody_acts_without_being_on_duty() {
    let app = TestApp::start().await;
    let operator = app.operator("w").await;
    let desk = operator.desk().await;
    let resident = app.resident(PHONE);
    let account = resident.sign_in().await;
    let (theirs, own) = (
        account.attribute("input[name=token]", "value"),
        desk.attribute("input[name=token]", "value"),
    );
    for browser in [app.browser(), resident.browser.clone()] {
        let page = browser.get("/admin").await;
        assert_eq!(page.url.path(), "/admin/sign-in");
        assert!(!page.has("#give-code"));
    }
    // A resident's session and an operator's are of no use in each other's place, with either's token.
    for button in ["#confirm-person", "#give-code", "#sign-out"] {
        let action = desk.form(button).action;
        for token in [&theirs, &own] {
            let form = account.form("#sign-out").fill("token", token);
            let mut form = form;
            form.action = action.clone();
            let page = form.submit().await;
            assert_eq!(page.url.path(), "/admin/sign-in", "{button}");
        }
        let forged = desk.form(button).fill("token", &theirs).submit().await;
        assert_eq!(forged.status(), 403, "{button}");
        let foreign = desk.form(button).submit_from("https://evil.example").await;
        assert_eq!(foreign.status(), 403, "{button}");
    }
    assert!(
        operator.browser.get("/account").await.has("#phone"),
        "no resident is signed in"
    );
    // Another operator's token serves nobody else.
    let other = app.operator("v").await;
    let token = other.desk().await.attribute("input[name=token]", "value");
    let crossed = desk.form("#give-code").fill("token", &token).submit().await;
    assert_eq!(crossed.status(), 403);
}

#[tokio::test]
async fn passkeys_of_residents_and_of_staff_are_not_each_others() {
    let app = TestApp::start().await;
    let resident = app.resident(PHONE);
    let phone = Authenticator::new();
    phone
        .enrol(&resident.sign_in().await.click("#add-passkey").await)
        .await;
    let page = app.browser().get("/admin/sign-in").await;
    let refused = phone.sign_in(&page).await;
    assert_eq!(refused.status(), 422);
    assert!(!refused.has("[data-unknown-credential]"));
    let operator = app.operator("w").await;
    let refused = operator
        .passkey
        .sign_in(&app.browser().get("/account").await)
        .await;
    assert_eq!(refused.status(), 422);
    assert!(
        !refused.has("[data-unknown-credential]"),
        "the authenticator is not told to forget it"
    );
}

#[tokio::test]
async fn staff_are_verified_by_their_authenticator() {
    let app = TestApp::start().await;
    let page = app.enrolment_page("w").await;
    let unverified = Lie {
        is_unverified: true,
        ..Lie::default()
    };
    let passkey = Authenticator::new();
    let options = options_on(&page).await;
    assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
    assert_eq!(options["attestation"], "none");
    let made = passkey.make(&origin_of(&page), &options, &unverified);
    let refused = page.press("#passkey", &[("credential", &made.to_string())]).await;
    assert_eq!(refused.status(), 422);
    let operator = app.operator("v").await;
    let lies = [
        unverified,
        Lie {
            origin: Some("https://evil.example".to_owned()),
            ..Lie::default()
        },
        Lie {
            handle: Some(vec![7; 16]),
            ..Lie::default()
        },
    ];
    for lie in lies {
        let page = app.browser().get("/admin/sign-in").await;
        let refused = operator.passkey.sign_in_lying(&page, &lie).await;
        assert_eq!(refused.status(), 422, "{lie:?}");
        assert_eq!(page.browser().get("/admin").await.url.path(), "/admin/sign-in");
    }
}

#[tokio::test]
async fn an_answer_serves_once_and_where_it_was_asked_for() {
    let app = TestApp::start().await;
    let operator = app.operator("w").await;
    let (first, second) = (
        app.browser().get("/admin/sign-in").await,
        app.browser().get("/admin/sign-in").await,
    );
    let options = options_on(&first).await;
    options_on(&second).await;
    let answer = operator
        .passkey
        .answer(&origin_of(&first), &options, &Lie::default())
        .to_string();
    let swapped = second.press("#passkey", &[("credential", &answer)]).await;
    assert_eq!(swapped.status(), 422);
    let desk = first.press("#passkey", &[("credential", &answer)]).await;
    assert_eq!(desk.url.path(), "/admin");
    let again = first.press("#passkey", &[("credential", &answer)]).await;
    assert_eq!(again.status(), 422);
}

#[tokio::test]
async fn attestation_is_asked_for_where_the_city_wants_it() {
    let app = yimen_http_tests::Setup::new()
        .set("operator.attestation", "direct")
        .start()
        .await;
    let options = options_on(&app.enrolment_page("w").await).await;
    assert_eq!(options["attestation"], "direct");
}

#[tokio::test]
async fn a_session_at_the_window_is_short() {
    let app = TestApp::start().await;
    let operator = app.operator("w").await;
    for _ in 0..3 {
        app.advance("9m").await;
        assert_eq!(
            operator.browser.get("/admin").await.url.path(),
            "/admin",
            "in use"
        );
    }
    app.advance("10m").await;
    assert_eq!(operator.browser.get("/admin").await.url.path(), "/admin/sign-in");
    assert_eq!(operator.desk().await.url.path(), "/admin", "and in again");
    for _ in 0..54 {
        app.advance("9m").await;
        operator.browser.get("/admin").await;
    }
    assert_eq!(
        operator.browser.get("/admin").await.url.path(),
        "/admin/sign-in",
        "after a day's work"
    );
    assert_eq!(app.count("operator_session").await, 0);
}

#[tokio::test]
async fn who_is_removed_is_out_at_once() {
    let app = TestApp::start().await;
    let operator = app.operator("w").await;
    let desk = operator.desk().await;
    assert!(app.command(&["admin", "remove", "w"]).0.success());
    assert_eq!(desk.press("#give-code", &[]).await.url.path(), "/admin/sign-in");
    assert_eq!(operator.desk().await.status(), 422);
    let (status, said) = app.command(&["admin", "remove", "w"]);
    assert!(!status.success() && said.contains("yimen admin list"), "{said}");
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let app = TestApp::start().await;
    let operator = app.operator("w").await;
    let kept = operator.browser.cookies();
    operator.desk().await.press("#sign-out", &[]).await;
    for cookie in kept {
        operator.browser.plant_cookie(cookie);
    }
    assert_eq!(operator.browser.get("/admin").await.url.path(), "/admin/sign-in");
}

#[tokio::test]
async fn a_copied_passkey_of_staff_signs_in_no_more_and_what_it_opened_is_over() {
    let app = TestApp::start().await;
    let operator = app.operator("w").await;
    let at = |counter| Lie {
        counter: Some(counter),
        ..Lie::default()
    };
    let elsewhere = || async { app.browser().get("/admin/sign-in").await };
    let used = operator.passkey.sign_in_lying(&elsewhere().await, &at(9)).await;
    assert_eq!(used.url.path(), "/admin");
    let copy = operator.passkey.sign_in_lying(&elsewhere().await, &at(5)).await;
    assert_eq!(copy.status(), 422);
    for page in [used.reload().await, operator.browser.get("/admin").await] {
        assert_eq!(page.url.path(), "/admin/sign-in");
    }
    let again = operator.passkey.sign_in_lying(&elsewhere().await, &at(20)).await;
    assert_eq!(again.status(), 422);
    let failed = "SELECT COUNT(*) FROM audit WHERE action = 'operator.failed'";
    assert_eq!(app.rows(failed).await, 1);
}
