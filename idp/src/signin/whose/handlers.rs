use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use uuid::Uuid;

use super::super::Signin;
use super::super::guard::{Browser, remember_browser, reset_failures};
use super::super::handlers::to_phone;
use super::super::identity::Typed;
use super::super::interaction::Interaction;
use super::super::limits::{BrowserKnown, Wait};
use super::super::sessions::{Device, Proof};
use super::super::window_code::Redemption;
use super::pages::{WhosePage, WhoseTrouble};
use crate::account::{self, PhoneNumber};
use crate::audit::{Change, Context};
use crate::web::{Facts, Halt, Page, PageError, PostedForm, respond, see_other};

/// GET `/signin/{id}/whose`: asks whose account it is.
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
    if signin.doubted(&id, facts.now).await?.is_none() {
        return Ok(to_phone(&interaction));
    }
    Ok(question(&signin, page, &interaction, Typed::default(), None).into_response())
}

/// POST `/signin/{id}/whose` with `answer`: `mine`, with `name` and `number`; `window`, with `code`; or `new`, for an account of one's own.
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
    let Some(phone) = signin.doubted(&id, facts.now).await? else {
        return Ok(to_phone(&interaction));
    };
    let context = Context::of(&facts, "resident", &signin.rng);
    let holder = signin.last_holder(&phone).await?;
    let owner = match (form.one("answer")?, holder) {
        ("mine", Some(holder)) => {
            let typed = Typed::of(&form)?;
            let real_names = signin.real_names.clone();
            if let Err(trouble) = real_names
                .recognise(context.clone(), holder, typed.clone())
                .await?
            {
                let view = question(
                    &signin,
                    page,
                    &interaction,
                    typed,
                    Some(WhoseTrouble::Name(trouble)),
                );
                return Ok(respond(trouble.status(), &view));
            }
            Some(holder)
        }
        ("window", Some(holder)) => {
            return signin
                .let_in_by_window(page, &interaction, &context, &phone, holder, &headers, &form)
                .await;
        }
        ("new", _) => None,
        _ => return Ok(to_phone(&interaction)),
    };
    // Of two answers at once, one settles it.
    if signin.settle_doubt(&id, facts.now).await?.is_none() {
        return Ok(to_phone(&interaction));
    }
    match signin.enter_as(&context, &phone, owner, &headers).await? {
        Some(cookies) => Ok(see_other(&interaction.continuation, cookies)),
        None => Ok(to_phone(&interaction)),
    }
}

impl Signin {
    /// One transaction: the owner is back, or somebody new begins; none where the number has meanwhile answered
    /// elsewhere.
    async fn enter_as(
        &self,
        context: &Context,
        phone: &PhoneNumber,
        owner: Option<Uuid>,
        headers: &HeaderMap,
    ) -> Result<Option<Vec<HeaderValue>>, PageError> {
        let change = Change::begin(&self.db, context).await?;
        self.enter_within(change, context, phone, owner, headers).await
    }

    /// A code from a window says whose account it is, for the account that the question is about and for no other.
    #[expect(clippy::too_many_arguments, reason = "what the handler was given")]
    async fn let_in_by_window(
        &self,
        page: Page,
        interaction: &Interaction,
        context: &Context,
        phone: &PhoneNumber,
        holder: Uuid,
        headers: &HeaderMap,
        form: &PostedForm,
    ) -> Result<Response, Halt> {
        let trouble = match self.redeem(context, holder, form.one("code")?).await? {
            Redemption::Good(change, redeemed) if redeemed.account == holder => {
                if self.settle_doubt(&interaction.id, context.now).await?.is_none() {
                    return Ok(to_phone(interaction));
                }
                let entered = self.enter_within(change, context, phone, Some(holder), headers);
                return Ok(match entered.await? {
                    Some(cookies) => see_other(&interaction.continuation, cookies),
                    None => to_phone(interaction),
                });
            }
            Redemption::Good(..) | Redemption::Wrong => WhoseTrouble::Code,
            Redemption::TooMany(Wait(wait)) => WhoseTrouble::TooMany { wait },
        };
        let view = question(self, page, interaction, Typed::default(), Some(trouble));
        Ok(respond(trouble.status(), &view))
    }

    async fn enter_within(
        &self,
        mut change: Change,
        context: &Context,
        phone: &PhoneNumber,
        owner: Option<Uuid>,
        headers: &HeaderMap,
    ) -> Result<Option<Vec<HeaderValue>>, PageError> {
        let account = match owner {
            Some(_) => Some(account::enter(&mut change, &self.vault, phone).await?),
            None => {
                let silence = self.config.settings.phone.silence.get();
                account::begin_anew(&mut change, &self.vault, phone, silence).await?
            }
        };
        // Whoever was recognised is let into their own account and no other.
        let Some(account) = account.filter(|account| owner.is_none_or(|owner| owner == *account)) else {
            return Ok(None);
        };
        account::unlock(&mut change, account).await?;
        reset_failures(&mut change, &phone.index(&self.vault)).await?;
        let cookies = self.site.cookies();
        let browser = Browser::of(cookies, headers);
        let browser = remember_browser(&mut change, &browser, BrowserKnown::No, account, cookies).await?;
        let previous = self.sessions.open(headers, context.now).await?;
        let device = Device::of(headers);
        let begun = self
            .sessions
            .begin(&mut change, account, Proof::Code, previous.as_ref(), device)
            .await?;
        change.commit().await?;
        Ok(Some(vec![self.sessions.cookie(&begun.token), browser]))
    }
}

fn question(
    signin: &Signin,
    page: Page,
    interaction: &Interaction,
    typed: Typed,
    trouble: Option<WhoseTrouble>,
) -> WhosePage {
    let page = interaction
        .dress(page)
        .back_to(format!("/signin/{}/whose", interaction.id));
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
