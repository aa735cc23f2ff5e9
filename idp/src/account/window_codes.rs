//! Codes that staff hand to a person whose document they have seen: one thing only the owner has, when there is no
//! other.

use std::fmt;
use std::time::Duration;

use uuid::Uuid;

use super::notices::{Notice, tell};
use super::phone::PhoneNumber;
use super::real_name::is_settled;
use super::records::{hold, hold_both};
use crate::args;
use crate::audit::{Action, Change, Context, Event};
use crate::clock::Timestamp;
use crate::operator::{Act, OnDuty};
use crate::proofing::IdentityNumber;
use crate::store::{Db, Row, StoreError, Vault, same};

/// Twelve digits in groups of four: easily read out and typed, and too many to be tried.
#[derive(Clone, PartialEq, Eq)]
pub struct WindowCode(String);

/// How long a code waits to be typed: the person sits down with their telephone, perhaps at home.
pub const LIFETIME: Duration = Duration::from_secs(60 * 60);

const DIGITS: usize = 12;

/// Whoever holds the number, and whoever claims it, with the proof of who they are.
const CANDIDATES: &str = "SELECT p.id, p.account_id, p.ended_at, i.id AS proof_id, i.identity_index, a.locked_at \
     FROM phone p JOIN account a ON a.id = p.account_id LEFT JOIN identity_proof i ON i.account_id = p.account_id AND i.ended_at IS NULL \
     WHERE p.number_index = $1 AND (p.ended_at IS NULL OR p.end_reason = 'disputed') ORDER BY p.epoch DESC";

const END: &str = "DELETE FROM window_code WHERE account_id = $1 AND used_at IS NULL";

const INSERT: &str = "INSERT INTO window_code (id, code_mac, account_id, phone_id, expires_at) \
     VALUES ($1, $2, $3, $4, $5)";

const WHOSE: &str =
    "SELECT account_id FROM window_code WHERE code_mac = $1 AND used_at IS NULL AND expires_at > $2";

const REDEEM: &str = "UPDATE window_code SET used_at = $2 \
     WHERE code_mac = $1 AND used_at IS NULL AND expires_at > $2 RETURNING account_id, phone_id, expires_at";

const SWEEP: &str = "DELETE FROM window_code WHERE id IN \
     (SELECT id FROM window_code WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000)";

/// What a code was good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redeemed {
    pub account: Uuid,
    /// The pairing that it is about.
    pub phone: Uuid,
    pub issued_at: Timestamp,
}

impl WindowCode {
    /// Reads what somebody typed, with spaces, dashes and full-width digits.
    #[must_use]
    pub fn read(typed: &str) -> Option<Self> {
        let mut digits = String::new();
        for c in typed.chars() {
            match c {
                _ if digits.len() > DIGITS => return None,
                '0'..='9' => digits.push(c),
                '０'..='９' => digits.extend(char::from_digit(u32::from(c) - u32::from('０'), 10)),
                c if c.is_whitespace() || c == '-' => {}
                _ => return None,
            }
        }
        (digits.len() == DIGITS).then_some(Self(digits))
    }

    /// `1234 5678 9012`.
    #[must_use]
    pub fn shown(&self) -> String {
        let (first, rest) = self.0.split_at(4);
        let (second, third) = rest.split_at(4);
        format!("{first} {second} {third}")
    }

    fn mac(&self, vault: &Vault) -> [u8; 32] {
        vault.mac("window code", self.0.as_bytes())
    }
}

impl fmt::Debug for WindowCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WindowCode")
    }
}

/// What staff have seen of the person who asks.
#[derive(Clone, Debug)]
pub struct Seen {
    pub number: IdentityNumber,
    /// The carrier's contract, by which the telephone number has been theirs for as long as the account.
    pub contract: bool,
}

/// What came of asking for a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Issued {
    Code {
        code: WindowCode,
        account: Uuid,
    },
    NoAccount,
    /// The account was proven to be somebody else's.
    OtherPerson,
    /// Nobody knows whose account it is, or for a few days only, so the document alone says nothing.
    NoContract,
}

