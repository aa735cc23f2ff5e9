use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use url::Url;

use super::super::sessions::Session;
use crate::account::Level;
use crate::clock::Timestamp;
use crate::department::Client;
use crate::department::adoption::Stay;
use crate::web::{Asking, Door, Locale, Page, Stop};

/// What is to be known when a resident begins to walk through our pages.
#[derive(Clone, Debug)]
pub struct NewInteraction {
    /// Where the pages go on to once the resident is there: a path of ours.
    pub continuation: String,
    /// Where they go when the resident stops: a path of ours.
    pub cancel: String,
    /// A path of ours that asks the same once more; none for requests that may not be repeated
    /// (pushed or signed ones).
    pub restart: Option<String>,
    /// Who asks; none for the resident's own account pages.
    pub client: Option<Caller>,
    /// The proven redirect URI, which `form-action` must let through.
    pub redirect: Option<Url>,
    pub ui_locales: Option<String>,
    pub login_hint: Option<String>,
    /// The sign-in must be no older than this (`max_age`, `prompt=login`).
    pub fresh_after: Option<Timestamp>,
    /// Another device's yes will not do: it is for something that changes who can sign in.
    pub by_themselves: bool,
    /// How far the sign-in is to reach.
    pub aim: Option<Aim>,
    /// What the continuation will need; nobody else reads it.
    pub carried: String,
}

/// A level that who asks would have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aim {
    pub level: Level,
    /// Whether less will do.
    pub is_required: bool,
}

/// A resident's way through our pages, as it stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Interaction {
    pub id: String,
    /// Hash of the secret in the browser's cookie for this interaction.
    pub(super) browser_hash: [u8; 32],
    pub client_id: Option<String>,
    pub client: Option<Caller>,
    pub continuation: String,
    pub cancel: String,
    pub restart: Option<String>,
    pub redirect: Option<Url>,
    pub ui_locales: Option<String>,
    pub login_hint: Option<String>,
    pub fresh_after: Option<Timestamp>,
    #[serde(default)]
    pub by_themselves: bool,
    #[serde(default)]
    pub aim: Option<Aim>,
    /// The resident would not raise the sign-in to the aim.
    #[serde(default)]
    pub raise_declined: bool,
    /// What whoever began it left for its continuation.
    #[serde(default)]
    pub carried: String,
    /// Where it rests, as far as that is counted.
    #[serde(default)]
    pub(super) stay: Option<Stay>,
    pub created_at: Timestamp,
    pub touched_at: Timestamp,
}

impl Interaction {
    /// What the tokens of this interaction's forms are bound to: itself, and the browser that began it.
    #[must_use]
    pub fn form_binding(&self) -> String {
        format!("{}.{}", self.id, URL_SAFE_NO_PAD.encode(self.browser_hash))
    }

    /// Whether this session is sign-in enough.
    pub(in crate::signin) fn accepts(&self, session: &Session) -> bool {
        session.satisfies(self.fresh_after) && !(self.by_themselves && session.came_by_phone())
    }

    /// The service's wishes for a page: its language, and that our forms may end at its redirect URI.
    #[must_use]
    pub fn dress(&self, page: Page) -> Page {
        let page = page.with_ui_locales(self.ui_locales.as_deref());
        self.redirect.iter().fold(page, Page::allow_form_to)
    }

    /// Where the door leads, for the page that is about to be shown.
    #[must_use]
    pub fn door(&self, locale: Locale, form_token: &str) -> Door {
        let Some(caller) = &self.client else {
            return Door::Account;
        };
        let stop = Stop {
            action: format!("/signin/{}/stop", self.id),
            token: form_token.to_owned(),
        };
        Door::Service(Asking {
            stop: Some(stop),
            ..caller.asking(locale)
        })
    }
}

/// The department's system that asks, as the registry spoke of it when the interaction began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    pub client_id: String,
    chinese: Asking,
    english: Asking,
}

impl Caller {
    /// The plaque in one language, without a way out.
    #[must_use]
    pub fn asking(&self, locale: Locale) -> Asking {
        match locale {
            Locale::Chinese => self.chinese.clone(),
            Locale::English => self.english.clone(),
        }
    }
}

impl From<&Client> for Caller {
    fn from(client: &Client) -> Self {
        Self {
            client_id: client.client_id.clone(),
            chinese: client.asking(Locale::Chinese),
            english: client.asking(Locale::English),
        }
    }
}

#[cfg(test)]
impl Interaction {
    pub(super) fn sample() -> Self {
        Self {
            id: "A".repeat(22),
            browser_hash: [0; 32],
            client_id: None,
            client: None,
            continuation: "/account".to_owned(),
            cancel: "/".to_owned(),
            restart: None,
            redirect: None,
            ui_locales: None,
            login_hint: None,
            fresh_after: None,
            by_themselves: false,
            aim: None,
            raise_declined: false,
            carried: String::new(),
            stay: None,
            created_at: Timestamp::from_seconds(0),
            touched_at: Timestamp::from_seconds(1000),
        }
    }
}
