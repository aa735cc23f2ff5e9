use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use uuid::Uuid;

use super::super::Signin;
use super::super::guard::Browser;
use super::super::handlers::to_phone;
use super::super::identity::Typed;
use super::super::interaction::Interaction;
use super::super::limits::{BrowserKnown, Wait};
use super::super::sessions::Proof;
use super::super::window_code::Redemption;
use super::enter::Whom;
use super::pages::{StayPage, WhosePage, WhoseTrouble};
use super::records::{Asked, Question};
use crate::account::{self, Lease};
use crate::audit::{Actor, Change, Context};
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
    let interaction = signin.begin_page(&id, &headers, &facts).await?;
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

/// POST `/signin/{id}/whose` with `answer`: `mine`, with `name` and `number`; `window`, with `code`; `new`, for an
/// account of one's own; `stay`, or `leave`.
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
    let interaction = signin.begin_page(&id, &headers, &facts).await?;
    form.check_token(&interaction.form_binding())?;
    let Some(asked) = signin.asked(&id, facts.now).await? else {
        return Ok(to_phone(&interaction));
    };
    let context = Context::of(&facts, Actor::Resident, &signin.rng);
    let holder = signin.owner_of(&asked).await?;
    let locale = interaction.dress(page.clone()).locale();
    let visitor = signin.visitor(&headers, locale, &facts).await?;
    let (whom, change) = match signin
        .reply(&context, &asked, holder, &id, &form, &visitor.browser)
        .await?
    {
        Reply::Enter(whom, change) => (whom, change),
        Reply::Trouble(typed, trouble) => {
            let view = whose(&signin, page, &interaction, typed, Some(trouble));
            return Ok(respond(trouble.status(), &view));
        }
        Reply::Leave => {
            signin.settle_question(&id, facts.now).await?;
            return Ok(see_other(&interaction.cancel, []));
        }
        Reply::Nothing => return Ok(to_phone(&interaction)),
    };
    let known = match holder {
        Some(holder) => visitor.browser.is_known(&signin.db, holder).await?,
        None => BrowserKnown::No,
    };
    // Of two answers at once, one settles it.
    let Some(asked) = signin.settle_question(&id, facts.now).await? else {
        return Ok(to_phone(&interaction));
    };
    let change = match change {
        Some(change) => change,
        None => Change::begin(&signin.db, &context).await?,
    };
    let entered = signin.enter_as(change, asked.phone.as_ref(), whom, known, &visitor);
    match entered.await? {
        Some(cookies) => Ok(see_other(&interaction.continuation, cookies)),
        None => Ok(to_phone(&interaction)),
    }
}

/// What a form says to the question.
enum Reply {
    /// With the change that a window's code is used up in.
    Enter(Whom, Option<Change>),
    Trouble(Typed, WhoseTrouble),
    /// The owner is leaving, and it stays at that.
    Leave,
    /// No answer to the question that is open.
    Nothing,
}

impl Signin {
    async fn reply(
        &self,
        context: &Context,
        asked: &Asked,
        holder: Option<Uuid>,
        interaction: &str,
        form: &PostedForm,
        browser: &Browser,
    ) -> Result<Reply, Halt> {
        Ok(match (asked.question, form.one("answer")?, holder) {
            (Question::Whose, "mine", Some(holder)) => {
                let typed = Typed::of(form)?;
                let real_names = self.real_names.clone();
                match real_names
                    .recognise(context.clone(), holder, typed.clone())
                    .await?
                {
                    Ok(()) => Reply::Enter(Whom::OwnerByName(holder), None),
                    Err(trouble) => Reply::Trouble(typed, WhoseTrouble::Name(trouble)),
                }
            }
            (Question::Whose, "window", Some(holder)) => {
                let code = form.one("code")?;
                match self.redeem(context, holder, interaction, code).await? {
                    Redemption::Good(change, redeemed) if redeemed.account == holder => {
                        Reply::Enter(Whom::Owner(holder), Some(change))
                    }
                    Redemption::Good(..) | Redemption::Wrong => {
                        Reply::Trouble(Typed::default(), WhoseTrouble::Code)
                    }
                    Redemption::TooMany(Wait(wait)) => {
                        Reply::Trouble(Typed::default(), WhoseTrouble::TooMany { wait })
                    }
                }
            }
            (Question::Whose, "new", _) => match self.in_use(context, asked, holder, browser).await? {
                Some(trouble) => Reply::Trouble(Typed::default(), trouble),
                None => Reply::Enter(Whom::Newcomer, None),
            },
            (Question::Leaving { passkey }, "stay", Some(owner)) => {
                let proof = passkey.map_or(Proof::Code, Proof::Passkey);
                Reply::Enter(Whom::Returning(owner, proof), None)
            }
            (Question::Leaving { .. }, "leave", _) => Reply::Leave,
            _ => Reply::Nothing,
        })
    }

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

    /// Why no other account begins with the number as yet. Where whoever is there was proven to be another person than
    /// its account's, its owner is told, and has some days to answer.
    async fn in_use(
        &self,
        context: &Context,
        asked: &Asked,
        holder: Option<Uuid>,
        browser: &Browser,
    ) -> Result<Option<WhoseTrouble>, PageError> {
        let (Some(phone), Some(owner)) = (&asked.phone, holder) else {
            return Ok(None);
        };
        let lease = self.lease();
        let free_from = account::free_from(&self.db, &self.vault, phone, lease, context.now).await?;
        if free_from.is_some_and(|from| from <= context.now) {
            return Ok(None);
        }
        let mut change = Change::begin(&self.db, context).await?;
        // Its owner may lock the account at this very moment, and forget the browser by it.
        account::hold(&mut change, owner).await?;
        if !browser.has_disowned(&mut change, owner).await? {
            return Ok(Some(WhoseTrouble::InUse));
        }
        if let Some(from) = free_from {
            return Ok(Some(WhoseTrouble::FreeFrom(from)));
        }
        account::doubt(&mut change, &self.vault, phone, owner).await?;
        change.commit().await?;
        Ok(Some(WhoseTrouble::FreeFrom(context.now.plus(lease.wait))))
    }

    pub(super) fn lease(&self) -> Lease {
        let phone = &self.config.settings.phone;
        Lease {
            silence: phone.silence.get(),
            wait: phone.wait.get(),
        }
    }
}

fn whose(
    signin: &Signin,
    page: Page,
    interaction: &Interaction,
    typed: Typed,
    trouble: Option<WhoseTrouble>,
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
