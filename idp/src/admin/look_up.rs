use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::Admin;
use super::desk::desk;
use super::pages::{Listed, Told};
use crate::account::{Dispute, PhoneNumber, disputes_over};
use crate::audit::{Actor, Change, Context};
use crate::operator::{Act, OnDuty, Reason};
use crate::web::{Facts, Halt, Page, PageError, PostedForm, respond};

/// POST `/admin/disputes/find`: the claims to one number, however many others there are.
///
/// # Errors
/// A page where the form is not ours, or the records do not answer.
pub async fn find_dispute(
    State(admin): State<Admin>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let on_duty = admin.posted(&headers, &facts, &form).await?;
    let told = match admin.read_question(&form, &Reason::FOR_DISPUTE)? {
        Err(told) => told,
        Ok(_) if !admin.may_ask(&facts, &on_duty).await? => Told::TooMany,
        Ok((phone, act)) => match admin.look_up(&facts, &on_duty, &phone, &act).await? {
            None => Told::NotOnDuty,
            Some(claims) if claims.is_empty() => Told::NoClaim,
            Some(claims) => {
                let (told, shown) = (Told::Found, (claims, Listed::Found));
                let status = told.status();
                return Ok(respond(status, &desk(page, &facts, &on_duty, Some(told), shown)));
            }
        },
    };
    Ok(admin.answer_with(page, &facts, &on_duty, told).await?)
}

impl Admin {
    /// None where they are not on duty any more.
    async fn look_up(
        &self,
        facts: &Facts,
        on_duty: &OnDuty,
        phone: &PhoneNumber,
        act: &Act,
    ) -> Result<Option<Vec<Dispute>>, PageError> {
        let context = Context::of(facts, Actor::Operator, &self.rng);
        let mut change = Change::begin(&self.db, &context).await?;
        if !on_duty.is_still(&mut change).await? {
            return Ok(None);
        }
        let claims = disputes_over(&mut change, &self.vault, phone, on_duty, act).await?;
        change.commit().await?;
        Ok(Some(claims))
    }
}
