use std::fmt::Debug;

use super::table::{self, Table};

/// What a ring's keys are for. Whatever they sign is of one of its types, and those of two rings have none in common:
/// nothing that is signed for one purpose can be taken for a thing of the other.
pub trait Purpose: Clone + Debug + Send + Sync + 'static {
    type Signs: Signed;
    /// What `yimen keys list` calls it.
    const NAME: &'static str;
    const TABLE: Table;
}

/// A type of what is signed, explicit in its header (RFC 8725 §3.11).
pub trait Signed: Copy {
    fn typ(self) -> &'static str;
}

/// OpenID Connect and OAuth 2.0: clients find these keys at `/oauth2/jwks`.
#[derive(Clone, Debug)]
pub struct Protocol;

impl Purpose for Protocol {
    type Signs = TokenType;
    const NAME: &'static str = "tokens";
    const TABLE: Table = table::PROTOCOL;
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenType {
    /// OpenID Connect Core 1.0 §2 names none.
    Id,
    /// RFC 9068 §2.1.
    Access,
    /// OpenID Connect Back-Channel Logout 1.0 §2.4.
    Logout,
}

impl TokenType {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Id => "JWT",
            Self::Access => "at+jwt",
            Self::Logout => "logout+jwt",
        }
    }
}

impl Signed for TokenType {
    fn typ(self) -> &'static str {
        self.as_str()
    }
}

/// OpenID Federation 1.0: others find these keys in our entity configuration, and nowhere else.
#[derive(Clone, Debug)]
pub struct Federation;

impl Purpose for Federation {
    type Signs = StatementType;
    const NAME: &'static str = "federation";
    const TABLE: Table = table::FEDERATION;
}

/// What federation keys sign (OpenID Federation 1.0 §15).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StatementType {
    EntityStatement,
    TrustMark,
    ResolveResponse,
    JwkSet,
    TrustMarkStatus,
    ExplicitRegistration,
}

impl StatementType {
    /// Without `application/`, as the header has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EntityStatement => "entity-statement+jwt",
            Self::TrustMark => "trust-mark+jwt",
            Self::ResolveResponse => "resolve-response+jwt",
            Self::JwkSet => "jwk-set+jwt",
            Self::TrustMarkStatus => "trust-mark-status-response+jwt",
            Self::ExplicitRegistration => "explicit-registration-response+jwt",
        }
    }
}

impl Signed for StatementType {
    fn typ(self) -> &'static str {
        self.as_str()
    }
}
