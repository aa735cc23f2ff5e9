use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::web::{Asking, Page, respond, views};

/// `GET /oauth2/device`: asks for the code that the device shows.
#[derive(Template)]
#[template(path = "oidc/device.html")]
pub(super) struct CodePage {
    pub(super) page: Page,
    pub(super) token: String,
    /// What was typed, or came with the address.
    pub(super) user_code: String,
    pub(super) problem: Option<CodeProblem>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CodeProblem {
    /// Not eight letters.
    Malformed,
    /// No device shows it, or not any more.
    Unknown,
    TooMany,
}

impl CodePage {
    fn fault(&self) -> Option<[String; 2]> {
        let (heading, advice) = match self.problem? {
            CodeProblem::Malformed => ("device-malformed", "device-malformed-advice"),
            CodeProblem::Unknown => ("device-unknown", "device-unknown-advice"),
            CodeProblem::TooMany => ("device-too-many", "device-too-many-advice"),
        };
        let say = |id| self.page.say(id).with("number", self.page.helpline()).to_string();
        Some([say(heading), say(advice)])
    }
}

/// `GET /oauth2/device/{id}`: which service asks, and whether the resident stands before its device.
#[derive(Template)]
#[template(path = "oidc/device_confirm.html")]
pub(super) struct ConfirmPage {
    pub(super) page: Page,
    pub(super) asking: Asking,
    pub(super) id: String,
    pub(super) token: String,
    pub(super) user_code: String,
}

/// What the resident sees at the end, the device being elsewhere.
#[derive(Template)]
#[template(path = "oidc/device_told.html")]
struct ToldPage {
    page: Page,
    told: DeviceTold,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceTold {
    Allowed,
    Denied,
    /// It has stopped waiting.
    Over,
    /// The sign-in is not what the device needs.
    Unmet,
}

impl ToldPage {
    fn heading(&self) -> String {
        let id = match self.told {
            DeviceTold::Allowed => "device-allowed",
            DeviceTold::Denied => "device-denied",
            DeviceTold::Over => "device-over",
            DeviceTold::Unmet => "device-unmet",
        };
        self.page.say(id).to_string()
    }

    fn advice(&self) -> String {
        let id = match self.told {
            DeviceTold::Allowed => "device-allowed-advice",
            DeviceTold::Denied => "device-denied-advice",
            DeviceTold::Over => "device-over-advice",
            DeviceTold::Unmet => "device-unmet-advice",
        };
        self.page.say(id).with("number", self.page.helpline()).to_string()
    }
}

views!(CodePage, ConfirmPage, ToldPage);

pub fn told(page: Page, told: DeviceTold) -> Response {
    let status = match told {
        DeviceTold::Allowed | DeviceTold::Denied => StatusCode::OK,
        DeviceTold::Over => StatusCode::GONE,
        DeviceTold::Unmet => StatusCode::FORBIDDEN,
    };
    respond(status, &ToldPage { page, told })
}
