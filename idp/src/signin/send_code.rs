use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Signin;
use super::code::{CodeMac, KeptCode, REPEATABLE};
use super::due::Owed;
use super::guard::{Browser, Seen, count, look, reserve_budget, reserve_send, tell_of_pressure};
use super::limits::{
    BrowserKnown, CODE_MINUTES, MINUTE, Payment, RANGE_RATION, RANGE_SENDS, Supply, Wait, day_of_city,
    may_send, number_open, remember,
};
use crate::account::PhoneNumber;
use crate::audit::{Action, Change, Context, Event};
use crate::clock::Timestamp;
use crate::config::Secret;
use crate::sms::{Content, Language, Message, Recipient};
use crate::state::StateError;
use crate::web::{ErrorKind, PageError};

/// A code that a resident asks for.
#[derive(Clone, Debug)]
pub(super) struct SendCode {
    pub(super) interaction: String,
    pub(super) phone: PhoneNumber,
    pub(super) browser: Browser,
    pub(super) address: IpAddr,
    pub(super) language: Language,
    pub(super) occasion: Occasion,
    /// What the browser found, where it was asked for work.
    pub(super) work: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Occasion {
    /// The number was typed. The same form sent twice gets one message.
    Typed,
    /// "Send again" was pressed.
    Again,
}

/// Why no message went out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum SendRefusal {
    TooSoon(Wait),
    TooMany(Wait),
    Closed(Wait),
    NotSent,
}

/// A message that did not go out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Unsent {
    /// It does once this is paid.
    Owed(Owed),
    Refused(SendRefusal),
}

impl From<SendRefusal> for Unsent {
    fn from(refusal: SendRefusal) -> Self {
        Self::Refused(refusal)
    }
}

/// How long a code's record is kept: for "send again" it knows the number.
const KEPT: Duration = Duration::from_secs(60 * 60);
/// How often a reservation is tried against others of the same number.
const ATTEMPTS: usize = 5;

impl Signin {
    /// Sends a code, in its turn. Runs to its end even if the browser hangs up: a message that was
    /// paid for is written down.
    pub(super) async fn send_code(
        self,
        context: Context,
        ask: SendCode,
    ) -> Result<Result<(), Unsent>, PageError> {
        let errands = self.errands.clone();
        errands
            .run(async move { self.take_turn(&context, &ask).await })
            .await
    }

    /// As [`Signin::take_turn`], when it is this request's turn.
    pub(super) async fn send_in_turn(
        &self,
        context: &Context,
        ask: &SendCode,
    ) -> Result<Result<(), Unsent>, PageError> {
        let now = context.now;
        let before = self.kept_code(&ask.interaction, now).await?;
        if let Some(sent) = before
            .as_ref()
            .filter(|kept| now.since(kept.sent_at) < MINUTE && kept.spent.is_none())
        {
            if ask.occasion == Occasion::Again {
                let wait = sent.sent_at.plus(MINUTE).since(now);
                return Ok(Err(SendRefusal::TooSoon(Wait(wait)).into()));
            }
            if self.phone_of(sent, &ask.interaction)? == ask.phone {
                return Ok(Ok(()));
            }
        }
        let reserved = match self.reserve(context, ask).await? {
            Ok(reserved) => reserved,
            Err(unsent) => return Ok(Err(unsent)),
        };
        let code = self.draw_code(&ask.phone);
        let kept = KeptCode {
            phone: self
                .vault
                .seal(SEALED_PHONE, &ask.interaction, ask.phone.e164())?,
            mac: CodeMac::of(&self.vault, &ask.interaction, &ask.phone, code.digits()),
            sent_at: now,
            tries: 0,
            is_last_chance: reserved.is_last_chance,
            is_paid: reserved.payment.is_some(),
            spent: None,
        };
        self.keep_code(&ask.interaction, &kept, now).await?;
        let Drawn::ToSend(code) = code else {
            return Ok(Ok(()));
        };
        if self.deliver(context, ask, code, &reserved).await? {
            return Ok(Ok(()));
        }
        // Nothing went out, so an earlier code that did is still the one that counts.
        // Where a tab has asked for another meanwhile, that one does.
        match before {
            Some(before) => {
                self.swap_code(&ask.interaction, &kept, &before, now).await?;
            }
            None => self.state.remove(&code_key(&ask.interaction)).await?,
        }
        Ok(Err(SendRefusal::NotSent.into()))
    }

