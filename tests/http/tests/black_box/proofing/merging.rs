//! Two accounts that prove to be one person, and become one only where that person shows that both are theirs.

use cookie::Cookie;
use yimen_http_tests::{Authenticator, Page, Receiver, Registration, Resident, TestApp};

use super::{XIUYING, at_account, prove, start};
use crate::sessions::is_signed_in;

const FIRST: &str = "13800000001";
const SECOND: &str = "13800000002";
const MERGED: &str = "SELECT COUNT(*) FROM audit WHERE action = 'account.merged'";
const CLOSED: &str = "SELECT COUNT(*) FROM account WHERE status = 'merged'";

/// The first account is proven to be somebody, and the second one's resident says that they are the same person: the
/// page that says so.
async fn found_out(app: &TestApp) -> (Resident, Resident, Page) {
    let (one, two) = (app.resident(FIRST), app.resident(SECOND));
    prove(&at_account(&one).await, XIUYING).await;
    let page = prove(&at_account(&two).await, XIUYING).await;
    app.advance("61s").await;
    (one, two, page)
}

/// From that page to the last question, in the second one's browser.
async fn to_question(page: &Page, two: &Resident) -> Page {
    let page = page.press("#merge", &[]).await;
    assert!(
        page.has("#phone"),
        "the other account is to be shown: {}",
        page.answer.body
    );
    two.lend_to(FIRST).sign_in_at(&page).await
}

#[tokio::test]
async fn two_accounts_of_one_person_become_one() {
    let (app, _) = start().await;
    let receiver = Receiver::start();
    let hrss = app
        .register(Registration::new("hrss").option("--backchannel-logout-uri", &receiver.uri))
        .await;
    let tax = app.client("tax").await;
    let (one, two) = (app.resident(FIRST), app.resident(SECOND));
    let by_first = one.sign_in_to(&hrss).await;
    let (by_second, tax_by_second) = (two.sign_in_to(&hrss).await, two.sign_in_to(&tax).await);
    let passkey = Authenticator::new();
    let account = two.browser.get("/account").await;
    passkey.enrol(&account.click("#add-passkey").await).await;
    app.advance("61s").await;
    let elsewhere = two.elsewhere();
    elsewhere.sign_in().await;

    prove(&one.browser.get("/account/identity").await, XIUYING).await;
    let page = prove(&two.browser.get("/account/identity").await, XIUYING).await;
    app.advance("61s").await;
    let question = to_question(&page, &two).await;
    assert_eq!(question.url.path(), "/account/merge");
    assert!(
        question.text("h1").contains("138 **** 0002"),
        "{}",
        question.text("h1")
    );
    // It has another way in: its owner has days to say no.
    let account = question.press("#confirm", &[]).await;
    assert_eq!((account.status(), account.url.path()), (200, "/account"));
    assert!(account.text("[role=status]").contains("过几天"));
    assert!(
        account
            .text("#activity")
            .contains("同意把另一个账户合并到这个账户")
    );
    app.advance("71h").await;
    assert_eq!(app.rows(CLOSED).await, 0, "nothing is so yet");
    assert!(one.sign_in().await.text("#merging").contains("会合到这个账户"));
    app.advance("2h").await;
    let account = one.sign_in().await;
    assert!(!account.has("#merging"));
    assert_eq!(account.text("h1"), XIUYING.0);
    let activity = account.text("#activity");
    assert!(activity.contains("合并到了这个账户"), "{activity}");
    assert!(activity.contains("分别认识您的两个账户"), "{activity}");
    for number in ["138 **** 0001", "138 **** 0002"] {
        assert!(account.text("#methods").contains(number), "{number}");
    }

    // What the closed account had open has ended, and its departments were told.
    assert!(!is_signed_in(&elsewhere.browser).await);
    for (client, tokens) in [(&hrss, &by_second), (&tax, &tax_by_second)] {
        let refused = client.refresh(&tokens.refresh).await;
        refused.assert_error(400, "invalid_grant");
    }
    assert!(!receiver.wait_for(1).await.is_empty());
    assert_eq!(hrss.refresh(&by_first.refresh).await.status, 200);

    // Number and passkey of the closed one open the one that stays.
    app.advance("61s").await;
    let again = two.elsewhere();
    assert_eq!(again.sign_in().await.text("h1"), XIUYING.0);
    let by_passkey = passkey.sign_in(&app.browser().get("/account").await).await;
    assert_eq!(by_passkey.text("h1"), XIUYING.0);
    // Authenticators that know the closed account by its own handle hear which of its passkeys are left.
    let left = |page: &Page| page.attribute("[data-accepted-credentials]", "data-accepted-credentials");
    assert!(!left(&by_passkey).is_empty());
    let confirm = by_passkey.press("button[name=passkey]", &[]).await;
    assert_eq!(left(&confirm.press("#confirm", &[]).await), "");

    // Departments know the person as before; what was agreed in the closed account is asked again.
    assert_eq!(again.sign_in_to(&hrss).await.sub(), by_first.sub());
    let request = tax.sign_in();
    let page = again.follow(&request).await;
    assert!(page.has("#allow"), "asked again: {}", page.answer.body);
    let response = request.read(&again.go_on(page).await);
    assert_eq!(tax.tokens(&request, &response).await.sub(), tax_by_second.sub());

    // The subject that was left behind still leads to the person: it is no other's.
    let silent = hrss
        .sign_in()
        .with("prompt", "none")
        .with("id_token_hint", &by_second.id);
    assert!(!again.go_through(&silent).await.code().is_empty());

    for (sql, count) in [
        (MERGED, 1),
        (CLOSED, 1),
        (
            "SELECT COUNT(*) FROM audit WHERE action = 'account.merged_into'",
            1,
        ),
        (
            "SELECT COUNT(*) FROM audit WHERE action = 'account.merging_begun'",
            2,
        ),
        (
            "SELECT COUNT(*) FROM audit WHERE action = 'subject.known_twice'",
            1,
        ),
        ("SELECT COUNT(*) FROM merging", 0),
        ("SELECT COUNT(*) FROM account WHERE identity = 'real_name'", 1),
        ("SELECT COUNT(*) FROM passkey WHERE vouched_at IS NOT NULL", 0),
    ] {
        assert_eq!(app.rows(sql).await, count, "{sql}");
    }
}

