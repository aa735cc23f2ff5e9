use serde_json::{Map, Value};
use uuid::Uuid;

use super::by_statement::by_statement;
use super::fault::RegistrationFault;
use super::invitation::{Invitation, InvitationKind};
use super::reach::Reach;
use super::records;
use crate::clock::Timestamp;
use crate::department::trust::allowed::{Allowed, Terms};
use crate::federation::Relaxation;
use crate::store::{Db, hash};

/// By whose word a system registers itself, and how far that reaches.
#[derive(Clone, Debug)]
pub(super) struct Warrant {
    pub(super) terms: Terms,
    /// All that may be asked for.
    pub(super) scopes: Vec<String>,
    pub(super) reach: Reach,
    pub(super) kind: InvitationKind,
    pub(super) by: By,
    /// What its department states of it, which wins over what it says of itself (RFC 7591 §2.3).
    pub(super) stated: Map<String, Value>,
}

#[derive(Clone, Debug)]
pub(super) enum By {
    Invitation(Uuid),
    Statement { allowed: Box<Allowed>, hash: [u8; 32] },
}

impl Warrant {
    /// What a request to register has brought: one of the two, since two decisions would have to agree.
    pub(super) async fn of(
        db: &Db,
        token: Option<&str>,
        statement: Option<&str>,
        relaxation: Relaxation,
        issuer: &str,
        now: Timestamp,
    ) -> Result<Self, RegistrationFault> {
        match (token, statement) {
            (None, None) => Err(RegistrationFault::Closed),
            (Some(_), Some(_)) => Err(RegistrationFault::Metadata(
                "bring an initial access token or a software_statement, not both".to_owned(),
            )),
            (Some(token), None) => {
                let invitation = records::invitation_of(db, hash(token)).await?;
                let open = invitation.filter(|invitation| invitation.is_open(now));
                open.map(Self::by_invitation).ok_or(RegistrationFault::Token)
            }
            (None, Some(statement)) => by_statement(db, statement, relaxation, issuer, now).await,
        }
    }

    pub(super) fn by_invitation(invitation: Invitation) -> Self {
        let scopes = invitation.terms.scope.split_ascii_whitespace();
        Self {
            scopes: scopes.map(str::to_owned).collect(),
            terms: invitation.terms,
            reach: Reach::Hosts(invitation.hosts),
            kind: invitation.kind,
            by: By::Invitation(invitation.id),
            stated: Map::new(),
        }
    }
}