/// Makes a code for the account of a number: the one that was proven to be this person's, or one that nobody was proven
/// to have, where the carrier says that the number was theirs all along. Whoever was given the number yesterday has a
/// document too. Codes before it are good no more.
///
/// # Errors
/// Where the database does not answer, or the account has changed while this waited.
pub async fn issue_window_code(
    change: &mut Change,
    vault: &Vault,
    phone: &PhoneNumber,
    seen: &Seen,
    on_duty: &OnDuty,
    act: &Act,
) -> Result<Issued, StoreError> {
    let (index, person) = (phone.index(vault), vault.index("identity", seen.number.as_str()));
    let rows = change.all(CANDIDATES, args![index]).await?;
    let Some(first) = rows.first() else {
        return Ok(Issued::NoAccount);
    };
    let Some(chosen) = choose(&rows, &person, seen.contract)? else {
        let is_proven = first.maybe_text("proof_id")?.is_some();
        let event = Event::new(Action::WindowCodeFailed).account(first.uuid("account_id")?);
        change.record(on_duty.sign(event, act)).await?;
        return Ok(if is_proven {
            Issued::OtherPerson
        } else {
            Issued::NoContract
        });
    };
    let Chosen { account, pairing, .. } = chosen;
    hold(change, account).await?;
    // While this waited, its owner's link may have locked it, or the number have gone elsewhere.
    let rows = change.all(CANDIDATES, args![index]).await?;
    if choose(&rows, &person, seen.contract)? != Some(chosen) {
        return Err(StoreError::Overtaken("an account that a code is for"));
    }
    if !seen.contract && !is_settled(change, account).await? {
        let event = Event::new(Action::WindowCodeFailed).account(account);
        change.record(on_duty.sign(event, act)).await?;
        return Ok(Issued::NoContract);
    }
    let (now, rng) = (change.now(), change.rng().clone());
    let code = WindowCode(rng.six_digits() + &rng.six_digits());
    end_window_codes(change, account).await?;
    let args = args![
        rng.uuid(now),
        code.mac(vault),
        account,
        pairing,
        now.plus(LIFETIME)
    ];
    change.execute(INSERT, args).await?;
    let event = Event::new(Action::WindowCodeIssued).account(account);
    change.record(on_duty.sign(event, act)).await?;
    tell(change, vault, account, Notice::WindowCode, "").await?;
    Ok(Issued::Code { code, account })
}

/// The account that the person's document, or else the contract, speaks for.
fn choose(rows: &[Row], person: &[u8; 32], contract: bool) -> Result<Option<Chosen>, StoreError> {
    for row in rows {
        let index = row.maybe_bytes("identity_index")?;
        if index.is_some_and(|index| same(&index, person)) {
            return Chosen::of(row).map(Some);
        }
    }
    for row in rows {
        let is_held = row.maybe_time("ended_at")?.is_none();
        if contract && is_held && row.maybe_text("proof_id")?.is_none() {
            return Chosen::of(row).map(Some);
        }
    }
    Ok(None)
}

/// What a code is given for, as it was when it was chosen.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Chosen {
    account: Uuid,
    pairing: Uuid,
    locked_at: Option<Timestamp>,
}

impl Chosen {
    fn of(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            account: row.uuid("account_id")?,
            pairing: row.uuid("id")?,
            locked_at: row.maybe_time("locked_at")?,
        })
    }
}

/// Those that nobody has typed yet are good no more.
///
/// # Errors
/// Where the database does not answer.
pub async fn end_window_codes(change: &mut Change, account: Uuid) -> Result<(), StoreError> {
    change.execute(END, args![account]).await.map(drop)
}

/// Takes a code that was typed for the account `asker`, once; none where it is not good. The caller drops the change
/// where it is not for what they ask.
///
/// # Errors
/// Where the database does not answer.
pub async fn redeem_window_code(
    change: &mut Change,
    vault: &Vault,
    code: &WindowCode,
    asker: Uuid,
) -> Result<Option<Redeemed>, StoreError> {
    let (now, mac) = (change.now(), code.mac(vault));
    let Some(row) = change.maybe(WHOSE, args![mac, now]).await? else {
        return Ok(None);
    };
    hold_both(change, asker, row.uuid("account_id")?).await?;
    let Some(row) = change.maybe(REDEEM, args![mac, now]).await? else {
        return Ok(None);
    };
    let (account, phone) = (row.uuid("account_id")?, row.uuid("phone_id")?);
    change
        .record(Event::new(Action::WindowCodeUsed).account(account))
        .await?;
    Ok(Some(Redeemed {
        account,
        phone,
        issued_at: row.time("expires_at")?.minus(LIFETIME),
    }))
}

/// Removes the codes that are over; answers how many.
///
/// # Errors
/// Where the database does not answer.
pub async fn sweep_window_codes(db: &Db, context: &Context) -> Result<u64, StoreError> {
    context.sweep(db, "window_code", SWEEP, args![context.now]).await
}