#[tokio::test]
async fn who_shows_only_one_of_the_two_merges_nothing() {
    let (app, _) = start().await;
    let (_, thief, page) = found_out(&app).await;
    let page = page.press("#merge", &[]).await;
    // Signs in to their own account again, and then to a third one.
    let own = thief.sign_in_at(&page).await;
    assert_eq!(own.status(), 422);
    assert!(own.text("h1").contains("不是要合并的那个账户"));
    let account = thief.browser.get("/account").await;
    let mut form = account.form("#sign-out");
    form.action = account.url.join("/account/merge").unwrap();
    let forced = form.fill("confirmed", "yes").submit().await;
    assert_eq!(forced.status(), 410, "{}", forced.answer.body);
    account.press("#sign-out", &[]).await;
    let third = thief.lend_to("13800000003");
    let page = third.sign_in_at(&third.browser.get("/account/merge").await).await;
    assert_eq!(page.status(), 422);
    assert_eq!((app.rows(MERGED).await, app.rows(CLOSED).await), (0, 0));
}

#[tokio::test]
async fn what_another_has_begun_finishes_in_no_other_browser_and_by_no_older_sign_in() {
    let (app, _) = start().await;
    let (owner, thief, page) = found_out(&app).await;
    // The owner is signed in, and follows a link.
    let link = owner.browser.get("/account/merge").await;
    assert_eq!(link.status(), 410);
    page.press("#merge", &[]).await;
    let cookies = thief.browser.cookies();
    let cookie = cookies
        .into_iter()
        .find(|cookie| cookie.name().ends_with("merging"));
    let cookie: Cookie<'static> = cookie.expect("what was begun");
    assert_eq!(cookie.http_only(), Some(true));
    // Even with the thief's cookie, the sign-in from before does not count.
    owner.browser.plant_cookie(cookie);
    let page = owner.browser.get("/account/merge").await;
    assert!(page.has("#phone"), "{}", page.answer.body);
    assert_eq!(app.rows(MERGED).await, 0);
}

