use axum::extract::{Path, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::Signin;
use super::code::{KeptCode, Standing, TypedCode, TypedCodeError};
use super::guard::Browser;
use super::hold::{Held, hold};
use super::interaction::Interaction;
use super::kiosks::is_kiosk;
use super::limits::{CODE_MINUTES, MINUTE, Wait};
use super::pages::{CodeNotice, CodePage, PhonePage, PhoneProblem};
use super::send_code::{Occasion, SendCode, SendRefusal, Unsent};
use super::verify_code::{Verdict, VerifyCode};
use crate::account::{PhoneError, PhoneNumber};
use crate::audit::{Actor, Context};
use crate::clock::Timestamp;
use crate::department::adoption::{Step, Who};
use crate::sms::Language;
use crate::web::{Facts, Halt, Locale, Page, PageError, PostedForm, respond, see_other};

/// `GET /signin/{id}`: asks for the number, unless the resident is signed in already.
///
/// # Errors
/// A page that says why this interaction does not go on.
pub async fn show_phone(
    State(signin): State<Signin>,
    Path(id): Path<String>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
) -> Result<Response, Halt> {
    let interaction = signin.begin_page(&id, &headers, &facts).await?;
    let phone = signin.hinted_phone(&interaction);
    let view = phone_page(page, &signin, &interaction, phone, None);
    let cookies = signin.site.cookies();
    let mut browser = Browser::of(cookies, &headers);
    let greeting = (!is_kiosk(cookies, &headers))
        .then(|| browser.greet(cookies, &signin.rng))
        .flatten();
    let reached = signin.interactions.reach(
        &interaction,
        Step::Number,
        Who::Browser(browser.name()),
        facts.now,
    );
    reached.await?;
    let mut response = view.into_response();
    response
        .headers_mut()
        .extend(greeting.map(|cookie| (SET_COOKIE, cookie)));
    Ok(response)
}

/// `POST /signin/{id}/phone`: sends a code to the number, unless another tab has signed in
/// meanwhile: nobody would ask for that code.
///
/// # Errors
/// As [`show_phone`].
pub async fn enter_phone(
    State(signin): State<Signin>,
    Path(id): Path<String>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let interaction = signin
        .interactions
        .posted(&id, &form, &headers, facts.now)
        .await?;
    signin.pass_signed_in(&interaction, &headers, &facts).await?;
    let typed = form.one("phone")?;
    let kept: String = typed.chars().take(40).collect();
    let refused = |page, kept, problem: PhoneProblem| {
        let status = problem.status();
        let view = phone_page(page, &signin, &interaction, kept, Some(problem));
        respond(status, &view)
    };
    let phone = match PhoneNumber::read(typed, &signin.config.settings.sms.country_codes) {
        Ok(phone) => phone,
        Err(fault) => return Ok(refused(page, kept, fault.into())),
    };
    let locale = interaction.dress(page.clone()).locale();
    let ask = SendCode {
        work: work_of(&form)?,
        ..signin.ask_for(&interaction.id, phone, &facts, locale, &headers, Occasion::Typed)
    };
    let context = Context::of(&facts, Actor::Resident, &signin.rng);
    Ok(match signin.clone().send_code(context, ask).await? {
        Ok(()) => {
            let browser = Browser::of(signin.site.cookies(), &headers);
            let reached =
                signin
                    .interactions
                    .reach(&interaction, Step::Code, Who::Browser(browser.name()), facts.now);
            reached.await?;
            see_other(&format!("/signin/{id}/code"), [])
        }
        Err(Unsent::Refused(refusal)) => refused(page, kept, refusal.into()),
        Err(Unsent::Owed(owed)) => hold(page, &interaction, Held::Phone(kept), owed),
    })
}

/// `GET /signin/{id}/code`: asks for the code.
///
/// # Errors
/// As [`show_phone`].
pub async fn show_code(
    State(signin): State<Signin>,
    Path(id): Path<String>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
) -> Result<Response, Halt> {
    let interaction = signin.begin_page(&id, &headers, &facts).await?;
    let Some(kept) = signin.kept_code(&id, facts.now).await? else {
        return Ok(to_phone(&interaction));
    };
    let notice = (kept.standing(facts.now) == Standing::Dead).then_some(CodeNotice::Expired);
    let view = signin.code_page(page, &interaction, &kept, notice, facts.now)?;
    Ok(view.into_response())
}

/// `POST /signin/{id}/code`: checks the code and signs in.
///
/// # Errors
/// As [`show_phone`].
pub async fn enter_code(
    State(signin): State<Signin>,
    Path(id): Path<String>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let interaction = signin
        .interactions
        .posted(&id, &form, &headers, facts.now)
        .await?;
    let notice = match TypedCode::read(form.one("code")?) {
        Err(fault) => CodeNotice::from(fault),
        Ok(code) => {
            let ask = VerifyCode {
                interaction: id,
                code,
                visitor: signin
                    .visitor(&headers, interaction.dress(page.clone()).locale(), &facts)
                    .await?,
                work: work_of(&form)?,
            };
            match signin
                .clone()
                .verify_code(Context::of(&facts, Actor::Resident, &signin.rng), ask)
                .await?
            {
                // The page's script has seen that this device can make a passkey.
                Verdict::SignedIn(cookies)
                    if form.one("can_passkey")? == "yes" && !is_kiosk(signin.site.cookies(), &headers) =>
                {
                    return Ok(see_other(&format!("/signin/{}/offer", interaction.id), cookies));
                }
                Verdict::SignedIn(cookies) => return Ok(see_other(&interaction.continuation, cookies)),
                Verdict::Asked => return Ok(see_other(&format!("/signin/{}/whose", interaction.id), [])),
                Verdict::Wrong { tries_left } => CodeNotice::Wrong { tries_left },
                Verdict::Dead => CodeNotice::Expired,
                Verdict::TooMany(Wait(wait)) => CodeNotice::TooMany { wait },
                Verdict::Closed(Wait(wait)) => CodeNotice::Closed { wait },
                Verdict::Owed(owed) => {
                    let held = Held::Code(form.one("code")?.to_owned());
                    return Ok(hold(page, &interaction, held, owed));
                }
            }
        }
    };
    Ok(signin.code_again(page, &interaction, notice, facts.now).await?)
}

/// `POST /signin/{id}/resend`: sends a new code to the same number, as [`enter_phone`] does.
///
/// # Errors
/// As [`show_phone`].
pub async fn resend(
    State(signin): State<Signin>,
    Path(id): Path<String>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let interaction = signin
        .interactions
        .posted(&id, &form, &headers, facts.now)
        .await?;
    signin.pass_signed_in(&interaction, &headers, &facts).await?;
    let Some(kept) = signin.kept_code(&id, facts.now).await? else {
        return Ok(to_phone(&interaction));
    };
    let phone = signin.phone_of(&kept, &id)?;
    let locale = interaction.dress(page.clone()).locale();
    let ask = SendCode {
        work: work_of(&form)?,
        ..signin.ask_for(&interaction.id, phone, &facts, locale, &headers, Occasion::Again)
    };
    let context = Context::of(&facts, Actor::Resident, &signin.rng);
    let notice = match signin.clone().send_code(context, ask).await? {
        Ok(()) => CodeNotice::Resent,
        Err(Unsent::Refused(refusal)) => refusal.into(),
        Err(Unsent::Owed(owed)) => return Ok(hold(page, &interaction, Held::Resend, owed)),
    };
    Ok(signin.code_again(page, &interaction, notice, facts.now).await?)
}

/// `POST /signin/{id}/stop`: the resident does not want this.
///
/// # Errors
/// As [`show_phone`].
pub async fn stop(
    State(signin): State<Signin>,
    Path(id): Path<String>,
    facts: Facts,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let interaction = signin
        .interactions
        .posted(&id, &form, &headers, facts.now)
        .await?;
    Ok(see_other(&interaction.cancel, []))
}

/// `POST /signin/{id}/another`: the account this browser is signed in with is not the one meant.
/// It stays signed in until another one has been proven.
///
/// # Errors
/// As [`show_phone`].
pub async fn another_account(
    State(signin): State<Signin>,
    Path(id): Path<String>,
    facts: Facts,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let interaction = signin
        .interactions
        .posted(&id, &form, &headers, facts.now)
        .await?;
    signin
        .interactions
        .demand_sign_in(&interaction, facts.now)
        .await?;
    Ok(to_phone(&interaction))
}

impl Signin {
    /// The interaction a page is shown for. A resident who is signed in already, in another tab
    /// perhaps, needs none and goes straight on.
    pub(super) async fn begin_page(
        &self,
        id: &str,
        headers: &HeaderMap,
        facts: &Facts,
    ) -> Result<Interaction, Halt> {
        let interaction = self.interactions.pick_up(id, headers, facts.now).await?;
        self.pass_signed_in(&interaction, headers, facts).await?;
        Ok(interaction)
    }

    /// Sends on a browser whose session is all that this interaction needs.
    async fn pass_signed_in(
        &self,
        interaction: &Interaction,
        headers: &HeaderMap,
        facts: &Facts,
    ) -> Result<(), Halt> {
        match self.sessions.current(headers, facts).await? {
            Some(session) if interaction.accepts(&session) => {
                Err(Halt::elsewhere(see_other(&interaction.continuation, [])))
            }
            _ => Ok(()),
        }
    }

    /// What asks for a code; `place` is where it is kept.
    pub(super) fn ask_for(
        &self,
        place: &str,
        phone: PhoneNumber,
        facts: &Facts,
        locale: Locale,
        headers: &HeaderMap,
        occasion: Occasion,
    ) -> SendCode {
        let language = match locale {
            Locale::Chinese => Language::Chinese,
            Locale::English => Language::English,
        };
        SendCode {
            interaction: place.to_owned(),
            phone,
            browser: Browser::of(self.site.cookies(), headers),
            address: facts.address,
            language,
            occasion,
            work: String::new(),
        }
    }

    /// A number the service suggests is written into the field, for the resident to send or change.
    fn hinted_phone(&self, interaction: &Interaction) -> String {
        let hint = interaction.login_hint.as_deref().unwrap_or_default();
        let phone = PhoneNumber::read(hint, &self.config.settings.sms.country_codes);
        phone
            .map(|phone| phone.e164().trim_start_matches("+86").to_owned())
            .unwrap_or_default()
    }

    fn code_page(
        &self,
        page: Page,
        interaction: &Interaction,
        kept: &KeptCode,
        notice: Option<CodeNotice>,
        now: Timestamp,
    ) -> Result<CodePage, PageError> {
        let page = interaction
            .dress(page)
            .back_to(format!("/signin/{}/code", interaction.id));
        let token = page.form_token(&interaction.form_binding());
        Ok(CodePage {
            door: interaction.door(page.locale(), &token),
            id: interaction.id.clone(),
            token,
            phone_masked: self.phone_of(kept, &interaction.id)?.masked(),
            valid_minutes: CODE_MINUTES,
            resend_in: kept.sent_at.plus(MINUTE).since(now),
            notice,
            page,
        })
    }

    /// The code page after something happened to the code.
    async fn code_again(
        &self,
        page: Page,
        interaction: &Interaction,
        notice: CodeNotice,
        now: Timestamp,
    ) -> Result<Response, PageError> {
        let Some(kept) = self.kept_code(&interaction.id, now).await? else {
            return Ok(to_phone(interaction));
        };
        let view = self.code_page(page, interaction, &kept, Some(notice), now)?;
        Ok(respond(notice.status(), &view))
    }
}

pub(super) fn to_phone(interaction: &Interaction) -> Response {
    see_other(&format!("/signin/{}", interaction.id), [])
}

pub(super) fn phone_page(
    page: Page,
    signin: &Signin,
    interaction: &Interaction,
    phone: String,
    problem: Option<PhoneProblem>,
) -> PhonePage {
    let page = interaction
        .dress(page)
        .back_to(format!("/signin/{}", interaction.id));
    let token = page.form_token(&interaction.form_binding());
    let door = interaction.door(page.locale(), &token);
    PhonePage {
        door,
        id: interaction.id.clone(),
        token,
        phone,
        problem,
        rp_id: signin.passkeys.rp_id().map(str::to_owned),
        by_phone: !interaction.by_themselves,
        page,
    }
}

/// What the page's script has found: a number, and nothing longer.
fn work_of(form: &PostedForm) -> Result<String, PageError> {
    let found = form.one("work")?;
    let is_number = found.len() <= 20 && found.bytes().all(|byte| byte.is_ascii_digit());
    Ok(if is_number {
        found.to_owned()
    } else {
        String::new()
    })
}

impl PhoneProblem {
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::TooSoon { .. } | Self::TooMany { .. } | Self::Closed { .. } => {
                StatusCode::TOO_MANY_REQUESTS
            }
            Self::NotSent => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

impl CodeNotice {
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::Resent => StatusCode::OK,
            Self::TooSoon { .. } | Self::TooMany { .. } | Self::Closed { .. } => {
                StatusCode::TOO_MANY_REQUESTS
            }
            Self::NotSent => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

impl From<PhoneError> for PhoneProblem {
    fn from(fault: PhoneError) -> Self {
        match fault {
            PhoneError::Empty => Self::Empty,
            PhoneError::Malformed => Self::Malformed,
            PhoneError::CountryNotServed => Self::CountryNotServed,
        }
    }
}

impl From<SendRefusal> for PhoneProblem {
    fn from(refusal: SendRefusal) -> Self {
        match refusal {
            SendRefusal::TooSoon(Wait(wait)) => Self::TooSoon { wait },
            SendRefusal::TooMany(Wait(wait)) => Self::TooMany { wait },
            SendRefusal::Closed(Wait(wait)) => Self::Closed { wait },
            SendRefusal::NotSent => Self::NotSent,
        }
    }
}

impl From<SendRefusal> for CodeNotice {
    fn from(refusal: SendRefusal) -> Self {
        match refusal {
            SendRefusal::TooSoon(Wait(wait)) => Self::TooSoon { wait },
            SendRefusal::TooMany(Wait(wait)) => Self::TooMany { wait },
            SendRefusal::Closed(Wait(wait)) => Self::Closed { wait },
            SendRefusal::NotSent => Self::NotSent,
        }
    }
}

impl From<TypedCodeError> for CodeNotice {
    fn from(fault: TypedCodeError) -> Self {
        match fault {
            TypedCodeError::Empty => Self::Empty,
            TypedCodeError::Malformed => Self::Malformed,
        }
    }
}
