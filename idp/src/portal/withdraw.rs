use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::Portal;
use super::end::confirm;
use super::question::Question;
use crate::account;
use crate::audit::{Action, Event};
use crate::consent::pages::item_label;
use crate::consent::{self, Item};
use crate::web::{ErrorKind, Facts, Halt, Page, PageError, PostedForm, see_other};

/// POST `/account/services/withdraw` with `client` and `item=<item>|all`.
///
/// # Errors
/// A page where the form is not ours, or the records do not answer.
pub async fn withdraw(
    State(portal): State<Portal>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let session = portal.posted(&headers, &facts, &form).await?;
    let client_id = form.one("client")?;
    let items = items_named(form.one("item")?)?;
    let unknown =
        || PageError::new(ErrorKind::BadRequest).developer("reason", "client names no service we know");
    let client = portal.departments.client(client_id).await?.ok_or_else(unknown)?;
    if form.one("confirmed")? != "yes" {
        let service = client.asking(page.locale()).service;
        let client = client_id.to_owned();
        let question = match items.as_slice() {
            [item] => Question::WithdrawItem {
                client,
                service,
                item: item.scope().to_owned(),
                label: item_label(page.words, *item),
            },
            _ => Question::WithdrawAll { client, service },
        };
        return Ok(confirm(page, &session, question));
    }
    let mut change = portal.change(&facts).await?;
    account::hold(&mut change, session.account).await?;
    let mut withdrawn = Vec::new();
    for item in &items {
        if consent::withdraw(&mut change, session.account, client_id, *item).await? {
            withdrawn.push(*item);
        }
    }
    if withdrawn.is_empty() {
        return Ok(see_other("/account?done=nothing", []));
    }
    // Without the consent to be recognised there is no sign-in left at that service.
    if items.contains(&Item::OpenId) {
        portal
            .sessions
            .leave(&mut change, session.account, client_id)
            .await?;
    }
    let event = Event::new(Action::ConsentWithdrawn)
        .account(session.account)
        .client(client_id);
    change.record(event.with("items", &withdrawn)).await?;
    change.commit().await?;
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("done", "withdrawn"), ("client", client_id)])
        .finish();
    Ok(see_other(&format!("/account?{query}#services"), []))
}

/// All, or one; and whoever withdraws being recognised withdraws all that hangs on it.
fn items_named(name: &str) -> Result<Vec<Item>, PageError> {
    match Item::of_scope(name) {
        _ if name == "all" => Ok(Item::ALL.to_vec()),
        Some(Item::OpenId) => Ok(Item::ALL.to_vec()),
        Some(item) => Ok(vec![item]),
        None => {
            Err(PageError::new(ErrorKind::BadRequest).developer("reason", "item names nothing that is given"))
        }
    }
}