#[tokio::test]
async fn a_merging_waits_a_quarter_of_an_hour_and_a_sign_in_ten_minutes() {
    let (app, _) = start().await;
    let (_, two, page) = found_out(&app).await;
    let question = to_question(&page, &two).await;
    app.advance("11m").await;
    let stale = question.press("#confirm", &[]).await;
    assert!(
        stale.has("#phone"),
        "signed in too long ago: {}",
        stale.answer.body
    );
    app.advance("5m").await;
    let late = two.lend_to(FIRST).sign_in_at(&stale).await;
    assert_eq!(late.status(), 410, "{}", late.answer.body);
    assert!(late.text("h1").contains("没有办成"));
    assert_eq!(app.rows(MERGED).await, 0);
}

#[tokio::test]
async fn a_form_from_elsewhere_merges_nothing() {
    let (app, _) = start().await;
    let (_, two, page) = found_out(&app).await;
    let begin = page.form("#merge");
    assert_eq!(
        begin.clone().submit_from("https://evil.example").await.status(),
        403
    );
    assert_eq!(begin.without("token").submit().await.status(), 403);
    assert_eq!(
        app.rows("SELECT COUNT(*) FROM merging WHERE begun_at IS NOT NULL")
            .await,
        0
    );
    let question = to_question(&page, &two).await;
    let form = question.form("#confirm");
    assert_eq!(
        form.clone().submit_from("https://evil.example").await.status(),
        403
    );
    assert_eq!(form.clone().fill("token", "AAAA").submit().await.status(), 403);
    assert_eq!(form.without("token").submit().await.status(), 403);
    assert_eq!(app.rows(MERGED).await, 0);
}

#[tokio::test]
async fn pressed_twice_or_at_once_it_happens_once() {
    let (app, _) = start().await;
    let (_, two, page) = found_out(&app).await;
    let question = to_question(&page, &two).await;
    let form = question.form("#confirm");
    let (a, b) = tokio::join!(form.clone().submit(), form.clone().submit());
    let done = [&a, &b]
        .iter()
        .filter(|page| page.url.path() == "/account")
        .count();
    assert_eq!(done, 1, "{} {}", a.status(), b.status());
    assert!([&a, &b].iter().all(|page| [200, 410].contains(&page.status())));
    assert_eq!(form.submit().await.status(), 410, "and once more");
    assert_eq!(app.rows(MERGED).await, 1);
}

#[tokio::test]
async fn two_accounts_close_into_one_at_once() {
    let (app, _) = start().await;
    let (_, two, page) = found_out(&app).await;
    let three = app.resident("13800000003");
    let other = prove(&at_account(&three).await, XIUYING).await;
    let first = to_question(&page, &two).await;
    app.advance("61s").await;
    let second = to_question(&other, &three).await;
    let (a, b) = tokio::join!(first.press("#confirm", &[]), second.press("#confirm", &[]));
    assert_eq!((a.status(), b.status()), (200, 200));
    assert_eq!((app.rows(MERGED).await, app.rows(CLOSED).await), (2, 2));
    assert!(second.reload().await.status() == 410);
    let account = three.browser.get("/account").await;
    for number in ["138 **** 0001", "138 **** 0002", "138 **** 0003"] {
        assert!(account.text("#methods").contains(number), "{number}");
    }
}

#[tokio::test]
async fn a_locked_account_is_not_merged() {
    let (app, _) = start().await;
    let (one, two, page) = found_out(&app).await;
    let question = to_question(&page, &two).await;
    // Its owner, told of the name that was verified elsewhere, locks the account.
    let link = one.told_of("核验另一个账户").await;
    app.browser().get(&link).await.press("#lock", &[]).await;
    let refused = question.press("#confirm", &[]).await;
    assert_ne!(refused.url.path(), "/account", "{}", refused.answer.body);
    assert_eq!((app.rows(MERGED).await, app.rows(CLOSED).await), (0, 0));
}

/// Somebody with an account of their own, proven, has got hold of a code of the owner's: they ask to close the
/// owner's account into theirs. The owner, the thief at the owner's account, and the page that has been agreed to.
async fn phished() -> (TestApp, Resident, Resident, Page) {
    let (app, _) = start().await;
    let owner = app.resident(SECOND);
    owner.sign_in().await;
    prove(&at_account(&app.resident(FIRST)).await, XIUYING).await;
    app.advance("25h").await;
    let thief = owner.elsewhere();
    let page = prove(&at_account(&thief).await, XIUYING).await;
    app.advance("61s").await;
    let account = to_question(&page, &thief).await.press("#confirm", &[]).await;
    assert!(
        account.text("[role=status]").contains("过几天"),
        "{}",
        account.answer.body
    );
    (app, owner, thief, account)
}

