//! Yimen (一门): one door to a city's public services, an OpenID Connect identity provider.
//!
//! The rooms below are listed from the top of the house to its cellar; each imports only what
//! stands below it, which a test checks against every room's `May import` line.

pub mod account;
pub mod admin;
pub mod audit;
pub mod carrier;
pub mod cli;
pub mod clock;
pub mod config;
pub mod consent;
pub mod department;
pub mod events;
pub mod federation;
pub mod fetch;
pub mod gateway;
pub mod http;
pub mod keys;
pub mod oidc;
pub mod operator;
pub mod place;
pub mod portal;
pub mod proofing;
pub mod rng;
pub mod signin;
pub mod sms;
pub mod state;
pub mod store;
#[cfg(test)]
mod test_log;
pub mod web;
