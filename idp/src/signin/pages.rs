//! The pages of signing in: the number, the code, signed out, and the development outbox.

use std::time::Duration;

use askama::Template;

use super::passkeys::pages::PasskeyTrouble;
use crate::clock::Timestamp;
use crate::web::{Door, Link, Page, views};

/// `GET /signin/{id}` and the answer to a refused `POST /signin/{id}/phone`.
#[derive(Template)]
#[template(path = "signin/phone.html")]
pub struct PhonePage {
    pub page: Page,
    pub door: Door,
    /// The interaction.
    pub id: String,
    pub token: String,
    /// What the resident typed, kept when it was refused.
    pub phone: String,
    pub problem: Option<PhoneProblem>,
    /// What passkeys are bound to, where they sign in here.
    pub rp_id: Option<String>,
    /// Whether a telephone that is signed in may say yes in its place.
    pub by_phone: bool,
}

/// Why no code was sent, or a passkey did not sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhoneProblem {
    Empty,
    Malformed,
    /// A number of a country the operator does not serve.
    CountryNotServed,
    /// One has just been sent.
    TooSoon {
        wait: Duration,
    },
    /// A send limit was reached.
    TooMany {
        wait: Duration,
    },
    /// Too many wrong codes: SMS is closed for this number in browsers it has not used before.
    Closed {
        wait: Duration,
    },
    /// No provider could take the message.
    NotSent,
    Passkey(PasskeyTrouble),
}

impl PhoneProblem {
    fn is_about_the_number(&self) -> bool {
        !matches!(self, Self::Passkey(_))
    }

    /// The credential that the authenticator should forget.
    fn unknown_credential(&self) -> Option<&str> {
        match self {
            Self::Passkey(trouble) => trouble.unknown(),
            _ => None,
        }
    }

    pub(crate) fn heading(&self, page: &Page) -> String {
        match self {
            Self::Empty => page.say("phone-empty").to_string(),
            Self::Malformed => page.say("phone-bad").to_string(),
            Self::CountryNotServed => page.say("phone-country").to_string(),
            Self::TooSoon { wait } => page
                .say("too-soon")
                .with("wait", &page.words.span(*wait))
                .to_string(),
            Self::TooMany { wait } => page
                .say("too-many")
                .with("wait", &page.words.span(*wait))
                .to_string(),
            Self::Closed { .. } => page.say("closed").to_string(),
            Self::NotSent => page.say("not-sent").to_string(),
            Self::Passkey(trouble) => trouble.heading(page),
        }
    }

    pub(crate) fn advice(&self, page: &Page) -> String {
        match self {
            Self::Empty | Self::Malformed => page.say("phone-bad-advice").to_string(),
            Self::CountryNotServed => page
                .say("phone-country-advice")
                .with("number", page.helpline())
                .to_string(),
            Self::TooSoon { .. } => page.say("too-soon-advice").to_string(),
            Self::TooMany { .. } => page
                .say("too-many-advice")
                .with("number", page.helpline())
                .to_string(),
            Self::Closed { wait } => closed_advice(page, *wait),
            Self::NotSent => page
                .say("not-sent-advice")
                .with("number", page.helpline())
                .to_string(),
            Self::Passkey(trouble) => trouble.advice(page),
        }
    }
}

fn closed_advice(page: &Page, wait: Duration) -> String {
    page.say("closed-advice")
        .with("wait", &page.words.span(wait))
        .with("number", page.helpline())
        .to_string()
}

impl PhonePage {
    fn is_invalid(&self) -> bool {
        self.problem
            .as_ref()
            .is_some_and(PhoneProblem::is_about_the_number)
    }
}

/// `GET /signin/{id}/code` and the answer to a refused `POST /signin/{id}/code` or `…/resend`.
#[derive(Template)]
#[template(path = "signin/code.html")]
pub struct CodePage {
    pub page: Page,
    pub door: Door,
    pub id: String,
    pub token: String,
    /// 138 **** 0000
    pub phone_masked: String,
    pub valid_minutes: u32,
    /// Until the next code may be sent.
    pub resend_in: Duration,
    pub notice: Option<CodeNotice>,
}

/// What happened to the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeNotice {
    /// A new code was sent.
    Resent,
    Empty,
    /// Not six digits.
    Malformed,
    Wrong {
        tries_left: u32,
    },
    /// Too old, or its tries are used up.
    Expired,
    /// Asked again too early.
    TooSoon {
        wait: Duration,
    },
    /// A send limit was reached.
    TooMany {
        wait: Duration,
    },
    Closed {
        wait: Duration,
    },
    NotSent,
}

