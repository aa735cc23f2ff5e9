//! What a resident is told of by text message, so that they know even where nobody opens the account page.

use std::time::Duration;

use uuid::Uuid;

use super::model::HeldPhone;
use super::records::{hold, live_numbers};
use crate::args;
use crate::audit::Change;
use crate::clock::Timestamp;
use crate::events::enqueue_text;
use crate::place::Place;
use crate::store::{Db, Row, StoreError, Vault, hash};
use crate::web::{Locale, Words};

/// Something that its owner should know of. A new kind wants its name and words below, its sentence `told-…` in the
/// translations, and a [`tell`] in the transaction that causes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Signed in where the account was not known.
    NewDevice,
    /// Signed in at a kiosk that the account was not used to.
    AtKiosk,
    PasskeyAdded,
    /// There are two of one: neither signs in any more.
    PasskeyCloned,
    /// Somebody who holds one of the numbers says that the account is not theirs.
    NumberDisputed,
    /// Somebody who was proven to be another person wants one of the numbers for an account of their own.
    NumberDoubted,
    /// Somebody wanted the owner's name proven for another account.
    NameElsewhere,
    /// Whose account it is was proven in one of its sessions.
    NameProven,
    PasskeyRemoved,
    /// Everything that is held was looked at, or taken along.
    Exported,
    /// The account is to be erased.
    Leaving,
    NumberAdded,
    /// One that signs in for a while yet.
    NumberEnding,
    NumberRemoved,
    /// Staff at a window gave out a code for the account.
    WindowCode,
    /// Staff at a window have seen its owner.
    Witnessed,
    /// Staff took off whose account it was proven to be: it was wrong.
    NameWithdrawn,
    /// Staff at a window decided that a number is somebody else's.
    NumberLost,
    /// Staff at a window decided that a number that this account laid claim to is its present holder's.
    ClaimLost,
    /// A new number is to take the place of a lost one.
    NumberMoving,
    /// The number is to open another account.
    NumberLeaving,
    /// Another account of the same person was closed into this one.
    AccountsMerged,
    /// This one is to be closed into another, or another into this one.
    Merging,
}

impl Notice {
    const ALL: [Self; 23] = [
        Self::NewDevice,
        Self::AtKiosk,
        Self::PasskeyAdded,
        Self::PasskeyCloned,
        Self::NumberDisputed,
        Self::NumberDoubted,
        Self::NameElsewhere,
        Self::NameProven,
        Self::PasskeyRemoved,
        Self::Exported,
        Self::Leaving,
        Self::NumberAdded,
        Self::NumberEnding,
        Self::NumberRemoved,
        Self::WindowCode,
        Self::Witnessed,
        Self::NameWithdrawn,
        Self::NumberLost,
        Self::ClaimLost,
        Self::NumberMoving,
        Self::NumberLeaving,
        Self::AccountsMerged,
        Self::Merging,
    ];

