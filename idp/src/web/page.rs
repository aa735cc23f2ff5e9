//! What every view knows of the request it answers, and how it becomes a response.

use std::convert::Infallible;
use std::fmt;
use std::time::Duration;

use askama::Template;
use axum::extract::{FromRef, FromRequestParts};
use axum::http::header::{ACCEPT_LANGUAGE, REFERER};
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};

use super::errors::{ErrorKind, PageError};
use super::form_token::form_token;
use super::headers::{Csp, page_headers};
use super::locale::{Edition, Locale};
use super::site::Site;
use super::words::{Said, Words};
use super::{assets, display};
use crate::clock::Timestamp;

/// The context of a page; an extractor.
#[derive(Clone)]
pub struct Page {
    pub words: Words,
    pub edition: Edition,
    pub site: Site,
    /// Where the display switch comes back to.
    back: String,
    has_choice: bool,
    csp: Csp,
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("locale", &self.locale())
            .field("edition", &self.edition)
            .finish_non_exhaustive()
    }
}

impl<S> FromRequestParts<S> for Page
where
    S: Send + Sync,
    Site: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts, Site::from_ref(state)))
    }
}

impl Page {
    pub(super) fn of(parts: &Parts, site: Site) -> Self {
        let cookies = site.cookies();
        let choice = cookies.read(&parts.headers, display::LANGUAGE);
        let accept = parts
            .headers
            .get(ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        let edition = cookies.read(&parts.headers, display::EDITION);
        let here = parts.uri.path_and_query().map(PathAndQuery::as_str);
        let back = if parts.method == Method::GET {
            here
        } else {
            page_of_the_form(parts, &site)
        };
        Self {
            words: Words::of(Locale::choose(choice, None, accept)),
            edition: edition.and_then(Edition::from_name).unwrap_or_default(),
            back: back.unwrap_or("/").to_owned(),
            has_choice: choice.and_then(Locale::from_tag).is_some(),
            csp: Csp::default(),
            site,
        }
    }

    /// Applies the `ui_locales` of a request, unless the resident has chosen a language here.
    #[must_use]
    pub fn with_ui_locales(mut self, hint: Option<&str>) -> Self {
        if let Some(locale) = hint.and_then(Locale::from_ui_locales)
            && !self.has_choice
        {
            self.words = Words::of(locale);
        }
        self
    }

    /// Names the page the display switch comes back to, for answers to a POST.
    #[must_use]
    pub fn back_to(mut self, path: impl Into<String>) -> Self {
        self.back = path.into();
        self
    }

    /// Lets this page's forms end in a redirect to the origin of `target`.
    #[must_use]
    pub fn allow_form_to(mut self, target: &Url) -> Self {
        self.csp.allow_form_to(target);
        self
    }

    #[must_use]
    pub fn say<'a>(&self, id: &'a str) -> Said<'a> {
        self.words.say(id)
    }

    /// A day, for templates; see `Words::date`.
    #[must_use]
    pub fn date(&self, at: &Timestamp) -> String {
        self.words.date(*at)
    }

    /// A moment seen from `now`, for templates; see `Words::moment`.
    #[must_use]
    pub fn moment(&self, at: &Timestamp, now: &Timestamp) -> String {
        self.words.moment(*at, *now)
    }

    /// Names one after another, as the language does it.
    #[must_use]
    pub fn list(&self, names: &[String]) -> String {
        names.join(match self.locale() {
            Locale::Chinese => "、",
            Locale::English => ", ",
        })
    }

    #[must_use]
    pub fn locale(&self) -> Locale {
        self.words.locale()
    }

    #[must_use]
    pub fn is_english(&self) -> bool {
        self.locale() == Locale::English
    }

    #[must_use]
    pub fn is_elder(&self) -> bool {
        self.edition == Edition::Elder
    }

    #[must_use]
    pub fn city(&self) -> &str {
        self.site.city(self.locale())
    }

    #[must_use]
    pub fn helpline(&self) -> &str {
        self.site.helpline()
    }

    /// How long the audit is kept.
    #[must_use]
    pub fn audit_kept(&self) -> Duration {
        self.site.audit_kept()
    }

    /// The form token for an interaction or a session of ours.
    #[must_use]
    pub fn form_token(&self, binding: &str) -> String {
        form_token(self.site.form_key(), binding)
    }

    #[must_use]
    pub fn tag(&self) -> &'static str {
        self.locale().tag()
    }

    pub fn language_switch(&self) -> String {
        self.display_link("lang", self.locale().other().tag())
    }

    pub fn edition_switch(&self) -> String {
        self.display_link("edition", self.edition.other().name())
    }

    fn display_link(&self, key: &str, value: &str) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair(key, value)
            .append_pair("back", &self.back)
            .finish();
        format!("/display?{query}")
    }

    pub fn stylesheet(&self) -> &'static str {
        &assets::STYLESHEET.path
    }

    pub fn script(&self) -> &'static str {
        &assets::SCRIPT.path
    }

    /// For pages on which a passkey is made or used.
    pub fn passkey_script(&self) -> &'static str {
        &assets::PASSKEY_SCRIPT.path
    }

    pub fn icon(&self) -> &'static str {
        &assets::ICON.path
    }
}

