//! The account's activity, read a page at a time.

use yimen_http_tests::{Page, Resident, TestApp};

/// A resident with so many lines beside the two of the first sign-in.
async fn busy(app: &TestApp, phone: &str, lines: usize) -> Resident {
    let resident = app.resident(phone);
    resident.sign_in().await;
    for _ in 0..lines {
        assert_eq!(resident.browser.get("/account/export").await.status(), 200);
    }
    resident
}

fn lines(page: &Page) -> Vec<String> {
    page.texts(".timeline li h3")
}

#[tokio::test]
async fn what_happened_earlier_is_a_page_away() {
    let app = TestApp::start().await;
    let resident = busy(&app, "13800000001", 70).await;
    let account = resident.browser.get("/account").await;
    assert_eq!(lines(&account).len(), 30);
    let second = account.click("#earlier").await;
    assert_eq!((second.status(), second.url.path()), (200, "/account/activity"));
    assert_eq!(lines(&second).len(), 30);
    let third = second.click("#earlier").await;
    let oldest = lines(&third);
    assert_eq!(
        oldest.len(),
        12,
        "70 exports, a sign-in and the account's beginning: {oldest:?}"
    );
    assert_eq!(oldest[11], "开通了账户");
    assert!(!oldest[..10].contains(&oldest[11]));
    assert!(!third.has("#earlier") && third.has("#newest"));

    let english = third.click("a[hreflang=en]").await;
    assert_eq!(english.url, third.url, "the switch stays where it is");
    assert_eq!(lines(&english)[11], "Opened the account");
    let newest = english.click("#newest").await;
    assert_eq!(lines(&newest).len(), 30);
    assert!(!newest.has("#newest"));
    assert!(newest.click("#to-account").await.has("#devices"));
}

#[tokio::test]
async fn who_has_little_behind_them_has_nothing_earlier() {
    let app = TestApp::start().await;
    let resident = busy(&app, "13800000001", 28).await;
    let account = resident.browser.get("/account").await;
    assert_eq!(lines(&account).len(), 30);
    assert!(!account.has("#earlier"));
}

/// Where to read on says nothing of whose lines they are.
#[tokio::test]
async fn another_accounts_place_in_the_activity_shows_ones_own() {
    let app = TestApp::start().await;
    let other = app.resident("13800000002");
    other.sign_in().await;
    app.advance("61s").await;
    let resident = busy(&app, "13800000001", 31).await;
    let earlier = resident
        .browser
        .get("/account")
        .await
        .attribute("#earlier", "href");
    let (at, id) = earlier.split_once("before=").unwrap().1.split_once('.').unwrap();
    let anything = format!("/account/activity?before={}.{id}", i64::MAX);
    let repeated = format!("{earlier}&before={at}.{id}&account=13800000001");
    for path in [&earlier, &anything, &repeated] {
        let page = other.browser.get(path).await;
        assert_eq!(page.status(), 200, "{path}");
        assert_eq!(lines(&page), ["登录了我的账户", "开通了账户"], "{path}");
        assert!(!page.has("#earlier"));
    }
    // Nobody is shown anything without being signed in.
    let stranger = app.browser().get(&earlier).await;
    assert!(stranger.has("#phone") && !stranger.has(".timeline"));
}

#[tokio::test]
async fn what_is_no_place_in_the_activity_is_refused() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    resident.sign_in().await;
    let too_far = format!("{}0.00000000-0000-0000-0000-000000000000", i64::MAX);
    for before in [
        "",
        "x",
        "1",
        "1.",
        "1.x",
        "1.1' OR '1'='1",
        "%00",
        "%ff.%ff",
        &too_far,
    ] {
        let page = resident
            .browser
            .get(&format!("/account/activity?before={before}"))
            .await;
        assert_eq!(page.status(), 400, "{before}");
    }
    let first = format!("{}.ffffffff-ffff-ffff-ffff-ffffffffffff", i64::MIN);
    let page = resident
        .browser
        .get(&format!("/account/activity?before={first}"))
        .await;
    assert_eq!((page.status(), page.count(".timeline")), (200, 0));
}
