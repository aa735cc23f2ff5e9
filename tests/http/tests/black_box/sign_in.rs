//! Signing in by SMS.

use yimen_http_tests::{Registration, TestApp};

#[tokio::test]
async fn a_resident_signs_in_with_nothing_but_a_phone() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    let account = resident.sign_in().await;
    let methods = account.text("#methods");
    assert!(methods.contains("138 **** 0001"), "{methods}");
}

#[tokio::test]
async fn the_first_time_takes_three_screens() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let request = client.sign_in();

    let number = resident.follow(&request).await;
    assert!(number.has("form #phone") && number.has("#send-code"));
    let code = resident.ask_for_code(&number).await;
    assert_eq!(code.attribute("#code", "autocomplete"), "one-time-code");
    let allow = resident.enter_code(&code).await;
    assert!(allow.has("#allow") && allow.has("#deny"));
    let done = allow.press("#allow", &[]).await;
    let response = request.read(&done);
    let tokens = client.tokens(&request, &response).await;
    assert!(tokens.sub().len() >= 22);
}

#[tokio::test]
async fn the_plaque_names_who_is_asking() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let page = app.resident("13800000001").follow(&client.sign_in()).await;
    let plaque = page.text(".plaque");
    for said in ["hrss系统", "云川市某局", "hrss.yunchuan.example"] {
        assert!(plaque.contains(said), "{said} is missing in {plaque}");
    }
    let (plaque, form) = (
        page.answer.body.find("class=\"plaque\""),
        page.answer.body.find("id=\"phone\""),
    );
    assert!(plaque < form, "the plaque comes before the form");
}

#[tokio::test]
async fn one_sign_in_opens_the_second_department() {
    let app = TestApp::start().await;
    let (first, second) = (app.client("hrss").await, app.client("amr").await);
    let resident = app.resident("13800000001");
    let at_first = resident.sign_in_to(&first).await;

    let request = second.sign_in();
    let page = resident.follow(&request).await;
    assert!(!page.has("#phone") && page.has("#allow"), "only consent is asked");
    let at_second = second
        .tokens(&request, &request.read(&page.press("#allow", &[]).await))
        .await;
    assert_ne!(
        at_first.sub(),
        at_second.sub(),
        "departments cannot join their tables"
    );
    assert_ne!(at_first.claims["sid"], at_second.claims["sid"]);
    assert_eq!(resident.codes().await.len(), 1, "one message was sent");
}

#[tokio::test]
async fn the_same_person_is_the_same_subject_from_any_machine() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let here = resident.sign_in_to(&client).await;
    app.advance("61s").await;
    let there = resident.elsewhere().sign_in_to(&client).await;
    assert_eq!(here.sub(), there.sub());
    let other = app.resident("13800000002").sign_in_to(&client).await;
    assert_ne!(here.sub(), other.sub());
}

#[tokio::test]
async fn a_number_is_read_however_it_is_written() {
    let app = TestApp::start().await;
    for (end, written) in [
        "+8613800000001",
        "0086 138 0000 0002",
        "138-0000-0003",
        " 138 0000 0004 ",
        "１３８００００000５",
    ]
    .iter()
    .enumerate()
    {
        let resident = app.resident(&format!("1380000000{}", end + 1));
        let page = resident.browser.get("/account").await;
        let page = page.press("#send-code", &[("phone", written)]).await;
        assert!(page.has("#code"), "{written}");
        assert_eq!(resident.codes().await.len(), 1, "{written}");
    }
}

#[tokio::test]
async fn what_is_no_number_is_shown_again_with_what_to_do() {
    let app = TestApp::start().await;
    let page = app.browser().get("/account").await;
    for (written, said) in [
        ("", "还没有填手机号"),
        ("12345", "手机号应是 11 位"),
        ("abc", "手机号应是 11 位"),
        ("+1 202 555 0143", "暂时不能给这个地方的号码发短信"),
    ] {
        let page = page.press("#send-code", &[("phone", written)]).await;
        assert!(
            page.text("#phone-error").contains(said),
            "{written}: {}",
            page.text("#phone-error")
        );
        assert_eq!(page.attribute("#phone", "aria-invalid"), "true");
        assert_eq!(
            page.attribute("#phone", "value"),
            written,
            "what was typed is kept"
        );
    }
}

#[tokio::test]
async fn a_code_may_be_typed_with_spaces_and_full_width_digits() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    let page = resident
        .ask_for_code(&resident.browser.get("/account").await)
        .await;
    let code = resident.latest_code().await;
    let wide: String = code
        .chars()
        .map(|c| char::from_u32(c as u32 - '0' as u32 + '０' as u32).unwrap())
        .collect();
    let typed = format!(" {} {} ", wide.chars().take(3).collect::<String>(), &code[3..]);
    let page = page.press("#verify", &[("code", &typed)]).await;
    assert_eq!(page.url.path(), "/account");
}

