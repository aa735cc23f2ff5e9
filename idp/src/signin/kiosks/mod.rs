//! Kiosks: browsers that the operator has registered, because anybody may use them. A session there ends soon after its
//! last use, and nothing of it stays in the browser.

mod handlers;
mod here;
mod manage;
mod pages;
mod records;

pub use handlers::{enrol_kiosk, rest, show_enrolment};
pub use here::{REST, is_kiosk, leave_nothing};
pub use manage::{AddedKiosk, KioskError, add_kiosk, list_kiosks, remove_kiosk};
pub use records::Kiosk;
pub(in crate::signin) use records::{at, hold};
