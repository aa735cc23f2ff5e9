//! What a resident is told by text message, and the link for whoever it was not.

use yimen_http_tests::{Authenticator, Page, Receiver, Registration, Resident, TestApp};

const PHONE: &str = "13800000001";

/// Signs in elsewhere; answers that browser, and the link of the notice about it.
async fn told(app: &TestApp, owner: &Resident) -> (Resident, String) {
    let thief = owner.elsewhere();
    app.advance("25h").await;
    thief.sign_in().await;
    let link = owner.notices(1).await.pop().unwrap();
    (thief, link)
}

async fn lock(app: &TestApp, link: &str) -> Page {
    app.browser().get(link).await.press("#lock", &[]).await
}

#[tokio::test]
async fn a_new_device_is_told_and_neither_the_first_nor_a_known_one() {
    let app = TestApp::start().await;
    let owner = app.resident(PHONE);
    owner.sign_in().await;
    app.advance("25h").await;
    owner.sign_in().await;
    app.advance("25h").await;
    owner.elsewhere().sign_in().await;
    let links = owner.notices(1).await;
    let page = app.browser().get(&links[0]).await;
    assert!(
        page.text("#what").contains("刚在新设备上登录"),
        "{}",
        page.answer.body
    );
    // An owner's own new device does not hide another on the same day; three a day are enough.
    for _ in 0..3 {
        app.advance("2m").await;
        owner.elsewhere().sign_in().await;
    }
    app.advance("25h").await;
    owner.elsewhere().sign_in().await;
    assert_eq!(owner.notices(4).await.len(), 4);
}

#[tokio::test]
async fn the_link_locks_and_its_owner_opens_the_account_again() {
    let app = TestApp::start().await;
    let receiver = Receiver::start();
    let registration = Registration::new("hrss").option("--backchannel-logout-uri", &receiver.uri);
    let client = app.register(registration).await;
    let owner = app.resident(PHONE);
    let sub = owner.sign_in_to(&client).await.sub().to_owned();
    let (thief, link) = told(&app, &owner).await;
    let tokens = thief.sign_in_to(&client).await;
    // A passkey of the thief's own, to stay.
    let passkey = Authenticator::new();
    let account = thief.browser.get("/account").await;
    passkey.enrol(&account.click("#add-passkey").await).await;

    let locked = lock(&app, &link).await;
    assert!(
        locked.text("#outcome").contains("自动解锁"),
        "{}",
        locked.answer.body
    );
    receiver.wait_for(1).await;
    assert!(thief.browser.get("/account").await.has("#phone"), "signed out");
    client
        .refresh(&tokens.refresh)
        .await
        .assert_error(400, "invalid_grant");
    let page = passkey.sign_in(&app.browser().get("/account").await).await;
    assert_eq!(page.status(), 422, "the passkey is gone");

    // Who reads the messages gets no further by a code, here or anywhere new.
    for browser in [thief.clone(), thief.elsewhere()] {
        app.advance("2m").await;
        let page = browser.sign_in_at(&browser.browser.get("/account").await).await;
        assert!(page.url.path().ends_with("/whose"), "{}", page.url);
        let page = page.press("#new", &[]).await;
        assert!(page.has("#new-error"), "nor takes the number away: {}", page.url);
    }
    // The owner's own telephone opens it, and then it is open as before.
    app.advance("2m").await;
    assert_eq!(owner.sign_in_to(&client).await.sub(), sub);
    let account = owner.browser.get("/account").await;
    for line in ["锁住了账户", "账户解锁"] {
        assert!(account.text("#activity").contains(line), "{line}");
    }
    app.advance("2m").await;
    assert_eq!(owner.elsewhere().sign_in_to(&client).await.sub(), sub);
}

#[tokio::test]
async fn opening_the_link_changes_nothing() {
    let app = TestApp::start().await;
    let owner = app.resident(PHONE);
    owner.sign_in().await;
    let (thief, link) = told(&app, &owner).await;
    for _ in 0..3 {
        assert_eq!(app.get(&link).await.status, 200);
    }
    assert!(
        thief.browser.get("/account").await.has("#methods"),
        "still signed in"
    );
    let page = app.browser().get(&link).await;
    assert!(
        !page.answer.body.contains("0001"),
        "and shows nothing of the account"
    );
    let token = page.attribute("input[name=token]", "value");
    let forced = app
        .browser()
        .post_from("https://evil.example", &link, &[("token", &token)])
        .await;
    assert_eq!(forced.status(), 403);
    assert!(thief.browser.get("/account").await.has("#methods"));
}