#[tokio::test]
async fn what_is_no_code_costs_no_try() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    let mut page = resident
        .ask_for_code(&resident.browser.get("/account").await)
        .await;
    for typed in ["", "12345", "abcdef", "1234567", "12 34", "", "x", "0"] {
        page = page.press("#verify", &[("code", typed)]).await;
        assert!(page.has("#code-error"), "{typed}");
    }
    let page = resident.enter_code(&page).await;
    assert_eq!(page.url.path(), "/account");
}

#[tokio::test]
async fn sending_the_number_twice_sends_one_message() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    let number = resident.browser.get("/account").await;
    let (one, other) = tokio::join!(resident.ask_for_code(&number), resident.ask_for_code(&number));
    assert!(one.has("#code") && other.has("#code"));
    assert!(resident.ask_for_code(&number).await.has("#code"));
    assert_eq!(resident.codes().await.len(), 1);
}

#[tokio::test]
async fn pressing_sign_in_twice_signs_in_once() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    let page = resident
        .ask_for_code(&resident.browser.get("/account").await)
        .await;
    let code = resident.latest_code().await;
    let fields = [("code", code.as_str())];
    let (one, other) = tokio::join!(page.press("#verify", &fields), page.press("#verify", &fields));
    for page in [&one, &other] {
        assert_eq!(page.url.path(), "/account", "{}", page.answer.body);
    }
    let account = resident.browser.get("/account").await;
    assert_eq!(account.count("#devices .row"), 1, "{}", account.text("#devices"));
}

#[tokio::test]
async fn two_first_sign_ins_at_once_make_one_account() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let (here, there) = (app.resident("13800000001"), app.resident("13800000001"));
    let at_one = here.ask_for_code(&here.browser.get("/account").await).await;
    let first = here.latest_code().await;
    app.advance("61s").await;
    let at_other = there.ask_for_code(&there.browser.get("/account").await).await;
    let second = there.latest_code().await;
    let (first, second) = ([("code", first.as_str())], [("code", second.as_str())]);
    let (one, other) = tokio::join!(
        at_one.press("#verify", &first),
        at_other.press("#verify", &second)
    );
    assert_eq!((one.url.path(), other.url.path()), ("/account", "/account"));
    let (one, other) = (here.sign_in_to(&client).await, there.sign_in_to(&client).await);
    assert_eq!(one.sub(), other.sub());
}

#[tokio::test]
async fn another_number_may_be_typed_after_a_mistake() {
    let app = TestApp::start().await;
    let (mistaken, resident) = (app.resident("13800000009"), app.resident("13800000001"));
    let number = resident.browser.get("/account").await;
    let page = number.press("#send-code", &[("phone", &mistaken.phone)]).await;
    assert!(page.has("#code"));
    let number = resident.browser.get(number.url.path()).await;
    let account = resident.sign_in_at(&number).await;
    assert!(account.text("#methods").contains("138 **** 0001"));
}

#[tokio::test]
async fn a_test_number_gets_its_code_and_no_message() {
    let test_number: toml::Table = "phone = '13900000000'\ncode = '246810'".parse().unwrap();
    let setup =
        yimen_http_tests::Setup::new().set("sms.test_number", toml::Value::Array(vec![test_number.into()]));
    let app = setup.start().await;
    let resident = app.resident("13900000000");
    let page = resident
        .ask_for_code(&resident.browser.get("/account").await)
        .await;
    assert!(resident.codes().await.is_empty());
    let page = page.press("#verify", &[("code", "246810")]).await;
    assert_eq!(page.url.path(), "/account");
}

#[tokio::test]
async fn stopping_goes_back_to_the_department() {
    let app = TestApp::start().await;
    let client = app.register(Registration::new("hrss")).await;
    let resident = app.resident("13800000001");
    let request = client.sign_in();
    let page = resident.follow(&request).await;
    let response = request.read(&page.press("#report", &[]).await);
    assert_eq!(response.error(), "access_denied");
}

#[tokio::test]
async fn the_pages_speak_english_to_those_who_ask() {
    let app = TestApp::start().await;
    let page = app.browser().speaking("en-GB,en;q=0.9").get("/account").await;
    assert_eq!(page.attribute("html", "lang"), "en");
    assert_eq!(page.text("#send-code"), "Text me a code");

    let client = app.client("hrss").await;
    let request = client.sign_in().with("ui_locales", "fr en");
    let page = app.resident("13800000001").follow(&request).await;
    assert_eq!(page.attribute("html", "lang"), "en");
}

#[tokio::test]
async fn the_elder_edition_signs_in_as_well() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    let page = resident.browser.get("/account").await;
    let elder = page.click(".elder-switch").await;
    assert!(elder.has("html.elder") && elder.has("#phone"), "{}", elder.url);
    let page = resident.ask_for_code(&elder).await;
    assert!(page.has("html.elder #code"));
    let page = resident.enter_code(&page).await;
    assert_eq!(page.url.path(), "/account");
}
