//! Answers that lie, come twice or from elsewhere, and those that no authenticator gives.

use std::collections::HashSet;
use yimen_http_tests::{Authenticator, Lie, Receiver, Registration, TestApp, decode, options_on, origin_of};

use super::{assert_refused, sign_in_page, with_passkey};

#[tokio::test]
async fn an_answer_that_lies_is_refused() {
    let app = TestApp::start().await;
    let (_, phone) = with_passkey(&app, "13800000001").await;
    let other_challenge = options_on(&sign_in_page(&app).await).await["challenge"]
        .as_str()
        .unwrap()
        .to_owned();
    let lies = [
        (
            "another origin",
            Lie {
                origin: Some("https://id.yunchuan.example".to_owned()),
                ..Lie::default()
            },
        ),
        (
            "another port",
            Lie {
                origin: Some("http://localhost:1".to_owned()),
                ..Lie::default()
            },
        ),
        (
            "another relying party",
            Lie {
                rp_id: Some("evil.example".to_owned()),
                ..Lie::default()
            },
        ),
        (
            "another sign-in's challenge",
            Lie {
                challenge: Some(other_challenge),
                ..Lie::default()
            },
        ),
        (
            "nobody verified",
            Lie {
                is_unverified: true,
                ..Lie::default()
            },
        ),
        (
            "another person's handle",
            Lie {
                handle: Some(vec![7; 16]),
                ..Lie::default()
            },
        ),
        (
            "no handle",
            Lie {
                handle: Some(Vec::new()),
                ..Lie::default()
            },
        ),
    ];
    for (what, lie) in lies {
        let page = phone.sign_in_lying(&sign_in_page(&app).await, &lie).await;
        assert_eq!(page.status(), 422, "{what}");
        assert_refused(&page, "没能通过核对");
    }
    let account = phone.sign_in(&sign_in_page(&app).await).await;
    assert!(
        account.text("#activity .hot").contains("没有通过核对"),
        "the owner is told"
    );
}

#[tokio::test]
async fn a_challenge_is_answered_once_and_where_it_was_given() {
    let app = TestApp::start().await;
    let (_, phone) = with_passkey(&app, "13800000001").await;
    let page = sign_in_page(&app).await;
    let options = options_on(&page).await;
    let answer = phone
        .answer(&origin_of(&page), &options, &Lie::default())
        .to_string();
    let elsewhere = sign_in_page(&app).await;
    options_on(&elsewhere).await;
    let swapped = elsewhere.press("#passkey", &[("credential", &answer)]).await;
    assert_refused(&swapped, "没能通过核对");
    let form = page.form("#passkey").fill("credential", &answer);
    let account = form.clone().submit().await;
    assert_eq!(account.url.path(), "/account");
    let page = sign_in_page(&app).await;
    let replayed = page.press("#passkey", &[("credential", &answer)]).await;
    assert_refused(&replayed, "等得太久了");
}

#[tokio::test]
async fn a_counter_that_goes_back_ends_the_passkey_and_its_sessions() {
    let app = TestApp::start().await;
    let receiver = Receiver::start();
    let registration = Registration::new("hrss").option("--backchannel-logout-uri", &receiver.uri);
    let client = app.register(registration).await;
    let (resident, phone) = with_passkey(&app, "13800000001").await;
    let at = |counter| Lie {
        counter: Some(counter),
        ..Lie::default()
    };
    let by_code = resident.sign_in_to(&client).await;
    let other = resident.elsewhere();
    let page = other.browser.get("/account").await;
    let signed_in = phone.sign_in_lying(&page, &at(9)).await;
    assert_eq!(signed_in.url.path(), "/account");
    let by_passkey = other.sign_in_to(&client).await;
    let clone = phone.sign_in_lying(&sign_in_page(&app).await, &at(5)).await;
    assert_refused(&clone, "没能通过核对");
    let again = phone.sign_in_lying(&sign_in_page(&app).await, &at(20)).await;
    assert_refused(&again, "在这里不能用");
    // What either of the two has opened may have gone on without a session: all of it ends.
    let told = receiver.wait_for(2).await;
    let told: HashSet<_> = told.iter().map(|token| decode(token).1["sid"].clone()).collect();
    let both = [&by_passkey, &by_code].map(|tokens| tokens.claims["sid"].clone());
    assert_eq!(told, HashSet::from(both), "the department is told of both");
    assert!(signed_in.reload().await.has("#phone"), "what it opened is closed");
    for tokens in [by_passkey, by_code] {
        let refreshed = client.refresh(&tokens.refresh).await;
        refreshed.assert_error(400, "invalid_grant");
    }
    assert_eq!(
        resident.notices(3).await.len(),
        3,
        "its owner is told, as of its making and its use"
    );
    app.advance("2m").await;
    let account = resident.sign_in().await;
    assert!(account.text("#activity").contains("可能被复制了"));
    assert!(!account.text("#methods").contains("指纹或面容 ·"));
}