/// The page a form of ours was sent from: an answer to a POST has no address to come back to.
fn page_of_the_form<'p>(parts: &'p Parts, site: &Site) -> Option<&'p str> {
    let origin = site.origin_at(&parts.uri, &parts.headers);
    let page = parts.headers.get(REFERER)?.to_str().ok()?.strip_prefix(origin)?;
    display::is_local_path(page).then_some(page)
}

/// Who asks the resident to sign in or to share: the plaque over the door. Registry text only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asking {
    /// What the resident came for: 住房公积金提取.
    pub service: String,
    /// Who offers it: 云川市住房公积金管理中心.
    pub department: String,
    /// The host at which it is registered.
    pub domain: Option<String>,
    /// The way out, on the pages that offer one.
    #[serde(skip)]
    pub stop: Option<Stop>,
}

/// The form behind "not what you wanted? stop and report".
#[derive(Clone, PartialEq, Eq)]
pub struct Stop {
    pub action: String,
    pub token: String,
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stop")
            .field("action", &self.action)
            .finish_non_exhaustive()
    }
}

/// Where the door leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Door {
    Service(Asking),
    /// The resident's own account pages.
    Account,
}

/// A way back, with the name of where it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    url: String,
    pub name: String,
}

impl Link {
    /// A path of ours or a web address of a service; anything else leads home.
    #[must_use]
    pub fn new(url: &str, name: impl Into<String>) -> Self {
        let is_web = Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
        let url = if is_web || display::is_local_path(url) {
            url
        } else {
            "/"
        };
        Self {
            url: url.to_owned(),
            name: name.into(),
        }
    }

    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// A page's content, ready to be rendered within the layout.
pub trait View: Template {
    fn page(&self) -> &Page;
}

/// Renders a view with this status and all the headers a page needs.
pub fn respond(status: StatusCode, view: &impl View) -> Response {
    let page = view.page();
    match view.render() {
        Ok(html) => {
            let mut response = (status, html).into_response();
            page_headers(response.headers_mut(), &page.csp);
            response
        }
        Err(error) => PageError::new(ErrorKind::Internal)
            .because(format!("rendering failed: {error}"))
            .into_response(),
    }
}

/// Makes a struct with a `page` field a view: an axum response whose `Debug` shows nothing personal.
macro_rules! views {
    ($($view:ident),+ $(,)?) => {
        $(
            impl $crate::web::View for $view {
                fn page(&self) -> &$crate::web::Page {
                    &self.page
                }
            }

            impl axum::response::IntoResponse for $view {
                fn into_response(self) -> axum::response::Response {
                    $crate::web::respond(axum::http::StatusCode::OK, &self)
                }
            }

            impl std::fmt::Debug for $view {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str(stringify!($view))
                }
            }
        )+
    };
}
pub(crate) use views;
