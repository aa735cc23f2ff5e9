use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use uuid::Uuid;

use super::ask::Ask;
use super::item::Item;
use super::pages::{self, ConsentPage, item_label, item_purpose};
use super::words::record_words;
use super::{Consents, records};
use crate::account::{self, Profile};
use crate::audit::{Action, Actor, Change, Context, Event};
use crate::clock::Timestamp;
use crate::config::Config;
use crate::department::adoption::{Step, Who};
use crate::department::{Client, DataKey, Departments, admit};
use crate::rng::Rng;
use crate::signin::sessions::Sessions;
use crate::signin::{Interaction, Interactions};
use crate::store::{Db, Vault};
use crate::web::{Door, ErrorKind, Facts, Halt, Page, PageError, PostedForm, Stop, see_other};

/// The handles the consent pages use.
#[derive(Clone, Debug)]
pub struct Consent {
    pub config: Arc<Config>,
    pub rng: Rng,
    pub db: Db,
    pub vault: Vault,
    pub departments: Departments,
    pub interactions: Interactions,
    pub sessions: Sessions,
    pub consents: Consents,
}

/// An open question, with everyone it concerns.
struct Question {
    interaction: Interaction,
    account: Uuid,
    client: Arc<Client>,
    ask: Ask,
}

/// Finds the question of this browser's interaction.
async fn find(room: &Consent, id: &str, headers: &HeaderMap, facts: &Facts) -> Result<Question, Halt> {
    let interaction = room.interactions.pick_up(id, headers, facts.now).await?;
    let session = room.sessions.current(headers, facts).await?;
    let open = room.consents.open_question(id, facts.now).await?;
    // Signed out meanwhile, or signed in as somebody else: the request decides anew what comes next.
    let (Some(session), Some((account, ask))) = (session, open) else {
        return Err(Halt::elsewhere(see_other(&interaction.continuation, [])));
    };
    if session.account != account {
        return Err(Halt::elsewhere(see_other(&interaction.continuation, [])));
    }
    let client_id = interaction.client_id.as_deref().unwrap_or_default();
    let client = admit(client_id, room.departments.client(client_id).await?)?;
    Ok(Question {
        interaction,
        account,
        client,
        ask,
    })
}

/// GET `/consent/{id}`
///
/// # Errors
/// A page where the interaction does not go on.
pub async fn question(
    State(room): State<Consent>,
    Path(id): Path<String>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
) -> Result<Response, Halt> {
    let question = find(&room, &id, &headers, &facts).await?;
    let who = Who::Account(question.account);
    let reached = room
        .interactions
        .reach(&question.interaction, Step::Consent, who, facts.now);
    reached.await?;
    let profile = account::profile(&room.db, &room.vault, question.account).await?;
    let page = page.with_ui_locales(question.interaction.ui_locales.as_deref());
    let page = question
        .interaction
        .redirect
        .iter()
        .fold(page, Page::allow_form_to);
    let token = page.form_token(&question.interaction.form_binding());
    let Door::Service(mut asking) = question.interaction.door(page.locale(), &token) else {
        return Err(PageError::new(ErrorKind::NotFound).into());
    };
    // Whoever stops here has been asked, and refuses.
    asking.stop = Some(Stop {
        action: format!("/consent/{id}"),
        token: token.clone(),
    });
    let until = facts.now.plus(room.config.settings.consent.lifetime.get());
    let (required, optional) = (&question.ask.required, &question.ask.optional);
    let describe = Describe {
        room: &room,
        question: &question,
        page: &page,
        profile: &profile,
        until,
    };
    let (required, optional) = (describe.all(required).await?, describe.all(optional).await?);
    let view = ConsentPage {
        required,
        optional,
        changed: question.ask.changed,
        asked: asked(&question),
        account: profile.phone.as_ref().map(account::PhoneNumber::masked),
        policy_url: question.client.metadata.policy_uri.clone(),
        terms_url: question.client.metadata.tos_uri.clone(),
        asking,
        id,
        token,
        page,
    };
    Ok(view.into_response())
}

/// How the things on the page were asked for when it was made.
fn asked(question: &Question) -> String {
    let items = question.ask.required.iter().chain(&question.ask.optional);
    let revisions = items.map(|item| question.client.revision(&item.name()).to_string());
    revisions.collect::<Vec<_>>().join(".")
}

/// Tells of each thing on the page what it is, why it is asked for, and until when.
struct Describe<'a> {
    room: &'a Consent,
    question: &'a Question,
    page: &'a Page,
    profile: &'a Profile,
    until: Timestamp,
}

