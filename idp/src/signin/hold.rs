//! A form of the sign-in that waits until its browser has worked or its resident has waited.

use askama::Template;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

use super::due::Owed;
use super::interaction::Interaction;
use super::pages::countdown;
use crate::web::{Door, Page, respond, views};

/// Where something is owed before it goes on: the answer to `POST /signin/{id}/phone`, `…/code` or `…/resend`, which
/// the page sends once more when its browser has worked or its resident has waited.
#[derive(Template)]
#[template(path = "signin/hold.html")]
pub struct HoldPage {
    pub page: Page,
    pub door: Door,
    pub id: String,
    pub token: String,
    held: Held,
    owed: Owed,
}

/// A form that waits, with what the resident typed.
#[derive(Clone)]
pub(super) enum Held {
    Phone(String),
    Code(String),
    Resend,
}

impl Held {
    /// The last part of the form's address.
    const fn step(&self) -> &'static str {
        match self {
            Self::Phone(_) => "phone",
            Self::Code(_) => "code",
            Self::Resend => "resend",
        }
    }

    /// The form's field and what is in it.
    const fn typed(&self) -> Option<(&'static str, &String)> {
        match self {
            Self::Phone(phone) => Some(("phone", phone)),
            Self::Code(code) => Some(("code", code)),
            Self::Resend => None,
        }
    }
}

impl HoldPage {
    /// The page whose form waits.
    fn back(&self) -> String {
        match self.held {
            Held::Phone(_) => format!("/signin/{}", self.id),
            Held::Code(_) | Held::Resend => format!("/signin/{}/code", self.id),
        }
    }

    fn seconds_left(&self) -> u64 {
        countdown(self.owed.wait)
    }
}

views!(HoldPage);

/// The page that waits with a form until what is owed for it has been paid.
pub(super) fn hold(page: Page, interaction: &Interaction, held: Held, owed: Owed) -> Response {
    let page = interaction.dress(page);
    let token = page.form_token(&interaction.form_binding());
    let retry_after = HeaderValue::from(owed.wait.as_secs().max(1));
    let mut view = HoldPage {
        door: interaction.door(page.locale(), &token),
        id: interaction.id.clone(),
        token,
        held,
        owed,
        page,
    };
    let back = view.back();
    view.page = view.page.back_to(back);
    let mut response = respond(StatusCode::TOO_MANY_REQUESTS, &view);
    response.headers_mut().insert(RETRY_AFTER, retry_after);
    response
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::web::sample;

    #[test]
    fn what_is_owed_can_be_paid_by_work_or_by_waiting() {
        for (name, held, wait) in [
            ("hold-phone", Held::Phone("138 \"><b>0".to_owned()), 75),
            ("hold-code", Held::Code("123456".to_owned()), 1),
            ("hold-resend", Held::Resend, 0),
        ] {
            let hold = |page: Page| HoldPage {
                door: Door::Service(sample::asking(&page)),
                id: "abc".to_owned(),
                token: page.form_token("abc"),
                held: held.clone(),
                owed: Owed {
                    challenge: "challenge".to_owned(),
                    bits: Some(19),
                    wait: Duration::from_secs(wait),
                },
                page,
            };
            sample::show(name, hold);
            let page = sample::page(crate::web::Locale::Chinese, crate::web::Edition::Standard);
            let html = hold(page).render().unwrap();
            assert_eq!(html.contains("class=\"wait\""), wait > 0, "{name}");
            assert!(!html.contains("<b>0"), "{name}");
        }
    }
}