    /// The name is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NewDevice => "new-device",
            Self::AtKiosk => "at-kiosk",
            Self::PasskeyAdded => "passkey-added",
            Self::PasskeyCloned => "passkey-cloned",
            Self::NumberDisputed => "number-disputed",
            Self::NumberDoubted => "number-doubted",
            Self::NameElsewhere => "name-elsewhere",
            Self::NameProven => "name-proven",
            Self::PasskeyRemoved => "passkey-removed",
            Self::Exported => "exported",
            Self::Leaving => "leaving",
            Self::NumberAdded => "number-added",
            Self::NumberEnding => "number-ending",
            Self::NumberRemoved => "number-removed",
            Self::WindowCode => "window-code",
            Self::Witnessed => "witnessed",
            Self::NameWithdrawn => "name-withdrawn",
            Self::NumberLost => "number-lost",
            Self::ClaimLost => "claim-lost",
            Self::NumberMoving => "number-moving",
            Self::NumberLeaving => "number-leaving",
            Self::AccountsMerged => "accounts-merged",
            Self::Merging => "merging",
        }
    }

    /// The notice stored under this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.as_str() == name)
    }

    /// What has happened, as a sentence without its full stop.
    #[must_use]
    pub fn words(self, words: Words, device: &str) -> String {
        in_words(words, self.sentence(), device)
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::NewDevice => "told-new-device",
            Self::AtKiosk => "told-at-kiosk",
            Self::PasskeyAdded => "told-passkey-added",
            Self::PasskeyCloned => "told-passkey-cloned",
            Self::NumberDisputed => "told-number-disputed",
            Self::NumberDoubted => "told-number-doubted",
            Self::NameElsewhere => "told-name-elsewhere",
            Self::NameProven => "told-name-proven",
            Self::PasskeyRemoved => "told-passkey-removed",
            Self::Exported => "told-exported",
            Self::Leaving => "told-leaving",
            Self::NumberAdded => "told-number-added",
            Self::NumberEnding => "told-number-ending",
            Self::NumberRemoved => "told-number-removed",
            Self::WindowCode => "told-window-code",
            Self::Witnessed => "told-witnessed",
            Self::NameWithdrawn => "told-name-withdrawn",
            Self::NumberLost => "told-number-lost",
            Self::ClaimLost => "told-claim-lost",
            Self::NumberMoving => "told-number-moving",
            Self::NumberLeaving => "told-number-leaving",
            Self::AccountsMerged => "told-accounts-merged",
            Self::Merging => "told-merging",
        }
    }

    /// What goes its way in some days unless the owner says no. A thief who has used up a day's messages does not
    /// begin it untold, and does not use them up with it.
    const fn opens_a_wait(self) -> bool {
        matches!(
            self,
            Self::Leaving
                | Self::Merging
                | Self::NumberDoubted
                | Self::NumberEnding
                | Self::NumberLeaving
                | Self::NumberMoving
        )
    }

    /// Whether whoever is told of it may find themselves shut out by it, or somebody else let in: a number that was long
    /// silent may be its owner's all the same, and the one that has just answered a thief's.
    const fn changes_ways_in(self) -> bool {
        self.opens_a_wait()
            || matches!(
                self,
                Self::NumberAdded
                    | Self::NumberRemoved
                    | Self::NumberLost
                    | Self::PasskeyAdded
                    | Self::PasskeyRemoved
            )
    }

    /// How far it still goes after what the account had today, by kind.
    fn extent(self, today: &[Row]) -> Result<Extent, StoreError> {
        let (mut of_kind, mut in_all, mut noted) = (0, 0, 0);
        for row in today {
            let (kind, told) = (row.text("kind")?, row.int("told")?);
            if kind == self.as_str() {
                (of_kind, noted) = (told, row.int("noted")?);
            }
            if !Self::named(&kind).is_some_and(Self::opens_a_wait) {
                in_all += told;
            }
        }
        let is_told = if self.opens_a_wait() {
            of_kind < MOST
        } else {
            of_kind < MOST_OF_KIND && in_all < MOST
        };
        Ok(match is_told {
            true => Extent::Telephones,
            false if noted < MOST => Extent::Page,
            false => Extent::Nowhere,
        })
    }
}

/// That something has happened, to a telephone that may be somebody else's by now.
const ANYTHING: &str = "told-anything";

fn in_words(words: Words, id: &'static str, device: &str) -> String {
    let other = words.say("device-other").to_string();
    // A browser that does not say what it is leaves nothing but the separator.
    let is_named = device.chars().any(char::is_alphanumeric);
    words
        .say(id)
        .with("device", if is_named { device } else { other.as_str() })
        .to_string()
}

/// How far a notice goes: what is told without end hides what telling is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// To the telephones, and on the account page.
    Telephones,
    /// On the account page alone.
    Page,
    Nowhere,
}

/// A notice as its link finds it.
#[derive(Clone, Debug)]
pub struct Told {
    pub id: Uuid,
    pub account: Uuid,
    pub notice: Notice,
    pub device: String,
    /// Where that was, by the operator's database.
    pub place: Option<Place>,
    pub at: Timestamp,
}

