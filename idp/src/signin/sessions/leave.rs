use std::collections::HashMap;

use uuid::Uuid;

use super::records::Sessions;
use crate::args;
use crate::audit::Change;
use crate::clock::Timestamp;
use crate::store::StoreError;

const LEAVE: &str = "DELETE FROM visit WHERE client_id = $1 \
     AND session_id IN (SELECT id FROM session WHERE account_id = $2 AND ended_at IS NULL) RETURNING client_id, sub, sid";

const LAST_VISITS: &str = "SELECT v.client_id, MAX(v.last_at) AS last_at FROM visit v \
     JOIN session s ON s.id = v.session_id WHERE s.account_id = $1 GROUP BY v.client_id";

const VISITED: &str = "SELECT v.session_id, v.client_id FROM session s JOIN visit v ON v.session_id = s.id \
     WHERE s.account_id = $1 AND s.ended_at IS NULL ORDER BY v.last_at DESC, v.client_id";

impl Sessions {
    /// Takes an account's open sessions out of one department, which is told so.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn leave(&self, change: &mut Change, account: Uuid, client_id: &str) -> Result<(), StoreError> {
        for visit in change.all(LEAVE, args![client_id, account]).await? {
            self.tell(change, account, &visit).await?;
        }
        Ok(())
    }

    /// The departments that each open session of an account has signed in to, the last one first.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn visited(&self, account: Uuid) -> Result<HashMap<Uuid, Vec<String>>, StoreError> {
        let mut visited: HashMap<Uuid, Vec<String>> = HashMap::new();
        for row in self.db.all(VISITED, args![account]).await? {
            let clients = visited.entry(row.uuid("session_id")?).or_default();
            clients.push(row.text("client_id")?);
        }
        Ok(visited)
    }

    /// When an account last signed in to each department.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn last_visits(&self, account: Uuid) -> Result<HashMap<String, Timestamp>, StoreError> {
        let rows = self.db.all(LAST_VISITS, args![account]).await?;
        rows.iter()
            .map(|row| Ok((row.text("client_id")?, row.time("last_at")?)))
            .collect()
    }
}
