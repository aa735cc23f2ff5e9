use std::collections::BTreeMap;
use std::sync::Arc;

use super::model::AuthorizationDetails;
use crate::department::{Client, Departments};
use crate::oidc::{Code, WireError};
use crate::store::StoreError;

/// The systems that have what is asked for, by their client ids.
#[derive(Debug)]
pub struct Holders(BTreeMap<String, Arc<Client>>);

impl Holders {
    /// # Errors
    /// Where the database does not answer.
    pub async fn find(departments: &Departments, asked: &AuthorizationDetails) -> Result<Self, StoreError> {
        let mut found = BTreeMap::new();
        for key in asked.iter() {
            if found.contains_key(&key.holder) {
                continue;
            }
            if let Some(holder) = departments.client(&key.holder).await? {
                found.insert(key.holder.clone(), holder);
            }
        }
        Ok(Self(found))
    }
}

/// Each record must be there to be had now: its holder is not suspended, and offers it.
///
/// # Errors
/// `invalid_authorization_details` that names what is not.
pub fn check_holders(asked: &AuthorizationDetails, holders: &Holders) -> Result<(), WireError> {
    for key in asked.iter() {
        let holder = holders.0.get(&key.holder);
        if holder.and_then(|holder| holder.offers(&key.record)).is_none() {
            return Err(WireError::new(
                Code::InvalidAuthorizationDetails,
                format!("{} offers no record {} now", key.holder, key.record),
            ));
        }
    }
    Ok(())
}
