use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::devices::place_words;
use super::{HOME, Portal};
use crate::account;
use crate::clock::Timestamp;
use crate::signin::Session;
use crate::web::{ErrorKind, Facts, Halt, Page, PageError, PostedForm, see_other};

/// What a resident was told of by text message and has not seen on the account page.
#[derive(Clone, Debug)]
pub struct News {
    /// The newest first.
    pub lines: Vec<Line>,
    /// Posted back: what comes after the page was made is not seen on it.
    pub until: i64,
}

/// What happened, and when and about where.
#[derive(Clone, Debug)]
pub struct Line {
    pub what: String,
    pub at: Timestamp,
    pub place: Option<String>,
}

impl Portal {
    pub(super) async fn news(&self, session: &Session, page: &Page) -> Result<Option<News>, PageError> {
        let told = account::unseen_notices(&self.db, &self.vault, session.account).await?;
        let Some(newest) = told.first() else {
            return Ok(None);
        };
        let until = newest.at.millis();
        let line = |one: &account::Told| Line {
            what: one.notice.words(page.words, &one.device),
            at: one.at,
            place: one.place.as_ref().map(|place| place_words(page, place)),
        };
        Ok(Some(News {
            lines: told.iter().map(line).collect(),
            until,
        }))
    }
}

/// POST `/account/notices/seen` with `until`: the resident has seen what they were told of until then.
///
/// # Errors
/// A page where the form is not ours, or the records do not answer.
pub async fn see_notices(
    State(portal): State<Portal>,
    facts: Facts,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let session = portal.posted(&headers, &facts, &form).await?;
    let bad = |_| PageError::new(ErrorKind::BadRequest).developer("reason", "until is no moment");
    let until = Timestamp::from_millis(form.one("until")?.parse().map_err(bad)?);
    let mut change = portal.change(&facts).await?;
    account::see_notices(&mut change, session.account, until).await?;
    change.commit_housekeeping().await?;
    Ok(see_other(HOME, []))
}
