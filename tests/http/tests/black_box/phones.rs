//! An account's numbers: added, given up, kept; and whoever would take one from somebody else.

use yimen_http_tests::{Page, Resident, TestApp};

const OLD: &str = "13800000001";
const NEW: &str = "13800000002";

/// Asks for `phone` to be added and types the code that it was sent.
pub(crate) async fn add(app: &TestApp, account: &Page, phone: &str) -> Page {
    let page = account.click("#add-phone").await;
    let code = page.press("#send-code", &[("phone", phone)]).await;
    let holder = app.resident(phone);
    code.press("#verify", &[("code", &holder.latest_code().await)])
        .await
}

pub(crate) async fn with_two(app: &TestApp) -> (Resident, Page) {
    let resident = app.resident(OLD);
    let account = add(app, &resident.sign_in().await, NEW).await;
    assert!(
        account.text("[role=status]").contains("号码已添加"),
        "{}",
        account.answer.body
    );
    (resident, account)
}

async fn remove(account: &Page, place: usize) -> Page {
    let button = format!("#methods li:nth-child({place}) form[action='/account/phones/remove'] button");
    account.press(&button, &[]).await
}

#[tokio::test]
async fn a_second_number_opens_the_same_account() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let first = app.resident(OLD);
    let sub = first.sign_in_to(&client).await.sub().to_owned();
    let account = add(&app, &first.browser.get("/account").await, NEW).await;
    assert!(account.text("#methods").contains("138 **** 0002"));
    assert!(account.text("#activity").contains("添加了手机号"));
    app.advance("2m").await;
    assert_eq!(app.resident(NEW).sign_in_to(&client).await.sub(), sub);
    assert_eq!(app.count("account").await, 1);
}

#[tokio::test]
async fn adding_a_number_wants_a_fresh_sign_in() {
    let app = TestApp::start().await;
    let resident = app.resident(OLD);
    let page = resident.sign_in().await.click("#add-phone").await;
    app.advance("11m").await;
    let stale = page.press("#send-code", &[("phone", NEW)]).await;
    assert!(stale.url.path().starts_with("/signin/"), "{}", stale.url);
    assert!(app.resident(NEW).codes().await.is_empty());
}

#[tokio::test]
async fn a_code_takes_nobodys_number() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let owner = app.resident(NEW);
    let sub = owner.sign_in_to(&client).await.sub().to_owned();
    app.advance("2m").await;
    // Whoever reads the number's messages for a while adds it to an account of theirs.
    let thief = app.resident(OLD);
    let account = add(&app, &thief.sign_in().await, NEW).await;
    assert!(
        account.text("[role=status]").contains("另一个账户"),
        "{}",
        account.answer.body
    );
    assert!(!account.text("#methods").contains("138 **** 0002"));
    app.advance("2m").await;
    assert_eq!(owner.sign_in_to(&client).await.sub(), sub);
}

