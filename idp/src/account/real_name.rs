use std::time::Duration;

use uuid::Uuid;

use super::assurance::Identity;
use super::notices::{LINK, Notice, tell};
use super::passkeys::{doubt_passkeys, vouch_for_passkey};
use super::records::{forget_name, hold, set_name};
use crate::args;
use crate::audit::{Action, Change, Event};
use crate::clock::Timestamp;
use crate::proofing::Match;
use crate::store::{Db, StoreError, Vault};

/// What came of proving a real name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proven {
    Done,
    /// The person has an account already, which is this one. Nothing was changed.
    OtherAccount(Uuid),
    /// The account was proven to be somebody else's. Nothing was changed.
    OtherPerson,
}

/// When and where a name was proven.
#[derive(Clone, Debug)]
pub struct IdentityProof {
    pub at: Timestamp,
    pub source: String,
}

/// How it was proven. The name is stored.
const METHOD: &str = "authority";

const SUPERSEDE: &str = "UPDATE identity_proof SET ended_at = $2 \
     WHERE account_id = $1 AND ended_at IS NULL AND (identity_index = $3 OR person_index = $4) \
     RETURNING identity_index, person_index";

const INSERT: &str = "INSERT INTO identity_proof \
     (id, account_id, identity_index, person_index, method, source, transaction_id, at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";

const LIVE: &str = "SELECT at, source FROM identity_proof WHERE account_id = $1 AND ended_at IS NULL";

const HOLDER: &str = "SELECT account_id FROM identity_proof WHERE identity_index = $1 AND ended_at IS NULL \
     UNION ALL SELECT account_id FROM identity_proof WHERE person_index = $2 AND ended_at IS NULL";

/// Whom staff have seen stays so.
const RAISE: &str =
    "UPDATE account SET identity = CASE WHEN identity = $3 THEN identity ELSE $2 END WHERE id = $1";

/// Writes down whose account this is, as an authority has just confirmed it. Nothing else raises an account to a real
/// name: a [`Match`] is made of an authority's answer alone.
///
/// `passkey` is the one that opened the session in which the name was proven: from now on it stands for the person.
///
/// Where the answer is not [`Proven::Done`], the change is to be dropped.
///
/// # Errors
/// Where the database does not answer.
pub async fn prove_real_name(
    change: &mut Change,
    vault: &Vault,
    account: Uuid,
    passkey: Option<Uuid>,
    matched: &Match,
) -> Result<Proven, StoreError> {
    let found = Found::of(vault, matched);
    let reference = matched.reference();
    let proof = Proof {
        method: METHOD,
        source: &reference.source,
        transaction: &reference.transaction,
    };
    let kept = keep_proof(change, account, found, proof).await?;
    if kept != Proven::Done {
        return Ok(kept);
    }
    let (raised, above) = (Identity::RealName.as_str(), Identity::InPerson.as_str());
    change.execute(RAISE, args![account, raised, above]).await?;
    set_name(change, vault, account, matched.name().as_str()).await?;
    if let Some(passkey) = passkey {
        vouch_for_passkey(change, account, passkey).await?;
    }
    let event = Event::new(Action::IdentityProven).account(account);
    change
        .record(
            event
                .with("method", METHOD)
                .with("source", &reference.source)
                .with("transaction", &reference.transaction)
                .with("passkey", passkey),
        )
        .await?;
    tell(change, vault, account, Notice::NameProven, "").await?;
    Ok(Proven::Done)
}

const ALL: &str =
    "SELECT at, ended_at, method FROM identity_proof WHERE account_id = $1 ORDER BY at DESC, id DESC";

const END: &str = "UPDATE identity_proof SET ended_at = $2 WHERE account_id = $1 AND ended_at IS NULL";

const LOWER: &str = "UPDATE account SET identity = 'unknown' WHERE id = $1";

