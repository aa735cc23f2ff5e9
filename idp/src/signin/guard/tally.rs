use super::super::limits::{
    BrowserKnown, Ceiling, DAILY_BUDGET_SHARDS, budget_open_to, day_of_city, share_of_budget,
};
use crate::args;
use crate::audit::Change;
use crate::store::{Args, StoreError, Vault};

/// Counts one more, whatever the amount; answers the new amount.
const COUNT: &str = "INSERT INTO tally (subject, period, amount, expires_at) VALUES ($1, $2, 1, $3) \
     ON CONFLICT (subject, period) DO UPDATE SET amount = tally.amount + 1 RETURNING amount";

/// Counts one more only below the ceiling.
const RESERVE: &str = "INSERT INTO tally (subject, period, amount, expires_at) VALUES ($1, $2, 1, $3) \
     ON CONFLICT (subject, period) DO UPDATE SET amount = tally.amount + 1 WHERE tally.amount < $4";

/// One that was reserved and came to nothing.
const GIVE_BACK: &str =
    "UPDATE tally SET amount = amount - 1 WHERE subject = $1 AND period = $2 AND amount > 0";

/// Begins the count of this period anew.
const FORGET: &str = "DELETE FROM tally WHERE subject = $1 AND period = $2";

/// The name of a tally: nobody can read back whose it is.
pub(super) fn subject(vault: &Vault, ceiling: &Ceiling, who: &str) -> [u8; 32] {
    vault.mac("tally", format!("{}\0{who}", ceiling.name).as_bytes())
}

/// Counts one more of `who`; answers how many there are now.
pub(in crate::signin) async fn count(
    change: &mut Change,
    vault: &Vault,
    ceiling: &Ceiling,
    who: &str,
) -> Result<i64, StoreError> {
    let now = change.now();
    let args = args![
        subject(vault, ceiling, who),
        ceiling.period_of(now),
        ceiling.end_of_period(now)
    ];
    let row = change.maybe(COUNT, args).await?.ok_or(StoreError::Missing)?;
    row.int("amount")
}

/// Counts one more of `who` if the ceiling has room; answers whether it had.
pub(in crate::signin) async fn reserve_in(
    change: &mut Change,
    vault: &Vault,
    ceiling: &Ceiling,
    who: &str,
) -> Result<bool, StoreError> {
    let now = change.now();
    let args = args![
        subject(vault, ceiling, who),
        ceiling.period_of(now),
        ceiling.end_of_period(now),
        ceiling.most
    ];
    Ok(change.execute(RESERVE, args).await? == 1)
}

/// Takes back what was reserved for `who` in the period of this change's moment.
pub(in crate::signin) async fn give_back(
    change: &mut Change,
    vault: &Vault,
    ceiling: &Ceiling,
    who: &str,
) -> Result<(), StoreError> {
    let args = this_period(change, vault, ceiling, who);
    change.execute(GIVE_BACK, args).await.map(drop)
}

/// Counts `who` from nothing again in the period of this change's moment.
pub(in crate::signin) async fn count_anew(
    change: &mut Change,
    vault: &Vault,
    ceiling: &Ceiling,
    who: &str,
) -> Result<(), StoreError> {
    let args = this_period(change, vault, ceiling, who);
    change.execute(FORGET, args).await.map(drop)
}

/// By which the count of `who` is found.
fn this_period(change: &Change, vault: &Vault, ceiling: &Ceiling, who: &str) -> Args {
    args![subject(vault, ceiling, who), ceiling.period_of(change.now())]
}

/// Takes one message out of the day's budget, as far as it is open to this browser; answers whether there was one.
pub(in crate::signin) async fn reserve_budget(
    change: &mut Change,
    vault: &Vault,
    budget: u64,
    known: BrowserKnown,
) -> Result<bool, StoreError> {
    let budget = budget_open_to(budget, known);
    let (day, end) = day_of_city(change.now());
    let [first] = change.rng().bytes::<1>();
    for step in 0..DAILY_BUDGET_SHARDS {
        let shard = (u64::from(first) + step) % DAILY_BUDGET_SHARDS;
        let share = share_of_budget(budget, shard);
        let subject = vault.mac("tally", format!("sms budget\0{shard}").as_bytes());
        if share > 0 && change.execute(RESERVE, args![subject, day, end, share]).await? == 1 {
            return Ok(true);
        }
    }
    Ok(false)
}