#[tokio::test]
async fn before_the_code_nothing_tells_whether_a_number_has_an_account() {
    let app = TestApp::start().await;
    app.resident(NEW).sign_in().await;
    app.advance("2m").await;
    let mut seen = Vec::new();
    for (own, asked) in [("13800000011", NEW), ("13800000012", "13800000003")] {
        let page = app.resident(own).sign_in().await.click("#add-phone").await;
        let code = page.press("#send-code", &[("phone", asked)]).await;
        let wrong = code.press("#verify", &[("code", "000000")]).await;
        seen.push((
            code.status(),
            code.text("h1"),
            wrong.status(),
            wrong.text("#code-error"),
        ));
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn a_new_numbers_code_is_not_guessed() {
    let app = TestApp::start().await;
    let page = app.resident(OLD).sign_in().await.click("#add-phone").await;
    let code = page.press("#send-code", &[("phone", NEW)]).await;
    let right = app.resident(NEW).latest_code().await;
    let wrong = if right == "000000" { "111111" } else { "000000" };
    for _ in 0..5 {
        let refused = code.press("#verify", &[("code", wrong)]).await;
        assert_eq!(refused.status(), 422);
        assert!(
            !refused.text("main").contains("没有登录"),
            "they are signed in: {}",
            refused.text("#code-error")
        );
    }
    let late = code.press("#verify", &[("code", &right)]).await;
    assert_eq!(late.status(), 422, "{}", late.answer.body);
    assert_eq!(app.count("phone").await, 1);
}

#[tokio::test]
async fn a_code_for_one_session_is_none_in_another() {
    let app = TestApp::start().await;
    let page = app.resident(OLD).sign_in().await.click("#add-phone").await;
    page.press("#send-code", &[("phone", NEW)]).await;
    let code = app.resident(NEW).latest_code().await;
    let other = app.resident("13800000003");
    let other = other.sign_in().await.click("#add-phone").await;
    let own = other.press("#send-code", &[("phone", "13800000004")]).await;
    let taken = own.press("#verify", &[("code", &code)]).await;
    assert_eq!(taken.status(), 422);
}

#[tokio::test]
async fn the_only_number_stays_and_says_why() {
    let app = TestApp::start().await;
    let account = remove(&app.resident(OLD).sign_in().await, 1).await;
    assert!(
        account.text("[role=status]").contains("唯一的号码"),
        "{}",
        account.answer.body
    );
    assert!(account.text("#methods").contains("138 **** 0001"));
}

#[tokio::test]
async fn a_number_goes_after_days_in_which_its_owner_can_say_no() {
    let app = TestApp::start().await;
    let (resident, _) = with_two(&app).await;
    app.advance("4d").await;
    let account = resident.sign_in().await;
    let account = remove(&account, 1).await.press("#confirm", &[]).await;
    assert!(account.text("#activity").contains("申请移除一个手机号"));
    app.advance("2d").await;
    // It signs in yet, and whoever holds it says no.
    let owner = app.resident(OLD).sign_in().await;
    let kept = owner
        .press("form[action='/account/phones/keep'] button", &[])
        .await;
    assert!(kept.text("[role=status]").contains("保留"));
    app.advance("2d").await;
    let owner = app.resident(OLD).sign_in().await;
    assert_eq!(app.count("account").await, 1);
    // Nobody says no to the second time.
    remove(&owner, 1).await.press("#confirm", &[]).await;
    app.advance("73h").await;
    let account = app.resident(NEW).sign_in().await;
    assert!(!account.text("#methods").contains("138 **** 0001"));
    app.resident(OLD).sign_in().await;
    assert_eq!(app.count("account").await, 2, "its next holder is somebody else");
}

#[tokio::test]
async fn a_number_just_added_goes_at_once() {
    let app = TestApp::start().await;
    let resident = app.resident(OLD);
    resident.sign_in().await;
    app.advance("4d").await;
    let account = add(&app, &resident.sign_in().await, NEW).await;
    let account = remove(&account, 2).await.press("#confirm", &[]).await;
    assert!(
        account.text("[role=status]").contains("号码已移除"),
        "{}",
        account.answer.body
    );
    assert!(!account.text("#methods").contains("138 **** 0002"));
    let told = app.resident(NEW).notices(1).await;
    let told = app.browser().get(&told[0]).await.text("#what");
    assert!(
        told.contains("移除了一个手机号"),
        "to the number that went, too: {told}"
    );
}

/// The number is as young as the one that the thief has added.
#[tokio::test]
async fn a_number_that_its_owner_got_back_does_not_go_at_once() {
    let app = TestApp::start().await;
    let owner = app.resident(OLD);
    owner.sign_in().await;
    app.advance("90d").await;
    let thief = app.resident(OLD);
    let page = thief.sign_in_at(&thief.browser.get("/account").await).await;
    page.press("#new", &[]).await;
    app.advance("2m").await;
    let back = owner.sign_in().await;
    assert!(back.text("#activity").contains("重新归到这个账户"));
    app.advance("2m").await;
    let thief = owner.elsewhere();
    let account = add(&app, &thief.sign_in().await, NEW).await;
    let before = owner.notices(2).await.len();
    let account = remove(&account, 1).await.press("#confirm", &[]).await;
    assert!(account.has("form[action='/account/phones/keep']"), "it waits");
    let mut told = Vec::new();
    for link in owner.notices(before + 1).await {
        told.push(app.browser().get(&link).await.text("#what"));
    }
    assert!(told.iter().any(|what| what.contains("将被移除")), "{told:?}");
    app.advance("2d").await;
    let kept = owner.sign_in().await;
    let kept = kept
        .press("form[action='/account/phones/keep'] button", &[])
        .await;
    assert!(kept.text("#methods").contains("138 **** 0001"));
}

#[tokio::test]
async fn of_two_numbers_given_up_at_once_one_stays() {
    let app = TestApp::start().await;
    let (_, account) = with_two(&app).await;
    let [first, second] = [remove(&account, 1).await, remove(&account, 2).await];
    let both = [first, second].map(|page| tokio::spawn(page.form("#confirm").submit()));
    for one in both {
        assert_eq!(one.await.unwrap().status(), 200);
    }
    app.advance("4d").await;
    for phone in [OLD, NEW] {
        app.resident(phone).sign_in().await;
    }
    assert_eq!(
        app.count("account").await,
        2,
        "one of them is still the account's"
    );
}

#[tokio::test]
async fn nobody_removes_anothers_number() {
    let app = TestApp::start().await;
    let (owner, _) = with_two(&app).await;
    let other = add(&app, &app.resident("13800000003").sign_in().await, "13800000004").await;
    let id = owner
        .browser
        .get("/account")
        .await
        .attribute("#methods li:nth-child(2) form button[name=phone]", "value");
    let button = "#methods li:nth-child(2) form[action='/account/phones/remove'] button";
    let form = other.form(button).fill("phone", &id).fill("confirmed", "yes");
    let answer = form.submit().await;
    assert!(
        answer.text("[role=status]").contains("不用再办"),
        "{}",
        answer.text("[role=status]")
    );
    assert!(
        owner
            .browser
            .get("/account")
            .await
            .text("#methods")
            .contains("138 **** 0002")
    );
    let forced = other.form(button).submit_from("https://evil.example").await;
    assert_eq!(forced.status(), 403);
}

#[tokio::test]
async fn an_added_number_is_told_to_the_others_and_their_link_undoes_it() {
    let app = TestApp::start().await;
    let owner = app.resident(OLD);
    owner.sign_in().await;
    app.advance("4d").await;
    let thief = owner.elsewhere();
    let account = add(&app, &thief.sign_in().await, NEW).await;
    remove(&account, 1).await.press("#confirm", &[]).await;
    let links = owner.notices(3).await;
    let mut said = Vec::new();
    for link in &links {
        said.push(app.browser().get(link).await.text("#what"));
    }
    // Messages are delivered in no order.
    let about = |what: &str| said.iter().position(|text| text.contains(what));
    assert!(
        about("新设备").is_some() && about("将被移除").is_some(),
        "{said:?}"
    );
    let added = about("添加了一个手机号").expect("the new number is told of");
    let told = app.resident(NEW).notices(1).await;
    let told = app.browser().get(&told[0]).await.text("#what");
    assert!(
        told.contains("将被移除"),
        "whoever added it is not told how to undo it first: {told}"
    );
    let locked = app.browser().get(&links[added]).await.press("#lock", &[]).await;
    assert_eq!(locked.status(), 200, "{}", locked.answer.body);
    app.advance("2m").await;
    let account = owner.sign_in().await;
    assert!(
        !account.text("#methods").contains("138 **** 0002"),
        "what was added is gone"
    );
    assert!(
        !account.has("form[action='/account/phones/keep']"),
        "what was given up stays"
    );
    assert!(account.text("#methods").contains("138 **** 0001"));
}

/// Everything is younger than the day for which a lock undoes: what was there first is the owner's.
#[tokio::test]
async fn of_numbers_all_added_today_a_lock_leaves_the_first() {
    let app = TestApp::start().await;
    let owner = app.resident(OLD);
    owner.sign_in().await;
    app.advance("1h").await;
    add(&app, &owner.elsewhere().sign_in().await, NEW).await;
    let mut added = None;
    for link in owner.notices(2).await {
        let what = app.browser().get(&link).await.text("#what");
        if what.contains("添加了一个手机号") {
            added = Some(link);
        }
    }
    lock(&app, &added.unwrap()).await;
    // Its owner, whose browser is as young, has the window to go to, and the number to sign in with.
    let open = "SELECT COUNT(*) FROM phone WHERE ended_at IS NULL";
    assert_eq!(app.rows(open).await, 1);
    let first = format!("{open} AND verified_at = (SELECT MIN(verified_at) FROM phone)");
    assert_eq!(app.rows(&first).await, 1);
}

/// Two numbers for long; the second was somebody else's for a moment and has come back to the owner's own browser.
/// Answers the link of the notice about that.
async fn got_back(app: &TestApp) -> (Resident, String) {
    let (owner, _) = with_two(app).await;
    app.advance("90d").await;
    owner.sign_in().await.press("#sign-out", &[]).await;
    let before = owner.notices(1).await;
    let stranger = app.resident(NEW);
    let page = stranger.sign_in_at(&stranger.browser.get("/account").await).await;
    page.press("#new", &[]).await;
    let told = owner.notices(before.len() + 1).await;
    let link = told.into_iter().find(|link| !before.contains(link)).unwrap();
    app.advance("2m").await;
    let back = owner.lend_to(NEW).sign_in().await;
    assert!(back.text("#activity").contains("重新归到这个账户"));
    (owner, link)
}

async fn lock(app: &TestApp, link: &str) {
    let locked = app.browser().get(link).await.press("#lock", &[]).await;
    assert_eq!(locked.status(), 200, "{}", locked.answer.body);
}

#[tokio::test]
async fn a_lock_does_not_end_a_number_that_was_got_back() {
    let app = TestApp::start().await;
    let (owner, link) = got_back(&app).await;
    lock(&app, &link).await;
    app.advance("2m").await;
    let account = owner.sign_in().await;
    for held in ["138 **** 0001", "138 **** 0002"] {
        assert!(account.text("#methods").contains(held), "{held}");
    }
}

/// It was the only one that was not new, and with none before them the thief's stayed.
#[tokio::test]
async fn a_number_that_was_got_back_does_not_keep_a_thiefs() {
    let app = TestApp::start().await;
    let owner = app.resident(OLD);
    owner.sign_in().await;
    app.advance("90d").await;
    let stranger = app.resident(OLD);
    let page = stranger.sign_in_at(&stranger.browser.get("/account").await).await;
    page.press("#new", &[]).await;
    app.advance("2m").await;
    owner.sign_in().await;
    app.advance("2m").await;
    let thief = owner.elsewhere();
    add(&app, &thief.sign_in().await, NEW).await;
    // To the number that the owner has: the stranger's account was told of its loss, and this one of two things.
    let mut added = None;
    while added.is_none() {
        for link in owner.notices(2).await {
            let what = app.browser().get(&link).await.text("#what");
            if what.contains("添加了一个手机号") {
                added = Some(link);
            }
        }
    }
    lock(&app, &added.unwrap()).await;
    app.advance("2m").await;
    let account = owner.sign_in().await;
    let methods = account.text("#methods");
    assert!(
        methods.contains("138 **** 0001") && !methods.contains("138 **** 0002"),
        "{methods}"
    );
}

/// That it was once got back does not make it the owner's for ever.
#[tokio::test]
async fn a_number_given_up_since_and_added_by_a_thief_goes() {
    let app = TestApp::start().await;
    let (owner, _) = got_back(&app).await;
    let account = owner.browser.get("/account").await;
    let account = remove(&account, 2).await.press("#confirm", &[]).await;
    assert!(!account.text("#methods").contains("138 **** 0002"));
    app.advance("4d").await;
    owner.sign_in().await;
    app.advance("2m").await;
    let before = owner.notices(1).await;
    let thief = owner.elsewhere();
    add(&app, &thief.sign_in().await, NEW).await;
    let told = owner.notices(before.len() + 2).await;
    let link = told.into_iter().find(|link| !before.contains(link)).unwrap();
    lock(&app, &link).await;
    app.advance("2m").await;
    let account = owner.sign_in().await;
    assert!(!account.text("#methods").contains("138 **** 0002"));
}
