//! A system registers itself over HTTP (OpenID Connect Dynamic Client Registration 1.0, RFC 7591) and looks after that
//! itself (RFC 7592): by an invitation of the operator's, or by a software statement of a department that the operator
//! has allowed by its address.

mod by_statement;
mod fault;
mod invitation;
mod look_after;
mod metadata;
mod reach;
mod records;
mod register;
mod sector;
mod warrant;

pub(super) use by_statement::follow;
pub use fault::RegistrationFault;
pub use invitation::{Invitation, InvitationKind, Invited, Wish, end_invitation, invitations, invite};
pub use register::{Registered, Registrar};
