use super::Portal;
use crate::clock::Timestamp;
use crate::consent::{Exchanged, exchanges_of, record_words};
use crate::signin::Session;
use crate::web::{Page, PageError};

/// What the resident did not have to hand in again, because a service got it from where it is.
#[derive(Clone, Debug, Default)]
pub struct Spared {
    /// The last first.
    pub records: Vec<SparedRecord>,
}

/// One record that one service got, in the resident's words.
#[derive(Clone, Debug)]
pub struct SparedRecord {
    pub service: String,
    pub record: String,
    pub department: String,
    pub purpose: String,
    pub times: i64,
    pub last: Timestamp,
}

impl Spared {
    /// How often, in all.
    #[must_use]
    pub fn times(&self) -> i64 {
        self.records.iter().map(|record| record.times).sum()
    }
}

impl Portal {
    pub(super) async fn spared(&self, session: &Session, page: &Page) -> Result<Spared, PageError> {
        let mut records = Vec::new();
        for exchanged in exchanges_of(&self.db, session.account).await? {
            let Exchanged {
                client_id,
                key,
                times,
                last_at,
            } = exchanged;
            let asker = self.departments.client(&client_id).await?;
            let words = record_words(&self.departments, asker.as_deref(), &key, page).await?;
            let service = asker.map(|asker| asker.asking(page.locale()).service);
            records.push(SparedRecord {
                service: service.unwrap_or(client_id),
                record: words.record,
                department: words.department,
                purpose: words.purpose,
                times,
                last: last_at,
            });
        }
        Ok(Spared { records })
    }
}
