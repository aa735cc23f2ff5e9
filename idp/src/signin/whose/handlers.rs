use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use uuid::Uuid;

use super::super::Signin;
use super::super::guard::{Browser, remember_browser, reset_failures};
use super::super::handlers::to_phone;
use super::super::identity::{Trouble, Typed};
use super::super::interaction::Interaction;
use super::super::sessions::Proof;
use super::pages::{StayPage, WhosePage};
use super::records::{Asked, Question};
use crate::account::{self, PhoneNumber};
use crate::audit::{Change, Context};
use crate::clock::Timestamp;
use crate::web::{Facts, Halt, Page, PageError, PostedForm, respond, see_other};

/// GET `/signin/{id}/whose`: asks what is open.
///
/// # Errors
/// A page that says why this interaction does not go on.
pub async fn show_whose(
    State(signin): State<Signin>,
    Path(id): Path<String>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
) -> Result<Response, Halt> {
    let interaction = signin.begin_page(&id, &headers, facts.now).await?;
    let Some(asked) = signin.asked(&id, facts.now).await? else {
        return Ok(to_phone(&interaction));
    };
    if asked.question == Question::Whose {
        let view = whose(&signin, page, &interaction, Typed::default(), None);
        return Ok(view.into_response());
    }
    let erased_at = match signin.owner_of(&asked).await? {
        Some(owner) => account::erased_at(&signin.db, owner).await?,
        None => None,
    };
    Ok(match erased_at {
        Some(at) => stay(page, &interaction, at).into_response(),
        None => to_phone(&interaction),
    })
}

/// POST `/signin/{id}/whose` with `answer`: `mine`, with `name` and `number`; `new`, for an account of one's own; `stay`,
/// or `leave`.
///
/// # Errors
/// As [`show_whose`].
pub async fn answer_whose(
    State(signin): State<Signin>,
    Path(id): Path<String>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let interaction = signin.begin_page(&id, &headers, facts.now).await?;
    form.check_token(&interaction.form_binding())?;
    let Some(asked) = signin.asked(&id, facts.now).await? else {
        return Ok(to_phone(&interaction));
    };
    let context = Context::of(&facts, "resident", &signin.rng);
    let holder = signin.owner_of(&asked).await?;
    let entry = match (asked.question, form.one("answer")?, holder) {
        (Question::Whose, "mine", Some(holder)) => {
            let typed = Typed::of(&form)?;
            let real_names = signin.real_names.clone();
            if let Err(trouble) = real_names
                .recognise(context.clone(), holder, typed.clone())
                .await?
            {
                let view = whose(&signin, page, &interaction, typed, Some(trouble));
                return Ok(respond(trouble.status(), &view));
            }
            Entry::Owner(holder, Proof::Code)
        }
        (Question::Whose, "new", _) => Entry::Newcomer,
        (Question::Leaving { passkey }, "stay", Some(owner)) => {
            Entry::Owner(owner, passkey.map_or(Proof::Code, Proof::Passkey))
        }
        (Question::Leaving { .. }, "leave", _) => {
            signin.settle_question(&id, facts.now).await?;
            return Ok(see_other(&interaction.cancel, []));
        }
        _ => return Ok(to_phone(&interaction)),
    };
    // Of two answers at once, one settles it.
    let Some(asked) = signin.settle_question(&id, facts.now).await? else {
        return Ok(to_phone(&interaction));
    };
    match signin
        .enter_as(&context, asked.phone.as_ref(), entry, &headers)
        .await?
    {
        Some(cookies) => Ok(see_other(&interaction.continuation, cookies)),
        None => Ok(to_phone(&interaction)),
    }
}

/// Who is let in.
#[derive(Clone, Copy, Debug)]
enum Entry {
    Owner(Uuid, Proof),
    Newcomer,
}

impl Signin {
    /// Whose account the question is about.
    async fn owner_of(&self, asked: &Asked) -> Result<Option<Uuid>, PageError> {
        Ok(match (asked.question, &asked.phone) {
            (
                Question::Leaving {
                    passkey: Some(passkey),
                },
                _,
            ) => account::passkey_owner(&self.db, passkey).await?,
            (_, Some(phone)) => self.holder(phone).await?,
            _ => None,
        })
    }

    /// One transaction: the owner is back, or somebody new begins; none where the number has meanwhile answered
    /// elsewhere.
    async fn enter_as(
        &self,
        context: &Context,
        phone: Option<&PhoneNumber>,
        entry: Entry,
        headers: &HeaderMap,
    ) -> Result<Option<Vec<HeaderValue>>, PageError> {
        let cookies = self.site.cookies();
        let browser = Browser::of(cookies, headers);
        let previous = self.sessions.open(headers, context.now).await?;
        let device = self.sessions.device(headers).await?;
        let mut change = Change::begin(&self.db, context).await?;
        let Some((account, proof)) = self.admit(&mut change, phone, entry).await? else {
            return Ok(None);
        };
        account::unlock(&mut change, account).await?;
        account::stay(&mut change, account).await?;
        let known = browser.is_known(&self.db, account).await?;
        let browser = remember_browser(&mut change, &browser, known, account, &device, cookies).await?;
        let begun = self
            .sessions
            .begin(&mut change, account, proof, previous.as_ref(), device)
            .await?;
        change.commit().await?;
        let session = self.sessions.cookie(&begun.token);
        Ok(Some(std::iter::once(session).chain(browser).collect()))
    }

    /// The account that is entered, and by what; none where the number is another's by now.
    async fn admit(
        &self,
        change: &mut Change,
        phone: Option<&PhoneNumber>,
        entry: Entry,
    ) -> Result<Option<(Uuid, Proof)>, PageError> {
        if let Some(phone) = phone {
            reset_failures(change, &phone.index(&self.vault)).await?;
        }
        Ok(match (entry, phone) {
            (Entry::Newcomer, Some(phone)) => {
                let silence = self.config.settings.phone.silence.get();
                let begun = account::begin_anew(change, &self.vault, phone, silence).await?;
                begun.map(|account| (account, Proof::Code))
            }
            (Entry::Owner(owner, proof), Some(phone)) => {
                let holder = account::enter(change, &self.vault, phone).await?;
                (holder == owner).then_some((owner, proof))
            }
            (Entry::Owner(owner, proof), None) => Some((owner, proof)),
            (Entry::Newcomer, None) => None,
        })
    }
}

fn whose(
    signin: &Signin,
    page: Page,
    interaction: &Interaction,
    typed: Typed,
    trouble: Option<Trouble>,
) -> WhosePage {
    let page = dressed(page, interaction);
    let token = page.form_token(&interaction.form_binding());
    WhosePage {
        door: interaction.door(page.locale(), &token),
        id: interaction.id.clone(),
        token,
        rp_id: signin.passkeys.rp_id().map(str::to_owned),
        by_name: signin.real_names.can_be_proven(),
        name: typed.name,
        number: typed.number,
        trouble,
        page,
    }
}

fn stay(page: Page, interaction: &Interaction, erased_at: Timestamp) -> StayPage {
    let page = dressed(page, interaction);
    let token = page.form_token(&interaction.form_binding());
    StayPage {
        door: interaction.door(page.locale(), &token),
        id: interaction.id.clone(),
        token,
        erased_at,
        page,
    }
}

fn dressed(page: Page, interaction: &Interaction) -> Page {
    interaction
        .dress(page)
        .back_to(format!("/signin/{}/whose", interaction.id))
}
