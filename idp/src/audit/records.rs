use std::fmt;

use uuid::Uuid;

use super::event::Action;
use crate::args;
use crate::clock::Timestamp;
use crate::store::{Db, Row, StoreError};

pub(super) const INSERT: &str = "INSERT INTO audit (id, at, request_id, actor, account_id, client_id, action, detail) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

/// Of the ends of a session, those that no other line tells: what is not shown takes no line's place.
const OF_ACCOUNT: &str = "SELECT id, at, client_id, action, detail FROM audit \
     WHERE account_id = $1 AND (at, id) < ($3, $4) AND (action IN ('session.begun', 'session.renewed', 'consent.given', \
     'consent.refused', 'consent.withdrawn', 'grant.made', 'account.created', 'account.signed_out_everywhere', 'refresh.reused', 'code.failed', \
     'passkey.added', 'passkey.renamed', 'passkey.ended', 'passkey.failed', \
     'identity.proven', 'identity.refused', 'identity.elsewhere', 'identity.withdrawn', 'handover.refused', \
     'phone.disputed', 'phone.doubted', 'phone.returned', 'account.locked', 'account.unlocked', \
     'account.exported', 'account.left', 'account.kept', \
     'phone.added', 'phone.ending', 'phone.kept', 'phone.moving', 'phone.moved', 'phone.move_stopped', \
     'phone.removed', \
     'identity.witnessed', 'window_code.issued', 'window_code.used', 'window_code.failed', 'dispute.decided', 'dispute.looked_up', \
     'data.exchanged', 'account.merging_begun', 'account.merging_stopped', 'account.merged', 'subject.known_twice') \
     OR (action = 'session.ended' AND (detail LIKE '%\"reason\":\"signed out\"%' \
     OR detail LIKE '%\"reason\":\"nobody was at the kiosk\"%' \
     OR detail LIKE '%\"reason\":\"the kiosk was removed\"%' \
     OR detail LIKE '%\"reason\":\"there were too many\"%' \
     OR detail LIKE '%\"reason\":\"signed out from another device\"%'))) \
     ORDER BY at DESC, id DESC LIMIT $2";

/// A line of the audit as its resident may see it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub id: Uuid,
    pub at: Timestamp,
    pub client: Option<String>,
    pub action: Action,
    pub detail: serde_json::Value,
}

impl Entry {
    /// What is older than this entry.
    #[must_use]
    pub const fn before(&self) -> Before {
        Before {
            at: self.at,
            id: self.id,
        }
    }
}

/// A point in the order of the entries. It says nothing of whose they are: whoever asks says that too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Before {
    at: Timestamp,
    id: Uuid,
}

impl Before {
    /// Every entry is before it.
    pub const ANYTHING: Self = Self {
        at: Timestamp::from_millis(i64::MAX),
        id: Uuid::max(),
    };

    /// As [`Before`] prints it; none where it is nothing of the kind.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (at, id) = text.split_once('.')?;
        Some(Self {
            at: Timestamp::from_millis(at.parse().ok()?),
            id: id.parse().ok()?,
        })
    }
}

impl fmt::Display for Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at.millis(), self.id)
    }
}

/// The newest entries of an account before a point that mean something to its resident.
///
/// # Errors
/// Where the database does not answer.
pub async fn of_account(
    db: &Db,
    account: Uuid,
    before: Before,
    limit: usize,
) -> Result<Vec<Entry>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    db.all(OF_ACCOUNT, args![account, limit, before.at, before.id])
        .await?
        .iter()
        .map(entry)
        .collect()
}

