//! The account's activity, a page at a time.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};

use super::Portal;
use super::activity::{Activity, happening};
use crate::audit::{Before, Entry, of_account};
use crate::clock::Timestamp;
use crate::consent::{Item, item_words};
use crate::department::Client;
use crate::signin::Session;
use crate::web::{ErrorKind, Facts, Halt, Page, PageError, views};

const ACTIVITY: &str = "/account/activity";
/// As many lines of activity as a person reads.
const LINES: usize = 30;

/// What happened to an account, the newest first, and where to read on.
#[derive(Clone, Debug, Default)]
pub struct History {
    pub lines: Vec<Activity>,
    /// The address of what happened earlier, if anything did.
    pub earlier: Option<String>,
}

/// GET `/account/activity` with `before`, where a page before it has ended.
///
/// # Errors
/// A page where `before` is nothing of ours, or the records do not answer.
pub async fn show_activity(
    State(portal): State<Portal>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Halt> {
    let session = portal.session(&headers, &facts).await?;
    let before = before(query.as_deref().unwrap_or_default())?;
    let view = ActivityPage {
        now: facts.now,
        activity: portal
            .history(&session, before.unwrap_or(Before::ANYTHING), &page)
            .await?,
        is_newest: before.is_none(),
        page,
    };
    Ok(view.into_response())
}

fn before(query: &str) -> Result<Option<Before>, PageError> {
    let mut fields = url::form_urlencoded::parse(query.as_bytes());
    let Some((_, text)) = fields.find(|(name, _)| name == "before") else {
        return Ok(None);
    };
    let bad =
        || PageError::new(ErrorKind::BadRequest).developer("reason", "before is no place in the activity");
    Before::read(&text).map(Some).ok_or_else(bad)
}

impl Portal {
    /// Whatever `before` says, these are lines of the session's own account.
    pub(super) async fn history(
        &self,
        session: &Session,
        before: Before,
        page: &Page,
    ) -> Result<History, PageError> {
        // One more, which says whether there is anything earlier.
        let mut entries = of_account(&self.db, session.account, before, LINES + 1).await?;
        let is_all = entries.len() <= LINES;
        entries.truncate(LINES);
        let last = entries.last().filter(|_| !is_all).map(Entry::before);
        let mut lines = Vec::new();
        for entry in entries {
            let client = match &entry.client {
                Some(client_id) => self.departments.client(client_id).await?,
                None => None,
            };
            let service = client.as_ref().map(|client| client.asking(page.locale()).service);
            let device = entry.detail["device"].as_str().unwrap_or_default().to_owned();
            let items = self.items_of(&entry, client.as_deref(), page).await?;
            lines.extend(happening(&entry, service, items).map(|what| Activity {
                at: entry.at,
                what,
                device,
            }));
        }
        let earlier = last.map(|last| format!("{ACTIVITY}?before={last}"));
        Ok(History { lines, earlier })
    }

    async fn items_of(
        &self,
        entry: &Entry,
        client: Option<&Client>,
        page: &Page,
    ) -> Result<String, PageError> {
        let items: Vec<Item> = serde_json::from_value(entry.detail["items"].clone()).unwrap_or_default();
        let mut labels = Vec::new();
        for item in &items {
            labels.push(item_words(&self.departments, client, item, page).await?);
        }
        Ok(page.list(&labels))
    }
}

#[derive(Template)]
#[template(path = "portal/activity_page.html")]
pub(super) struct ActivityPage {
    pub(super) page: Page,
    pub(super) now: Timestamp,
    pub(super) activity: History,
    /// Whether it begins with what happened last.
    pub(super) is_newest: bool,
}

views!(ActivityPage);
