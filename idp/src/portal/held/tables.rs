use serde_json::{Value, json};
use uuid::Uuid;

use crate::args;
use crate::clock::Timestamp;
use crate::store::{Db, Row, StoreError, Vault};
use crate::web::Page;

/// A table that holds something about a resident.
pub(super) struct Table {
    /// In the records, and in the export.
    pub(super) name: &'static str,
    /// The id of its heading's words.
    pub(super) words: &'static str,
    /// By the account's id.
    sql: &'static str,
    pub(super) columns: &'static [Column],
}

pub(super) struct Column {
    pub(super) name: &'static str,
    /// The id of its label's words.
    pub(super) words: &'static str,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Moment,
    Flag,
    Count,
    /// JSON, as text.
    Json,
    /// Sealed in this place, under the row's own id.
    Sealed(&'static str),
}

const fn column(name: &'static str, words: &'static str, kind: Kind) -> Column {
    Column { name, words, kind }
}

use Kind::{Count, Flag, Json, Moment, Sealed, Text};

const BEGAN: Column = column("created_at", "held-began", Moment);
const LAST: Column = column("last_used_at", "held-last", Moment);
const ENDS: Column = column("expires_at", "held-ends", Moment);
const ENDED: Column = column("ended_at", "held-ended", Moment);
const REASON: Column = column("end_reason", "held-reason", Text);
const SERVICE: Column = column("client_id", "held-service", Text);
const DEVICE: Column = column("device", "held-device", Text);
const SUBJECT: Column = column("sub", "held-subject", Text);

/// In the order in which the page shows them.
pub(super) const TABLES: [Table; 18] = [
    Table {
        name: "account",
        words: "held-account",
        sql: "SELECT id, status, name, identity, created_at, signed_out_at, passkey_offer_after, language, \
              locked_at, erase_at \
              FROM account WHERE id = $1",
        columns: &[
            column("name", "prove-name", Sealed("account.name")),
            column("status", "held-status", Text),
            column("identity", "held-identity", Text),
            BEGAN,
            column("signed_out_at", "held-signed-out", Moment),
            column("passkey_offer_after", "held-no-offer", Moment),
            column("language", "held-language", Text),
            column("locked_at", "held-locked", Moment),
            column("erase_at", "held-erased", Moment),
        ],
    },
    Table {
        name: "phone",
        words: "held-phones",
        sql: "SELECT id, number, epoch, verified_at, last_used_at, ends_at, ended_at, end_reason FROM phone \
              WHERE account_id = $1 ORDER BY verified_at, id",
        columns: &[
            column("number", "phone-label", Sealed("phone.number")),
            column("epoch", "held-epoch", Count),
            column("verified_at", "held-began", Moment),
            LAST,
            column("ends_at", "held-ends", Moment),
            ENDED,
            REASON,
        ],
    },
    Table {
        name: "window_code",
        words: "held-window-codes",
        sql: "SELECT expires_at, used_at FROM window_code WHERE account_id = $1 ORDER BY expires_at, id",
        columns: &[ENDS, column("used_at", "held-last", Moment)],
    },
    Table {
        name: "phone_move",
        words: "held-moves",
        sql: "SELECT due_at FROM phone_move WHERE account_id = $1 OR from_account = $1",
        columns: &[column("due_at", "held-ends", Moment)],
    },
    Table {
        name: "number_guard",
        words: "held-guard",
        sql: "SELECT g.sent_at, g.failures FROM number_guard g JOIN phone p ON p.number_index = g.number_index \
              WHERE p.account_id = $1 AND p.ended_at IS NULL",
        columns: &[
            column("sent_at", "held-sent", Text),
            column("failures", "held-failures", Count),
        ],
    },
    Table {
        name: "passkey",
        words: "held-passkeys",
        sql: "SELECT id, name, aaguid, rp_id, origin, vouched_at, created_at, last_used_at, ended_at, end_reason \
              FROM passkey WHERE account_id = $1 ORDER BY created_at, id",
        columns: &[
            column("name", "held-name", Sealed("passkey.name")),
            column("aaguid", "held-model", Text),
            column("rp_id", "held-place", Text),
            column("origin", "held-origin", Text),
            BEGAN,
            LAST,
            column("vouched_at", "held-vouched", Moment),
            ENDED,
            REASON,
        ],
    },
    Table {
        name: "identity_proof",
        words: "identity",
        sql: "SELECT method, source, transaction_id, at, ended_at FROM identity_proof \
              WHERE account_id = $1 ORDER BY at, id",
        columns: &[
            column("method", "held-method", Text),
            column("source", "held-source", Text),
            column("transaction_id", "held-transaction", Text),
            column("at", "held-began", Moment),
            ENDED,
        ],
    },
    Table {
        name: "known_browser",
        words: "held-browsers",
        sql: "SELECT created_at, last_used_at FROM known_browser WHERE account_id = $1 ORDER BY created_at",
        columns: &[BEGAN, LAST],
    },
    Table {
        name: "session",
        words: "held-sessions",
        sql: "SELECT created_at, auth_time, last_seen_at, expires_at, amr, device, ended_at, end_reason FROM session \
              WHERE account_id = $1 ORDER BY created_at, id",
        columns: &[
            DEVICE,
            BEGAN,
            column("auth_time", "held-proven", Moment),
            column("amr", "held-method", Text),
            column("last_seen_at", "held-last", Moment),
            ENDS,
            ENDED,
            REASON,
        ],
    },
    Table {
        name: "visit",
        words: "held-visits",
        sql: "SELECT v.client_id, v.sub, v.sid, v.first_at, v.last_at FROM session s JOIN visit v ON v.session_id = s.id \
              WHERE s.account_id = $1 ORDER BY v.first_at, v.client_id",
        columns: &[
            SERVICE,
            SUBJECT,
            column("sid", "held-sid", Text),
            column("first_at", "held-began", Moment),
            column("last_at", "held-last", Moment),
        ],
    },
    Table {
        name: "subject",
        words: "held-subjects",
        sql: "SELECT sector, sub, created_at FROM subject \
              WHERE account_id IN (SELECT id FROM account WHERE id = $1 OR merged_into = $1) ORDER BY created_at, sector",
        columns: &[column("sector", "held-service", Text), SUBJECT, BEGAN],
    },
    Table {
        name: "consent",
        words: "held-consents",
        sql: "SELECT client_id, item, granted_at, answered_at, expires_at, withdrawn_at, revision FROM consent \
              WHERE account_id = $1 ORDER BY granted_at, client_id, item",
        columns: &[
            SERVICE,
            column("item", "held-item", Text),
            column("granted_at", "held-began", Moment),
            column("answered_at", "held-last", Moment),
            ENDS,
            column("withdrawn_at", "held-ended", Moment),
            column("revision", "held-revision", Count),
        ],
    },
    Table {
        name: "oauth_grant",
        words: "held-grants",
        sql: "SELECT client_id, sub, scope, offline, authentication, revisions, created_at, ended_at, end_reason \
              FROM oauth_grant WHERE account_id = $1 ORDER BY created_at, id",
        columns: &[
            SERVICE,
            SUBJECT,
            column("scope", "held-item", Text),
            column("offline", "held-offline", Flag),
            column("authentication", "held-detail", Json),
            column("revisions", "held-revision", Json),
            BEGAN,
            ENDED,
            REASON,
        ],
    },
    Table {
        name: "refresh_token",
        words: "held-tokens",
        sql: "SELECT g.client_id, r.issued_at, r.expires_at, r.used_at FROM oauth_grant g \
              JOIN refresh_token r ON r.grant_id = g.id WHERE g.account_id = $1 ORDER BY r.issued_at",
        columns: &[
            SERVICE,
            column("issued_at", "held-began", Moment),
            ENDS,
            column("used_at", "held-last", Moment),
        ],
    },
    Table {
        name: "merging",
        words: "held-merging",
        sql: "SELECT begun_at, agreed_at, due_at, expires_at FROM merging WHERE account_id = $1 OR into_account = $1",
        columns: &[
            column("begun_at", "held-began", Moment),
            column("agreed_at", "held-agreed", Moment),
            column("due_at", "held-due", Moment),
            ENDS,
        ],
    },
    Table {
        name: "notice",
        words: "held-notices",
        sql: "SELECT kind, device, created_at, expires_at, seen_at, used_at FROM notice WHERE account_id = $1 \
              ORDER BY created_at, id",
        columns: &[
            column("kind", "held-item", Text),
            DEVICE,
            BEGAN,
            ENDS,
            column("seen_at", "held-seen", Moment),
            column("used_at", "held-last", Moment),
        ],
    },
    Table {
        name: "outbox",
        words: "held-messages",
        sql: "SELECT kind, client_id, created_at, attempts, delivered_at, last_error FROM outbox WHERE account_id = $1 \
              ORDER BY created_at, id",
        columns: &[
            column("kind", "held-item", Text),
            SERVICE,
            BEGAN,
            column("attempts", "held-attempts", Count),
            column("delivered_at", "held-delivered", Moment),
            column("last_error", "held-reason", Text),
        ],
    },
    Table {
        name: "audit",
        words: "activity",
        sql: "SELECT at, actor, client_id, action, detail FROM audit WHERE account_id = $1 ORDER BY at, id",
        columns: &[
            column("at", "held-began", Moment),
            column("action", "held-item", Text),
            column("actor", "held-actor", Text),
            SERVICE,
            column("detail", "held-detail", Json),
        ],
    },
];

/// What stands in one column of one row.
pub(super) enum Cell {
    At(Timestamp),
    Plain(Value),
}

impl Table {
    /// Its rows about one account, without the columns that are empty.
    pub(super) async fn rows(
        &self,
        db: &Db,
        vault: &Vault,
        account: Uuid,
    ) -> Result<Vec<Vec<(&Column, Cell)>>, StoreError> {
        let rows = db.all(self.sql, args![account]).await?;
        rows.iter().map(|row| self.read(row, vault)).collect()
    }

