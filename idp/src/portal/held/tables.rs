use std::net::IpAddr;

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::devices::network_words;
use super::values;
use crate::account::{self, Notice};
use crate::args;
use crate::clock::Timestamp;
use crate::place::Place;
use crate::signin::sessions::{self, Whereabouts};
use crate::store::{Db, Row, StoreError, Vault};
use crate::web::{Locale, Page, Words};

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
    /// A name of ours, or several in a row.
    Named,
    /// What was told, of which device.
    Told,
    Moment,
    /// Several, as milliseconds with commas between.
    Moments,
    Flag,
    Count,
    /// JSON, as text.
    Json,
    /// Sealed in this place, under the row's own id.
    Sealed(&'static str),
    /// As [`Kind::Sealed`]: where on earth somebody was.
    Place(&'static str),
    /// The keyed hash of a network, of the row's own id.
    Network,
}

const fn column(name: &'static str, words: &'static str, kind: Kind) -> Column {
    Column { name, words, kind }
}

use Kind::{Count, Flag, Json, Moment, Moments, Named, Network, Sealed, Text};

const BEGAN: Column = column("created_at", "held-began", Moment);
const LAST: Column = column("last_used_at", "held-last", Moment);
const ENDS: Column = column("expires_at", "held-ends", Moment);
const ENDED: Column = column("ended_at", "held-ended", Moment);
const REASON: Column = column("end_reason", "held-reason", Named);
const SERVICE: Column = column("client_id", "held-service", Text);
const DEVICE: Column = column("device", "held-device", Text);
const SUBJECT: Column = column("sub", "held-subject", Text);

/// In the order in which the page shows them.
pub(super) const TABLES: [Table; 19] = [
    Table {
        name: "account",
        words: "held-account",
        sql: "SELECT id, status, name, identity, created_at, signed_out_at, passkey_offer_after, language, \
              locked_at, erase_at \
              FROM account WHERE id = $1",
        columns: &[
            column("name", "prove-name", Sealed("account.name")),
            column("status", "held-status", Named),
            column("identity", "held-identity", Named),
            BEGAN,
            column("signed_out_at", "held-signed-out", Moment),
            column("passkey_offer_after", "held-no-offer", Moment),
            column("language", "held-language", Named),
            column("locked_at", "held-locked", Moment),
            column("erase_at", "held-erased", Moment),
        ],
    },
    Table {
        name: "phone",
        words: "held-phones",
        sql: "SELECT id, number, epoch, verified_at, last_used_at, doubted_at, ends_at, ended_at, end_reason FROM phone \
              WHERE account_id = $1 ORDER BY verified_at, id",
        columns: &[
            column("number", "phone-label", Sealed("phone.number")),
            column("epoch", "held-epoch", Count),
            column("verified_at", "held-began", Moment),
            LAST,
            column("doubted_at", "held-doubted", Moment),
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
            column("sent_at", "held-sent", Moments),
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
            column("method", "held-method", Named),
            column("source", "held-source", Text),
            column("transaction_id", "held-transaction", Text),
            column("at", "held-began", Moment),
            ENDED,
        ],
    },
    Table {
        name: "known_browser",
        words: "held-browsers",
        sql: "SELECT created_at, last_used_at, disowned_at FROM known_browser WHERE account_id = $1 ORDER BY created_at",
        columns: &[BEGAN, LAST, column("disowned_at", "held-disowned", Moment)],
    },
    Table {
        name: "session",
        words: "held-sessions",
        sql: "SELECT id, created_at, auth_time, last_seen_at, expires_at, amr, device, place, begun_network, seen_network, \
              ended_at, end_reason FROM session \
              WHERE account_id = $1 ORDER BY created_at, id",
        columns: &[
            DEVICE,
            column("place", "held-where", Kind::Place(sessions::SEALED_PLACE)),
            column("begun_network", "held-begun-network", Network),
            column("seen_network", "held-seen-network", Network),
            BEGAN,
            column("auth_time", "held-proven", Moment),
            column("amr", "held-method", Named),
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
            column("item", "held-item", Named),
            column("granted_at", "held-began", Moment),
            column("answered_at", "held-last", Moment),
            ENDS,
            column("withdrawn_at", "held-ended", Moment),
            column("revision", "held-revision", Count),
        ],
    },
    Table {
        name: "data_exchange",
        words: "held-exchanges",
        sql: "SELECT client_id, holder, record, purpose, times, first_at, last_at FROM data_exchange \
              WHERE account_id = $1 ORDER BY first_at, client_id, holder, record, purpose",
        columns: &[
            SERVICE,
            column("holder", "kept-by", Text),
            column("record", "held-item", Text),
            column("purpose", "used-for", Text),
            column("times", "held-times", Count),
            column("first_at", "held-began", Moment),
            column("last_at", "held-last", Moment),
        ],
    },
    Table {
        name: "oauth_grant",
        words: "held-grants",
        sql: "SELECT client_id, sub, scope, authorization_details, offline, authentication, revisions, created_at, ended_at, end_reason \
              FROM oauth_grant WHERE account_id = $1 ORDER BY created_at, id",
        columns: &[
            SERVICE,
            SUBJECT,
            column("scope", "held-item", Named),
            column("authorization_details", "held-records", Json),
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
        sql: "SELECT id, kind, device, place, created_at, told_at, expires_at, seen_at, used_at FROM notice WHERE account_id = $1 \
              ORDER BY created_at, id",
        columns: &[
            column("kind", "held-item", Kind::Told),
            DEVICE,
            column("place", "held-where", Kind::Place(account::SEALED_PLACE)),
            BEGAN,
            column("told_at", "held-told", Moment),
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
            column("kind", "held-item", Named),
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
            column("action", "held-item", Named),
            column("actor", "held-actor", Named),
            SERVICE,
            column("detail", "held-detail", Json),
        ],
    },
];

/// What stands in one column of one row.
pub(super) enum Cell {
    At(Timestamp),
    AtEach(Vec<Timestamp>),
    Plain(Value),
    Named(String),
    Told {
        kind: String,
        device: String,
    },
    Detail(Value),
    Place(Place),
    /// Whether it is the network that the resident is in now.
    Near(bool),
}

/// With what the records are read, and from where.
pub(super) struct Reader<'a> {
    pub(super) vault: &'a Vault,
    pub(super) whereabouts: &'a Whereabouts,
    pub(super) address: IpAddr,
}

impl Table {
    /// Its rows about one account, without the columns that are empty.
    pub(super) async fn rows(
        &self,
        db: &Db,
        reader: &Reader<'_>,
        account: Uuid,
    ) -> Result<Vec<Vec<(&Column, Cell)>>, StoreError> {
        let rows = db.all(self.sql, args![account]).await?;
        rows.iter().map(|row| self.read(row, reader)).collect()
    }

    fn read(&self, row: &Row, reader: &Reader<'_>) -> Result<Vec<(&Column, Cell)>, StoreError> {
        let mut cells = Vec::new();
        for column in self.columns {
            cells.extend(column.read(row, reader)?.map(|cell| (column, cell)));
        }
        Ok(cells)
    }
}

impl Column {
    fn read(&self, row: &Row, reader: &Reader<'_>) -> Result<Option<Cell>, StoreError> {
        let name = self.name;
        let plain = match self.kind {
            // Zero stands for never.
            Moment => {
                let at = row.maybe_time(name)?.filter(|at| at.millis() > 0);
                return Ok(at.map(Cell::At));
            }
            Text => text(row, name)?.map(Value::from),
            Named => return Ok(text(row, name)?.map(Cell::Named)),
            Kind::Told => {
                let (kind, device) = (row.text(name)?, row.text("device")?);
                return Ok(Some(Cell::Told { kind, device }));
            }
            Moments => {
                let times = row.maybe_text(name)?.unwrap_or_default();
                let times = times.split(',').filter_map(|one| one.parse().ok());
                let times: Vec<_> = times.map(Timestamp::from_millis).collect();
                return Ok((!times.is_empty()).then_some(Cell::AtEach(times)));
            }
            Flag => row.maybe_bool(name)?.map(Value::from),
            Count => row.maybe_int(name)?.map(Value::from),
            Json => {
                let text = row.maybe_text(name)?;
                let read = text.map(|text| serde_json::from_str(&text).unwrap_or_else(|_| json!(text)));
                return Ok(read.map(Cell::Detail));
            }
            Sealed(place) => opened(row, name, place, reader)?.map(Value::from),
            Kind::Place(place) => {
                let place = opened(row, name, place, reader)?;
                return Ok(place.as_deref().and_then(Place::from_record).map(Cell::Place));
            }
            Network => {
                let kept = row.maybe_bytes(name)?;
                let near = reader
                    .whereabouts
                    .is_near(&row.text("id")?, kept.as_deref(), reader.address);
                return Ok(near.map(Cell::Near));
            }
        };
        Ok(plain.map(Cell::Plain))
    }
}

fn text(row: &Row, name: &'static str) -> Result<Option<String>, StoreError> {
    Ok(row.maybe_text(name)?.filter(|text| !text.is_empty()))
}

fn opened(
    row: &Row,
    name: &'static str,
    place: &'static str,
    reader: &Reader<'_>,
) -> Result<Option<String>, StoreError> {
    let sealed = row.maybe_bytes(name)?;
    let open = |sealed: Vec<u8>| reader.vault.open(place, &row.text("id")?, &sealed);
    sealed.map(open).transpose()
}

impl Cell {
    /// For programs: names as they are stored, moments in RFC 3339, places in each language, and of networks only whether it is the one that is asked from.
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::At(at) => at.to_string().into(),
            Self::AtEach(times) => times.iter().map(Timestamp::to_string).collect(),
            Self::Plain(value) | Self::Detail(value) => value.clone(),
            Self::Named(name) | Self::Told { kind: name, .. } => name.clone().into(),
            Self::Place(place) => Locale::ALL
                .map(|locale| (locale.tag().to_owned(), Value::from(place.name(locale))))
                .into_iter()
                .collect(),
            Self::Near(near) => network_words(Words::of(Locale::English), *near).into(),
        }
    }

    pub(super) fn shown(&self, page: &Page, now: Timestamp) -> String {
        match self {
            Self::At(at) => page.moment(at, &now),
            Self::AtEach(times) => {
                let times: Vec<_> = times.iter().map(|at| page.moment(at, &now)).collect();
                page.list(&times)
            }
            Self::Plain(Value::String(text)) => text.clone(),
            Self::Plain(Value::Bool(yes)) => values::flag(page, *yes),
            Self::Named(name) => values::named(page, name),
            Self::Told { kind, device } => match Notice::named(kind) {
                Some(notice) => notice.words(page.words, device),
                None => kind.clone(),
            },
            Self::Detail(value) => values::detail(page, value, now),
            Self::Place(place) => place.name(page.locale()).to_owned(),
            Self::Near(near) => network_words(page.words, *near),
            Self::Plain(value) => value.to_string(),
        }
    }
}
