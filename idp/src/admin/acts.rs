use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use uuid::Uuid;

use super::Admin;
use super::pages::Told;
use crate::account::{
    self, Decided, Issued, OFFERED, PhoneNumber, Ruling, Seen, Shown, Witnessed, decide_dispute,
    issue_window_code, propose_merging, prove_in_person,
};
use crate::audit::{Action, Actor, Change, Context, Event};
use crate::clock::Timestamp;
use crate::operator::{Act, ActError, OnDuty, Reason};
use crate::proofing::{Claim, IdentityNumber, RealName, Verdict};
use crate::signin::count_window_tries_anew;
use crate::store::StoreError;
use crate::web::{ErrorKind, Facts, Halt, Page, PageError, PostedForm, respond};

/// About how many people one operator may ask in a day. Ours: more than a busy window sees, and too few to go through a
/// list of numbers.
const MOST_ASKED: u64 = 200;
const DAY: Duration = Duration::from_secs(24 * 3600);

/// POST `/admin/identity`: somebody stood here with their document.
///
/// # Errors
/// A page where the form is not ours, or the records do not answer.
pub async fn confirm_person(
    State(admin): State<Admin>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let on_duty = admin.posted(&headers, &facts, &form).await?;
    let told = match admin.read(&form, &Reason::FOR_PROOF, facts.now)? {
        Err(told) => told,
        Ok(_) if !admin.may_ask(&facts, &on_duty).await? => Told::TooMany,
        Ok(asked) => {
            let contract = form.one("contract")? == "yes";
            admin.confirm(&facts, &on_duty, asked, contract).await?
        }
    };
    Ok(admin.answer_with(page, &facts, &on_duty, told).await?)
}

/// POST `/admin/code`: a code for somebody who has nothing else.
///
/// # Errors
/// As [`confirm_person`].
pub async fn give_code(
    State(admin): State<Admin>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let on_duty = admin.posted(&headers, &facts, &form).await?;
    let told = match admin.read(&form, &Reason::FOR_CODE, facts.now)? {
        Err(told) => told,
        Ok(_) if !admin.may_ask(&facts, &on_duty).await? => Told::TooMany,
        Ok(asked) => {
            let contract = form.one("contract")? == "yes";
            admin.issue(&facts, &on_duty, asked, contract).await?
        }
    };
    Ok(admin.answer_with(page, &facts, &on_duty, told).await?)
}

/// POST `/admin/disputes`: whose number it is.
///
/// # Errors
/// As [`confirm_person`].
pub async fn decide(
    State(admin): State<Admin>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let on_duty = admin.posted(&headers, &facts, &form).await?;
    let ruling = match form.one("ruling")? {
        "claimant" => Ruling::Claimant,
        "holder" => Ruling::Holder,
        _ => return Err(named("ruling").into()),
    };
    let dispute: Uuid = form.one("dispute")?.parse().map_err(|_| named("dispute"))?;
    let act = Act::read(form.one("reason")?, &Reason::FOR_DISPUTE, form.one("file")?);
    let told = match act {
        Err(fault) => fault.into(),
        Ok(act) => admin.rule(&facts, &on_duty, dispute, ruling, &act).await?,
    };
    Ok(admin.answer_with(page, &facts, &on_duty, told).await?)
}

/// What a form about a person says.
struct Asked {
    phone: PhoneNumber,
    name: RealName,
    number: IdentityNumber,
    act: Act,
}

impl Admin {
    fn read(
        &self,
        form: &PostedForm,
        reasons: &[Reason],
        now: Timestamp,
    ) -> Result<Result<Asked, Told>, PageError> {
        let (phone, act) = match self.read_question(form, reasons)? {
            Ok(read) => read,
            Err(told) => return Ok(Err(told)),
        };
        let Ok(name) = RealName::read(form.one("name")?) else {
            return Ok(Err(Told::BadName));
        };
        let Ok(number) = IdentityNumber::read(form.one("number")?, now) else {
            return Ok(Err(Told::BadNumber));
        };
        if form.one("seen")? != "yes" {
            return Ok(Err(Told::NotSeen));
        }
        Ok(Ok(Asked {
            phone,
            name,
            number,
            act,
        }))
    }

