//! How often a code is sent, and how many wrong ones are taken (NIST SP 800-63B-4 §3.2.2, and the figures usual here).

use yimen_http_tests::{Page, Resident, Setup, TestApp};

/// Six digits that are not the code.
fn wrong(code: &str) -> String {
    let first = if code.starts_with('1') { '2' } else { '1' };
    format!("{first}{}", &code[1..])
}

async fn type_wrong_codes(resident: &Resident, mut page: Page, count: usize) -> Page {
    let code = wrong(&resident.latest_code().await);
    for _ in 0..count {
        page = page.press("#verify", &[("code", &code)]).await;
    }
    page
}

async fn ask_anew(resident: &Resident) -> Page {
    let page = resident.browser.get("/account").await;
    resident.ask_for_code(&page).await
}

#[tokio::test]
async fn one_message_a_minute_whoever_asks() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    assert!(ask_anew(&resident).await.has("#code"));
    let stranger = resident.elsewhere();
    let refused = ask_anew(&stranger).await;
    assert!(
        refused.text("#phone-error").contains("请"),
        "{}",
        refused.text("#phone-error")
    );
    assert_eq!(resident.codes().await.len(), 1);
    app.advance("59s").await;
    assert!(!ask_anew(&stranger).await.has("#code"));
    app.advance("2s").await;
    assert!(ask_anew(&stranger).await.has("#code"));
    assert_eq!(resident.codes().await.len(), 2);
}

#[tokio::test]
async fn five_messages_an_hour() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    for _ in 0..5 {
        resident.elsewhere().sign_in().await;
        app.advance("61s").await;
    }
    let refused = ask_anew(&resident.elsewhere()).await;
    assert!(refused.text("#phone-error").contains("试得太多了"));
    assert!(
        refused.text("#phone-error").contains("分钟"),
        "how long to wait is said"
    );
    assert_eq!(resident.codes().await.len(), 5);
    app.advance("55m").await;
    assert!(ask_anew(&resident.elsewhere()).await.has("#code"));
}

#[tokio::test]
async fn ten_messages_a_day() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    for _ in 0..10 {
        resident.elsewhere().sign_in().await;
        app.advance("2h").await;
    }
    assert!(ask_anew(&resident.elsewhere()).await.has("#phone-error"));
    assert_eq!(resident.codes().await.len(), 10);
    app.advance("4h").await;
    assert!(ask_anew(&resident.elsewhere()).await.has("#code"));
}

#[tokio::test]
async fn a_number_that_is_flooded_keeps_its_owner_signed_in() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let owner = app.resident("13800000001");
    owner.sign_in().await;
    for _ in 0..3 {
        app.advance("61s").await;
        assert!(ask_anew(&owner.elsewhere()).await.has("#code"));
    }
    app.advance("61s").await;
    assert!(ask_anew(&owner.elsewhere()).await.has("#phone-error"), "spent");
    // No code is needed where the owner is signed in, and none of theirs is refused for it.
    let request = client.sign_in();
    let page = owner.follow(&request).await;
    assert!(page.has("#allow"));
    client
        .tokens(&request, &request.read(&page.press("#allow", &[]).await))
        .await;
    // What is spent comes back when its hour is over.
    app.advance("57m").await;
    assert!(ask_anew(&owner.elsewhere()).await.has("#code"));
}

/// Codes that nobody answers, for as long as it is let: four an hour, eight a day; the rest is for browsers that know
/// the number's account.
#[tokio::test]
async fn a_number_that_is_flooded_lets_its_owner_sign_in() {
    let app = TestApp::start().await;
    let owner = app.resident("13800000001");
    let nobody = app.resident("13800000002");
    owner.sign_in().await;
    app.advance("25h").await;
    for _ in 0..2 {
        for victim in [&owner, &nobody] {
            let mut sent = 0;
            for _ in 0..6 {
                app.advance("61s").await;
                sent += usize::from(ask_anew(&victim.elsewhere()).await.has("#code"));
            }
            assert_eq!(sent, 4, "as many to a number without an account");
        }
        app.advance("1h").await;
    }
    assert!(ask_anew(&owner.elsewhere()).await.has("#phone-error"), "the day");
    // The owner, signed out long since, in the browser that signed in before: twice, an hour apart.
    owner.sign_in().await;
    owner.browser.lose_cookie("session");
    app.advance("61s").await;
    owner.sign_in().await;
}

#[tokio::test]
async fn a_restart_forgets_no_message() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    assert!(ask_anew(&resident).await.has("#code"));
    app.start_again();
    assert!(ask_anew(&resident.elsewhere()).await.has("#phone-error"));
    assert!(
        resident.codes().await.is_empty(),
        "the new process has sent nothing"
    );
}

#[tokio::test]
async fn many_spellings_of_a_number_are_one_number() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    assert!(ask_anew(&resident).await.has("#code"));
    for spelling in ["+86 138 0000 0001", "008613800000001", "１３８０００００００１"] {
        let page = app.browser().get("/account").await;
        let page = page.press("#send-code", &[("phone", spelling)]).await;
        assert!(page.has("#phone-error"), "{spelling}");
    }
}

#[tokio::test]
async fn five_wrong_codes_kill_the_code() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    let mut page = ask_anew(&resident).await;
    for left in (1..5).rev() {
        page = type_wrong_codes(&resident, page, 1).await;
        let said = page.text("#code-error");
        assert!(said.contains(&format!("还可以试 {left} 次")), "{said}");
        assert_eq!(page.attribute("#code", "value"), "", "the field is emptied");
        assert_eq!(page.attribute("#code-error", "role"), "alert");
    }
    let form = page.form("#verify");
    page = type_wrong_codes(&resident, page, 1).await;
    assert!(
        !page.has("#verify") && page.has("#resend"),
        "only a new code helps"
    );
    let right = form.fill("code", &resident.latest_code().await).submit().await;
    assert!(!right.has("#devices"), "the right code came too late");
}