fn entry(row: &Row) -> Result<Entry, StoreError> {
    Ok(Entry {
        id: row.uuid("id")?,
        at: row.time("at")?,
        client: row.maybe_text("client_id")?,
        action: Action::named(&row.text("action")?).ok_or(StoreError::Corrupt("audit.action"))?,
        detail: row
            .maybe_text("detail")?
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Actor, Change, Context, EndReason, Event};
    use super::*;
    use crate::clock::Clock;
    use crate::rng::Rng;
    use crate::store::sample::Records;

    fn context() -> Context {
        Context::without_request(Clock::system().now(), Actor::Resident, &Rng::system())
    }

    #[tokio::test]
    async fn what_is_not_shown_takes_no_place_among_the_newest() {
        let (records, context) = (Records::open().await, context());
        let account = context.rng.uuid(context.now);
        let ended = |reason| {
            Event::new(Action::SessionEnded)
                .account(account)
                .with("session", account)
                .with("reason", reason)
        };
        let mut change = Change::begin(&records.db, &context).await.unwrap();
        let reused = Event::new(Action::RefreshReused).account(account);
        change.record(reused).await.unwrap();
        for reason in [
            EndReason::SignedOut,
            EndReason::AnotherDevice,
            EndReason::Everywhere,
            EndReason::AnotherAccount,
        ] {
            change.record(ended(reason)).await.unwrap();
        }
        change.commit().await.unwrap();

        let shown = of_account(&records.db, account, Before::ANYTHING, 3)
            .await
            .unwrap();
        let told: Vec<_> = shown
            .iter()
            .map(|entry| entry.detail["reason"].as_str())
            .collect();
        let reasons = [EndReason::SignedOut, EndReason::AnotherDevice].map(EndReason::as_str);
        assert_eq!(shown.len(), 3);
        assert!(reasons.iter().all(|reason| told.contains(&Some(reason))));
        assert!(shown.iter().any(|entry| entry.action == Action::RefreshReused));
    }

    #[tokio::test]
    async fn what_happened_in_one_moment_is_told_in_its_order() {
        let (records, context) = (Records::open().await, context());
        let account = context.rng.uuid(context.now);
        let lived = [
            Action::AccountCreated,
            Action::SignedIn,
            Action::ConsentGiven,
            Action::GrantMade,
            Action::SignedOutEverywhere,
        ];
        let mut change = Change::begin(&records.db, &context).await.unwrap();
        for _ in 0..5 {
            for action in lived {
                change.record(Event::new(action).account(account)).await.unwrap();
            }
        }
        change.commit().await.unwrap();

        let newest = of_account(&records.db, account, Before::ANYTHING, 25)
            .await
            .unwrap();
        let told: Vec<_> = newest.iter().rev().map(|entry| entry.action).collect();
        assert_eq!(told, lived.repeat(5));

        // The same a few at a time, each from where the one before it has ended; another account's point shows nobody
        // else's.
        let (mut read, mut before) = (Vec::new(), Before::ANYTHING);
        loop {
            let some = of_account(&records.db, account, before, 4).await.unwrap();
            let Some(last) = some.last() else { break };
            before = Before::read(&last.before().to_string()).unwrap();
            read.extend(some);
        }
        let actions = |entries: &[Entry]| entries.iter().map(|entry| entry.action).collect::<Vec<_>>();
        assert_eq!(actions(&read), actions(&newest));
        let somebody_else = context.rng.uuid(context.now);
        let theirs = of_account(&records.db, somebody_else, newest[0].before(), 25).await;
        assert!(theirs.unwrap().is_empty());
    }

    #[test]
    fn what_is_no_point_is_none() {
        for text in [
            "",
            "1",
            "1.",
            ".0",
            "x.y",
            "1.2.3",
            "9223372036854775808.0",
            "1 OR 1=1",
        ] {
            assert_eq!(Before::read(text), None, "{text}");
        }
    }

    #[test]
    fn every_name_is_stored_as_it_is_read() {
        for action in Action::ALL {
            assert_eq!(Action::named(action.as_str()), Some(action));
        }
        for reason in [
            EndReason::SignedOut,
            EndReason::AnotherDevice,
            EndReason::Everywhere,
            EndReason::AnotherAccount,
        ] {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }
}