    /// About which number, why, and under which file.
    pub(super) fn read_question(
        &self,
        form: &PostedForm,
        reasons: &[Reason],
    ) -> Result<Result<(PhoneNumber, Act), Told>, PageError> {
        let act = match Act::read(form.one("reason")?, reasons, form.one("file")?) {
            Ok(act) => act,
            Err(fault) => return Ok(Err(fault.into())),
        };
        let countries = &self.config.settings.sms.country_codes;
        let phone = PhoneNumber::read(form.one("phone")?, countries);
        Ok(phone.map(|phone| (phone, act)).map_err(|_| Told::BadPhone))
    }

    /// Counted before anything is looked for, whatever comes of it.
    pub(super) async fn may_ask(&self, facts: &Facts, on_duty: &OnDuty) -> Result<bool, PageError> {
        let name = format!("desk-asked:{}", on_duty.id());
        let asked = self.state.count(&name, facts.now, DAY).await?;
        Ok(asked <= MOST_ASKED)
    }

    async fn confirm(
        &self,
        facts: &Facts,
        on_duty: &OnDuty,
        asked: Asked,
        contract: bool,
    ) -> Result<Told, PageError> {
        let context = Context::of(facts, Actor::Operator, &self.rng);
        let Some(found) = account::find_by_phone(&self.db, &self.vault, &asked.phone).await? else {
            let nobody = on_duty.sign(Event::new(Action::IdentityRefused), &asked.act);
            context.record(&self.db, nobody.with("why", "no_account")).await?;
            return Ok(Told::NoAccount);
        };
        let claim = Claim::Document {
            name: asked.name.clone(),
            number: asked.number.clone(),
            photo: None,
        };
        let shown = match &self.authority {
            None => Shown::Document {
                name: asked.name,
                number: asked.number,
            },
            Some(authority) => match authority.ask(&claim, facts.now).await {
                Ok(Verdict::Matched(matched)) => Shown::Confirmed(matched),
                Ok(_) => {
                    let refused = Event::new(Action::IdentityRefused).account(found.id);
                    context
                        .record(&self.db, on_duty.sign(refused, &asked.act))
                        .await?;
                    return Ok(Told::NotConfirmed);
                }
                Err(_) => {
                    // What they have learnt, that there is such an account, is written down like an answer.
                    let unanswered = Event::new(Action::IdentityRefused).account(found.id);
                    let unanswered = on_duty.sign(unanswered, &asked.act).with("why", "no_answer");
                    context.record(&self.db, unanswered).await?;
                    return Ok(Told::NotNow);
                }
            },
        };
        let mut change = Change::begin(&self.db, &context).await?;
        if !on_duty.is_still(&mut change).await? {
            drop(change);
            let too_late = Event::new(Action::IdentityRefused).account(found.id);
            let too_late = on_duty.sign(too_late, &asked.act).with("why", "not_on_duty");
            context.record(&self.db, too_late).await?;
            return Ok(Told::NotOnDuty);
        }
        let by = (on_duty, &asked.act);
        let whose = (&asked.phone, found.id);
        let witnessed = prove_in_person(&mut change, &self.vault, whose, &shown, contract, by).await;
        if matches!(witnessed, Ok(Witnessed::Done)) {
            change.commit().await?;
            return Ok(Told::Confirmed);
        }
        drop(change);
        let refused = on_duty.sign(Event::new(Action::IdentityRefused).account(found.id), &asked.act);
        let witnessed = match witnessed {
            Ok(witnessed) => witnessed,
            Err(fault) => return Err(self.note_overtaken(&context, fault, refused).await),
        };
        let mut change = Change::begin(&self.db, &context).await?;
        change.record(refused).await?;
        let told = match witnessed {
            // The person finds it on their account page: whether both accounts are theirs is shown there, and not here.
            Witnessed::OtherAccount(holder) => {
                propose_merging(&mut change, &self.vault, found.id, holder, OFFERED).await?;
                Told::OtherAccount
            }
            Witnessed::NoContract => Told::NoContract,
            Witnessed::OtherPerson | Witnessed::Done => Told::OtherPerson,
        };
        change.commit().await?;
        Ok(told)
    }

