//! Sessions: who is signed in on which browser. They are records, so that no restart and no loss
//! of short-lived state signs anybody out.

mod device;
mod end;
mod kiosk;
mod leave;
mod model;
mod records;
mod visits;
mod whereabouts;

pub use device::Device;
pub(super) use kiosk::is_used_to_kiosk;
pub use model::{FRESH, Proof, Session};
pub use records::{Begun, Sessions};
pub use whereabouts::{SEALED_PLACE, Whence, Whereabout, Whereabouts};
