use std::time::Duration;

use super::*;
use crate::oidc::authorize::samples::request;

const ACR: &str = "https://id.city.example/acr/1";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn present(auth_time: i64) -> Present<'static> {
    Present {
        auth_time: Some(at(auth_time)),
        sub: Some("s1"),
        acr: ACR,
        consent: ConsentState::Stands { since: at(10) },
    }
}

fn refused(step: &Step) -> Option<Code> {
    match step {
        Step::Refuse(error) => Some(error.code),
        _ => None,
    }
}

#[test]
fn a_session_with_consent_gets_its_code() {
    assert!(matches!(
        next_step(&request("", at(100)), present(50)),
        Step::Issue
    ));
}

#[test]
fn without_a_session_one_signs_in_unless_nothing_may_be_shown() {
    let nobody = Present {
        auth_time: None,
        sub: None,
        ..present(0)
    };
    assert!(matches!(next_step(&request("", at(100)), nobody), Step::SignIn));
    assert_eq!(
        refused(&next_step(&request("&prompt=none", at(100)), nobody)),
        Some(Code::LoginRequired)
    );
}

#[test]
fn max_age_and_prompt_login_want_a_fresh_sign_in() {
    for (asked, auth_time, fresh) in [
        ("&max_age=60", 40, true),
        ("&max_age=60", 39, false),
        ("&max_age=0", 99, false),
        ("&max_age=0", 100, true),
        ("&prompt=login", 99, false),
        ("&prompt=login", 101, true),
        ("&prompt=select_account", 99, false),
    ] {
        let step = next_step(&request(asked, at(100)), present(auth_time));
        assert_eq!(matches!(step, Step::Issue), fresh, "{asked} {auth_time}");
        assert_eq!(matches!(step, Step::SignIn), !fresh, "{asked} {auth_time}");
    }
    assert_eq!(
        request("&max_age=60", at(100)).max_age,
        Some(Duration::from_secs(60))
    );
}

#[test]
fn consent_is_asked_where_it_is_missing_or_wanted_again() {
    let missing = Present {
        consent: ConsentState::Missing,
        ..present(50)
    };
    assert!(matches!(
        next_step(&request("", at(100)), missing),
        Step::AskConsent
    ));
    assert_eq!(
        refused(&next_step(&request("&prompt=none", at(100)), missing)),
        Some(Code::ConsentRequired)
    );
    assert!(matches!(
        next_step(&request("&prompt=consent", at(100)), present(50)),
        Step::AskConsent
    ));
    let just_given = Present {
        consent: ConsentState::Stands { since: at(101) },
        ..present(50)
    };
    assert!(matches!(
        next_step(&request("&prompt=consent", at(100)), just_given),
        Step::Issue
    ));
}

#[test]
fn a_hint_for_another_user_is_never_answered_with_this_one() {
    let mut hinted = request("", at(100));
    hinted.hinted = Some(crate::oidc::authorize::after_redirect::HintedSubject(
        "s2".to_owned(),
    ));
    assert!(matches!(next_step(&hinted, present(50)), Step::SignIn));
    assert_eq!(
        refused(&next_step(&hinted, present(150))),
        Some(Code::LoginRequired)
    );
    assert_eq!(
        hinted.signed_in_after(),
        Some(at(100)),
        "the sign-in pages do not pass the old session by"
    );
    hinted.prompt.none = true;
    assert_eq!(
        refused(&next_step(&hinted, present(50))),
        Some(Code::LoginRequired)
    );
}

#[test]
fn an_essential_acr_out_of_reach_is_an_error_a_voluntary_one_is_not() {
    let claims = |essential: bool| {
        format!("&claims={{\"id_token\":{{\"acr\":{{\"essential\":{essential},\"value\":\"x\"}}}}}}")
    };
    let step = next_step(&request(&claims(true), at(100)), present(50));
    assert_eq!(refused(&step), Some(Code::UnmetAuthenticationRequirements));
    assert!(matches!(
        next_step(&request(&claims(false), at(100)), present(50)),
        Step::Issue
    ));
}
