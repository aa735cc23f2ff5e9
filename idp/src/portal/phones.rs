use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use uuid::Uuid;

use super::Portal;
use super::end::confirm;
use super::question::Question;
use crate::account::{self, GivenUp, PhoneAdded, Strength};
use crate::signin::pages::{CodeNotice, PhoneProblem};
use crate::signin::{FRESH, NewNumber, Session, Signin};
use crate::web::{ErrorKind, Facts, Halt, Page, PageError, PostedForm, respond, see_other, views};

const NEW: &str = "/account/phones";
const CODE: &str = "/account/phones/code";

/// GET `/account/phones`: asks for one more number.
///
/// # Errors
/// Where the records do not answer.
pub async fn new_phone(
    State(portal): State<Portal>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
) -> Result<Response, Halt> {
    let session = portal.fresh_session(&headers, &facts, NEW, FRESH).await?;
    Ok(number_page(page, &session, String::new(), None).into_response())
}

/// POST `/account/phones` with `phone`: sends it a code.
///
/// # Errors
/// A page where the form is not ours, or the records do not answer.
pub async fn send_to_new_phone(
    State(portal): State<Portal>,
    State(signin): State<Signin>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let session = portal.posted_fresh(&headers, &facts, &form, NEW, FRESH).await?;
    let typed = form.one("phone")?;
    let context = portal.context(&facts);
    let sent = signin
        .send_to_new_number(context, &session, typed, &facts, &page, &headers)
        .await?;
    Ok(match sent {
        Ok(()) => see_other(CODE, []),
        Err(problem) => {
            let kept = typed.chars().take(40).collect();
            let status = problem.status();
            respond(status, &number_page(page, &session, kept, Some(problem)))
        }
    })
}

/// GET `/account/phones/code`: asks for the code.
///
/// # Errors
/// As [`new_phone`].
pub async fn new_phone_code(
    State(portal): State<Portal>,
    State(signin): State<Signin>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
) -> Result<Response, Halt> {
    let session = portal.fresh_session(&headers, &facts, NEW, FRESH).await?;
    Ok(match signin.new_number(&session, facts.now).await? {
        None => see_other(NEW, []),
        Some(masked) => code_page(page, &session, Some(masked), None).into_response(),
    })
}

/// POST `/account/phones/code` with `code`: the number is the account's.
///
/// # Errors
/// As [`send_to_new_phone`].
pub async fn add_phone(
    State(portal): State<Portal>,
    State(signin): State<Signin>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let session = portal.posted_fresh(&headers, &facts, &form, NEW, FRESH).await?;
    let context = portal.context(&facts);
    let answered = signin
        .clone()
        .answer_new_number(context, session.clone(), form.one("code")?, &facts, &headers)
        .await?;
    let done = match answered {
        NewNumber::Answered(PhoneAdded::Done) => "phone-added",
        NewNumber::Answered(PhoneAdded::Held) => "phone-held",
        NewNumber::Answered(PhoneAdded::Elsewhere) => "phone-elsewhere",
        NewNumber::Answered(PhoneAdded::TooMany) => "phone-many",
        NewNumber::Over => return Ok(see_other(NEW, [])),
        NewNumber::NotYet(notice) => {
            let masked = signin.new_number(&session, facts.now).await?;
            let view = code_page(page, &session, masked, Some(notice));
            return Ok(respond(notice.status(), &view));
        }
    };
    Ok(see_other(&format!("/account?done={done}#methods"), []))
}