#[tokio::test]
async fn nobody_touches_the_passkeys_of_others() {
    let app = TestApp::start().await;
    let (owner, _) = with_passkey(&app, "13800000001").await;
    let account = owner.browser.get("/account").await;
    let id = account.attribute("button[name=passkey]", "value");
    let (thief, _) = with_passkey(&app, "13800000002").await;
    let theirs = thief.browser.get("/account").await;
    for (form, field) in [
        ("form[action='/account/passkeys/rename']", "name"),
        ("button[name=passkey]", "confirmed"),
    ] {
        let done = theirs
            .form(form)
            .fill("passkey", &id)
            .fill(field, "yes")
            .submit()
            .await;
        assert!(
            done.text("[role=status]").contains("已经办好了"),
            "{}",
            done.answer.body
        );
    }
    assert_eq!(
        owner
            .browser
            .get("/account")
            .await
            .attribute("button[name=passkey]", "value"),
        id
    );
}

#[tokio::test]
async fn an_enrolment_is_finished_where_it_was_begun() {
    let app = TestApp::start().await;
    let (one, two) = (app.resident("13800000001"), app.resident("13800000002"));
    let page = one.sign_in().await.click("#add-passkey").await;
    let options = options_on(&page).await;
    let credential = Authenticator::new()
        .make(&origin_of(&page), &options, &Lie::default())
        .to_string();
    let other = two.sign_in().await.click("#add-passkey").await;
    let swapped = other.press("#passkey", &[("credential", &credential)]).await;
    assert_eq!(swapped.status(), 422);
    assert!(swapped.text("#passkey-error").contains("等得太久了"));
    options_on(&other).await;
    let swapped = other.press("#passkey", &[("credential", &credential)]).await;
    assert!(swapped.text("#passkey-error").contains("没能通过核对"));
    let made = page.press("#passkey", &[("credential", &credential)]).await;
    assert_eq!(made.url.path(), "/account");
}

#[tokio::test]
async fn a_new_passkey_must_be_verified_discoverable_and_ours() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    let page = resident.sign_in().await.click("#add-passkey").await;
    let options = options_on(&page).await;
    assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
    assert_eq!(options["attestation"], "none");
    assert_eq!(options["user"]["name"], "138 **** 0001");
    for lie in [
        Lie {
            origin: Some("http://localhost:1".to_owned()),
            ..Lie::default()
        },
        Lie {
            rp_id: Some("evil.example".to_owned()),
            ..Lie::default()
        },
        Lie {
            challenge: Some("AAAA".to_owned()),
            ..Lie::default()
        },
        Lie {
            is_unverified: true,
            ..Lie::default()
        },
    ] {
        let options = options_on(&page).await;
        let credential = Authenticator::new()
            .make(&origin_of(&page), &options, &lie)
            .to_string();
        let refused = page.press("#passkey", &[("credential", &credential)]).await;
        assert!(refused.text("#passkey-error").contains("没能通过核对"), "{lie:?}");
    }
}

