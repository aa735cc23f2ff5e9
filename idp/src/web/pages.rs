//! Pages that belong to no other room.

use askama::Template;

use super::page::{Page, views};

/// What is kept of a resident, why, how long, and who gets it.
#[derive(Template)]
#[template(path = "privacy.html")]
pub struct PrivacyPage {
    pub page: Page,
}

impl PrivacyPage {
    fn log_kept(&self) -> String {
        let days = (self.page.audit_kept().as_secs() / (24 * 3600)).to_string();
        self.page
            .say("privacy-kept-log")
            .with("days", days.as_str())
            .to_string()
    }
}

/// What a level of assurance means, for whoever follows an `acr` value's address.
#[derive(Template)]
#[template(path = "meaning.html")]
pub struct MeaningPage {
    pub page: Page,
    /// The words' ids.
    pub title: &'static str,
    pub what: &'static str,
    pub not: &'static str,
}

views!(PrivacyPage, MeaningPage);

/// `GET /privacy`
pub(super) async fn privacy(page: Page) -> PrivacyPage {
    PrivacyPage { page }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sample;

    #[test]
    fn the_standing_pages_can_be_read() {
        sample::show("privacy", |page| PrivacyPage { page });
        sample::show("meaning", |page| MeaningPage {
            page,
            title: "acr-3",
            what: "acr-3-what",
            not: "acr-3-not",
        });
    }
}
