//! The harness of the black-box tests: it starts the real `yimen`, and gives a test its callers as types.
//! A [`Browser`] keeps cookies and submits forms, a [`Resident`] owns a phone, a [`Client`] is a relying
//! party. None of it knows anything of the server's code.

mod answer;
mod app;
mod armour;
mod authenticator;
mod authority;
mod backend;
mod browser;
mod client;
mod entity;
mod gateway;
mod host;
mod id_token;
mod jar;
mod key;
mod maker;
mod operator;
mod own_redis;
mod page;
mod privacy;
mod process;
mod receiver;
mod request;
mod resident;
mod self_registered;
mod setup;
mod tap;
mod tls;
mod wait;
mod wire;

pub use answer::Answer;
pub use app::TestApp;
pub use authenticator::{Authenticator, Lie, options_on, origin_of};
pub use authority::{Authority, Manner};
pub use backend::Backend;
pub use browser::Browser;
pub use client::{Auth, Client, Registration, Tokens};
pub use entity::{Entity, sign};
pub use gateway::Gateway;
pub use host::Host;
pub use id_token::{decode, verify};
pub use key::{Key, assertion_claims};
pub use maker::{Maker, Model};
pub use operator::Operator;
pub use own_redis::OwnRedis;
pub use page::{Form, Page};
pub use process::example;
pub use receiver::Receiver;
pub use request::{Response, SignIn};
pub use resident::Resident;
pub use setup::{Setup, Taps};
pub use tap::Tap;
pub use tls::Certificate;
pub use wait::wait_for;
pub use wire::{HUNG_UP, Raw, raw};