/// Ends the proof that an account is of somebody, where it began within a link's life before then, by whoever had a session
/// or stood at a window: the account is nobody's known by name again, and its owner proves theirs. A name that its owner had a
/// week to object to stays, and so does one that staff have confirmed again since.
///
/// # Errors
/// Where the database does not answer.
pub async fn end_proof_since(change: &mut Change, account: Uuid, since: Timestamp) -> Result<(), StoreError> {
    let Some(standing) = standing(change, account).await? else {
        return Ok(());
    };
    if standing.since < since.minus(LINK) {
        return Ok(());
    }
    end_proof(change, account).await?;
    change
        .record(Event::new(Action::IdentityWithdrawn).account(account))
        .await
}

/// The account is nobody's known by name any more; answers whether it was somebody's. The caller holds it, and records why.
pub(super) async fn end_proof(change: &mut Change, account: Uuid) -> Result<bool, StoreError> {
    let now = change.now();
    if change.execute(END, args![account, now]).await? == 0 {
        return Ok(false);
    }
    change.execute(LOWER, args![account]).await?;
    forget_name(change, account).await?;
    doubt_passkeys(change, account).await?;
    Ok(true)
}

/// A day more than the link lasts by which an owner objects to a name.
const SETTLED: Duration = Duration::from_secs(24 * 3600);

/// Whether the account was proven to be somebody's for so long that its owner, if it were another, could have said so; or
/// staff have seen them. Who has had a session for a minute can prove a name of their own in the next.
pub(super) async fn is_settled(change: &mut Change, account: Uuid) -> Result<bool, StoreError> {
    let long_ago = change.now().minus(LINK).minus(SETTLED);
    let standing = standing(change, account).await?;
    Ok(standing.is_some_and(|one| one.is_witnessed || one.since <= long_ago))
}

/// Since when an account is the person's whom its live proof names, whatever they proved anew meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Standing {
    since: Timestamp,
    /// Staff have seen the person in that time.
    is_witnessed: bool,
}

struct Link {
    at: Timestamp,
    ended_at: Option<Timestamp>,
    is_witnessed: bool,
}

async fn standing(change: &mut Change, account: Uuid) -> Result<Option<Standing>, StoreError> {
    let rows = change.all(ALL, args![account]).await?;
    let links = rows.iter().map(|row| {
        Ok(Link {
            at: row.time("at")?,
            ended_at: row.maybe_time("ended_at")?,
            is_witnessed: row.text("method")? != METHOD,
        })
    });
    Ok(chain(&links.collect::<Result<Vec<_>, StoreError>>()?))
}

/// The live proof, and those before it of which each was superseded in the moment in which the next was made: one that a
/// lock has ended is followed by none. The latest comes first.
fn chain(links: &[Link]) -> Option<Standing> {
    let mut links = links.iter().skip_while(|link| link.ended_at.is_some());
    let live = links.next()?;
    let mut standing = Standing {
        since: live.at,
        is_witnessed: live.is_witnessed,
    };
    for former in links {
        if former.ended_at == Some(standing.since) {
            standing.since = former.at;
            standing.is_witnessed |= former.is_witnessed;
        }
    }
    Some(standing)
}

/// By what a person is found again.
pub(super) struct Found {
    pub(super) number: Option<Vec<u8>>,
    pub(super) person: Option<Vec<u8>>,
}

/// How a proof came about, and by what it is found again.
pub(super) struct Proof<'a> {
    pub(super) method: &'static str,
    pub(super) source: &'a str,
    pub(super) transaction: &'a str,
}

impl Found {
    pub(super) fn of(vault: &Vault, matched: &Match) -> Self {
        let (number, person) = (matched.number(), matched.person());
        Self {
            number: number.map(|number| vault.index("identity", number.as_str()).to_vec()),
            person: person.map(|person| vault.index("person", person).to_vec()),
        }
    }
}

