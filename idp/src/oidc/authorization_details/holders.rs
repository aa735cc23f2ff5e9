use super::model::AuthorizationDetails;
use crate::department::Departments;
use crate::oidc::{Code, WireError};

/// Each record must be there to be had now: its holder is not suspended, and offers it. Whether they may be asked for is
/// checked before, so that a stranger cannot have us look for clients that they make up.
///
/// # Errors
/// `invalid_authorization_details` that names what is not; or where the database does not answer.
pub async fn check_holders(departments: &Departments, asked: &AuthorizationDetails) -> Result<(), WireError> {
    for key in asked.iter() {
        // Remembered for seconds, so that many records of one holder cost one look.
        let holder = departments.client(&key.holder).await?;
        if holder.is_none_or(|holder| holder.offers(&key.record).is_none()) {
            return Err(WireError::new(
                Code::InvalidAuthorizationDetails,
                format!("{} offers no record {} now", key.holder, key.record),
            ));
        }
    }
    Ok(())
}