    /// Writes down that a message goes out before it does: of two requests at once for the last
    /// one allowed, one passes.
    async fn reserve(
        &self,
        context: &Context,
        ask: &SendCode,
    ) -> Result<Result<Reserved, Unsent>, PageError> {
        let now = context.now;
        let number = ask.phone.index(&self.vault);
        let range = self.senders.range_of(ask.address);
        let mut payment = None;
        for _ in 0..ATTEMPTS {
            let seen = look(&self.db, &self.vault, &number, &ask.browser, range, now).await?;
            if let Err(refusal) = refuse(&seen, now) {
                return Ok(Err(refusal.into()));
            }
            let language = seen.language_of_code(ask.language);
            let Seen {
                known,
                pressure,
                number: guard,
                ..
            } = seen;
            // Last, so that nobody pays for a refusal; once, however many sends there are at once.
            let price = pressure.price_of_message(known);
            if let (None, Some(price)) = (payment, price) {
                match self
                    .collect(&ask.interaction, price, &ask.work, ask.address, now)
                    .await?
                {
                    Ok(paid) => payment = Some(paid),
                    Err(owed) => return Ok(Err(Unsent::Owed(owed))),
                }
            }
            let mut change = Change::begin(&self.db, context).await?;
            // Whoever is refused lets the records go first: nobody else's message waits for what is said of it.
            let Some(totals) = self.reserve_totals(&mut change, ask, known).await? else {
                drop(change);
                self.tell_once_of_spent_budget(known, now).await;
                return Ok(Err(SendRefusal::NotSent.into()));
            };
            if price.is_some_and(|price| price.supply == Supply::Rationed)
                && !self.is_within_ration(&mut change, ask).await?
            {
                drop(change);
                let owed = self.owe_a_minute(&ask.interaction, now).await?;
                return Ok(Err(Unsent::Owed(owed)));
            }
            if reserve_send(&mut change, &number, &guard, &remember(&guard.sent_at, now)).await? {
                let send_id = self.rng.id();
                let event = Event::new(Action::CodeSent).with("send", &send_id);
                change
                    .record(payment.map_or(event.clone(), |payment| event.with("paid", payment)))
                    .await?;
                change.commit().await?;
                if let Some(sends) = totals.of_range {
                    tell_of_pressure(&RANGE_SENDS, sends);
                }
                // Had the number been open to everyone, the rule would not have asked who this is.
                let is_last_chance = number_open(guard.failures, Some(now), BrowserKnown::No, now).is_err();
                return Ok(Ok(Reserved {
                    send_id,
                    language,
                    is_last_chance,
                    payment,
                }));
            }
        }
        Err(PageError::new(ErrorKind::Unavailable).because("too many sends to one number at once"))
    }

    /// Counted with the message itself: a request that is refused takes nothing from its neighbours.
    async fn is_within_ration(&self, change: &mut Change, ask: &SendCode) -> Result<bool, PageError> {
        let Some(range) = self.senders.range_of(ask.address) else {
            return Ok(true);
        };
        let taken = count(change, &self.vault, &RANGE_RATION, &range.to_string()).await?;
        Ok(taken <= RANGE_RATION.most)
    }

    /// Counts the message in every total; none where the day's budget is spent.
    async fn reserve_totals(
        &self,
        change: &mut Change,
        ask: &SendCode,
        known: BrowserKnown,
    ) -> Result<Option<Totals>, PageError> {
        let mut of_range = None;
        if let (Some(range), BrowserKnown::No) = (self.senders.range_of(ask.address), known) {
            of_range = Some(count(change, &self.vault, &RANGE_SENDS, &range.to_string()).await?);
        }
        let budget = self.config.settings.sms.daily_budget;
        let is_within = reserve_budget(change, &self.vault, budget, known).await?;
        Ok(is_within.then_some(Totals { of_range }))
    }

    async fn tell_once_of_spent_budget(&self, known: BrowserKnown, now: Timestamp) {
        if self.is_first_refusal_today(known, now).await {
            tell_of_spent_budget(known);
        }
    }

    /// Without an answer it counts as the first: better twice than never.
    pub(super) async fn is_first_refusal_today(&self, known: BrowserKnown, now: Timestamp) -> bool {
        let (day, end) = day_of_city(now);
        let key = format!("budget-spent:{known:?}:{day}");
        let marked = self.state.put_new(&key, b"", now, end.since(now)).await;
        marked.unwrap_or(true)
    }

