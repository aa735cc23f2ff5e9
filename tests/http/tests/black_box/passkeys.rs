//! Passkeys: made, used, renamed, removed; and everything that an answer can lie about.

use yimen_http_tests::{
    Authenticator, Lie, Page, Receiver, Registration, Resident, TestApp, options_on, origin_of,
};

use crate::proofing::{XIUYING, prove};

/// A resident with a passkey, made on the account page.
async fn with_passkey(app: &TestApp, phone: &str) -> (Resident, Authenticator) {
    let (resident, phone) = (app.resident(phone), Authenticator::new());
    let account = resident.sign_in().await;
    let account = phone.enrol(&account.click("#add-passkey").await).await;
    assert!(
        account.text("[role=status]").contains("已添加"),
        "{}",
        account.answer.body
    );
    (resident, phone)
}

/// The sign-in page as a browser gets it that nobody has used.
async fn sign_in_page(app: &TestApp) -> Page {
    app.browser().get("/account").await
}

fn assert_refused(page: &Page, said: &str) {
    assert_eq!(page.status(), 422, "{}", page.answer.body);
    assert!(page.has("#phone"), "a code is still taken");
    assert!(
        page.text("#phone-error").contains(said),
        "{}",
        page.text("#phone-error")
    );
}

#[tokio::test]
async fn a_passkey_signs_in_without_number_or_code() {
    let app = TestApp::start().await;
    let (resident, phone) = with_passkey(&app, "13800000001").await;
    let sent = resident.codes().await.len();
    let account = phone.sign_in(&sign_in_page(&app).await).await;
    assert_eq!((account.status(), account.url.path()), (200, "/account"));
    assert!(account.text("#methods").contains("138 **** 0001"));
    assert_eq!(resident.codes().await.len(), sent, "no message was sent");
}

#[tokio::test]
async fn the_token_says_how_the_person_signed_in() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let (_, phone) = with_passkey(&app, "13800000001").await;
    let request = client.sign_in();
    let other = app.resident("13800000001");
    let consent = phone.sign_in(&other.follow(&request).await).await;
    let response = request.read(&consent.press("#allow", &[]).await);
    let tokens = client.tokens(&request, &response).await;
    assert_eq!(tokens.claims["amr"], serde_json::json!(["pop", "user", "mfa"]));
    // Nobody has proven a name: a phone was answered, and that is all that is known of the person.
    assert_eq!(tokens.claims["acr"], app.url("/acr/1"));
}

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
    let (resident, phone) = with_passkey(&app, "13800000001").await;
    let at = |counter| Lie {
        counter: Some(counter),
        ..Lie::default()
    };
    let signed_in = phone.sign_in_lying(&sign_in_page(&app).await, &at(9)).await;
    assert_eq!(signed_in.url.path(), "/account");
    let clone = phone.sign_in_lying(&sign_in_page(&app).await, &at(5)).await;
    assert_refused(&clone, "没能通过核对");
    let again = phone.sign_in_lying(&sign_in_page(&app).await, &at(20)).await;
    assert_refused(&again, "在这里不能用");
    assert!(signed_in.reload().await.has("#phone"), "what it opened is closed");
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
async fn an_unknown_passkey_is_signalled_and_a_code_still_signs_in() {
    let app = TestApp::start().await;
    let (resident, phone) = with_passkey(&app, "13800000001").await;
    let account = resident.browser.get("/account").await;
    let confirm = account.press("button[name=passkey]", &[]).await;
    confirm.press("#confirm", &[]).await;
    let page = phone.sign_in(&sign_in_page(&app).await).await;
    assert_refused(&page, "在这里不能用");
    assert!(
        !page
            .attribute("[data-unknown-credential]", "data-unknown-credential")
            .is_empty()
    );
    assert_eq!(
        page.attribute("[data-unknown-credential]", "data-rp-id"),
        "localhost"
    );
    app.advance("61s").await;
    let somebody = app.resident("13800000001");
    assert_eq!(somebody.sign_in_at(&page).await.url.path(), "/account");
}