#[tokio::test]
async fn a_code_is_good_for_five_minutes() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    let page = ask_anew(&resident).await;
    app.advance("5m").await;
    let page = resident.enter_code(&page).await;
    assert!(
        page.text("#code-error").contains("验证码过期了"),
        "{}",
        page.text("main")
    );
    let page = page.press("#resend", &[]).await;
    let page = resident.enter_code(&page).await;
    assert_eq!(page.url.path(), "/account");
}

#[tokio::test]
async fn a_new_code_replaces_the_old_one() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    let page = ask_anew(&resident).await;
    let old = resident.latest_code().await;
    app.advance("61s").await;
    let page = page.press("#resend", &[]).await;
    assert!(page.has("[role=status]"), "that it was sent again is said");
    let new = resident.latest_code().await;
    assert_eq!(resident.codes().await.len(), 2);
    if old != new {
        assert!(page.press("#verify", &[("code", &old)]).await.has("#code-error"));
    }
    assert_eq!(
        page.press("#verify", &[("code", &new)]).await.url.path(),
        "/account"
    );
}

#[tokio::test]
async fn a_resend_too_soon_sends_nothing_and_says_how_long() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    let page = ask_anew(&resident).await;
    assert_eq!(page.attribute("form.resend", "data-left"), "60");
    app.advance("20s").await;
    let page = page.press("#resend", &[]).await;
    assert!(
        page.text("#code-error").contains("刚刚发过"),
        "{}",
        page.text("#code-error")
    );
    assert_eq!(
        page.attribute("form.resend", "data-left"),
        "45",
        "rounded up to a step of the countdown"
    );
    assert_eq!(resident.codes().await.len(), 1);
    let page = resident.enter_code(&page).await;
    assert_eq!(page.url.path(), "/account");
}

#[tokio::test]
async fn a_resend_does_not_forget_wrong_codes() {
    let app = TestApp::start().await;
    app.begin_period(600).await;
    let resident = app.resident("13800000001");
    let mut page = ask_anew(&resident).await;
    for _ in 0..2 {
        page = type_wrong_codes(&resident, page, 5).await;
        app.advance("61s").await;
        page = page.press("#resend", &[]).await;
    }
    // Ten wrong codes in ten minutes: this browser waits, whatever is sent anew.
    let said = page.text("[role=alert]");
    assert!(
        said.contains("试得太多了") && said.contains("分钟后再来"),
        "{said}"
    );
    let before = resident.codes().await.len();

    // The attacker's browser is slowed, not the owner: another browser signs in at once.
    app.advance("61s").await;
    let owner = resident.elsewhere();
    owner.sign_in().await;
    assert_eq!(owner.codes().await.len(), before + 1);
}

#[tokio::test]
async fn a_hundred_wrong_codes_close_the_number_to_strangers_alone() {
    let app = TestApp::start().await;
    let owner = app.resident("13800000001");
    owner.sign_in().await;
    // Eight messages a day, five tries each, every time from a browser that was never seen before.
    for _ in 0..20 {
        app.advance("181m").await;
        let stranger = owner.elsewhere();
        let page = ask_anew(&stranger).await;
        type_wrong_codes(&stranger, page, 5).await;
    }
    app.advance("145m").await;
    let refused = ask_anew(&owner.elsewhere()).await;
    let said = refused.text("#phone-error");
    assert!(said.contains("停用短信登录"), "{said}");
    // The owner's own browser is known: it signs in, and the count begins anew.
    owner.sign_in().await;
    app.advance("145m").await;
    owner.elsewhere().sign_in().await;
}

#[tokio::test]
async fn the_daily_budget_ends_sending_for_all() {
    let app = Setup::new().set("sms.daily_budget", 20).start().await;
    // Eight in the morning at the city: the day does not end on the way.
    app.begin_period(24 * 3600).await;
    let owner = app.resident("13800000100");
    owner.sign_in().await;
    let mut sent = 1;
    for end in 0..40 {
        let resident = app.resident(&format!("138000001{:02}", end + 1));
        let page = ask_anew(&resident).await;
        sent += usize::from(page.has("#code"));
        if !page.has("#code") {
            assert!(page.has("#phone-error"));
            assert!(resident.codes().await.is_empty());
        }
    }
    assert_eq!(
        sent, 16,
        "one message is one message, however the budget is counted, and strangers leave a fifth of it"
    );
    for _ in 0..4 {
        app.advance("61s").await;
        owner.browser.lose_cookie("session");
        owner.sign_in().await;
    }
    app.advance("1h").await;
    owner.browser.lose_cookie("session");
    assert!(ask_anew(&owner).await.has("#phone-error"), "twenty are twenty");
    app.advance("24h").await;
    assert!(ask_anew(&app.resident("13800000201")).await.has("#code"));
}

#[tokio::test]
async fn a_code_opens_only_the_door_it_was_asked_at() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    let first = ask_anew(&resident).await;
    let code = resident.latest_code().await;
    app.advance("61s").await;
    let thief = resident.elsewhere();
    let second = ask_anew(&thief).await;
    if code != thief.latest_code().await {
        assert!(
            second
                .press("#verify", &[("code", &code)])
                .await
                .has("#code-error")
        );
    }
    assert_eq!(
        first.press("#verify", &[("code", &code)]).await.url.path(),
        "/account"
    );
}
