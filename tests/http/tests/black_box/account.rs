//! The resident's own page.

use yimen_http_tests::TestApp;

#[tokio::test]
async fn the_front_door_leads_to_the_account() {
    let app = TestApp::start().await;
    let answer = app.get("/").await;
    assert_eq!((answer.status, answer.header("location")), (303, "/account"));
}

#[tokio::test]
async fn the_account_shows_what_it_holds() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    resident.sign_in_to(&client).await;
    let account = resident.browser.get("/account").await;
    assert!(account.text("#methods").contains("138 **** 0001"));
    assert!(account.text("#devices").contains("当前这台"));
    let services = account.text("#services");
    assert!(
        services.contains("hrss系统") && services.contains("云川市某局"),
        "{services}"
    );
    assert_eq!(account.count("#services .sub li"), 4);
    let activity = account.text("#activity");
    for line in ["开通了账户", "登录", "同意把", "hrss系统"] {
        assert!(activity.contains(line), "{line} is missing in {activity}");
    }
    // Of one moment, the later first.
    let place = |line| activity.find(line).unwrap();
    assert!(place("登录了我的账户") < place("开通了账户"), "{activity}");
    assert!(!account.answer.body.contains("13800000001"));
}

#[tokio::test]
async fn wrong_codes_show_in_the_activity() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    resident.sign_in().await;
    app.advance("61s").await;
    let stranger = resident.elsewhere();
    let page = stranger
        .ask_for_code(&stranger.browser.get("/account").await)
        .await;
    let guess = if stranger.latest_code().await == "000000" {
        "000001"
    } else {
        "000000"
    };
    page.press("#verify", &[("code", guess)]).await;
    let account = resident.browser.get("/account").await;
    assert!(account.text("#activity .hot").contains("输错了验证码"));
}

#[tokio::test]
async fn the_account_speaks_english() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let mut resident = app.resident("13800000001");
    resident.browser = resident.browser.speaking("en");
    resident.sign_in_to(&client).await;
    let account = resident.browser.get("/account").await;
    assert_eq!(account.attribute("html", "lang"), "en");
    for section in ["#methods", "#devices", "#activity", ".sill"] {
        let text = account.text(section).replace("hrss系统", "");
        assert!(
            !text.contains(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)),
            "{section}: {text}"
        );
    }
}

#[tokio::test]
async fn the_language_switch_stays_on_the_page() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let page = browser.get("/account").await;
    let english = page.click("a[hreflang=en]").await;
    assert_eq!(
        (english.attribute("html", "lang").as_str(), english.url.path()),
        ("en", page.url.path())
    );
    let chinese = english.click("a[hreflang=zh-CN]").await;
    assert_eq!(chinese.attribute("html", "lang"), "zh-CN");
}

#[tokio::test]
async fn the_language_switch_leads_nowhere_else() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let switch = browser.get("/account").await.attribute("a[hreflang=en]", "href");
    let base = app.url("/").parse::<url::Url>().unwrap();
    let url = base.join(&switch).unwrap();
    let name = url
        .query_pairs()
        .find(|(_, value)| value.starts_with('/'))
        .map(|(name, _)| name.into_owned())
        .expect("the switch knows where it came from");
    for place in [
        "//evil.example/",
        "https://evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
    ] {
        let mut evil = url.clone();
        evil.query_pairs_mut()
            .clear()
            .extend_pairs(url.query_pairs().filter(|(other, _)| *other != name))
            .append_pair(&name, place);
        let page = browser.get(evil.as_str()).await;
        assert_eq!(page.url.origin(), base.origin(), "{place}");
        assert_eq!(page.left_for(), None, "{place}");
    }
}

#[tokio::test]
async fn the_privacy_page_promises_what_is_so() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    resident.sign_in().await;
    let longest = resident
        .browser
        .cookies()
        .iter()
        .filter_map(|cookie| Some(cookie.max_age()?.whole_days()))
        .max();
    for (languages, said, promised) in [
        ("zh-CN", "天", "15 天内可以反悔"),
        ("en", "days", "within 15 days you can still come back"),
    ] {
        let page = app
            .browser()
            .speaking(languages)
            .get("/privacy")
            .await
            .text("main");
        // The longest that any cookie of ours lives is told.
        assert!(page.contains(&format!("{} {said}", longest.unwrap())), "{page}");
        // As `leaving` tries it.
        assert!(page.contains(promised), "{page}");
    }
}

#[tokio::test]
async fn each_device_names_the_services_that_were_opened_there() {
    let app = TestApp::start().await;
    let (one, two) = (app.client("hrss").await, app.client("gjj").await);
    let resident = app.resident("13800000001");
    resident.sign_in_to(&one).await;
    app.advance("2m").await;
    let elsewhere = resident.elsewhere();
    elsewhere.sign_in_to(&two).await;
    let account = resident.browser.get("/account").await;
    assert_eq!(account.count("#devices .visited"), 2);
    let here = account.text("#devices li:first-child .visited");
    assert!(here.contains("hrss系统") && !here.contains("gjj系统"), "{here}");
    let there = account.text("#devices li:last-child .visited");
    assert!(
        there.contains("gjj系统") && !there.contains("hrss系统"),
        "{there}"
    );
}
