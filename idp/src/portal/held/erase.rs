use uuid::Uuid;

use crate::args;
use crate::audit::{Action, Change, Context, Event, settled};
use crate::events::forget_account;
use crate::store::{Db, StoreError};

const DUE: &str = "SELECT id FROM account WHERE erase_at <= $1 ORDER BY erase_at LIMIT 100";

/// Read again under the lock: whoever came back in the last moment stays.
const TAKE: &str = "UPDATE account SET status = 'erased' WHERE id = $1 AND erase_at <= $2";

/// What stands on an account, each after what stands on it; a passkey may have come from an account that was closed
/// into this one, with its sessions. The audit stays, by an id that leads to nobody any more: the law wants it for
/// six months at least, and what is spent of codes is found by its grant and swept without it.
const ERASE: [&str; 16] = [
    "DELETE FROM refresh_token WHERE grant_id IN (SELECT id FROM oauth_grant WHERE account_id = $1)",
    "DELETE FROM oauth_grant WHERE account_id = $1",
    "DELETE FROM visit WHERE session_id IN (SELECT id FROM session WHERE account_id = $1)",
    "DELETE FROM session WHERE account_id = $1",
    "DELETE FROM consent WHERE account_id = $1",
    "DELETE FROM data_exchange WHERE account_id = $1",
    "DELETE FROM subject WHERE account_id = $1",
    "UPDATE session SET passkey_id = NULL WHERE passkey_id IN (SELECT id FROM passkey WHERE account_id = $1)",
    "DELETE FROM passkey WHERE account_id = $1",
    "DELETE FROM identity_proof WHERE account_id = $1",
    "DELETE FROM known_browser WHERE account_id = $1",
    "DELETE FROM phone_move WHERE account_id = $1 OR from_account = $1",
    "DELETE FROM window_code WHERE account_id = $1",
    "DELETE FROM phone WHERE account_id = $1",
    "DELETE FROM merging WHERE account_id = $1 OR into_account = $1",
    "DELETE FROM notice WHERE account_id = $1",
];

const ACCOUNT: &str = "DELETE FROM account WHERE id = $1";

/// Erases the accounts whose residents have left fifteen days ago; answers how many.
///
/// # Errors
/// Where the database does not answer.
pub async fn sweep(db: &Db, context: &Context) -> Result<u64, StoreError> {
    let due = db.all(DUE, args![context.now]).await?;
    let mut erased = 0;
    for row in due {
        let account = row.uuid("id")?;
        erased += u64::from(settled(
            "an account to erase",
            account,
            erase(db, context, account).await,
        )?);
    }
    Ok(erased)
}

async fn erase(db: &Db, context: &Context, account: Uuid) -> Result<bool, StoreError> {
    let mut change = Change::begin(db, context).await?;
    if change.execute(TAKE, args![account, context.now]).await? == 0 {
        return Ok(false);
    }
    for statement in ERASE {
        change.execute(statement, args![account]).await?;
    }
    forget_account(&mut change, account).await?;
    change.execute(ACCOUNT, args![account]).await?;
    change
        .record(Event::new(Action::AccountErased).account(account))
        .await?;
    change.commit().await?;
    Ok(true)
}