/// POST `/account/phones/remove` with `phone`.
///
/// # Errors
/// As [`send_to_new_phone`].
pub async fn remove_phone(
    State(portal): State<Portal>,
    State(signin): State<Signin>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let session = portal
        .posted_fresh(&headers, &facts, &form, super::HOME, FRESH)
        .await?;
    let id = named(&form)?;
    let held = account::phones(&portal.db, &portal.vault, session.account).await?;
    let Some(phone) = held.iter().find(|phone| phone.id == id) else {
        return Ok(see_other("/account?done=nothing#methods", []));
    };
    let is_last = held.iter().filter(|phone| phone.ends_at.is_none()).count() < 2;
    if !is_last && form.one("confirmed")? != "yes" {
        let question = Question::RemovePhone {
            phone: id.to_string(),
            masked: phone.number.masked(),
        };
        return Ok(confirm(page, &session, question));
    }
    let settings = &signin.config.settings.phone;
    let wait = match session.strength {
        Strength::Passkey => settings.wait_known,
        Strength::Code | Strength::NewPasskey => settings.wait,
    };
    let mut change = portal.change(&facts).await?;
    let (vault, account) = (&portal.vault, session.account);
    let given_up = account::give_up_phone(&mut change, vault, account, id, wait.get()).await?;
    let done = match given_up {
        GivenUp::Last => "phone-needed",
        GivenUp::Unknown => "nothing",
        GivenUp::AtOnce => "phone-removed",
        GivenUp::Until(_) => "phone-ending",
    };
    if matches!(given_up, GivenUp::AtOnce | GivenUp::Until(_)) {
        let change = portal.still_signed_in(change, &session, &headers, &facts);
        change.await?.commit().await?;
    }
    Ok(see_other(&format!("/account?done={done}#methods"), []))
}

/// POST `/account/phones/keep` with `phone`: it is not given up after all.
///
/// # Errors
/// As [`send_to_new_phone`].
pub async fn keep_phone(
    State(portal): State<Portal>,
    facts: Facts,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let session = portal.posted(&headers, &facts, &form).await?;
    let mut change = portal.change(&facts).await?;
    if !account::keep_phone(&mut change, session.account, named(&form)?).await? {
        return Ok(see_other("/account?done=nothing#methods", []));
    }
    change.commit().await?;
    Ok(see_other("/account?done=phone-kept#methods", []))
}

fn named(form: &PostedForm) -> Result<Uuid, PageError> {
    let unknown = |_| PageError::new(ErrorKind::BadRequest).developer("reason", "phone names no number");
    form.one("phone")?.parse().map_err(unknown)
}

/// `GET /account/phones`.
#[derive(Template)]
#[template(path = "portal/new_phone.html")]
pub struct NewPhonePage {
    pub page: Page,
    /// Bound to the session.
    pub token: String,
    pub phone: String,
    pub problem: Option<PhoneProblem>,
}

/// `GET /account/phones/code`.
#[derive(Template)]
#[template(path = "portal/new_phone_code.html")]
pub struct NewPhoneCodePage {
    pub page: Page,
    pub token: String,
    /// None where the code takes no more answers.
    pub masked: Option<String>,
    pub notice: Option<CodeNotice>,
}

views!(NewPhonePage, NewPhoneCodePage);

impl NewPhoneCodePage {
    /// As at the sign-in; but whoever types a wrong code here is signed in, and it is the number that is not added.
    fn heading(&self, notice: &CodeNotice) -> String {
        match notice {
            CodeNotice::Wrong { .. } => self.page.say("phone-add-wrong").to_string(),
            other => other.heading(&self.page),
        }
    }
}

fn number_page(page: Page, session: &Session, phone: String, problem: Option<PhoneProblem>) -> NewPhonePage {
    let page = page.back_to(NEW);
    NewPhonePage {
        token: page.form_token(&session.id.to_string()),
        phone,
        problem,
        page,
    }
}

fn code_page(
    page: Page,
    session: &Session,
    masked: Option<String>,
    notice: Option<CodeNotice>,
) -> NewPhoneCodePage {
    let page = page.back_to(CODE);
    NewPhoneCodePage {
        token: page.form_token(&session.id.to_string()),
        masked,
        notice,
        page,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sample;

    #[test]
    fn a_number_can_be_added_and_refused() {
        for (name, problem) in [
            ("new-phone", None),
            ("new-phone-malformed", Some(PhoneProblem::Malformed)),
        ] {
            sample::show(name, |page| NewPhonePage {
                token: page.form_token("session"),
                phone: String::new(),
                problem: problem.clone(),
                page,
            });
        }
        for (name, masked, notice) in [
            ("new-phone-code", Some("139 **** 1234"), None),
            (
                "new-phone-code-wrong",
                Some("139 **** 1234"),
                Some(CodeNotice::Wrong { tries_left: 3 }),
            ),
            ("new-phone-code-old", None, Some(CodeNotice::Expired)),
        ] {
            sample::show(name, |page| NewPhoneCodePage {
                token: page.form_token("session"),
                masked: masked.map(str::to_owned),
                notice,
                page,
            });
        }
    }
}
