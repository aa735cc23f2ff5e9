//! A form posted from one of our pages.

use std::fmt;

use axum::body::Bytes;
use axum::extract::{FromRef, FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use url::form_urlencoded;

use super::errors::{ErrorKind, PageError};
use super::form_token::check_form_token;
use super::same_origin::check_same_origin;
use super::site::Site;

/// More fields than any form of ours has.
const MOST_FIELDS: usize = 100;

/// The fields of a form that no other site's page can have sent. Check its token before using it.
pub struct PostedForm {
    fields: Vec<(String, String)>,
    site: Site,
}

impl PostedForm {
    /// Holds the form to the interaction or session it was made for.
    pub fn check_token(&self, binding: &str) -> Result<(), PageError> {
        Ok(check_form_token(
            self.site.form_key(),
            binding,
            self.one("token")?,
        )?)
    }

    /// A field that appears at most once; missing, it is empty.
    pub fn one(&self, name: &'static str) -> Result<&str, PageError> {
        let mut values = self.all(name);
        let first = values.next().unwrap_or_default();
        match values.next() {
            None => Ok(first),
            Some(_) => {
                Err(PageError::new(ErrorKind::BadRequest).because(format!("the field {name} is repeated")))
            }
        }
    }

    /// A field that may repeat, as checkboxes do.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.fields
            .iter()
            .filter(move |(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for PostedForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.fields.iter().map(|(name, _)| name))
            .finish()
    }
}

impl<S> FromRequest<S> for PostedForm
where
    S: Send + Sync,
    Site: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request(request: Request, state: &S) -> Result<Self, PageError> {
        let site = Site::from_ref(state);
        let origin = site.origin_at(request.uri(), request.headers());
        check_same_origin(request.headers(), origin)?;
        check_content_type(&request)?;
        let body = Bytes::from_request(request, state).await.map_err(|rejection| {
            let cause = rejection.body_text();
            match rejection.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => PageError::new(ErrorKind::TooLarge).because(cause),
                _ => PageError::new(ErrorKind::BadRequest).because(cause),
            }
        })?;
        Ok(Self {
            fields: parse(&body)?,
            site,
        })
    }
}

fn check_content_type(request: &Request) -> Result<(), PageError> {
    let value = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Ok(())
    } else {
        Err(PageError::new(ErrorKind::UnsupportedMediaType).because("the body is not a web form"))
    }
}

/// Replaces what is not UTF-8, as browsers do; no field of ours can then match it.
fn parse(body: &[u8]) -> Result<Vec<(String, String)>, PageError> {
    let fields: Vec<_> = form_urlencoded::parse(body)
        .into_owned()
        .take(MOST_FIELDS + 1)
        .collect();
    if fields.len() > MOST_FIELDS {
        return Err(PageError::new(ErrorKind::BadRequest).because("the form has too many fields"));
    }
    Ok(fields)
}
