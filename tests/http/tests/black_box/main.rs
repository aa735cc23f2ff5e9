//! Stories told from outside: the real binary, over HTTP, on the database `YIMEN_TEST_BACKEND` names.

mod account;
mod attacks;
mod bad_input;
mod carrier;
mod commands;
mod consent;
mod enumeration;
mod faults;
mod foreign_library;
mod handover;
mod interruptions;
mod kiosk;
mod lease;
mod leaving;
mod limits;
mod notices;
mod oidc;
mod one_connection;
mod passkeys;
mod phones;
mod proofing;
mod sessions;
mod sign_in;
mod sweep;
mod tabs;
mod window;