#[tokio::test]
async fn a_session_in_somebodys_account_does_not_close_it_behind_their_back() {
    let (app, owner, thief, _) = phished().await;
    owner.told_of("合并").await;
    app.advance("2d").await;
    assert_eq!(app.rows(CLOSED).await, 0);
    let account = owner.sign_in().await;
    assert!(account.text("#merging").contains("这个账户会关闭"));
    let forced = account
        .form("#stop-merging")
        .submit_from("https://evil.example")
        .await;
    assert_eq!(forced.status(), 403);
    let stopped = account.press("#stop-merging", &[]).await;
    assert!(stopped.text("[role=status]").contains("已拦下"));
    assert!(stopped.text("#activity").contains("账户没有合并"));
    // The thief's own account hears of it, and has nothing to stop any more.
    let thief = thief.lend_to(FIRST).sign_in().await;
    assert!(!thief.has("#merging"), "{}", thief.text("#methods"));
    app.advance("3d").await;
    assert_eq!((app.rows(MERGED).await, app.rows(CLOSED).await), (0, 0));
    assert_eq!(app.count("merging").await, 0);
}

/// Whoever opened the account by a stolen code is not alone in it any more, though their session is the one it began
/// with.
#[tokio::test]
async fn an_account_that_its_owner_has_used_elsewhere_is_not_closed_at_once() {
    for by_department in [false, true] {
        let (app, _) = start().await;
        let thief = app.resident(SECOND);
        thief.sign_in().await;
        app.advance("61s").await;
        if by_department {
            let client = app.client("hrss").await;
            thief.sign_in_to(&client).await;
        } else {
            thief.elsewhere().sign_in().await;
        }
        prove(&at_account(&app.resident(FIRST)).await, XIUYING).await;
        app.advance("61s").await;
        let page = thief.browser.get("/account").await.click("#prove-name").await;
        let page = prove(&page, XIUYING).await;
        app.advance("61s").await;
        let account = to_question(&page, &thief).await.press("#confirm", &[]).await;
        let said = account.text("[role=status]");
        assert!(said.contains("过几天"), "{by_department}: {said}");
        assert_eq!(app.rows(CLOSED).await, 0, "{by_department}");
    }
}

/// Each is stopped on the page; the owner has had three messages about it today.
#[tokio::test]
async fn a_merging_begun_for_the_fourth_time_in_a_day_is_told_like_the_first() {
    let (app, owner, ..) = phished().await;
    let told = "SELECT COUNT(*) FROM notice n JOIN account a ON a.id = n.account_id \
                WHERE n.kind = 'merging' AND n.told_at IS NOT NULL AND a.identity = 'unknown'";
    assert_eq!(app.rows(told).await, 1);
    app.advance("61s").await;
    owner.sign_in().await;
    for times in 2..=4 {
        let account = owner.browser.get("/account").await;
        account.press("#stop-merging", &[]).await;
        app.advance("61s").await;
        let page = prove(&at_account(&owner.elsewhere()).await, XIUYING).await;
        page.press("#merge", &[]).await;
        assert_eq!(app.rows(told).await, times);
        app.advance("61s").await;
    }
}

#[tokio::test]
async fn the_link_of_either_account_stops_a_merging() {
    for is_staying in [false, true] {
        let (app, owner, _, _) = phished().await;
        let told = if is_staying {
            app.resident(FIRST)
        } else {
            owner.clone()
        };
        let link = told.told_of("合并").await;
        let page = app.browser().get(&link).await;
        assert_eq!(page.press("#lock", &[]).await.status(), 200);
        assert_eq!(app.count("merging").await, 0);
        // Its owner opens the account again: what was stopped stays so.
        app.advance("2m").await;
        if !is_staying {
            owner.sign_in().await;
        }
        app.advance("4d").await;
        assert_eq!((app.rows(MERGED).await, app.rows(CLOSED).await), (0, 0));
    }
}

