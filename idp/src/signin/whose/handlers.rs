use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use uuid::Uuid;

use super::super::Signin;
use super::super::arrival::{Manner, tell_of_arrival};
use super::super::guard::{Browser, remember_browser, reset_failures};
use super::super::handlers::to_phone;
use super::super::identity::Typed;
use super::super::interaction::Interaction;
use super::super::limits::{BrowserKnown, Wait};
use super::super::sessions::{Proof, Session, Whence};
use super::super::window_code::Redemption;
use super::pages::{StayPage, WhosePage, WhoseTrouble};
use super::records::{Asked, Question};
use crate::account::{self, PhoneNumber, Return};
use crate::audit::{Actor, Change, Context};
use crate::clock::Timestamp;
use crate::web::{Facts, Halt, Locale, Page, PageError, PostedForm, respond, see_other};

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
    let arrival = signin.arrival(&headers, holder, locale, &facts).await?;
    let answered = match (asked.question, form.one("answer")?, holder) {
        (Question::Whose, "mine", Some(holder)) => {
            let typed = Typed::of(&form)?;
            let real_names = signin.real_names.clone();
            match real_names
                .recognise(context.clone(), holder, typed.clone())
                .await?
            {
                Ok(()) => Ok((Entry::Owner(holder, Proof::Code), None)),
                Err(trouble) => Err((typed, WhoseTrouble::Name(trouble))),
            }
        }
        (Question::Whose, "window", Some(holder)) => {
            match signin.redeem(&context, holder, form.one("code")?).await? {
                // A window's code is used up in the change that lets its owner in.
                Redemption::Good(change, redeemed) if redeemed.account == holder => {
                    Ok((Entry::Owner(holder, Proof::Code), Some(change)))
                }
                Redemption::Good(..) | Redemption::Wrong => Err((Typed::default(), WhoseTrouble::Code)),
                Redemption::TooMany(Wait(wait)) => Err((Typed::default(), WhoseTrouble::TooMany { wait })),
            }
        }
        (Question::Whose, "new", _) if signin.is_in_use(&asked, facts.now).await? => {
            Err((Typed::default(), WhoseTrouble::InUse))
        }
        (Question::Whose, "new", _) => Ok((Entry::Newcomer, None)),
        (Question::Leaving { passkey }, "stay", Some(owner)) => {
            let proof = passkey.map_or(Proof::Code, Proof::Passkey);
            Ok((Entry::Returning(owner, proof), None))
        }
        (Question::Leaving { .. }, "leave", _) => {
            signin.settle_question(&id, facts.now).await?;
            return Ok(see_other(&interaction.cancel, []));
        }
        _ => return Ok(to_phone(&interaction)),
    };
    let (entry, change) = match answered {
        Ok(answered) => answered,
        Err((typed, trouble)) => {
            let view = whose(&signin, page, &interaction, typed, Some(trouble));
            return Ok(respond(trouble.status(), &view));
        }
    };
    // Of two answers at once, one settles it.
    let Some(asked) = signin.settle_question(&id, facts.now).await? else {
        return Ok(to_phone(&interaction));
    };
    let change = match change {
        Some(change) => change,
        None => Change::begin(&signin.db, &context).await?,
    };
    let entered = signin.enter_as(change, asked.phone.as_ref(), entry, arrival);
    match entered.await? {
        Some(cookies) => Ok(see_other(&interaction.continuation, cookies)),
        None => Ok(to_phone(&interaction)),
    }
}

/// The browser at the door, read before anything is changed: a change has a connection of its own, and may be the
/// only one.
struct Arrival {
    browser: Browser,
    known: BrowserKnown,
    previous: Option<Session>,
    whence: Whence,
    /// What the page speaks.
    locale: Locale,
}

/// Who is let in.
#[derive(Clone, Copy, Debug)]
enum Entry {
    Owner(Uuid, Proof),
    /// Who was leaving: nothing but the proof says that they are the owner.
    Returning(Uuid, Proof),
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

