//! Yimen (一门): one door to a city's public services, an OpenID Connect identity provider.
//!
//! The rooms below are listed from the top of the house to its cellar; each imports only what
//! stands below it, which a test checks against every room's `May import` line.

pub mod cli;
pub mod http;
pub mod oidc;
pub mod portal;
pub mod consent;
pub mod signin;
pub mod account;
pub mod department;
pub mod events;
pub mod keys;
pub mod sms;
pub mod audit;
pub mod web;
pub mod state;
pub mod store;
pub mod fetch;
pub mod config;
pub mod rng;
pub mod clock;
