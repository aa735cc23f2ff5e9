use ipnet::IpNet;
use uuid::Uuid;

use super::super::limits::{BROWSER_FAILURES, BrowserKnown, Ceiling, RANGE_FAILURES, RANGE_SENDS};
use super::browser::Browser;
use super::number::{self, NumberGuard};
use super::pressure::Pressure;
use super::tally::subject;
use crate::account::is_in_doubt;
use crate::args;
use crate::clock::Timestamp;
use crate::config::Phone;
use crate::sms::Language;
use crate::store::{Db, StoreError, Vault, hash};

/// Everything a limit asks about, in one statement. It does the same work whether or not the number
/// has an account.
pub(in super::super) const LOOK: &str = "SELECT \
     (SELECT COALESCE(k.disowned_at, 0) FROM phone p \
         JOIN known_browser k ON k.account_id = p.account_id AND k.browser_hash = $2 \
         WHERE p.number_index = $1 AND p.ended_at IS NULL) AS known, \
     (SELECT p.account_id FROM phone p \
         JOIN known_browser k ON k.account_id = p.account_id AND k.browser_hash = $2 \
         WHERE p.number_index = $1 AND p.end_reason = 'disputed' AND k.disowned_at IS NULL \
         ORDER BY p.epoch DESC LIMIT 1) AS claimed_by, \
     (SELECT amount FROM tally WHERE subject = $3 AND period = $4) AS browser_failures, \
     (SELECT amount FROM tally WHERE subject = $5 AND period = $6) AS range_failures, \
     (SELECT amount FROM tally WHERE subject = $7 AND period = $8) AS range_sends, \
     (SELECT last_used_at FROM phone WHERE number_index = $1 AND ended_at IS NULL) AS answered_at, \
     (SELECT doubted_at FROM phone WHERE number_index = $1 AND ended_at IS NULL) AS doubted_at, \
     (SELECT a.locked_at FROM phone p JOIN account a ON a.id = p.account_id \
         WHERE p.number_index = $1 AND p.ended_at IS NULL) AS locked_at, \
     (SELECT a.locked_at FROM phone p JOIN known_browser k ON k.account_id = p.account_id AND k.browser_hash = $2 \
         JOIN account a ON a.id = p.account_id \
         WHERE p.number_index = $1 AND p.end_reason = 'disputed' AND k.disowned_at IS NULL \
         ORDER BY p.epoch DESC LIMIT 1) AS claim_locked_at, \
     (SELECT a.erase_at FROM phone p JOIN account a ON a.id = p.account_id \
         WHERE p.number_index = $1 AND p.ended_at IS NULL) AS erase_at, \
     (SELECT a.language FROM phone p JOIN account a ON a.id = p.account_id \
         WHERE p.number_index = $1 AND p.ended_at IS NULL) AS language, \
     (SELECT sent_at FROM number_guard WHERE number_index = $1) AS sent_at, \
     (SELECT failures FROM number_guard WHERE number_index = $1) AS failures, \
     (SELECT version FROM number_guard WHERE number_index = $1) AS version";

/// What the records say of a number and of whoever asks about it.
#[derive(Clone, Debug)]
pub(in crate::signin) struct Seen {
    /// Whether this browser has signed in before with the account that holds the number, or claims it.
    pub(in crate::signin) known: BrowserKnown,
    /// The account whose claim to the number stands and which knows this browser, where its holder does not.
    pub(in crate::signin) claimed_by: Option<Uuid>,
    /// Whether its owner has locked the account that a right code would open.
    pub(in crate::signin) is_locked: bool,
    /// Whether whoever was at this browser has said that the number's account is another person's, or somebody wants it who
    /// was proven to be one.
    pub(in crate::signin) is_doubted: bool,
    /// Whether its owner is leaving.
    pub(in crate::signin) is_leaving: bool,
    /// What the owner of the account that holds the number reads, as far as is known.
    pub(in crate::signin) language: Option<Language>,
    pub(in crate::signin) pressure: Pressure,
    pub(in crate::signin) number: NumberGuard,
}

impl Seen {
    /// The language of a code: the page's, where the owner may be before it; else the owner's own, for it says that
    /// nobody of ours ever asks for it.
    pub(in crate::signin) fn language_of_code(&self, of_page: Language) -> Language {
        match self.known {
            BrowserKnown::Yes => of_page,
            BrowserKnown::No => self.language.unwrap_or(of_page),
        }
    }

    /// Whether a right code leaves open whose account this is.
    pub(in crate::signin) fn is_in_doubt(&self, settings: &Phone, now: Timestamp) -> bool {
        let is_known = self.known == BrowserKnown::Yes;
        ((self.is_locked || self.is_doubted) && !is_known)
            || is_in_doubt(self.number.answered_at, is_known, settings.silence.get(), now)
    }
}

pub(in crate::signin) async fn look(
    db: &Db,
    vault: &Vault,
    number_index: &[u8; 32],
    browser: &Browser,
    range: Option<IpNet>,
    now: Timestamp,
) -> Result<Seen, StoreError> {
    let range = range.map(|range| range.to_string()).unwrap_or_default();
    let name = browser.name().unwrap_or_default();
    let tally = |ceiling: &Ceiling, who: &str| (subject(vault, ceiling, who), ceiling.period_of(now));
    let (browser, browser_period) = tally(&BROWSER_FAILURES, name);
    let (failures, failures_period) = tally(&RANGE_FAILURES, &range);
    let (sends, sends_period) = tally(&RANGE_SENDS, &range);
    let row = db
        .one(
            LOOK,
            args![
                number_index,
                hash(name),
                browser,
                browser_period,
                failures,
                failures_period,
                sends,
                sends_period
            ],
        )
        .await?;
    // The moment in which it was disowned, or 0.
    let known = row.maybe_int("known")?;
    let knows = known == Some(0);
    let claimed_by = row.maybe_uuid("claimed_by")?.filter(|_| !knows);
    let locked_at = match claimed_by {
        Some(_) => "claim_locked_at",
        None => "locked_at",
    };
    Ok(Seen {
        known: if knows || claimed_by.is_some() {
            BrowserKnown::Yes
        } else {
            BrowserKnown::No
        },
        claimed_by,
        is_doubted: known.is_some_and(|disowned_at| disowned_at > 0)
            || row.maybe_time("doubted_at")?.is_some(),
        is_leaving: row.maybe_time("erase_at")?.is_some(),
        language: row.maybe_text("language")?.and_then(|tag| Language::tagged(&tag)),
        is_locked: row.maybe_time(locked_at)?.is_some(),
        pressure: Pressure {
            browser: row.maybe_int("browser_failures")?.unwrap_or_default(),
            range: row.maybe_int("range_failures")?.unwrap_or_default(),
            sends: row.maybe_int("range_sends")?.unwrap_or_default(),
        },
        number: number::read(&row)?,
    })
}