#[tokio::test]
async fn a_link_is_good_once_for_a_week_and_for_its_own_account() {
    let app = TestApp::start().await;
    let (owner, other) = (app.resident(PHONE), app.resident("13800000002"));
    owner.sign_in().await;
    other.sign_in().await;
    let (_, link) = told(&app, &owner).await;
    let page = app.browser().get(&link).await;
    lock(&app, &link).await;
    assert_eq!(app.get(&link).await.status, 410);
    assert_eq!(page.press("#lock", &[]).await.status(), 410, "a second time");
    app.advance("2m").await;
    owner.sign_in().await;
    let (_, link) = told(&app, &other).await;
    let token = app
        .browser()
        .get(&link)
        .await
        .attribute("input[name=token]", "value");
    let form = [("token", token.as_str())];
    let another = app.browser().get("/n/AAAAAAAAAAAAAAAAAAAAAA").await;
    assert_eq!(another.status(), 410);
    let wrong = app.post("/n/AAAAAAAAAAAAAAAAAAAAAA", &form).await;
    assert_eq!(wrong.status, 403, "the form is the link's own");
    app.advance("7d").await;
    assert_eq!(app.get(&link).await.status, 410, "a week later");
    assert_eq!(app.count("notice").await, 0, "and swept");
}

#[tokio::test]
async fn a_passkey_is_told_and_its_link_ends_it() {
    let app = TestApp::start().await;
    let owner = app.resident(PHONE);
    let passkey = Authenticator::new();
    passkey
        .enrol(&owner.sign_in().await.click("#add-passkey").await)
        .await;
    let link = owner.notices(1).await.pop().unwrap();
    let page = app.browser().get(&link).await;
    let what = page.text("#what");
    assert!(what.contains("添加了一种指纹或面容登录"), "{what}");
    lock(&app, &link).await;
    let page = passkey.sign_in(&app.browser().get("/account").await).await;
    assert_eq!(page.status(), 422);
}

#[tokio::test]
async fn a_disputed_number_is_told_to_no_one_who_holds_it() {
    let app = TestApp::start().await;
    let owner = app.resident(PHONE);
    owner.sign_in().await;
    app.advance("90d").await;
    let stranger = app.resident(PHONE);
    let page = stranger.sign_in_at(&stranger.browser.get("/account").await).await;
    page.press("#new", &[]).await;
    let texts = app.count("outbox").await;
    assert_eq!(
        texts, 0,
        "the number is the only one, and its holder is who disputes"
    );
}

#[tokio::test]
async fn what_was_taken_along_or_removed_is_told() {
    let app = TestApp::start().await;
    let owner = app.resident(PHONE);
    let passkey = Authenticator::new();
    passkey
        .enrol(&owner.sign_in().await.click("#add-passkey").await)
        .await;
    for _ in 0..5 {
        owner.browser.get("/account/export").await;
    }
    let account = owner.browser.get("/account").await;
    let asked = account.press("button[name=passkey]", &[]).await;
    asked.press("#confirm", &[]).await;
    let links = owner.notices(5).await;
    let mut told = Vec::new();
    for link in &links {
        told.push(app.browser().get(link).await.text("#what"));
    }
    let is_told = |what: &str| told.iter().filter(|one| one.contains(what)).count();
    assert_eq!(is_told("添加了一种指纹"), 1, "{told:?}");
    assert_eq!(is_told("删除了一种指纹"), 1, "{told:?}");
    assert_eq!(is_told("全部信息刚被查看或下载"), 3, "a day: {told:?}");
}

#[tokio::test]
async fn what_was_told_stands_on_the_account_page_until_it_was_seen() {
    let app = TestApp::start().await;
    let owner = app.resident(PHONE);
    assert!(!owner.sign_in().await.has("#news"), "nothing yet");
    told(&app, &owner).await;
    app.advance("2m").await;
    let account = owner.sign_in().await;
    assert!(account.text("#news").contains("刚在新设备上登录"));
    // Told after the page was made: not seen on it.
    app.advance("1s").await;
    owner.browser.get("/account/export").await;
    let account = account.press("#news-seen", &[]).await;
    let news = account.text("#news");
    assert!(
        news.contains("全部信息刚被查看") && !news.contains("新设备"),
        "{news}"
    );
    assert!(!account.press("#news-seen", &[]).await.has("#news"));
    assert!(!owner.browser.get("/account").await.has("#news"), "for good");
}

#[tokio::test]
async fn nobody_else_says_that_it_was_seen() {
    let app = TestApp::start().await;
    let (owner, other) = (app.resident(PHONE), app.resident("13800000002"));
    for resident in [&owner, &other] {
        resident.sign_in().await;
        told(&app, resident).await;
    }
    app.advance("2m").await;
    let account = owner.sign_in().await;
    let others = other.sign_in().await;
    let token = account.attribute("#news input[name=token]", "value");
    let until = account.attribute("#news-seen", "value");
    // The owner's form, in somebody else's session and on somebody else's page.
    let by_other = others.press("#news-seen", &[("token", &token)]).await;
    assert_eq!(by_other.status(), 403);
    let form = [("token", token.as_str()), ("until", until.as_str())];
    let forced = owner
        .browser
        .post_from("https://evil.example", "/account/notices/seen", &form)
        .await;
    assert_eq!(forced.status(), 403);
    for until in ["", "x", "99999999999999999999"] {
        let answer = account.press("#news-seen", &[("until", until)]).await;
        assert_eq!(answer.status(), 400, "{until}");
    }
    assert!(owner.browser.get("/account").await.has("#news"));
    // What one has seen, the other has not.
    assert!(!others.press("#news-seen", &[]).await.has("#news"));
    assert!(owner.browser.get("/account").await.has("#news"));
}

