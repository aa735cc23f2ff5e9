//! The pages of signing in: the number, the code, signed out, and the development outbox.

use std::time::Duration;

use askama::Template;

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
}

/// Why no code was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneProblem {
    Empty,
    Malformed,
    /// A number of a country the operator does not serve.
    CountryNotServed,
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
}

impl PhoneProblem {
    fn heading(self, page: &Page) -> String {
        match self {
            Self::Empty => page.say("phone-empty").to_string(),
            Self::Malformed => page.say("phone-bad").to_string(),
            Self::CountryNotServed => page.say("phone-country").to_string(),
            Self::TooMany { wait } => page
                .say("too-many")
                .with("wait", &page.words.span(wait))
                .to_string(),
            Self::Closed { .. } => page.say("closed").to_string(),
            Self::NotSent => page.say("not-sent").to_string(),
        }
    }

    fn advice(self, page: &Page) -> String {
        match self {
            Self::Empty | Self::Malformed => page.say("phone-bad-advice").to_string(),
            Self::CountryNotServed => page
                .say("phone-country-advice")
                .with("number", page.helpline())
                .to_string(),
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

fn closed_advice(page: &Page, wait: Duration) -> String {
    page.say("closed-advice")
        .with("wait", &page.words.span(wait))
        .with("number", page.helpline())
        .to_string()
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

    fn heading(self, page: &Page) -> String {
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

    fn advice(self, page: &Page) -> String {
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

    /// The style sheet's countdown knows four starting points; rounding up never promises too much.
    fn seconds_left(&self) -> u32 {
        match self.resend_in.as_millis().div_ceil(1000) {
            0 => 0,
            1..=15 => 15,
            16..=30 => 30,
            31..=45 => 45,
            _ => 60,
        }
    }

    /// Expired: sending again is then the thing to do.
    fn must_resend(&self) -> bool {
        self.notice == Some(CodeNotice::Expired)
    }
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
