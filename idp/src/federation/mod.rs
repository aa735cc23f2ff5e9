//! Trust without registration: what entities state about themselves and each other, and what may be believed of it
//! (OpenID Federation 1.0).
//! May import: keys, clock.

pub mod policy;