impl Describe<'_> {
    async fn all(&self, items: &[Item]) -> Result<Vec<pages::Item>, Halt> {
        let mut shown = Vec::new();
        for item in items {
            shown.push(match item {
                Item::Record(key) => self.record(item, key).await?,
                _ => self.of_scope(item),
            });
        }
        Ok(shown)
    }

    fn of_scope(&self, item: &Item) -> pages::Item {
        let (words, profile) = (self.page.words, self.profile);
        let purpose = self.question.client.metadata.purposes.get(&*item.name());
        let purpose = purpose.map(|purpose| purpose.in_locale(self.page.locale()).to_owned());
        pages::Item {
            key: item.name().into_owned(),
            label: item_label(words, item),
            value: match item {
                Item::Name => profile.name.clone(),
                Item::Phone => profile.phone.as_ref().map(account::PhoneNumber::masked),
                Item::OpenId | Item::Offline | Item::Record(_) => None,
            },
            holder: None,
            purpose: purpose
                .filter(|text| !text.is_empty())
                .unwrap_or_else(|| item_purpose(words, item)),
            until: self.until,
        }
    }

    async fn record(&self, item: &Item, key: &DataKey) -> Result<pages::Item, Halt> {
        let Self { room, question, .. } = self;
        let words = record_words(&room.departments, Some(&question.client), key, self.page).await?;
        // Taken back since the question was opened: the request decides anew what comes of it.
        if !words.is_offered || !question.client.metadata.asks.contains_key(key) {
            return Err(Halt::elsewhere(see_other(&question.interaction.continuation, [])));
        }
        Ok(pages::Item {
            key: item.name().into_owned(),
            label: words.record,
            value: None,
            holder: Some(format!("{} · {}", words.department, words.service)),
            purpose: words.purpose,
            until: self.until,
        })
    }
}

/// POST `/consent/{id}` with `decision=allow|deny` and an `item` for each optional thing ticked.
///
/// # Errors
/// A page where the form is not ours or the interaction does not go on.
pub async fn answer(
    State(room): State<Consent>,
    Path(id): Path<String>,
    facts: Facts,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let question = find(&room, &id, &headers, &facts).await?;
    form.check_token(&question.interaction.form_binding())?;
    match form.one("decision")? {
        // The page may have told of another purpose than the client has now.
        "allow" if form.one("asked")? != asked(&question) => Ok(see_other(&format!("/consent/{id}"), [])),
        "allow" => {
            let ticked: Vec<&str> = form.all("item").collect();
            let left = give(&room, &facts, &question, &ticked).await?;
            let consents = &room.consents;
            consents.leave(&id, question.account, left, facts.now).await?;
            consents.close_question(&id).await?;
            Ok(see_other(&question.interaction.continuation, []))
        }
        "deny" => {
            note_refusal(&room, &facts, &question).await?;
            room.consents.close_question(&id).await?;
            Ok(see_other(&question.interaction.cancel, []))
        }
        _ => Err(PageError::new(ErrorKind::BadRequest)
            .developer("reason", "decision must be allow or deny")
            .into()),
    }
}

/// Nothing is given; the resident finds among their activity that somebody asked.
async fn note_refusal(room: &Consent, facts: &Facts, question: &Question) -> Result<(), PageError> {
    let mut change = Change::begin(&room.db, &Context::of(facts, Actor::Resident, &room.rng)).await?;
    let event = Event::new(Action::ConsentRefused).account(question.account);
    change.record(event.client(&question.client.client_id)).await?;
    Ok(change.commit().await?)
}

/// Writes what was allowed; what was left unticked and stood before is withdrawn. Answers what was left.
async fn give(
    room: &Consent,
    facts: &Facts,
    question: &Question,
    ticked: &[&str],
) -> Result<Vec<Item>, PageError> {
    let (account, client_id) = (question.account, question.client.client_id.as_str());
    let (given, left): (Vec<Item>, Vec<Item>) = question
        .ask
        .optional
        .iter()
        .cloned()
        .partition(|item| ticked.contains(&&*item.name()));
    let until = facts.now.plus(room.config.settings.consent.lifetime.get());
    let mut change = Change::begin(&room.db, &Context::of(facts, Actor::Resident, &room.rng)).await?;
    account::hold(&mut change, account).await?;
    let allowed: Vec<Item> = question.ask.required.iter().cloned().chain(given).collect();
    for item in &allowed {
        records::give(&mut change, account, &question.client, item, until).await?;
    }
    let mut withdrawn = Vec::new();
    for item in &left {
        if records::withdraw(&mut change, account, client_id, item).await? {
            withdrawn.push(item);
        }
    }
    if !withdrawn.is_empty() {
        let event = Event::new(Action::ConsentWithdrawn)
            .account(account)
            .client(client_id);
        change.record(event.with("items", &withdrawn)).await?;
    }
    let event = Event::new(Action::ConsentGiven)
        .account(account)
        .client(client_id);
    change
        .record(event.with("items", &allowed).with("until", until))
        .await?;
    change.commit().await?;
    Ok(left)
}
