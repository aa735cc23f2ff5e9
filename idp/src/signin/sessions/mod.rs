//! Sessions: who is signed in on which browser. They are records, so that no restart and no loss
//! of short-lived state signs anybody out.

mod device;
mod end;
mod leave;
mod model;
mod records;
mod visits;

pub use device::Device;
pub use model::Session;
pub use records::{Begun, Sessions};

#[cfg(test)]
pub(super) const STATEMENTS: [&str; 13] = [
    end::END,
    end::OPEN_IDS,
    end::SIGNED_OUT,
    end::VISITS,
    leave::LAST_VISITS,
    leave::LEAVE,
    records::BY_TOKEN,
    records::INSERT,
    records::OF_ACCOUNT,
    records::RENEW,
    records::SEEN,
    visits::JOIN,
    visits::LOCK,
];
