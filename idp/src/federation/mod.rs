//! Trust without registration: what entities state about themselves and each other, and what may be believed of it
//! (OpenID Federation 1.0).
//! May import: keys, clock.
//!
//! Everything here is a function of what was fetched or found elsewhere and of `now`. A statement goes through two
//! types: [`Unproven`] (well formed, of the right kind, in time) and [`Statement`] (signed by keys that the caller
//! has reason to believe). A [`Chain`] is statements from an entity up to an anchor whose keys are configured;
//! its superiors' [`policy`] makes the entity's metadata what it is for us.
//! [`Search`] says what to fetch to find one, and never fetches. A [`Draft`] is what we state ourselves.

mod chain;
mod claims;
mod constraints;
mod critical;
mod entity_id;
mod fault;
mod mark;
mod metadata;
mod plan;
pub mod policy;
mod read;
mod statement;
mod syntax;
#[cfg(test)]
mod tests;

pub use chain::{Anchor, Chain, Limits};
pub use claims::Draft;
pub use constraints::{Constraints, NameSubtree};
pub use entity_id::{EntityId, EntityIdFault, Relaxation};
pub use fault::{Step, TrustError, TrustFault};
pub use mark::Mark;
pub use metadata::{FEDERATION_ENTITY, Metadata, RELYING_PARTY};
pub use plan::{Search, Want};
pub use read::{Asked, Unproven, read};
pub use statement::{AttachedMark, Configuration, Kind, MarkOwner, Statement, Subordinate};
