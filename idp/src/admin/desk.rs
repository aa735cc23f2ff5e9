use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};

use super::pages::{Claim, DeskPage, Listed, Told};
use super::{Admin, DESK};
use crate::account::{self, Dispute, Disputes};
use crate::operator::OnDuty;
use crate::web::{Facts, Halt, Page, PageError};

/// GET `/admin`: the few things that staff do. It shows nothing of any account.
///
/// # Errors
/// Where the records do not answer.
pub async fn show_desk(
    State(admin): State<Admin>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
) -> Result<Response, Halt> {
    let on_duty = admin.on_duty(&headers, &facts).await?;
    Ok(admin.desk(page, &facts, &on_duty, None).await?.into_response())
}

impl Admin {
    /// The desk as it stands: with every claim, as far as they go on a page.
    pub(super) async fn desk(
        &self,
        page: Page,
        facts: &Facts,
        on_duty: &OnDuty,
        told: Option<Told>,
    ) -> Result<DeskPage, PageError> {
        let Disputes { claims, are_more } = account::disputes(&self.db, &self.vault).await?;
        let listed = if are_more { Listed::Oldest } else { Listed::All };
        Ok(desk(page, facts, on_duty, told, (claims, listed)))
    }
}

/// The desk with these claims.
pub(super) fn desk(
    page: Page,
    facts: &Facts,
    on_duty: &OnDuty,
    told: Option<Told>,
    (claims, listed): (Vec<Dispute>, Listed),
) -> DeskPage {
    let page = page.back_to(DESK);
    DeskPage {
        token: page.form_token(&on_duty.form_binding()),
        name: on_duty.name().to_owned(),
        now: facts.now,
        claims: claims
            .into_iter()
            .map(|claim| Claim {
                id: claim.id.to_string(),
                masked: claim.number.masked(),
                since: claim.since,
            })
            .collect(),
        listed,
        told,
        page,
    }
}
