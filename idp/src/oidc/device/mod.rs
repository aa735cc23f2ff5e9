//! The device authorization grant (RFC 8628): a device without a way to sign in shows a code, its resident allows it on
//! a phone, and the device fetches its tokens at the token endpoint.

mod authorization;
mod pages;
mod records;
mod user_code;
mod verification;

pub use authorization::device_authorization;
pub(super) use pages::{DeviceTold, told};
pub(super) use records::{DeviceKey, allow, deny};
pub use records::{Polled, poll, spend};
pub use verification::{confirm_device, enter_user_code, look_at_device, show_device};