#[tokio::test]
async fn removing_a_passkey_ends_what_it_opened_and_tells_authenticators_and_departments() {
    let app = TestApp::start().await;
    let receiver = Receiver::start();
    let registration = Registration::new("hrss").option("--backchannel-logout-uri", &receiver.uri);
    let client = app.register(registration).await;
    let (resident, phone) = with_passkey(&app, "13800000001").await;
    let other = resident.elsewhere();
    let elsewhere = phone.sign_in(&other.browser.get("/account").await).await;
    other.sign_in_to(&client).await;
    let account = resident.browser.get("/account").await;
    assert!(
        !account
            .attribute("[data-accepted-credentials]", "data-accepted-credentials")
            .is_empty()
    );
    let confirm = account.press("button[name=passkey]", &[]).await;
    assert!(confirm.text("h1").contains("删除"), "{}", confirm.text("h1"));
    let account = confirm.press("#confirm", &[]).await;
    assert!(account.text("[role=status]").contains("已删除"));
    assert_eq!(
        account.attribute("[data-accepted-credentials]", "data-accepted-credentials"),
        ""
    );
    assert!(elsewhere.reload().await.has("#phone"));
    assert_eq!(receiver.wait_for(1).await.len(), 1, "the department is told");
}

#[tokio::test]
async fn a_passkey_is_named_and_renamed() {
    let app = TestApp::start().await;
    let (resident, _) = with_passkey(&app, "13800000001").await;
    let account = resident.browser.get("/account").await;
    let rename = "form[action='/account/passkeys/rename']";
    let renamed = account
        .form(rename)
        .fill("name", " 妈妈的<b>手机\u{7} ")
        .submit()
        .await;
    assert!(
        renamed.text("#methods").contains("妈妈的<b>手机"),
        "{}",
        renamed.text("#methods")
    );
    let unnamed = account.form(rename).fill("name", "  ").submit().await;
    assert!(unnamed.text("#methods").contains("妈妈的<b>手机"));
}

