//! What a department asks another's records for (RFC 9396): objects of one type, `data`, that name the holder, its records
//! and the purpose. What may be asked at all is the operator's decision; nothing that a resident reads comes from a request.

mod holders;
mod model;
mod parse;

pub use holders::check_holders;
pub use model::{AuthorizationDetails, DATA};
pub use parse::{read_authorization_details, read_details};