#[tokio::test]
async fn what_is_no_answer_is_refused_by_name() {
    let app = TestApp::start().await;
    let page = sign_in_page(&app).await;
    let large = "A".repeat(60_000);
    let cbor = "o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVn__w";
    let answers = [
        String::new(),
        "{}".to_owned(),
        "null".to_owned(),
        large,
        format!(
            r#"{{"id":"AA","rawId":"AA","type":"public-key","response":{{"attestationObject":"{cbor}","clientDataJSON":"AA"}}}}"#
        ),
        r#"{"id":"AA","rawId":"!!","type":"public-key","response":{}}"#.to_owned(),
    ];
    for answer in answers {
        let refused = page.press("#passkey", &[("credential", &answer)]).await;
        refused.assert_error(400, "bad_request");
    }
    let resident = app.resident("13800000001");
    let new = resident.sign_in().await.click("#add-passkey").await;
    options_on(&new).await;
    let broken = format!(
        r#"{{"id":"AA","rawId":"AA","type":"public-key","response":{{"attestationObject":"{cbor}","clientDataJSON":"e30"}}}}"#
    );
    let refused = new.press("#passkey", &[("credential", &broken)]).await;
    assert_eq!(refused.status(), 422);
}

/// What an attacker may send for CBOR: a stack of arrays that a reader might follow until its own is full, and lengths that
/// promise what never comes. Each is refused, the next honest answer is taken, and no log is filled with it.
#[tokio::test]
async fn cbor_that_is_deep_or_cut_short_is_refused_and_harms_nobody() {
    let app = TestApp::start().await;
    app.keep_secret("129, 129, 129, 129");
    let (_, phone) = with_passkey(&app, "13800000001").await;
    let deep = vec![0x81; 20_000];
    let promises = [0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    let many = [0x9b, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff];
    for cbor in [deep, promises.to_vec(), many.to_vec(), vec![0xff]] {
        let in_statement = Lie {
            statement: Some(cbor.clone()),
            ..Lie::default()
        };
        let in_extensions = Lie {
            extensions: Some(cbor.clone()),
            ..Lie::default()
        };
        app.advance("61s").await;
        let resident = app.resident("13800000002");
        let page = resident.sign_in().await.click("#add-passkey").await;
        for lie in [&in_statement, &in_extensions] {
            let options = options_on(&page).await;
            let credential = Authenticator::new().make(&origin_of(&page), &options, lie);
            let refused = page
                .press("#passkey", &[("credential", &credential.to_string())])
                .await;
            assert_eq!(refused.status(), 422, "{:#04x}", cbor[0]);
        }
        let refused = phone
            .sign_in_lying(&sign_in_page(&app).await, &in_extensions)
            .await;
        assert_eq!(refused.status(), 422, "{:#04x}", cbor[0]);
    }
    let account = phone.sign_in(&sign_in_page(&app).await).await;
    assert_eq!(account.url.path(), "/account");
}

/// Well-formed, of a maker that says more than any does.
#[tokio::test]
async fn an_answer_larger_than_any_form_is_refused_before_it_is_read() {
    let app = TestApp::start().await;
    let page = app
        .resident("13800000001")
        .sign_in()
        .await
        .click("#add-passkey")
        .await;
    let length = 60_000_u16;
    let head = [&[0xa1, 0x61, b'x', 0x59], length.to_be_bytes().as_slice()].concat();
    let lie = Lie {
        statement: Some([head, vec![b'A'; length.into()]].concat()),
        ..Lie::default()
    };
    let options = options_on(&page).await;
    let credential = Authenticator::new().make(&origin_of(&page), &options, &lie);
    let refused = page
        .press("#passkey", &[("credential", &credential.to_string())])
        .await;
    assert_eq!(refused.status(), 413, "{}", refused.answer.body);
    assert_eq!(app.count("passkey").await, 0);
}

#[tokio::test]
async fn a_device_left_open_makes_no_passkey_on_the_way_to_a_service_either() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    resident.sign_in().await;
    app.advance("11m").await;
    let again = resident.browser.get("/account/passkeys").await;
    // With that page's own token, to where a passkey is made after a sign-in.
    let mut asked = again.form("#send-code").without("phone");
    asked.action = again
        .url
        .join(&format!("{}/offer/options", again.url.path()))
        .unwrap();
    let page = asked.submit().await;
    assert!(page.has("#phone"), "{}", page.answer.body);
}
