use askama::Template;
use axum::http::StatusCode;

use crate::clock::Timestamp;
use crate::operator::Reason;
use crate::web::{Page, views};

/// `GET /admin/enrol/{code}`.
#[derive(Template)]
#[template(path = "admin/enrol.html")]
pub struct EnrolPage {
    pub page: Page,
    pub token: String,
    pub name: String,
    pub here: String,
    pub trouble: Option<Trouble>,
}

/// `GET /admin/sign-in`.
#[derive(Template)]
#[template(path = "admin/sign_in.html")]
pub struct SignInPage {
    pub page: Page,
    pub token: String,
    pub id: String,
    pub trouble: Option<Trouble>,
}

/// Why a passkey did not do what it was to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    Over,
    Refused,
}

impl Trouble {
    fn heading(self, page: &Page) -> String {
        let id = match self {
            Self::Over => "passkey-over",
            Self::Refused => "passkey-refused",
        };
        page.say(id).to_string()
    }
}

/// `GET /admin`.
#[derive(Template)]
#[template(path = "admin/desk.html")]
pub struct DeskPage {
    pub page: Page,
    /// Bound to the operator's session.
    pub token: String,
    pub name: String,
    pub now: Timestamp,
    pub claims: Vec<Claim>,
    pub listed: Listed,
    pub told: Option<Told>,
}

/// Which claims the desk shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    All,
    /// There are younger ones.
    Oldest,
    /// Those to the number that was looked up.
    Found,
}

/// A number over which two people differ.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Posted as `dispute`.
    pub id: String,
    /// 138 **** 0000
    pub masked: String,
    pub since: Timestamp,
}

/// What came of an act.
#[derive(Clone, PartialEq, Eq)]
pub enum Told {
    Confirmed,
    /// The code, this once.
    Code(String),
    Decided,
    /// There are claims to the number that was looked up.
    Found,
    NoClaim,
    NoReason,
    BadFile,
    BadPhone,
    BadName,
    BadNumber,
    /// The box was not ticked.
    NotSeen,
    NoAccount,
    /// The authority does not know name and number together.
    NotConfirmed,
    NotNow,
    OtherAccount,
    OtherPerson,
    NoContract,
    /// They have asked about more people today than a window sees.
    TooMany,
    Over,
    /// They were removed meanwhile.
    NotOnDuty,
}

impl Told {
    pub(super) const fn status(&self) -> StatusCode {
        match self {
            Self::Confirmed | Self::Code(_) | Self::Decided | Self::Found => StatusCode::OK,
            Self::NotNow => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    fn is_good(&self) -> bool {
        self.status() == StatusCode::OK
    }

    fn text(&self, page: &Page) -> String {
        let id = match self {
            Self::Confirmed => "desk-confirmed",
            Self::Code(_) => "desk-code-given",
            Self::Decided => "desk-decided",
            Self::Found => "desk-looked-up",
            Self::NoClaim => "desk-no-claim",
            Self::NoReason => "desk-no-reason",
            Self::BadFile => "desk-bad-file",
            Self::BadPhone => "phone-bad",
            Self::BadName => "prove-name-bad",
            Self::BadNumber => "prove-number-bad",
            Self::NotSeen => "desk-not-seen",
            Self::NoAccount => "desk-no-account",
            Self::NotConfirmed => "desk-not-confirmed",
            Self::NotNow => "desk-not-now",
            Self::OtherAccount => "desk-other-account",
            Self::OtherPerson => "desk-other-person",
            Self::NoContract => "desk-no-contract",
            Self::TooMany => "desk-too-many",
            Self::Over => "desk-over",
            Self::NotOnDuty => "desk-not-on-duty",
        };
        page.say(id).to_string()
    }

    fn code(&self) -> Option<&str> {
        match self {
            Self::Code(code) => Some(code),
            _ => None,
        }
    }
}

impl DeskPage {
    /// What stands above the claims.
    fn hint(&self) -> String {
        let id = match self.listed {
            _ if self.claims.is_empty() => "desk-no-disputes",
            Listed::Found => "desk-disputes-found",
            Listed::All | Listed::Oldest => "desk-disputes-hint",
        };
        self.page.say(id).to_string()
    }

    fn are_more(&self) -> bool {
        self.listed == Listed::Oldest
    }

    fn is_found(&self) -> bool {
        self.listed == Listed::Found
    }

    fn reasons_for_proof(&self) -> [(&'static str, String); 2] {
        Reason::FOR_PROOF.map(|reason| self.named(reason))
    }

    fn reasons_for_code(&self) -> [(&'static str, String); 3] {
        Reason::FOR_CODE.map(|reason| self.named(reason))
    }

    fn reasons_for_dispute(&self) -> [(&'static str, String); 2] {
        Reason::FOR_DISPUTE.map(|reason| self.named(reason))
    }

    fn named(&self, reason: Reason) -> (&'static str, String) {
        let id = match reason {
            Reason::Asked => "reason-asked",
            Reason::OnlineFailed => "reason-online-failed",
            Reason::LostPhone => "reason-lost-phone",
            Reason::NumberChanged => "reason-number-changed",
            Reason::NothingElse => "reason-nothing-else",
            Reason::DocumentsSeen => "reason-documents-seen",
            Reason::CarrierSays => "reason-carrier-says",
            Reason::WrongPerson => "reason-wrong-person",
            Reason::FalsePapers => "reason-false-papers",
        };
        (reason.as_str(), self.page.say(id).to_string())
    }
}

views!(EnrolPage, SignInPage, DeskPage);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sample;

    #[test]
    fn staff_enrol_and_sign_in_by_passkey() {
        for (name, trouble) in [("", None), ("-refused", Some(Trouble::Refused))] {
            sample::show(&format!("admin-enrol{name}"), |page| EnrolPage {
                token: page.form_token("link"),
                name: "窗口三号".to_owned(),
                here: "/admin/enrol/abc".to_owned(),
                trouble,
                page,
            });
            sample::show(&format!("admin-sign-in{name}"), |page| SignInPage {
                token: page.form_token("abc"),
                id: "abc".to_owned(),
                trouble,
                page,
            });
        }
    }

    #[test]
    fn the_desk_says_what_came_of_an_act() {
        for (name, told, listed) in [
            ("desk", None, Listed::All),
            (
                "desk-code",
                Some(Told::Code("1234 5678 9012".to_owned())),
                Listed::Oldest,
            ),
            ("desk-refused", Some(Told::OtherPerson), Listed::All),
            ("desk-found", Some(Told::Found), Listed::Found),
        ] {
            sample::show(name, |page| DeskPage {
                token: page.form_token("operator"),
                name: "窗口三号".to_owned(),
                now: sample::NOW,
                claims: vec![Claim {
                    id: "d1".to_owned(),
                    masked: "138 **** 0000".to_owned(),
                    since: sample::NOW,
                }],
                listed,
                told: told.clone(),
                page,
            });
        }
    }
}