/// Puts a proof in the place of the same person's former one. What the person showed before, and not this time, is
/// carried over. Where something stands against it, the change is to be dropped.
pub(super) async fn keep_proof(
    change: &mut Change,
    account: Uuid,
    found: Found,
    proof: Proof<'_>,
) -> Result<Proven, StoreError> {
    // A second press of the button finds what the first has written.
    hold(change, account).await?;
    let now = change.now();
    let former = change
        .maybe(
            SUPERSEDE,
            args![account, now, found.number.clone(), found.person.clone()],
        )
        .await?;
    let (known_number, known_person) = match former {
        None => (None, None),
        Some(former) => (
            former.maybe_bytes("identity_index")?,
            former.maybe_bytes("person_index")?,
        ),
    };
    let args = args![
        change.rng().uuid(now),
        account,
        found.number.clone().or(known_number),
        found.person.clone().or(known_person),
        proof.method,
        proof.source,
        proof.transaction,
        now
    ];
    if change.execute(INSERT, args).await? == 1 {
        return Ok(Proven::Done);
    }
    if is_proven(change, account).await? {
        return Ok(Proven::OtherPerson);
    }
    let holder = change.maybe(HOLDER, args![found.number, found.person]).await?;
    Ok(Proven::OtherAccount(
        holder.ok_or(StoreError::Missing)?.uuid("account_id")?,
    ))
}

const PROVEN: &str = "SELECT id FROM identity_proof WHERE account_id = $1 AND ended_at IS NULL \
     AND (identity_index = $2 OR person_index = $3)";

/// Whether the person whom an authority has just confirmed is the one whose account this is.
///
/// # Errors
/// Where the database does not answer.
pub async fn is_proven_to_be(
    db: &Db,
    vault: &Vault,
    account: Uuid,
    matched: &Match,
) -> Result<bool, StoreError> {
    let found = Found::of(vault, matched);
    let row = db
        .maybe(PROVEN, args![account, found.number, found.person])
        .await?;
    Ok(row.is_some())
}

/// Whether a proof stands of whose account it is, read within the change.
///
/// # Errors
/// Where the database does not answer.
pub async fn is_proven(change: &mut Change, account: Uuid) -> Result<bool, StoreError> {
    Ok(change.maybe(LIVE, args![account]).await?.is_some())
}

/// The proof that stands, if the account has one.
///
/// # Errors
/// Where the database does not answer.
pub async fn identity_proof(db: &Db, account: Uuid) -> Result<Option<IdentityProof>, StoreError> {
    let row = db.maybe(LIVE, args![account]).await?;
    row.map(|row| {
        Ok(IdentityProof {
            at: row.time("at")?,
            source: row.text("source")?,
        })
    })
    .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(at: i64, ended_at: Option<i64>, is_witnessed: bool) -> Link {
        Link {
            at: Timestamp::from_seconds(at),
            ended_at: ended_at.map(Timestamp::from_seconds),
            is_witnessed,
        }
    }

    fn standing(since: i64, is_witnessed: bool) -> Option<Standing> {
        let since = Timestamp::from_seconds(since);
        Some(Standing { since, is_witnessed })
    }

    #[test]
    fn a_name_proven_anew_stands_since_it_was_first_proven() {
        let links = [
            link(30, None, false),
            link(20, Some(30), false),
            link(10, Some(20), false),
        ];
        assert_eq!(chain(&links), standing(10, false));
        let links = [
            link(30, None, false),
            link(20, Some(30), true),
            link(10, Some(20), false),
        ];
        assert_eq!(chain(&links), standing(10, true));
    }

    #[test]
    fn what_a_lock_has_ended_counts_for_nothing() {
        assert_eq!(chain(&[]), None);
        assert_eq!(
            chain(&[link(20, Some(25), false), link(10, Some(20), false)]),
            None
        );
        let links = [link(30, None, false), link(10, Some(20), true)];
        assert_eq!(chain(&links), standing(30, false));
    }
}