impl CodeNotice {
    fn is_good_news(self) -> bool {
        self == Self::Resent
    }

    fn is_about_the_code(self) -> bool {
        matches!(
            self,
            Self::Empty | Self::Malformed | Self::Wrong { .. } | Self::Expired
        )
    }

    pub(crate) fn heading(self, page: &Page) -> String {
        match self {
            Self::Resent => page.say("code-resent").to_string(),
            Self::Empty => page.say("code-empty").to_string(),
            Self::Malformed => page.say("code-malformed").to_string(),
            Self::Wrong { .. } => page.say("code-wrong").to_string(),
            Self::Expired => page.say("code-old").to_string(),
            Self::TooSoon { wait } => page
                .say("too-soon")
                .with("wait", &page.words.span(wait))
                .to_string(),
            Self::TooMany { wait } => page
                .say("too-many")
                .with("wait", &page.words.span(wait))
                .to_string(),
            Self::Closed { .. } => page.say("closed").to_string(),
            Self::NotSent => page.say("not-sent").to_string(),
        }
    }

    pub(crate) fn advice(self, page: &Page) -> String {
        match self {
            Self::Resent => page.say("code-resent-advice").to_string(),
            Self::Empty | Self::Malformed => page.say("code-empty-advice").to_string(),
            Self::Wrong { tries_left } => page
                .say("code-wrong-advice")
                .with("left", &tries_left)
                .to_string(),
            Self::Expired => page.say("code-old-advice").to_string(),
            Self::TooSoon { .. } => page.say("too-soon-advice").to_string(),
            Self::TooMany { .. } => page
                .say("too-many-advice")
                .with("number", page.helpline())
                .to_string(),
            Self::Closed { wait } => closed_advice(page, wait),
            Self::NotSent => page
                .say("not-sent-advice")
                .with("number", page.helpline())
                .to_string(),
        }
    }
}

impl CodePage {
    /// A refused code is named in the title, which screen readers speak first.
    fn title(&self) -> String {
        match self.notice {
            Some(notice) if notice.is_about_the_code() => notice.heading(&self.page),
            _ => self.page.say("code-heading").to_string(),
        }
    }

    fn takes_a_code(&self) -> bool {
        !matches!(self.notice, Some(CodeNotice::Expired | CodeNotice::Closed { .. }))
    }

    fn may_resend(&self) -> bool {
        !matches!(
            self.notice,
            Some(CodeNotice::TooMany { .. } | CodeNotice::Closed { .. })
        )
    }

    fn is_invalid(&self) -> bool {
        self.notice.is_some_and(CodeNotice::is_about_the_code)
    }

    fn seconds_left(&self) -> u64 {
        countdown(self.resend_in)
    }

    /// Expired: sending again is then the thing to do.
    fn must_resend(&self) -> bool {
        self.notice == Some(CodeNotice::Expired)
    }
}

/// The style sheet's countdown begins at whole quarters of a minute, two minutes at most; rounding up never promises
/// too much.
pub(super) fn countdown(left: Duration) -> u64 {
    let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    seconds.next_multiple_of(15).min(120)
}

/// After signing out here, everywhere, or at a service's request.
#[derive(Template)]
#[template(path = "signin/signed_out.html")]
pub struct SignedOutPage {
    pub page: Page,
    pub reach: SignedOut,
    /// Back to the service that asked for it.
    pub back: Option<Link>,
}

/// How far a sign-out went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedOut {
    Here,
    Everywhere,
    /// For good, unless they come back.
    Left,
}

/// `GET /dev/outbox`: the messages a development installation would have sent.
#[derive(Template)]
#[template(path = "signin/outbox.html")]
pub struct OutboxPage {
    pub page: Page,
    /// Newest first.
    pub messages: Vec<OutboxMessage>,
}

/// A message in the development outbox.
pub struct OutboxMessage {
    pub phone: String,
    pub text: String,
    pub code: Option<String>,
    /// Where a notice leads.
    pub link: Option<String>,
    pub sent: Timestamp,
}

impl std::fmt::Debug for OutboxMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OutboxMessage")
            .field("sent", &self.sent)
            .finish_non_exhaustive()
    }
}

