//! What can go wrong. Each message says what was wrong, what was found, and what to do.

use std::path::PathBuf;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::quote::{quote, quote_sentence};
use crate::record::Record;

/// A failure of the SDK. `Debug` and `Display` are meant for the department's log; as a response it is a
/// calm page for the resident that shows none of it.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("{what} is not set: call `{call}` or set the environment variable {variable}")]
    NotSet {
        what: &'static str,
        call: &'static str,
        variable: &'static str,
    },

    #[error("{what} is `{found}`, which {problem}: {remedy}")]
    Setting {
        what: &'static str,
        found: String,
        problem: String,
        remedy: &'static str,
    },

    #[error("the department's key in {}: {problem}: {remedy}", path.display())]
    Key {
        path: PathBuf,
        problem: String,
        remedy: &'static str,
    },

    #[error(
        "the signer of the department's key `{kid}` did not sign ({problem}): see the module that holds it"
    )]
    Signer { kid: String, problem: String },

    #[error(
        "the provider at {address} calls itself `{found}`, but this department expects `{expected}`: give \
         Yimen::at (or YIMEN_ISSUER) exactly the provider's `public_url`, and an address on an inner network \
         by `.internal_address`"
    )]
    IssuerMismatch {
        address: String,
        expected: String,
        found: String,
    },

    #[error(
        "the provider cannot be reached at {address} ({reason}): see that it runs (`yimen doctor` on its \
         machine), that this machine resolves and trusts it (`.extra_ca`), or name another way to it with \
         `.internal_address`; the SDK tries again by itself"
    )]
    Unreachable { address: String, reason: String },

    #[error(
        "the provider's answer from {address} makes no sense ({problem}): see `yimen doctor` on its machine"
    )]
    BadAnswer { address: String, problem: String },

    #[error(
        "the provider does not accept this department as client `{client_id}` ({reason}): see `yimen department show \
         '{client_id}'` on its machine, or `yimen client show` where it was registered; it must know the redirect URI {redirect_uri} and the key `{kid}`, as after\n\
         {command}"
    )]
    UnknownClient {
        client_id: String,
        reason: String,
        redirect_uri: String,
        kid: String,
        command: String,
    },

    #[error(
        "the provider does not serve this department now, client `{client_id}` ({reason}): its operator has suspended it, \
         and resumes it by `yimen department resume`"
    )]
    TurnedAway { client_id: String, reason: String },

    #[error(
        "the provider does not let this department, client `{client_id}`, have a record ({reason}): its operator allows it by \
         `--ask 'PURPOSE:RECORD@HOLDER=WHY'` of `yimen department allow` (or `yimen client update`), and the holder's \
         `--record` offers it"
    )]
    MayNotAsk {
        client_id: String,
        reason: String,
        records: Vec<Record>,
    },

    #[error(
        "the clocks differ by {seconds} seconds (positive: the provider is ahead), and 60 are allowed: set both \
         machines' clocks by NTP (`timedatectl` shows which one is wrong)"
    )]
    ClockSkew { seconds: i64 },

    #[error("the provider refused: {error}{}", describe(.description.as_ref()))]
    Refused {
        error: String,
        description: Option<String>,
    },

    #[error(
        "{token} is not to be trusted ({problem}): nobody was signed in by it; if it happens again, compare the \
         issuer, the client id and the algorithm (ES256 or RS256) of the provider with this department's settings"
    )]
    BadToken { token: &'static str, problem: String },

    #[error(
        "the session store cannot be asked ({problem}): see that it runs and that this machine reaches it; nobody is signed \
         in or out meanwhile, and the SDK asks again with the next request"
    )]
    SessionStore { problem: String },

    #[error(
        "joining the person to an old record failed in the department's own `.link` ({problem}): they were not signed in; \
         when they try again, it is called again"
    )]
    Link { problem: String },

    #[error("the session has ended: send the person to sign in again")]
    SignedOut,

    /// For a handler's own rules, too: what [`require_acr`](crate::require_acr) and
    /// [`require_fresh`](crate::require_fresh) answer with.
    #[error(
        "the sign-in does not reach what is asked for{}{}: send the person to confirm who they are",
        describe(.level.map(|level| format!("level {level}")).as_ref()),
        describe(.max_age.map(|age| format!("at most {} s ago", age.as_secs())).as_ref())
    )]
    InsufficientAuthentication {
        level: Option<u8>,
        max_age: Option<Duration>,
    },

    /// For a handler's own rules, too: what [`require_record`](crate::require_record) and
    /// [`Person::exchange`](crate::Person::exchange) answer with.
    #[error(
        "the person has not given {}, or has taken it back: send them to be asked",
        named(.records)
    )]
    RecordNotGiven { records: Vec<Record> },

    #[error(
        "the department at {address} did not tell the record ({problem}): see that its interface stands there and takes \
         exchanged tokens; whoever wants the record can hand it in themselves meanwhile"
    )]
    Holder {
        address: String,
        problem: String,
        is_temporary: bool,
    },

    #[error(
        "the access token has expired and there is no refresh token: ask for the scope `offline_access`, or send \
         the person to sign in again"
    )]
    AccessExpired,

    #[error(
        "a handler asks who is signed in, but no Yimen layer is around it: add `.layer(yimen.layer())` to the router"
    )]
    NoLayer,

    #[error("the system gave no randomness: see that /dev/urandom or getrandom(2) is available")]
    NoRandomness,
}

fn named(records: &[Record]) -> String {
    let records = records.iter().map(|record| format!("`{record}`"));
    records.collect::<Vec<_>>().join(", ")
}

fn describe(description: Option<&String>) -> String {
    description.map(|text| format!(" ({text})")).unwrap_or_default()
}

impl Error {
    /// In the provider's own words (RFC 6749 §5.2).
    pub(crate) fn refused(error: &str, description: Option<&str>) -> Self {
        Self::Refused {
            error: quote(error),
            description: description.map(quote_sentence),
        }
    }

    /// Whether trying again later, without anyone mending anything, may help.
    #[must_use]
    pub const fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::SessionStore { .. }
                | Self::Holder {
                    is_temporary: true,
                    ..
                }
        )
    }

    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::SignedOut
            | Self::AccessExpired
            | Self::InsufficientAuthentication { .. }
            | Self::RecordNotGiven { .. } => StatusCode::UNAUTHORIZED,
            Self::Unreachable { .. }
            | Self::SessionStore { .. }
            | Self::TurnedAway { .. }
            | Self::Holder {
                is_temporary: true, ..
            } => StatusCode::SERVICE_UNAVAILABLE,
            Self::BadAnswer { .. }
            | Self::Refused { .. }
            | Self::BadToken { .. }
            | Self::Holder { .. }
            | Self::ClockSkew { .. } => StatusCode::BAD_GATEWAY,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// Travels with a response to the layer, which knows who asked and how, and makes the page or the redirect.
#[derive(Clone)]
pub(crate) struct Failure(pub(crate) Error);

impl IntoResponse for Error {
    /// So that handlers may return it with `?`.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if let Self::NoLayer = self {
            tracing::error!(error = %self, "a request failed");
        }
        response.extensions_mut().insert(Failure(self));
        response
    }
}
