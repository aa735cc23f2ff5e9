use std::time::Duration;

use super::*;
use crate::oidc::authorize::samples::request;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn present(auth_time: i64) -> Present<'static> {
    Present {
        auth_time: Some(at(auth_time)),
        sub: Some("s1"),
        identity: Identity::Unknown,
        strength: Strength::Code,
        ways: Ways {
            passkey: true,
            real_name: true,
        },
        answer: RaiseAnswer::Open,
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

fn asks_for(level: u8, essential: bool) -> String {
    format!(
        "&claims={{\"id_token\":{{\"acr\":{{\"essential\":{essential},\"value\":\"https://id.city.example/acr/{level}\"}}}}}}"
    )
}

#[test]
fn what_the_acr_lacks_is_asked_for_before_consent() {
    let asked = |level, present| next_step(&request(&asks_for(level, true), at(100)), present);
    let known = Present {
        identity: Identity::RealName,
        ..present(50)
    };
    assert!(matches!(asked(1, present(50)), Step::Issue));
    assert!(matches!(asked(2, present(50)), Step::Raise));
    assert!(matches!(asked(2, known), Step::Issue));
    assert!(matches!(asked(3, known), Step::Raise));
    let with_passkey = Present {
        strength: Strength::Passkey,
        ..known
    };
    assert!(matches!(asked(3, with_passkey), Step::Issue));
    let unconsented = Present {
        consent: ConsentState::Missing,
        ..known
    };
    assert!(matches!(asked(3, unconsented), Step::Raise));
}

#[test]
fn an_essential_acr_that_is_not_reached_is_an_error_a_voluntary_one_is_not() {
    const UNMET: Option<Code> = Some(Code::UnmetAuthenticationRequirements);
    let no_ways = Present {
        ways: Ways {
            passkey: false,
            real_name: false,
        },
        ..present(50)
    };
    let declined = Present {
        answer: RaiseAnswer::Declined,
        ..present(50)
    };
    for (more, present) in [("", no_ways), ("", declined), ("&prompt=none", present(50))] {
        let asked = |essential| {
            next_step(
                &request(&format!("{}{more}", asks_for(3, essential)), at(100)),
                present,
            )
        };
        assert_eq!(refused(&asked(true)), UNMET);
        assert!(matches!(asked(false), Step::Issue), "{more}");
    }
    let beyond = next_step(&request(&asks_for(9, true), at(100)), present(50));
    assert_eq!(refused(&beyond), UNMET);
}
