use uuid::Uuid;

use super::Signin;
use super::sessions::Whence;
use crate::account;
use crate::audit::Change;
use crate::store::StoreError;

impl Signin {
    /// Tells an account's owner of a sign-in where the account was not known.
    pub(super) async fn tell_of_device(
        &self,
        change: &mut Change,
        account: Uuid,
        whence: &Whence,
    ) -> Result<(), StoreError> {
        let device = whence.device.to_string();
        account::tell_of_device(change, &self.vault, account, &device, whence.place.as_ref()).await
    }
}
