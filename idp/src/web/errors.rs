//! What can go wrong with a page: what the resident may know, and apart, what the log may know.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::error_page::bare_page;
use super::form_token::FormTokenError;
use super::locale::Locale;
use super::page::Asking;
use super::same_origin::ForeignRequest;

/// What went wrong, in the resident's terms. Each kind has its own words and status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request cannot be understood.
    BadRequest,
    /// A service asks that we do not know.
    UnknownClient,
    /// A service asks to be answered at an address it has not registered.
    RedirectNotRegistered,
    /// The city has stopped the service for a while.
    ServicePaused,
    /// A service that may be one of the city's, but cannot be trusted as it is.
    NotConnected,
    /// A service's request is faulty, and there is no address to say so to.
    FaultyRequest,
    /// The interaction is too old, or finished already.
    Expired,
    /// The browser does not hold the interaction's cookie.
    OtherBrowser,
    /// The form did not come from a page of ours, or its token belongs to another request.
    ForeignForm,
    NotFound,
    MethodNotAllowed,
    TooLarge,
    UnsupportedMediaType,
    TooManyRequests,
    /// The database or the short-lived store cannot be reached.
    Unavailable,
    Internal,
}

impl ErrorKind {
    pub const ALL: [Self; 16] = [
        Self::BadRequest,
        Self::UnknownClient,
        Self::RedirectNotRegistered,
        Self::ServicePaused,
        Self::NotConnected,
        Self::FaultyRequest,
        Self::Expired,
        Self::OtherBrowser,
        Self::ForeignForm,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::TooManyRequests,
        Self::Unavailable,
        Self::Internal,
    ];

    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::BadRequest
            | Self::UnknownClient
            | Self::RedirectNotRegistered
            | Self::NotConnected
            | Self::FaultyRequest
            | Self::OtherBrowser => StatusCode::BAD_REQUEST,
            Self::Expired => StatusCode::GONE,
            Self::ForeignForm | Self::ServicePaused => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The name in the log and in the developer's details.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::UnknownClient => "unknown_client",
            Self::RedirectNotRegistered => "redirect_uri_not_registered",
            Self::ServicePaused => "service_paused",
            Self::NotConnected => "not_connected",
            Self::FaultyRequest => "faulty_request",
            Self::Expired => "interaction_expired",
            Self::OtherBrowser => "interaction_cookie_missing",
            Self::ForeignForm => "foreign_form",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::TooLarge => "too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::TooManyRequests => "too_many_requests",
            Self::Unavailable => "temporarily_unavailable",
            Self::Internal => "internal_error",
        }
    }
}

/// An error that becomes a page. Handlers return it; `dress_errors` renders it in the resident's
/// language and writes it to the log under its reference number.
#[derive(Clone)]
pub struct PageError(pub(super) Box<Details>);

#[derive(Clone)]
pub(super) struct Details {
    pub(super) kind: ErrorKind,
    /// What happened, where more is known than the kind says.
    pub(super) what: Option<&'static str>,
    /// The plaque in each language: which one is spoken is known when the page is rendered.
    pub(super) asking: Option<[(Locale, Asking); 2]>,
    /// Where the service begins again.
    pub(super) begin: Option<String>,
    pub(super) ui_locales: Option<String>,
    pub(super) retry_after: Option<Duration>,
    pub(super) developer: Vec<(&'static str, String)>,
    pub(super) cause: Cow<'static, str>,
}

/// How long to wait where no one can say when the fault will be gone.
pub const TRY_AGAIN: Duration = Duration::from_secs(5);

/// Longer values are cut: enough to recognise an address by, too little for a pasted token dump.
const LONGEST_DETAIL: usize = 200;

impl PageError {
    #[must_use]
    pub fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Details {
            kind,
            what: None,
            asking: None,
            begin: None,
            ui_locales: None,
            retry_after: None,
            developer: Vec::new(),
            cause: Cow::Borrowed(""),
        }))
    }

    /// A fault of ours: the cause is for the log alone, and holds nothing of a person's.
    #[must_use]
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Internal).because(cause.to_string())
    }

    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Says what happened in other words than those of its kind.
    #[must_use]
    pub fn saying(mut self, what: &'static str) -> Self {
        self.0.what = Some(what);
        self
    }

    /// Names the service the resident was on the way to.
    #[must_use]
    pub fn about(mut self, asking: impl Fn(Locale) -> Asking) -> Self {
        self.0.asking = Some(Locale::ALL.map(|locale| (locale, asking(locale))));
        self
    }

    /// Offers the way back to that service: its `initiate_login_uri`, or a page of ours to start again.
    #[must_use]
    pub fn back(mut self, begin: &str) -> Self {
        self.0.begin = Some(begin.to_owned());
        self
    }

    /// The languages the service asked for (`ui_locales`), where the resident has chosen none.
    #[must_use]
    pub fn in_language(mut self, ui_locales: Option<&str>) -> Self {
        self.0.ui_locales = ui_locales.map(str::to_owned);
        self
    }

    /// Sends `Retry-After`, and says how long to wait.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Adds a line for the service's developer. Never a token, a code or a telephone number.
    #[must_use]
    pub fn developer(mut self, name: &'static str, value: &str) -> Self {
        let mut shown: String = value.chars().take(LONGEST_DETAIL).collect();
        if shown.len() < value.len() {
            shown.push('…');
        }
        self.0.developer.push((name, shown));
        self
    }

    /// Adds what only the log may know.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Cow<'static, str>>) -> Self {
        self.0.cause = cause.into();
        self
    }
}

impl fmt::Debug for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PageError")
            .field(&self.0.kind)
            .field(&self.0.cause)
            .finish()
    }
}

impl From<ErrorKind> for PageError {
    fn from(kind: ErrorKind) -> Self {
        Self::new(kind)
    }
}

impl From<FormTokenError> for PageError {
    fn from(error: FormTokenError) -> Self {
        Self::new(ErrorKind::ForeignForm).because(error.to_string())
    }
}

impl From<ForeignRequest> for PageError {
    fn from(error: ForeignRequest) -> Self {
        Self::new(ErrorKind::ForeignForm).because(error.to_string())
    }
}

impl IntoResponse for PageError {
    /// A bare page, with the error beside it for `dress_errors` to render properly.
    fn into_response(self) -> Response {
        let mut response = bare_page(self.0.kind.status(), "");
        response.extensions_mut().insert(self);
        response
    }
}
