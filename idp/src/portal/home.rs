use std::collections::BTreeMap;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};

use super::Portal;
use super::pages::{AccountNotice, AccountPage, Given, MergingAhead, PasskeyRow, Phone, Service, Who};
use super::passkeys::signals;
use crate::account;
use crate::audit::Before;
use crate::consent::item_words;
use crate::signin::Session;
use crate::web::{Facts, Halt, Page, PageError};

/// GET `/account`
///
/// # Errors
/// Where the records do not answer.
pub async fn home(
    State(portal): State<Portal>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Halt> {
    let session = portal.session(&headers, &facts).await?;
    let profile = account::profile(&portal.db, &portal.vault, session.account).await?;
    let phones = account::phones(&portal.db, &portal.vault, session.account).await?;
    let passkeys = account::passkeys(&portal.db, &portal.vault, session.account).await?;
    let view = AccountPage {
        now: facts.now,
        token: page.form_token(&session.id.to_string()),
        name: profile.name,
        who: Who {
            proof: account::identity_proof(&portal.db, session.account).await?,
            identity: session.identity,
            strength: session.strength,
            level: session.level(),
            can_be_proven: portal.real_names.can_be_proven(),
        },
        moving: account::pending_move(&portal.db, session.account).await?,
        merging: account::pending_merging(&portal.db, session.account, facts.now)
            .await?
            .map(|merging| MergingAhead {
                when: merging.due_at,
                closes: merging.closing == session.account,
            }),
        merging_offered: account::is_merging_offered(&portal.db, session.account, facts.now).await?,
        passkeys_offered: portal.passkeys.are_offered() && !session.is_at_kiosk(),
        signals: signals(&portal, &passkeys, &session, name_of(&phones)).await?,
        passkeys: passkeys
            .into_iter()
            .map(|passkey| PasskeyRow {
                id: passkey.id.to_string(),
                name: passkey.name,
                added: passkey.created_at,
                last_used: passkey.last_used_at,
            })
            .collect(),
        phones: phones
            .into_iter()
            .map(|held| Phone {
                id: held.id.to_string(),
                ends: held.ends_at,
                masked: held.number.masked(),
                added: held.verified_at,
                last_used: Some(held.last_used_at),
            })
            .collect(),
        devices: portal.devices(&session, &facts, &page).await?,
        services: services(&portal, &session, &facts, &page).await?,
        spared: portal.spared(&session, &page).await?,
        activity: portal.history(&session, Before::ANYTHING, &page).await?,
        news: portal.news(&session, &page).await?,
        notice: notice(&portal, query.as_deref().unwrap_or_default(), &page).await?,
        page,
    };
    Ok(view.into_response())
}

/// By what a person tells their accounts apart, in the list that an authenticator shows.
fn name_of(phones: &[account::HeldPhone]) -> String {
    phones
        .first()
        .map(|held| held.number.masked())
        .unwrap_or_default()
}

async fn services(
    portal: &Portal,
    session: &Session,
    facts: &Facts,
    page: &Page,
) -> Result<Vec<Service>, PageError> {
    let visited = portal.sessions.last_visits(session.account).await?;
    let mut services: BTreeMap<String, Service> = BTreeMap::new();
    for (client_id, given) in portal.consents.all_standing(session.account, facts.now).await? {
        let client = portal.departments.client(&client_id).await?;
        let Some(client) = client.filter(|client| given.counts_for(client)) else {
            continue;
        };
        let label = item_words(&portal.departments, Some(&client), &given.item, page).await?;
        let last_used = visited.get(&client_id).copied().unwrap_or(given.answered_at);
        let service = services.entry(client_id.clone()).or_insert_with(|| {
            let asking = client.asking(page.locale());
            Service {
                client: client_id,
                name: asking.service,
                department: asking.department,
                last_used,
                items: Vec::new(),
            }
        });
        service.items.push(Given {
            key: given.item.name().into_owned(),
            label,
            until: given.expires_at,
        });
    }
    let mut services: Vec<Service> = services.into_values().collect();
    services.sort_by_key(|service| std::cmp::Reverse(service.last_used));
    Ok(services)
}

impl Portal {
    pub(super) async fn service_name(
        &self,
        client_id: &str,
        page: &Page,
    ) -> Result<Option<String>, PageError> {
        let client = self.departments.client(client_id).await?;
        Ok(client.map(|client| client.asking(page.locale()).service))
    }
}

/// What the form before this page has done, as its redirect says.
async fn notice(portal: &Portal, query: &str, page: &Page) -> Result<Option<AccountNotice>, PageError> {
    let fields: BTreeMap<_, _> = url::form_urlencoded::parse(query.as_bytes()).collect();
    Ok(match fields.get("done").map(AsRef::as_ref) {
        Some("device") => Some(AccountNotice::DeviceEnded),
        Some("others") => Some(AccountNotice::OthersEnded),
        Some("passkey-added") => Some(AccountNotice::PasskeyAdded),
        Some("passkey-renamed") => Some(AccountNotice::PasskeyRenamed),
        Some("passkey-removed") => Some(AccountNotice::PasskeyRemoved),
        Some("passkey-needed") => Some(AccountNotice::PasskeyNeeded),
        Some("merged") => Some(AccountNotice::Merged),
        Some("merge-asked") => Some(AccountNotice::MergeAsked),
        Some("merge-stopped") => Some(AccountNotice::MergeStopped),
        Some("phone-added") => Some(AccountNotice::PhoneAdded),
        Some("phone-held") => Some(AccountNotice::PhoneHeld),
        Some("phone-elsewhere") => Some(AccountNotice::PhoneElsewhere),
        Some("phone-many") => Some(AccountNotice::PhoneTooMany),
        Some("phone-needed") => Some(AccountNotice::PhoneNeeded),
        Some("phone-removed") => Some(AccountNotice::PhoneRemoved),
        Some("phone-ending") => Some(AccountNotice::PhoneEnding),
        Some("phone-kept") => Some(AccountNotice::PhoneKept),
        Some("move-asked") => Some(AccountNotice::MoveAsked),
        Some("move-stopped") => Some(AccountNotice::MoveStopped),
        Some("name-proven") => Some(AccountNotice::NameProven),
        Some("nothing") => Some(AccountNotice::NothingToDo),
        Some("withdrawn") => {
            let client = fields.get("client").map(AsRef::as_ref).unwrap_or_default();
            portal
                .service_name(client, page)
                .await?
                .map(|service| AccountNotice::Withdrawn { service })
        }
        _ => None,
    })
}
