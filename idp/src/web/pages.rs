//! Pages that belong to no other room.

use askama::Template;

use super::page::{Page, views};

/// What is kept of a resident, why, how long, and who gets it.
#[derive(Template)]
#[template(path = "privacy.html")]
pub struct PrivacyPage {
    pub page: Page,
}
views!(PrivacyPage);

/// `GET /privacy`
pub(super) async fn privacy(page: Page) -> PrivacyPage {
    PrivacyPage { page }
}