/// By the model that its authenticator says it is, where residents know the maker; otherwise by browser and system.
#[tokio::test]
async fn a_passkey_is_called_by_its_maker() {
    let app = TestApp::start().await;
    let google = [
        0xea, 0x9b, 0x8d, 0x66, 0x4d, 0x01, 0x1d, 0x21, 0x3c, 0xe4, 0xb6, 0xb4, 0x8c, 0xb5, 0x75, 0xd4,
    ];
    let page = app
        .resident("13800000001")
        .sign_in()
        .await
        .click("#add-passkey")
        .await;
    let options = options_on(&page).await;
    let lie = Lie {
        model: Some(google),
        ..Lie::default()
    };
    let credential = Authenticator::new().make(&origin_of(&page), &options, &lie);
    let account = page
        .press("#passkey", &[("credential", &credential.to_string())])
        .await;
    let name = account.attribute(
        "form[action='/account/passkeys/rename'] input[name=name]",
        "value",
    );
    assert!(name.contains("Google"), "{name}");
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

/// Who is known by name keeps one passkey that stands for them, though both are taken away in the same moment.
#[tokio::test]
async fn of_two_passkeys_removed_at_once_one_stays() {
    let (app, _authority) = crate::proofing::start().await;
    let resident = app.resident("13800000001");
    let phones = [Authenticator::new(), Authenticator::new()];
    for phone in &phones {
        let page = resident.browser.get("/account").await;
        let account = if page.has("#phone") {
            resident.sign_in_at(&page).await
        } else {
            page
        };
        phone.enrol(&account.click("#add-passkey").await).await;
        // In a session that the passkey opened: from then on it stands for the person.
        resident
            .browser
            .get("/account")
            .await
            .press("#sign-out", &[])
            .await;
        phone.sign_in(&resident.browser.get("/account").await).await;
        prove(&resident.browser.get("/account/identity").await, XIUYING).await;
        app.advance("61s").await;
    }
    let account = resident.browser.get("/account").await;
    let held = passkeys_on(&account);
    assert_eq!(held.len(), 2, "{}", account.text("#methods"));
    let remove = account.form("form[action='/account/passkeys/remove']");
    let tries: Vec<_> = held
        .iter()
        .map(|id| remove.clone().fill("passkey", id).fill("confirmed", "yes"))
        .map(|form| tokio::spawn(form.submit()))
        .collect();
    let mut refused = 0;
    for one in tries {
        refused += usize::from(one.await.unwrap().text("[role=status]").contains("不能删"));
    }
    assert_eq!(refused, 1);
    assert_eq!(passkeys_on(&resident.browser.get("/account").await).len(), 1);
}

/// The passkeys that can be removed on the account page.
fn passkeys_on(account: &Page) -> Vec<String> {
    let buttons = account
        .answer
        .body
        .split("<button class=\"btn small\" name=\"passkey\" value=\"");
    let ids = buttons.skip(1).filter_map(|rest| rest.split('"').next());
    ids.map(str::to_owned).collect()
}

#[tokio::test]
async fn adding_and_removing_want_a_fresh_sign_in() {
    let app = TestApp::start().await;
    let (resident, _) = with_passkey(&app, "13800000001").await;
    app.advance("11m").await;
    let account = resident.browser.get("/account").await;
    assert!(account.click("#add-passkey").await.has("#phone"), "adding");
    assert!(
        account.press("button[name=passkey]", &[]).await.has("#phone"),
        "removing"
    );
    let add = resident.sign_in_at(&account.click("#add-passkey").await).await;
    assert_eq!(add.url.path(), "/account/passkeys");
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

#[tokio::test]
async fn a_passkey_is_offered_once_and_calmly() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    let can = |code: String| {
        [
            ("code".to_owned(), code),
            ("can_passkey".to_owned(), "yes".to_owned()),
        ]
    };
    let sign_in = async |resident: &Resident| {
        let page = resident
            .ask_for_code(&resident.browser.get("/account").await)
            .await;
        let fields = can(resident.latest_code().await);
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        page.press("#verify", &fields).await
    };
    let first = sign_in(&resident).await;
    assert_eq!(
        first.url.path(),
        "/account",
        "not at the sign-in that makes the account"
    );
    app.advance("61s").await;
    let offered = sign_in(&resident.elsewhere()).await;
    assert!(offered.url.path().ends_with("/offer"), "{}", offered.url);
    assert_eq!(offered.press("#later", &[]).await.url.path(), "/account");
    app.advance("29d").await;
    assert_eq!(
        sign_in(&resident.elsewhere()).await.url.path(),
        "/account",
        "not now means not now"
    );
    app.advance("2d").await;
    let offered = sign_in(&resident.elsewhere()).await;
    let account = Authenticator::new().enrol(&offered).await;
    assert_eq!(account.url.path(), "/account");
    assert!(account.text("#methods").contains("指纹或面容 ·"));
    app.advance("40d").await;
    assert_eq!(
        sign_in(&resident.elsewhere()).await.url.path(),
        "/account",
        "there is one now"
    );
}

#[tokio::test]
async fn the_well_known_addresses_lead_to_the_passkeys() {
    let app = TestApp::start().await;
    let endpoints = app.get("/.well-known/passkey-endpoints").await.json();
    assert_eq!(endpoints["enroll"], app.url("/account/passkeys"));
    assert_eq!(endpoints["manage"], app.url("/account"));
    assert_eq!(
        app.get("/.well-known/webauthn").await.status,
        404,
        "there is one address alone"
    );
}

#[tokio::test]
async fn other_addresses_of_the_city_are_told_and_taken() {
    let app = yimen_http_tests::Setup::new()
        .set("passkey.related_origins", vec!["https://id.yunchuan.example"])
        .start()
        .await;
    let told = app.get("/.well-known/webauthn").await.json();
    assert_eq!(
        told["origins"],
        serde_json::json!(["https://id.yunchuan.example"])
    );
    let (_, phone) = with_passkey(&app, "13800000001").await;
    let there = Lie {
        origin: Some("https://id.yunchuan.example".to_owned()),
        ..Lie::default()
    };
    let account = phone.sign_in_lying(&sign_in_page(&app).await, &there).await;
    assert_eq!(account.url.path(), "/account");
}

#[tokio::test]
async fn another_relying_party_does_not_start_on_these_records() {
    let app = TestApp::start().await;
    let config = app.dir().join("yimen.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    app.kill();
    std::fs::write(&config, text.replace("http://localhost:", "http://op.localhost:")).unwrap();
    let (status, said) = app.command(&["serve"]);
    assert!(!status.success());
    assert!(said.contains("passkey.rp_id = \"localhost\""), "{said}");
}