#[tokio::test]
async fn what_was_agreed_is_neither_hurried_nor_stopped_by_another_account() {
    let (app, owner, thief, account) = phished().await;
    let again = account.form("#stop-merging");
    let page = prove(&at_account(&thief.elsewhere()).await, XIUYING).await;
    let begun = page.press("#merge", &[]).await;
    assert_eq!(begun.status(), 410, "{}", begun.answer.body);
    let other = app.resident("13800000003").sign_in().await;
    let mut form = other.form("#sign-out");
    form.action.set_path("/account/merge/stop");
    assert!(form.submit().await.text("[role=status]").contains("不用再办"));
    assert_eq!(again.fill("token", "AAAA").submit().await.status(), 403);
    assert_eq!(app.count("merging").await, 1);
    // Nobody says no.
    app.advance("73h").await;
    assert_eq!(app.rows(CLOSED).await, 1);
    let page = owner.sign_in().await;
    assert_eq!(page.text("h1"), XIUYING.0);
}

#[tokio::test]
async fn whoever_leaves_takes_the_closed_account_along() {
    let (app, _) = start().await;
    let tax = app.client("tax").await;
    let (one, two) = (app.resident(FIRST), app.resident(SECOND));
    prove(&at_account(&one).await, XIUYING).await;
    one.sign_in_to(&tax).await;
    two.sign_in_to(&tax).await;
    let passkey = Authenticator::new();
    let account = two.browser.get("/account").await;
    passkey.enrol(&account.click("#add-passkey").await).await;
    app.advance("61s").await;
    passkey.sign_in(&app.browser().get("/account").await).await;
    let page = prove(&two.browser.get("/account/identity").await, XIUYING).await;
    to_question(&page, &two).await.press("#confirm", &[]).await;
    app.advance("73h").await;
    assert_eq!(app.rows(CLOSED).await, 1);
    one.sign_in().await;
    let leaving = one.browser.get("/account/leave").await;
    leaving.press("#confirm", &[]).await;
    app.advance("16d").await;
    for table in ["account", "subject", "passkey", "phone", "session", "consent"] {
        assert_eq!(app.count(table).await, 0, "{table}");
    }
}

#[tokio::test]
async fn a_merging_that_cannot_be_done_any_more_is_over_and_holds_nothing_up() {
    let stopped = "SELECT COUNT(*) FROM audit WHERE action = 'account.merging_stopped'";
    // By leaving; and by a change that nothing stops before its time has come.
    let (app, owner, _, _) = phished().await;
    owner.sign_in().await;
    let leaving = owner.browser.get("/account/leave").await;
    leaving.press("#confirm", &[]).await;
    assert_eq!((app.count("merging").await, app.rows(stopped).await), (0, 2));

    let (app, owner, _, _) = phished().await;
    app.change_records("UPDATE identity_proof SET ended_at = 1").await;
    let third = app.resident("13800000003");
    third.sign_in().await;
    let leaving = third.browser.get("/account/leave").await;
    leaving.press("#confirm", &[]).await;
    app.advance("73h").await;
    assert_eq!((app.count("merging").await, app.rows(stopped).await), (0, 2));
    assert!(owner.sign_in().await.has("#methods"), "as before");
    // What is swept after it is swept.
    app.advance("14d").await;
    assert_eq!(app.count("account").await, 2);
}

#[tokio::test]
async fn a_lock_ends_what_a_merging_brought_in() {
    let (app, _) = start().await;
    let (owner, thief) = (app.resident(FIRST), app.resident(SECOND));
    prove(&at_account(&owner).await, XIUYING).await;
    app.advance("2m").await;
    // An account that its own first session opened two days ago, kept alive, closes at once.
    thief.sign_in().await;
    app.advance("25h").await;
    let page = prove(&at_account(&thief).await, XIUYING).await;
    app.advance("61s").await;
    let merged = to_question(&page, &thief).await.press("#confirm", &[]).await;
    assert_eq!(merged.url.path(), "/account", "{}", merged.answer.body);
    assert_eq!(app.rows(CLOSED).await, 1);
    let link = owner.told_of("刚合并到这个账户").await;
    app.browser().get(&link).await.press("#lock", &[]).await;
    app.advance("2m").await;
    // The thief's number, which was theirs long before, opens the owner's account no more.
    let again = thief.elsewhere().sign_in().await;
    assert_ne!(again.text("h1"), XIUYING.0, "{}", again.answer.body);
    assert!(!again.text("#methods").contains("138 **** 0001"));
}