    /// Hands the message to a provider and writes down what came of it; answers whether it may
    /// reach the phone.
    async fn deliver(
        &self,
        context: &Context,
        ask: &SendCode,
        code: String,
        reserved: &Reserved,
    ) -> Result<bool, PageError> {
        let Some(to) = Recipient::from_e164(ask.phone.e164()) else {
            return Ok(false);
        };
        let message = Message {
            to,
            content: Content::Code {
                code: Secret::new(code),
                minutes: CODE_MINUTES,
            },
            origin: self.site.host().to_owned(),
            language: reserved.language,
        };
        let delivery = self.sms.send(&message, context.now).await;
        let event = Event::new(Action::CodeDelivered)
            .with("send", &reserved.send_id)
            .with("delivery", &delivery);
        context.record(&self.db, event).await?;
        Ok(delivery.may_have_been_delivered())
    }

    fn draw_code(&self, phone: &PhoneNumber) -> Drawn {
        let sms = &self.config.settings.sms;
        let test = sms.test_number.iter().find(|test| {
            PhoneNumber::read(&test.phone, &sms.country_codes).is_ok_and(|number| number == *phone)
        });
        match test {
            Some(test) if self.config.settings.dev => Drawn::Fixed(test.code.expose().to_owned()),
            _ => Drawn::ToSend(self.rng.six_digits()),
        }
    }

    pub(super) async fn kept_code(
        &self,
        interaction: &str,
        now: Timestamp,
    ) -> Result<Option<KeptCode>, StateError> {
        let stored = self.state.get(&code_key(interaction), now).await?;
        // What an older version wrote and this one cannot read is a code that has expired.
        Ok(stored.and_then(|stored| serde_json::from_slice(&stored).ok()))
    }

    async fn keep_code(&self, interaction: &str, kept: &KeptCode, now: Timestamp) -> Result<(), StateError> {
        self.state
            .put(&code_key(interaction), &encode(kept)?, now, KEPT)
            .await
    }

    /// Changes a kept code unless another request changed it since; answers whether it did.
    pub(super) async fn swap_code(
        &self,
        interaction: &str,
        old: &KeptCode,
        new: &KeptCode,
        now: Timestamp,
    ) -> Result<bool, StateError> {
        let kept = if new.spent.is_some() { REPEATABLE } else { KEPT };
        self.state
            .swap(&code_key(interaction), &encode(old)?, &encode(new)?, now, kept)
            .await
    }

    /// The number a kept code went to.
    pub(super) fn phone_of(&self, kept: &KeptCode, interaction: &str) -> Result<PhoneNumber, PageError> {
        let phone = self.vault.open(SEALED_PHONE, interaction, &kept.phone)?;
        PhoneNumber::from_e164(&phone)
            .ok_or_else(|| PageError::new(ErrorKind::Internal).because("a kept number is none"))
    }
}

/// A message counted.
struct Totals {
    /// How many the strangers of the address range have had with this one, where it is one of theirs.
    of_range: Option<i64>,
}

struct Reserved {
    send_id: String,
    language: Language,
    is_last_chance: bool,
    /// Where there was a price.
    payment: Option<Payment>,
}

/// Whether no message may go to this number, or from this browser, whatever is paid.
fn refuse(seen: &Seen, now: Timestamp) -> Result<(), SendRefusal> {
    let guard = &seen.number;
    seen.pressure.check(now).map_err(SendRefusal::TooMany)?;
    number_open(guard.failures, guard.last_sent(), seen.known, now).map_err(SendRefusal::Closed)?;
    may_send(&guard.sent_at, guard.answered_at, seen.known, now).map_err(SendRefusal::TooMany)
}

fn tell_of_spent_budget(known: BrowserKnown) {
    match known {
        BrowserKnown::No => tracing::error!(
            "what strangers may spend of the day's text messages is spent: until midnight only browsers that an \
             account knows get a code"
        ),
        BrowserKnown::Yes => tracing::error!(
            "the day's budget of text messages is spent: nobody can sign in by SMS until midnight"
        ),
    }
}

/// The six digits for a number.
enum Drawn {
    ToSend(String),
    /// A test number's: nothing is sent.
    Fixed(String),
}

impl Drawn {
    fn digits(&self) -> &str {
        match self {
            Self::ToSend(digits) | Self::Fixed(digits) => digits,
        }
    }
}

const SEALED_PHONE: &str = "interaction.phone";

/// In braces as the keys of [`super::interaction`] are.
fn code_key(interaction: &str) -> String {
    format!("sms-code:{{{interaction}}}")
}

fn encode(kept: &KeptCode) -> Result<Vec<u8>, StateError> {
    serde_json::to_vec(kept).map_err(|fault| StateError(fault.to_string()))
}
