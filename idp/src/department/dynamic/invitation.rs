use std::time::Duration;

use uuid::Uuid;

use super::records;
use crate::audit::{Action, Change, Context, Event};
use crate::clock::Timestamp;
use crate::department::check::{check_words, is_host};
use crate::department::manage::ManageError;
use crate::department::model::ClientMetadata;
use crate::department::trust::allowed::Terms;
use crate::store::{Db, StoreError, hash};

/// Registrations that one invitation is good for: a system with many instances is rather vouched for by its department.
const MOST_USES: u32 = 1000;

/// What the operator decides before anybody registers.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Names that residents read, all that may be asked for, and why.
    pub terms: Terms,
    /// `host[:port]` where all addresses of the system lie.
    pub hosts: Vec<String>,
    pub kind: InvitationKind,
    pub uses: u32,
    pub lasts: Duration,
}

/// What may be registered by an invitation. The name is stored: never rename one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationKind {
    Web,
    /// Apps on residents' own devices too, which keep no secret (RFC 8252 §8.5).
    Native,
}

impl InvitationKind {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Native => "native",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Web, Self::Native]
            .into_iter()
            .find(|one| one.as_str() == name)
    }
}

/// An invitation as it is kept: of its token, the hash alone.
#[derive(Clone, Debug)]
pub struct Invitation {
    pub id: Uuid,
    pub terms: Terms,
    pub hosts: Vec<String>,
    pub kind: InvitationKind,
    pub uses: i64,
    pub used: i64,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// When the operator took it back.
    pub ended_at: Option<Timestamp>,
}

impl Invitation {
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && self.expires_at > now && self.used < self.uses
    }

    /// Why nobody can register by it any more; nothing where somebody can.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> &'static str {
        match self {
            _ if self.ended_at.is_some() => "taken back",
            _ if self.used >= self.uses => "used up",
            _ if self.expires_at <= now => "expired",
            _ => "open",
        }
    }
}

/// An invitation just made. The token is shown this once.
#[derive(Clone)]
pub struct Invited {
    pub invitation: Invitation,
    pub token: String,
}

impl std::fmt::Debug for Invited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invited")
            .field("invitation", &self.invitation)
            .finish_non_exhaustive()
    }
}

/// Makes an initial access token (RFC 7591 §3).
///
/// # Errors
/// What is wrong with the wish.
pub async fn invite(db: &Db, context: &Context, wish: Wish) -> Result<Invited, ManageError> {
    check(&wish).map_err(ManageError::Invalid)?;
    let token = context.rng.token();
    let invitation = Invitation {
        id: context.rng.uuid(context.now),
        terms: wish.terms,
        hosts: wish.hosts.iter().map(|host| host.to_ascii_lowercase()).collect(),
        kind: wish.kind,
        uses: wish.uses.into(),
        used: 0,
        created_at: context.now,
        expires_at: context.now.plus(wish.lasts),
        ended_at: None,
    };
    let mut change = Change::begin(db, context).await?;
    records::insert_invitation(&mut change, &invitation, hash(&token)).await?;
    let event = Event::new(Action::ClientInvited).with("invitation", invitation.id);
    change.record(event.with("hosts", &invitation.hosts)).await?;
    change.commit().await?;
    Ok(Invited { invitation, token })
}

/// All invitations, the newest first.
///
/// # Errors
/// Where the database does not answer.
pub async fn invitations(db: &Db) -> Result<Vec<Invitation>, StoreError> {
    records::invitations(db).await
}

/// Takes an invitation back. What was registered by it stays.
///
/// # Errors
/// Where there is none of this id that is not taken back already.
pub async fn end_invitation(db: &Db, context: &Context, id: Uuid) -> Result<(), ManageError> {
    let mut change = Change::begin(db, context).await?;
    if !records::end_invitation(&mut change, id).await? {
        return Err(ManageError::Invalid(format!(
            "there is no invitation {id}, or it was taken back before"
        )));
    }
    let event = Event::new(Action::ClientInvitationEnded).with("invitation", id);
    change.record(event).await?;
    Ok(change.commit().await?)
}

fn check(wish: &Wish) -> Result<(), String> {
    let mut words = ClientMetadata {
        scope: wish.terms.scope.clone(),
        ..ClientMetadata::default()
    };
    if let Some(other) = wish.terms.purposes.keys().find(|scope| !words.has_scope(scope)) {
        return Err(format!(
            "a purpose is given for {other}, which is not among the scopes"
        ));
    }
    wish.terms.name(&mut words);
    check_words(&words)?;
    if wish.hosts.is_empty() {
        return Err("an invitation names at least one host, as --redirect-host hrss.city.example".to_owned());
    }
    if let Some(other) = wish.hosts.iter().find(|host| !is_host(host)) {
        let shown = other.escape_debug();
        return Err(format!("{shown} is not a host, such as hrss.city.example"));
    }
    if !(1..=MOST_USES).contains(&wish.uses) {
        return Err(format!("an invitation is good for 1 to {MOST_USES} uses"));
    }
    Ok(())
}
