use std::fmt;

use uuid::Uuid;

use super::phone::PhoneNumber;
use crate::clock::Timestamp;

/// A resident. The id is ours alone: departments know the person by pairwise subject identifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: Uuid,
    pub created_at: Timestamp,
    /// The last "sign out everywhere": what was granted before it has ended.
    pub signed_out_at: Timestamp,
}

/// A number that an account holds at present.
#[derive(Clone, Debug)]
pub struct HeldPhone {
    pub id: Uuid,
    pub number: PhoneNumber,
    pub verified_at: Timestamp,
    pub last_used_at: Timestamp,
    /// Until when it still signs in, where it is being given up.
    pub ends_at: Option<Timestamp>,
}

/// What can be said of a resident.
#[derive(Clone, Default)]
pub struct Profile {
    /// Known only once an authority has confirmed it.
    pub name: Option<String>,
    pub phone: Option<PhoneNumber>,
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile")
            .field("phone", &self.phone)
            .finish_non_exhaustive()
    }
}