    /// Whether its owner has used the number too lately for another account to begin with it.
    async fn is_in_use(&self, asked: &Asked, now: Timestamp) -> Result<bool, PageError> {
        let silence = self.config.settings.phone.silence.get();
        Ok(match &asked.phone {
            Some(phone) => account::is_in_use(&self.db, &self.vault, phone, silence, now).await?,
            None => false,
        })
    }

    async fn arrival(
        &self,
        headers: &HeaderMap,
        holder: Option<Uuid>,
        locale: Locale,
        facts: &Facts,
    ) -> Result<Arrival, PageError> {
        let browser = Browser::of(self.site.cookies(), headers);
        Ok(Arrival {
            known: match holder {
                Some(holder) => browser.is_known(&self.db, holder).await?,
                None => BrowserKnown::No,
            },
            previous: self.sessions.open(headers, facts.now).await?,
            whence: self.sessions.whence(headers, facts.address).await?,
            locale,
            browser,
        })
    }

    /// One transaction: the owner is back, or somebody new begins; none where the number has meanwhile answered
    /// elsewhere, or there is nothing to come back to: whoever signs in once more is asked what is to be asked by then.
    async fn enter_as(
        &self,
        mut change: Change,
        phone: Option<&PhoneNumber>,
        entry: Entry,
        arrival: Arrival,
    ) -> Result<Option<Vec<HeaderValue>>, PageError> {
        let Some((account, proof)) = self.admit(&mut change, phone, entry, arrival.known).await? else {
            return Ok(None);
        };
        account::unlock(&mut change, account).await?;
        let known = match entry {
            Entry::Owner(..) | Entry::Returning(..) => arrival.known,
            Entry::Newcomer => BrowserKnown::No,
        };
        if !matches!(entry, Entry::Newcomer) {
            // There was a doubt whose account it is.
            let (vault, whence) = (&self.vault, &arrival.whence);
            tell_of_arrival(&mut change, vault, account, known, whence, Manner::Odd).await?;
        }
        account::stay(&mut change, account).await?;
        let cookies = self.site.cookies();
        let browser = remember_browser(
            &mut change,
            &arrival.browser,
            known,
            account,
            &arrival.whence.device,
            arrival.locale,
            cookies,
        )
        .await?;
        let begun = self
            .sessions
            .begin(
                &mut change,
                account,
                proof,
                arrival.previous.as_ref(),
                &arrival.whence,
            )
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
        known: BrowserKnown,
    ) -> Result<Option<(Uuid, Proof)>, PageError> {
        if let Entry::Owner(owner, _) | Entry::Returning(owner, _) = entry {
            account::hold(change, owner).await?;
        }
        if let Entry::Returning(owner, proof) = entry {
            let is_shown = known == BrowserKnown::Yes || matches!(proof, Proof::Passkey(_));
            match account::may_return(change, owner).await? {
                Return::Open => {}
                Return::Locked if is_shown => {}
                Return::Locked | Return::NotLeaving => return Ok(None),
            }
        }
        let admitted = match (entry, phone) {
            (Entry::Newcomer, Some(phone)) => {
                let silence = self.config.settings.phone.silence.get();
                let begun = account::begin_anew(change, &self.vault, phone, silence).await?;
                begun.map(|account| (account, Proof::Code))
            }
            (Entry::Owner(owner, proof) | Entry::Returning(owner, proof), Some(phone)) => {
                let holder = account::enter(change, &self.vault, phone).await?;
                (holder == owner).then_some((owner, proof))
            }
            (Entry::Owner(owner, proof) | Entry::Returning(owner, proof), None) => Some((owner, proof)),
            (Entry::Newcomer, None) => None,
        };
        if let Some(phone) = phone {
            reset_failures(change, &phone.index(&self.vault)).await?;
        }
        Ok(admitted)
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
