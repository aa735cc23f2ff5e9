use uuid::Uuid;

use crate::clock::Timestamp;

/// An argument of a statement, in one of the four types both databases share.
#[derive(Clone)]
pub enum Value {
    Text(Option<String>),
    Int(Option<i64>),
    Bool(Option<bool>),
    Bytes(Option<Vec<u8>>),
}

pub type Args = Vec<Value>;

/// The highest `$n` of a statement: how many arguments it takes. SQLite binds NULL where one is missing, and says
/// nothing. What PREPARE names are those of the statement it keeps.
pub(super) fn arguments(sql: &str) -> usize {
    if sql.starts_with("PREPARE ") {
        return 0;
    }
    let numbers = sql.split('$').skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse().ok()
    });
    numbers.max().unwrap_or(0)
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text",
            Self::Int(_) => "Int",
            Self::Bool(_) => "Bool",
            Self::Bytes(_) => "Bytes",
        })
    }
}

/// One `From` for the plain type and one for its `Option`.
macro_rules! from {
    ($variant:ident: $($plain:ty => $convert:expr),* $(,)?) => {$(
        impl From<$plain> for Value {
            fn from(value: $plain) -> Self {
                Self::$variant(Some($convert(value)))
            }
        }
        impl From<Option<$plain>> for Value {
            fn from(value: Option<$plain>) -> Self {
                Self::$variant(value.map($convert))
            }
        }
    )*};
}

from!(Text: String => |v| v, &str => str::to_owned, &String => String::clone, Uuid => |v: Uuid| v.to_string());
from!(Int: i64 => |v| v, Timestamp => Timestamp::millis);
from!(Bool: bool => |v| v);
from!(Bytes: Vec<u8> => |v| v, &[u8] => <[u8]>::to_vec, [u8; 32] => Vec::from, &[u8; 32] => |v: &[u8; 32]| v.to_vec());
