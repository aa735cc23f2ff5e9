use askama::Template;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::super::Portal;
use super::tables::{Cell, Column, Reader, TABLES, Table};
use crate::account::{self, Notice};
use crate::audit::{Action, Actor, Change, Context, Event};
use crate::clock::Timestamp;
use crate::signin::{FRESH, Session};
use crate::web::{Facts, Halt, Page, PageError, PostedForm, api_headers, see_other, views};

const EXPORT: &str = "/account/export";

/// GET `/account/export`: everything held about the resident, to read.
///
/// # Errors
/// Where the records do not answer.
pub async fn show_export(
    State(portal): State<Portal>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
) -> Result<Response, Halt> {
    let session = portal.fresh_session(&headers, &facts, EXPORT, FRESH).await?;
    portal.note_export(&session, &facts).await?;
    let reader = portal.reader(&facts);
    let mut sections = Vec::new();
    for table in &TABLES {
        let rows = table.rows(&portal.db, &reader, session.account).await?;
        sections.push(Section::of(table, &rows, &page, facts.now));
    }
    let page = page.back_to(EXPORT);
    let view = ExportPage {
        token: page.form_token(&session.id.to_string()),
        may_keep: !session.is_at_kiosk(),
        sections,
        page,
    };
    Ok(view.into_response())
}

/// POST `/account/export`: the same as JSON, to keep and to take elsewhere.
///
/// # Errors
/// A page where the form is not ours, or the records do not answer.
pub async fn download_export(
    State(portal): State<Portal>,
    facts: Facts,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let session = portal
        .posted_fresh(&headers, &facts, &form, EXPORT, FRESH)
        .await?;
    if session.is_at_kiosk() {
        return Ok(see_other(EXPORT, []));
    }
    portal.note_export(&session, &facts).await?;
    let reader = portal.reader(&facts);
    let mut held = json!({ "issuer": portal.site.origin(), "exported_at": facts.now.to_string() });
    for table in &TABLES {
        let rows = table.rows(&portal.db, &reader, session.account).await?;
        held[table.name] = to_json(&rows);
    }
    let text = serde_json::to_string_pretty(&held).map_err(PageError::internal)?;
    let mut response = text.into_response();
    api_headers(response.headers_mut());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let name = HeaderValue::from_static("attachment; filename=\"yimen.json\"");
    headers.insert(CONTENT_DISPOSITION, name);
    Ok(response)
}

impl Portal {
    fn reader(&self, facts: &Facts) -> Reader<'_> {
        Reader {
            vault: &self.vault,
            whereabouts: self.sessions.whereabouts(),
            address: facts.address,
        }
    }

    async fn note_export(&self, session: &Session, facts: &Facts) -> Result<(), PageError> {
        let context = Context::of(facts, Actor::Resident, &self.rng);
        let device = session.device.to_string();
        let mut change = Change::begin(&self.db, &context).await?;
        account::tell(
            &mut change,
            &self.vault,
            session.account,
            Notice::Exported,
            &device,
        )
        .await?;
        let event = Event::new(Action::Exported).account(session.account);
        change.record(event.with("device", &device)).await?;
        Ok(change.commit().await?)
    }
}

#[derive(Template)]
#[template(path = "portal/export.html")]
struct ExportPage {
    page: Page,
    token: String,
    /// Nothing is kept on a kiosk: the file would be the next person's.
    may_keep: bool,
    sections: Vec<Section>,
}

views!(ExportPage);

/// One table, in words.
struct Section {
    heading: String,
    /// Of each row, the labels and values of what it holds.
    rows: Vec<Vec<(String, String)>>,
}

impl Section {
    fn of(table: &Table, rows: &[Vec<(&Column, Cell)>], page: &Page, now: Timestamp) -> Self {
        let words = |(column, cell): &(&Column, Cell)| {
            let label = page.say(column.words).to_string();
            (label, cell.shown(page, now))
        };
        Self {
            heading: page.say(table.words).to_string(),
            rows: rows.iter().map(|row| row.iter().map(words).collect()).collect(),
        }
    }
}

fn to_json(rows: &[Vec<(&Column, Cell)>]) -> Value {
    let object = |row: &Vec<(&Column, Cell)>| {
        let cells = row
            .iter()
            .map(|(column, cell)| (column.name.to_owned(), cell.to_json()));
        Value::Object(cells.collect())
    };
    rows.iter().map(object).collect()
}