/// A link with something behind it leads nowhere, and is still good without it.
#[tokio::test]
async fn what_leads_nowhere_is_in_no_log() {
    let app = TestApp::start().await;
    let owner = app.resident(PHONE);
    owner.sign_in().await;
    let (_, link) = told(&app, &owner).await;
    app.keep_secret(link.rsplit('/').next().unwrap());
    app.keep_secret(&"z".repeat(50));
    let long = format!("/{}", "z".repeat(20_000));
    for place in [
        format!("{link}/"),
        format!("{link}//"),
        format!("{link}/x"),
        format!("/{link}"),
        long,
    ] {
        assert_eq!(app.get(&place).await.status, 404, "{place:.60}");
    }
    assert_eq!(app.get(&link).await.status, 200);
}

/// A thief comes a second time, a day after the first, and the owner answers the newest message alone.
#[tokio::test]
async fn the_newest_link_ends_what_older_ones_told_of() {
    let app = TestApp::start().await;
    let owner = app.resident(PHONE);
    owner.sign_in().await;
    app.advance("9d").await;
    let thief = owner.elsewhere();
    let passkey = Authenticator::new();
    passkey
        .enrol(&thief.sign_in().await.click("#add-passkey").await)
        .await;
    let account = thief.browser.get("/account").await;
    crate::phones::add(&app, &account, "13800000002").await;
    let before = owner.told_of("新设备").await;
    app.advance("30h").await;
    thief.elsewhere().sign_in().await;
    let newest = owner.told_anew_of("新设备", &before).await;
    lock(&app, &newest).await;
    let page = passkey.sign_in(&app.browser().get("/account").await).await;
    assert_eq!(page.status(), 422, "the passkey is gone");
    app.advance("2m").await;
    let page = thief.sign_in_at(&thief.browser.get("/account").await).await;
    assert!(page.url.path().ends_with("/whose"), "{}", page.url);
    let other = app.resident("13800000002").sign_in().await;
    assert_eq!(
        other.text("#devices li").matches("这台").count(),
        1,
        "an account of its own: {}",
        other.answer.body
    );
    app.advance("2m").await;
    assert_eq!(
        owner.sign_in().await.url.path(),
        "/account",
        "the owner's own browser opens it"
    );
    assert_eq!(app.count("account").await, 2);
}

#[tokio::test]
async fn of_the_weeks_browsers_the_one_in_which_the_link_is_pressed_stays() {
    let app = TestApp::start().await;
    for here in [true, false] {
        let owner = app.resident(if here { PHONE } else { "13800000003" });
        owner.sign_in().await;
        app.advance("20d").await;
        let new_phone = owner.elsewhere();
        new_phone.sign_in().await;
        let first = owner.told_of("新设备").await;
        app.advance("3d").await;
        owner.elsewhere().sign_in().await;
        let link = owner.told_anew_of("新设备", &first).await;
        let browser = if here {
            new_phone.browser.clone()
        } else {
            app.browser()
        };
        browser.get(&link).await.press("#lock", &[]).await;
        app.advance("2m").await;
        let page = new_phone
            .sign_in_at(&new_phone.browser.get("/account").await)
            .await;
        assert_eq!(page.url.path() == "/account", here, "{}", page.url);
    }
}

/// A number that may be somebody else's by now hears nothing of what happens in its former owner's account.
#[tokio::test]
async fn a_silent_number_hears_of_the_ways_in_alone_where_another_one_answers() {
    let app = TestApp::start().await;
    let (owner, _) = crate::phones::with_two(&app).await;
    let stranger = app.resident("13800000002");
    let before = stranger.texts().await.len();
    app.advance("60d").await;
    owner.sign_in().await;
    app.advance("40d").await;
    owner.elsewhere().sign_in().await;
    owner.told_of("新设备").await;
    assert_eq!(stranger.texts().await.len(), before);
    // But it may be the owner's who has not used it, and the one that answers a thief's.
    app.advance("2m").await;
    let thief = owner.elsewhere();
    let account = crate::phones::add(&app, &thief.sign_in().await, "13800000003").await;
    assert_eq!(stranger.told_of("您的账户有变动").await, "/account");
    assert!(account.text("#methods").contains("138 **** 0003"));
    assert_eq!(stranger.texts().await.len(), before + 1);
}

#[tokio::test]
async fn where_all_are_silent_they_hear_that_there_is_something_to_look_at() {
    let app = TestApp::start().await;
    let owner = app.resident(PHONE);
    let passkey = Authenticator::new();
    passkey
        .enrol(&owner.sign_in().await.click("#add-passkey").await)
        .await;
    app.advance("91d").await;
    passkey.sign_in(&app.browser().get("/account").await).await;
    let link = owner.told_of("您的账户有变动").await;
    assert_eq!(link, "/account", "no link locks it for whoever reads it");
    let text = owner.texts().await.pop().unwrap();
    assert!(!text.contains("新设备"), "{text}");
}
