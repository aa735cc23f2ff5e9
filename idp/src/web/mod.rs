//! What every page needs: layout, words, form tokens, cookies, headers, error pages, assets.
//! May import: store, state, clock, rng, config.

mod assets;
mod cookies;
mod display;
mod error_page;
mod errors;
mod facts;
mod failures;
mod form_token;
mod forms;
mod halt;
mod headers;
mod local_name;
mod locale;
mod page;
mod pages;
mod redirect;
mod reference;
mod same_origin;
mod site;
mod words;

#[cfg(test)]
mod http_test;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod words_test;

pub use cookies::Cookies;
pub use error_page::dress_errors;
pub use errors::{ErrorKind, PageError, TRY_AGAIN};
pub use facts::{ClientAddress, Facts};
pub use form_token::{FormTokenError, check_form_token, form_token};
pub use forms::PostedForm;
pub use halt::Halt;
pub use headers::{Csp, api_headers};
pub use local_name::is_local_name;
pub use locale::{Edition, Locale};
pub(crate) use page::views;
pub use page::{Asking, Door, Link, Page, Stop, View, respond};
pub use pages::{MeaningPage, PrivacyPage};
pub use redirect::see_other;
pub use reference::{Reference, RequestId};
pub use same_origin::{ForeignRequest, check_same_origin};
pub use site::{Site, SiteSettings, asked_host};
pub use words::{Fill, Said, Words};

use axum::Router;
use axum::extract::FromRef;
use axum::routing::get;

/// The URLs that belong to no other room: assets, the display switch, the privacy notice.
pub fn routes<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Site: FromRef<S>,
{
    Router::new()
        .route("/assets/{file}", get(assets::serve))
        .route("/display", get(display::switch))
        .route("/privacy", get(pages::privacy))
}