views!(PhonePage, CodePage, SignedOutPage, OutboxPage);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sample;

    const WAIT: Duration = Duration::from_secs(600);

    fn phone(page: Page, phone: &str, problem: Option<PhoneProblem>) -> PhonePage {
        let (door, token) = (Door::Service(sample::asking(&page)), page.form_token("abc"));
        PhonePage {
            page,
            door,
            id: "abc".to_owned(),
            token,
            phone: phone.to_owned(),
            problem,
            by_phone: true,
            rp_id: Some("id.yunchuan.example".to_owned()),
        }
    }

    fn code(page: Page, resend_in: u64, notice: Option<CodeNotice>) -> CodePage {
        CodePage {
            door: Door::Service(sample::asking(&page)),
            id: "abc".to_owned(),
            token: page.form_token("abc"),
            phone_masked: "138 **** 0000".to_owned(),
            valid_minutes: 5,
            resend_in: Duration::from_secs(resend_in),
            notice,
            page,
        }
    }

    #[test]
    fn the_number_can_be_asked_for_and_refused() {
        sample::show("phone", |page| phone(page, "", None));
        sample::show("phone-account", |page| PhonePage {
            door: Door::Account,
            ..phone(page, "", None)
        });
        for (name, problem) in [
            ("phone-empty", PhoneProblem::Empty),
            ("phone-malformed", PhoneProblem::Malformed),
            ("phone-country", PhoneProblem::CountryNotServed),
            ("phone-too-soon", PhoneProblem::TooSoon { wait: WAIT }),
            ("phone-too-many", PhoneProblem::TooMany { wait: WAIT }),
            ("phone-closed", PhoneProblem::Closed { wait: WAIT }),
            ("phone-not-sent", PhoneProblem::NotSent),
            (
                "phone-passkey-unknown",
                PhoneProblem::Passkey(PasskeyTrouble::Unknown {
                    credential_id: "AA\"".to_owned(),
                }),
            ),
        ] {
            sample::show(name, |page| phone(page, "138 \"><b>0", Some(problem.clone())));
        }
    }

    #[test]
    fn what_was_typed_comes_back_as_text() {
        let page = sample::page(crate::web::Locale::Chinese, crate::web::Edition::Standard);
        let html = phone(page, "\"><script>", Some(PhoneProblem::Malformed))
            .render()
            .unwrap();
        assert!(html.contains("value=\"&#34;&#62;&#60;script&#62;\""));
    }

    #[test]
    fn the_code_can_be_asked_for_and_refused() {
        for left in [60, 31, 0] {
            sample::show(&format!("code-{left}"), |page| code(page, left, None));
        }
        for (name, notice) in [
            ("code-resent", CodeNotice::Resent),
            ("code-empty", CodeNotice::Empty),
            ("code-malformed", CodeNotice::Malformed),
            ("code-wrong", CodeNotice::Wrong { tries_left: 3 }),
            ("code-wrong-once", CodeNotice::Wrong { tries_left: 1 }),
            ("code-expired", CodeNotice::Expired),
            (
                "code-too-soon",
                CodeNotice::TooSoon {
                    wait: Duration::from_secs(12),
                },
            ),
            ("code-too-many", CodeNotice::TooMany { wait: WAIT }),
            ("code-closed", CodeNotice::Closed { wait: WAIT }),
            ("code-not-sent", CodeNotice::NotSent),
        ] {
            sample::show(name, |page| code(page, 12, Some(notice)));
        }
    }

    #[test]
    fn the_countdown_never_promises_too_early() {
        let page = || sample::page(crate::web::Locale::Chinese, crate::web::Edition::Standard);
        let shown = [0, 1, 15, 16, 45, 46, 60].map(|left| code(page(), left, None).seconds_left());
        assert_eq!(shown, [0, 15, 15, 30, 45, 60, 60]);
        assert_eq!(countdown(Duration::from_millis(15_001)), 30);
        assert_eq!(countdown(Duration::from_secs(1000)), 120);
    }

    #[test]
    fn a_sign_out_is_confirmed_in_words() {
        sample::show("signed-out", |page| SignedOutPage {
            page,
            reach: SignedOut::Everywhere,
            back: None,
        });
        sample::show("signed-out-back", |page| {
            let back = Link::new("https://gjj.yunchuan.example/", sample::asking(&page).service);
            SignedOutPage {
                page,
                reach: SignedOut::Here,
                back: Some(back),
            }
        });
    }

    #[test]
    fn the_outbox_is_marked_as_a_tool() {
        sample::show("outbox-empty", |page| OutboxPage {
            page,
            messages: Vec::new(),
        });
        sample::show("outbox", |page| OutboxPage {
            page,
            messages: vec![OutboxMessage {
                phone: "+8613800000000".to_owned(),
                text: "【云川一门】验证码 123456，5 分钟内有效。@id.yunchuan.example #123456".to_owned(),
                code: Some("123456".to_owned()),
                link: None,
                sent: sample::NOW,
            }],
        });
    }
}