/// Where the place of a notice stands, sealed.
pub const SEALED_PLACE: &str = "notice.place";

/// How long a link is good.
pub const LINK: Duration = Duration::from_secs(7 * 24 * 3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Carriers give a number away again after so long. One that has answered no code since hears no more than that there is
/// something to look at, and where another one has answered only of what changes the ways in: its holder may be a stranger,
/// who is to learn nothing and to stop nothing.
const QUIET: Duration = Duration::from_secs(90 * 24 * 3600);
/// Messages about one account in a day, of all kinds. Ours: nobody reads the eleventh.
const MOST: i64 = 10;
/// And of one kind: more than one, so that an owner's own new device does not hide a thief's.
const MOST_OF_KIND: i64 = 3;

const TOLD_TODAY: &str = "SELECT kind, COUNT(told_at) AS told, COUNT(*) AS noted FROM notice \
     WHERE account_id = $1 AND created_at > $2 GROUP BY kind";

const LANGUAGE: &str = "SELECT language FROM account WHERE id = $1";

const INSERT: &str = "INSERT INTO notice (id, token_hash, account_id, kind, device, created_at, expires_at, place, told_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

const BY_TOKEN: &str = "SELECT id, account_id, kind, device, place, created_at FROM notice \
     WHERE token_hash = $1 AND expires_at > $2 AND used_at IS NULL";

const UNSEEN: &str = "SELECT id, account_id, kind, device, place, created_at FROM notice \
     WHERE account_id = $1 AND seen_at IS NULL ORDER BY created_at DESC, id DESC LIMIT 20";

const SEE: &str =
    "UPDATE notice SET seen_at = $2 WHERE account_id = $1 AND created_at <= $3 AND seen_at IS NULL";

const USE: &str = "UPDATE notice SET used_at = $3 WHERE id = $1 AND account_id = $2 AND used_at IS NULL";

const SWEEP: &str = "DELETE FROM notice WHERE id IN \
     (SELECT id FROM notice WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000)";

/// Tells the owner, on the account page and on each of the account's telephones, in the transaction that causes it;
/// what is told too often is left to the account page. The caller records the change itself.
///
/// # Errors
/// Where the database does not answer, or a number cannot be opened.
pub async fn tell(
    change: &mut Change,
    vault: &Vault,
    account: Uuid,
    notice: Notice,
    device: &str,
) -> Result<(), StoreError> {
    tell_of_place(change, vault, account, notice, device, None).await
}

/// As [`tell`], of a sign-in where the account was not known; the page behind the link says where that was.
///
/// # Errors
/// As [`tell`].
pub async fn tell_of_place(
    change: &mut Change,
    vault: &Vault,
    account: Uuid,
    notice: Notice,
    device: &str,
    place: Option<&Place>,
) -> Result<(), StoreError> {
    let now = change.now();
    let today = change.all(TOLD_TODAY, args![account, now.minus(DAY)]).await?;
    let extent = notice.extent(&today)?;
    if extent == Extent::Nowhere {
        return Ok(());
    }
    let (id, token) = (change.rng().uuid(now), change.rng().id());
    let seal = |place: &Place| vault.seal(SEALED_PLACE, &id.to_string(), &place.to_record());
    let args = args![
        id,
        hash(&token),
        account,
        notice.as_str(),
        device,
        now,
        now.plus(LINK),
        place.map(seal).transpose()?,
        (extent == Extent::Telephones).then_some(now)
    ];
    change.execute(INSERT, args).await?;
    if extent == Extent::Page {
        return Ok(());
    }
    let numbers = live_numbers(change, vault, account).await?;
    let is_quiet = |held: &HeldPhone| now.since(held.last_used_at) >= QUIET;
    let (quiet, loud): (Vec<_>, Vec<_>) = numbers.iter().partition(|held| is_quiet(held));
    let told = Message {
        id: notice.sentence(),
        device,
        link: &format!("/n/{token}"),
    };
    told.send(change, vault, account, &loud).await?;
    if loud.is_empty() || notice.changes_ways_in() {
        let anything = Message {
            id: ANYTHING,
            device: "",
            link: "/account",
        };
        anything.send(change, vault, account, &quiet).await?;
    }
    Ok(())
}

/// What goes to telephones.
struct Message<'a> {
    id: &'static str,
    device: &'a str,
    link: &'a str,
}

