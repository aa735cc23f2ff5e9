//! The pages of the protocol: a response delivered by a form, and a service's wish to sign out.

use askama::Template;
use url::Url;

use crate::web::{Asking, Page, views};

/// The response of `response_mode=form_post` (OAuth 2.0 Form Post Response Mode §2).
#[derive(Template)]
#[template(path = "oidc/form_post.html")]
pub struct FormPostPage {
    page: Page,
    target: String,
    fields: Vec<(&'static str, String)>,
}

impl FormPostPage {
    /// `target` is the proven redirect URI; the page's forms may lead there and nowhere else.
    #[must_use]
    pub fn new(page: Page, target: &Url, fields: Vec<(&'static str, String)>) -> Self {
        Self {
            page: page.allow_form_to(target),
            target: target.to_string(),
            fields,
        }
    }
}

/// RP-initiated logout without proof of who asks: the resident decides
/// (OpenID Connect RP-Initiated Logout §2). Posts `decision=sign-out|stay`.
#[derive(Template)]
#[template(path = "oidc/logout.html")]
pub struct LogoutPage {
    pub page: Page,
    /// The service that asks, if it is known.
    pub asking: Option<Asking>,
    /// The interaction, posted as `request`.
    pub id: String,
    pub token: String,
}

views!(FormPostPage, LogoutPage);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sample;

    #[test]
    fn a_response_can_be_delivered_by_a_form() {
        sample::show("form-post", |page| {
            let target = "https://gjj.yunchuan.example/cb".parse().unwrap();
            FormPostPage::new(
                page,
                &target,
                vec![("code", "abc".to_owned()), ("state", "\"><b>".to_owned())],
            )
        });
    }

    #[test]
    fn a_service_may_ask_for_a_sign_out_and_the_resident_decides() {
        for known in [true, false] {
            sample::show(if known { "logout" } else { "logout-unknown" }, |page| {
                LogoutPage {
                    asking: known.then(|| sample::asking(&page)),
                    id: "abc".to_owned(),
                    token: page.form_token("abc"),
                    page,
                }
            });
        }
    }
}