    async fn issue(
        &self,
        facts: &Facts,
        on_duty: &OnDuty,
        asked: Asked,
        contract: bool,
    ) -> Result<Told, PageError> {
        let context = Context::of(facts, Actor::Operator, &self.rng);
        let mut change = Change::begin(&self.db, &context).await?;
        if !on_duty.is_still(&mut change).await? {
            return Ok(Told::NotOnDuty);
        }
        let seen = Seen {
            number: asked.number,
            contract,
        };
        let issued =
            issue_window_code(&mut change, &self.vault, &asked.phone, &seen, on_duty, &asked.act).await;
        let issued = match issued {
            Ok(issued) => issued,
            Err(fault) => {
                drop(change);
                let failed = on_duty.sign(Event::new(Action::WindowCodeFailed), &asked.act);
                return Err(self.note_overtaken(&context, fault, failed).await);
            }
        };
        match &issued {
            Issued::NoAccount => {
                let nobody = on_duty.sign(Event::new(Action::WindowCodeFailed), &asked.act);
                change.record(nobody.with("why", "no_account")).await?;
            }
            Issued::Code { account, .. } => {
                count_window_tries_anew(&mut change, &self.vault, *account).await?;
            }
            Issued::OtherPerson | Issued::NoContract => {}
        }
        change.commit().await?;
        Ok(match issued {
            Issued::Code { code, .. } => Told::Code(code.shown()),
            Issued::NoAccount => Told::NoAccount,
            Issued::OtherPerson => Told::OtherPerson,
            Issued::NoContract => Told::NoContract,
        })
    }

    /// What staff asked is written down, also where the account has changed before it was answered.
    async fn note_overtaken(&self, context: &Context, fault: StoreError, asked: Event) -> PageError {
        if matches!(fault, StoreError::Overtaken(_)) {
            let asked = asked.with("why", "overtaken");
            if let Err(fault) = context.record(&self.db, asked).await {
                return fault.into();
            }
        }
        fault.into()
    }

    async fn rule(
        &self,
        facts: &Facts,
        on_duty: &OnDuty,
        dispute: Uuid,
        ruling: Ruling,
        act: &Act,
    ) -> Result<Told, PageError> {
        let context = Context::of(facts, Actor::Operator, &self.rng);
        let mut change = Change::begin(&self.db, &context).await?;
        if !on_duty.is_still(&mut change).await? {
            return Ok(Told::NotOnDuty);
        }
        Ok(
            match decide_dispute(&mut change, &self.vault, dispute, ruling, on_duty, act).await? {
                Decided::Over => Told::Over,
                Decided::Done => {
                    change.commit().await?;
                    Told::Decided
                }
            },
        )
    }

    pub(super) async fn answer_with(
        &self,
        page: Page,
        facts: &Facts,
        on_duty: &OnDuty,
        told: Told,
    ) -> Result<Response, PageError> {
        let status = told.status();
        Ok(respond(
            status,
            &self.desk(page, facts, on_duty, Some(told)).await?,
        ))
    }
}

fn named(field: &str) -> PageError {
    PageError::new(ErrorKind::BadRequest).developer("reason", &format!("{field} is none"))
}

impl From<ActError> for Told {
    fn from(fault: ActError) -> Self {
        match fault {
            ActError::Reason => Self::NoReason,
            ActError::File => Self::BadFile,
        }
    }
}
