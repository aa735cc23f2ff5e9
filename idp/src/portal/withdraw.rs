use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::Portal;
use super::end::confirm;
use super::question::Question;
use crate::account;
use crate::audit::{Action, Event};
use crate::consent::{self, Item, item_words};
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
    let named = named(form.one("item")?)?;
    let unknown =
        || PageError::new(ErrorKind::BadRequest).developer("reason", "client names no service we know");
    let asker = portal.departments.client(client_id).await?.ok_or_else(unknown)?;
    if form.one("confirmed")? != "yes" {
        let service = asker.asking(page.locale()).service;
        let client = client_id.to_owned();
        let question = match &named {
            Named::One(item) => Question::WithdrawItem {
                client,
                service,
                item: item.name().into_owned(),
                label: item_words(&portal.departments, Some(&asker), item, &page).await?,
            },
            Named::All => Question::WithdrawAll { client, service },
        };
        return Ok(confirm(page, &session, question));
    }
    let mut change = portal.change(&facts).await?;
    account::hold(&mut change, session.account).await?;
    let account = session.account;
    let is_all = matches!(named, Named::All);
    let withdrawn = match named {
        Named::All => consent::withdraw_all(&mut change, account, client_id).await?,
        Named::One(item) if consent::withdraw(&mut change, account, client_id, &item).await? => vec![item],
        Named::One(_) => Vec::new(),
    };
    if withdrawn.is_empty() {
        return Ok(see_other("/account?done=nothing", []));
    }
    // Without the consent to be recognised there is no sign-in left at that service.
    if is_all {
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

enum Named {
    All,
    One(Item),
}

/// All, or one; and whoever withdraws being recognised withdraws all that hangs on it.
fn named(name: &str) -> Result<Named, PageError> {
    match Item::named(name) {
        _ if name == "all" => Ok(Named::All),
        Some(Item::OpenId) => Ok(Named::All),
        Some(item) => Ok(Named::One(item)),
        None => {
            Err(PageError::new(ErrorKind::BadRequest).developer("reason", "item names nothing that is given"))
        }
    }
}
