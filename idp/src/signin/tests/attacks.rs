use axum::http::{HeaderMap, StatusCode};

use super::house::{House, number};
use super::walk::{all_at_once, form, not};
use super::whereabouts::nowhere;
use crate::signin::Signin;
use crate::signin::arrival::Visitor;
use crate::signin::code::TypedCode;
use crate::signin::guard::{Browser, look};
use crate::signin::verify_code::VerifyCode;
use crate::web::Locale;

const PHONE: &str = "13812345678";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_at_once_are_still_five() {
    let house = House::open().await;
    let mut browser = house.browser();
    let id = browser.begin().await;
    browser.ask_for_code(&id, PHONE).await;
    let code = not(&house.codes(PHONE)[0]);
    let token = browser.get(&format!("/signin/{id}/code")).await.token();
    let path = format!("/signin/{id}/code");
    let fields = [("token", token.as_str()), ("code", code.as_str())];
    let replies = all_at_once((0..40).map(|_| browser.send_and_forget(&path, &fields))).await;
    assert!(
        replies
            .iter()
            .all(|reply| reply.location.is_empty() && reply.status != StatusCode::INTERNAL_SERVER_ERROR)
    );
    assert_eq!(house.failures().await, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_right_code_sent_many_times_at_once_is_one_sign_in() {
    let house = House::open().await;
    let mut browser = house.browser();
    let id = browser.begin().await;
    browser.ask_for_code(&id, PHONE).await;
    let code = house.codes(PHONE)[0].clone();
    let token = browser.get(&format!("/signin/{id}/code")).await.token();
    let path = format!("/signin/{id}/code");
    let fields = [("token", token.as_str()), ("code", code.as_str())];
    let replies = all_at_once((0..4).map(|_| browser.send_and_forget(&path, &fields))).await;
    let cookies: std::collections::HashSet<_> = replies.iter().map(|reply| &reply.set_cookies).collect();
    assert!(
        replies.iter().all(|reply| reply.location == "/account"),
        "{replies:?}"
    );
    assert_eq!(cookies.len(), 1, "every copy of the form gets the same session");
    assert_eq!(house.count("SELECT COUNT(*) AS n FROM session").await, 1);
    assert_eq!(house.count("SELECT COUNT(*) AS n FROM account").await, 1);

    house.wait(61);
    let replayed = browser.send_and_forget(&path, &fields).await;
    assert!(
        replayed.set_cookies.is_empty(),
        "a minute later the code is nothing"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_sent_twice_sends_one_message() {
    let house = House::open().await;
    let mut browser = house.browser();
    let id = browser.begin().await;
    let token = browser.get(&format!("/signin/{id}")).await.token();
    let path = format!("/signin/{id}/phone");
    let fields = [("token", token.as_str()), ("phone", PHONE)];
    let replies = all_at_once((0..3).map(|_| browser.send_and_forget(&path, &fields))).await;
    assert!(
        replies.iter().all(|reply| reply.status == StatusCode::SEE_OTHER),
        "{replies:?}"
    );
    assert_eq!(house.codes(PHONE).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_browsers_asking_at_once_for_one_number_send_one_message() {
    let house = House::open().await;
    let asks = (0..8).map(|_| async {
        let mut browser = house.browser();
        let id = browser.begin().await;
        browser.ask_for_code(&id, PHONE).await.status
    });
    let statuses = all_at_once(asks).await;
    assert_eq!(
        statuses
            .iter()
            .filter(|status| **status == StatusCode::SEE_OTHER)
            .count(),
        1,
        "{statuses:?}"
    );
    assert_eq!(house.codes(PHONE).len(), 1);
}

#[tokio::test]
async fn a_form_from_elsewhere_is_refused() {
    let house = House::open().await;
    let mut browser = house.browser();
    let (id, other) = (browser.begin().await, browser.begin().await);
    let token = browser.get(&format!("/signin/{id}")).await.token();
    let foreign_token = browser.get(&format!("/signin/{other}")).await.token();
    let path = format!("/signin/{id}/phone");
    for fields in [
        vec![("phone", PHONE)],
        vec![("phone", PHONE), ("token", "")],
        vec![("phone", PHONE), ("token", &foreign_token)],
    ] {
        assert_eq!(
            browser.post(&path, &fields).await.status,
            StatusCode::FORBIDDEN,
            "{fields:?}"
        );
    }
    for (header, value) in [
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "cross-site"),
        ("origin", "null"),
    ] {
        let mut request = form(&path, &[("phone", PHONE), ("token", &token)]);
        request.headers_mut().insert(header, value.parse().unwrap());
        assert_eq!(
            browser.send(request).await.status,
            StatusCode::FORBIDDEN,
            "{header}: {value}"
        );
    }
    assert!(house.codes(PHONE).is_empty());
}

/// Login CSRF: an attacker's interaction, with the attacker's token, in the victim's browser.
#[tokio::test]
async fn an_interaction_belongs_to_the_browser_that_began_it() {
    let house = House::open().await;
    let mut attacker = house.browser();
    let id = attacker.begin().await;
    attacker.ask_for_code(&id, PHONE).await;
    let code = house.codes(PHONE)[0].clone();
    let token = attacker.get(&format!("/signin/{id}/code")).await.token();

    let mut victim = house.browser();
    let reply = victim
        .post(
            &format!("/signin/{id}/code"),
            &[("token", &token), ("code", &code)],
        )
        .await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert!(victim.session().await.is_none());
    assert_eq!(
        victim.get(&format!("/signin/{id}")).await.status,
        StatusCode::BAD_REQUEST
    );
    victim.cookies.insert(format!("i-{id}"), "guess.".to_owned());
    assert_eq!(
        victim.get(&format!("/signin/{id}")).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn a_planted_session_or_browser_cookie_is_never_the_one_that_signs_in() {
    let house = House::open().await;
    let planted = house.signin.rng.token();
    let mut victim = house.browser();
    victim.cookies.insert("session".to_owned(), planted.clone());
    victim.cookies.insert("browser".to_owned(), planted.clone());
    victim.sign_in(PHONE).await;
    assert_ne!(victim.cookies["session"], planted);
    assert_ne!(victim.cookies["browser"], planted);

    let mut attacker = house.browser();
    attacker.cookies.insert("session".to_owned(), planted);
    assert!(attacker.session().await.is_none());
}

#[tokio::test]
async fn a_session_token_is_new_at_every_sign_in_and_the_old_one_is_nothing() {
    let house = House::open().await;
    let mut browser = house.browser();
    let first = browser.sign_in(PHONE).await;
    let old = browser.clone();
    house.wait(61);
    let second = browser.sign_in(PHONE).await;
    assert_eq!(first.id, second.id);
    assert_ne!(old.cookies["session"], browser.cookies["session"]);
    assert!(old.session().await.is_none());
}

#[tokio::test]
async fn somebody_else_signing_in_ends_the_session_before() {
    let house = House::open().await;
    let mut browser = house.browser();
    let first = browser.sign_in(PHONE).await;
    let second = browser.sign_in("13800000001").await;
    assert_ne!(first.account, second.account);
    assert!(
        house
            .signin
            .sessions
            .list(first.account, house.now())
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn an_answer_that_was_looked_at_for_one_number_takes_no_code_of_another() {
    let other = "13912345678";
    let house = House::open().await;
    let mut browser = house.browser();
    let id = browser.begin().await;
    browser.ask_for_code(&id, PHONE).await;
    let signin = &house.signin;
    let looked_at = signin.kept_code(&id, house.now()).await.unwrap().unwrap();
    // Another tab asks for a code to another number meanwhile.
    house.wait(60);
    browser.ask_for_code(&id, other).await;
    let code = house.codes(other)[0].clone();
    let ask = VerifyCode {
        interaction: id.clone(),
        code: TypedCode::read(&code).unwrap(),
        visitor: visitor(signin, &browser.headers()),
        work: String::new(),
    };
    let tried = signin
        .count_try(looked_at, &ask, None, house.now())
        .await
        .unwrap();
    assert!(tried.is_none());
    assert_eq!(browser.answer(&id, &code).await.location, "/account");
}

/// The link of a notice locks the account between what a sign-in has looked at and what it does.
#[tokio::test]
async fn a_sign_in_under_way_does_not_go_round_the_lock() {
    let house = House::open().await;
    let mut browser = house.browser();
    browser.sign_in(PHONE).await;
    let (signin, phone) = (&house.signin, number(PHONE));
    let headers = browser.headers();
    let ask = VerifyCode {
        interaction: browser.begin().await,
        code: TypedCode::read("123456").unwrap(),
        visitor: visitor(signin, &headers),
        work: String::new(),
    };
    let index = phone.index(&signin.vault);
    let seen = look(
        &signin.db,
        &signin.vault,
        &index,
        &ask.visitor.browser,
        None,
        house.now(),
    )
    .await;
    let seen = seen.unwrap();
    house.tamper("UPDATE account SET locked_at = 1").await;
    house.tamper("DELETE FROM known_browser").await;
    house.tamper("UPDATE session SET ended_at = 1").await;
    let cookies = signin.sign_in(&house.context(), &ask, &phone, &seen).await;
    assert!(cookies.unwrap().is_empty(), "a question, and no session");
    let open = "SELECT COUNT(*) AS n FROM session WHERE ended_at IS NULL";
    assert_eq!(house.count(open).await, 0);
    let locked = "SELECT COUNT(*) AS n FROM account WHERE locked_at IS NOT NULL";
    assert_eq!(house.count(locked).await, 1);
}

fn visitor(signin: &Signin, headers: &HeaderMap) -> Visitor {
    Visitor {
        browser: Browser::of(signin.site.cookies(), headers),
        previous: None,
        whence: nowhere(),
        locale: Locale::default(),
    }
}