impl Message<'_> {
    async fn send(
        &self,
        change: &mut Change,
        vault: &Vault,
        account: Uuid,
        to: &[&HeldPhone],
    ) -> Result<(), StoreError> {
        if to.is_empty() {
            return Ok(());
        }
        let (what, english) = sentence(change, account, self.id, self.device).await?;
        for held in to {
            let number = held.number.e164();
            enqueue_text(
                change,
                vault,
                account,
                number,
                &what,
                english.as_deref(),
                self.link,
            )
            .await?;
        }
        Ok(())
    }
}

/// The notice in words: in the language that the account's owner was last known to read. Whoever has just come in where
/// the account was not known has changed nothing about that (`signin` decides what counts).
///
/// The Chinese is always there, because every provider has a template for it.
async fn sentence(
    change: &mut Change,
    account: Uuid,
    id: &'static str,
    device: &str,
) -> Result<(String, Option<String>), StoreError> {
    let language = match change.maybe(LANGUAGE, args![account]).await? {
        Some(row) => row.maybe_text("language")?,
        None => None,
    };
    let reads_english = language.as_deref().and_then(Locale::from_tag) == Some(Locale::English);
    let words = |locale| in_words(Words::of(locale), id, device);
    Ok((
        words(Locale::Chinese),
        reads_english.then(|| words(Locale::English)),
    ))
}

/// The notice behind a link, while the link is good.
///
/// # Errors
/// Where the database does not answer.
pub async fn find_notice(
    db: &Db,
    vault: &Vault,
    token: &str,
    now: Timestamp,
) -> Result<Option<Told>, StoreError> {
    let row = db.maybe(BY_TOKEN, args![hash(token), now]).await?;
    row.as_ref().map(|row| read(row, vault)).transpose()
}

fn read(row: &Row, vault: &Vault) -> Result<Told, StoreError> {
    let sealed = row.maybe_bytes("place")?;
    let place = sealed.map(|sealed| vault.open(SEALED_PLACE, &row.text("id")?, &sealed));
    Ok(Told {
        id: row.uuid("id")?,
        account: row.uuid("account_id")?,
        notice: Notice::named(&row.text("kind")?).ok_or(StoreError::Corrupt("notice.kind"))?,
        device: row.text("device")?,
        place: place.transpose()?.as_deref().and_then(Place::from_record),
        at: row.time("created_at")?,
    })
}

/// What an account's owner was told of and has not seen on the account page, the newest first.
///
/// # Errors
/// Where the database does not answer.
pub async fn unseen_notices(db: &Db, vault: &Vault, account: Uuid) -> Result<Vec<Told>, StoreError> {
    let rows = db.all(UNSEEN, args![account]).await?;
    rows.iter().map(|row| read(row, vault)).collect()
}

/// They have seen what they were told of until then.
///
/// # Errors
/// Where the database does not answer.
pub async fn see_notices(change: &mut Change, account: Uuid, until: Timestamp) -> Result<(), StoreError> {
    hold(change, account).await?;
    let now = change.now();
    change.execute(SEE, args![account, now, until]).await.map(drop)
}

/// Uses a link up; answers whether it was still good, and this account's.
pub(super) async fn use_link(change: &mut Change, told: &Told) -> Result<bool, StoreError> {
    let args = args![told.id, told.account, change.now()];
    Ok(change.execute(USE, args).await? == 1)
}

/// Removes notices whose links have run out; answers how many.
///
/// # Errors
/// Where the database does not answer.
pub(super) async fn sweep_notices(db: &Db, context: &crate::audit::Context) -> Result<u64, StoreError> {
    context.sweep(db, "notice", SWEEP, args![context.now]).await
}