    fn read(&self, row: &Row, vault: &Vault) -> Result<Vec<(&Column, Cell)>, StoreError> {
        let mut cells = Vec::new();
        for column in self.columns {
            cells.extend(column.read(row, vault)?.map(|cell| (column, cell)));
        }
        Ok(cells)
    }
}

impl Column {
    fn read(&self, row: &Row, vault: &Vault) -> Result<Option<Cell>, StoreError> {
        let name = self.name;
        let plain = match self.kind {
            // Zero stands for never.
            Moment => {
                let at = row.maybe_time(name)?.filter(|at| at.millis() > 0);
                return Ok(at.map(Cell::At));
            }
            Text => row
                .maybe_text(name)?
                .filter(|text| !text.is_empty())
                .map(Value::from),
            Flag => row.maybe_bool(name)?.map(Value::from),
            Count => row.maybe_int(name)?.map(Value::from),
            Json => {
                let text = row.maybe_text(name)?;
                text.map(|text| serde_json::from_str(&text).unwrap_or_else(|_| json!(text)))
            }
            Sealed(place) => match row.maybe_bytes(name)? {
                Some(sealed) => Some(vault.open(place, &row.text("id")?, &sealed)?.into()),
                None => None,
            },
        };
        Ok(plain.map(Cell::Plain))
    }
}

impl Cell {
    /// Moments in RFC 3339.
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::At(at) => at.to_string().into(),
            Self::Plain(value) => value.clone(),
        }
    }

    pub(super) fn shown(&self, page: &Page, now: Timestamp) -> String {
        match self {
            Self::At(at) => page.moment(at, &now),
            Self::Plain(Value::String(text)) => text.clone(),
            Self::Plain(value) => value.to_string(),
        }
    }
}
