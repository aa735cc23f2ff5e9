//! One of the demo's departments as a process of its own, on whatever host: beside a provider that runs for itself.
//!
//! `demo_department social-security|business-registration 127.0.0.1:8001`, with `YIMEN_ISSUER`, `YIMEN_DEPARTMENT`
//! and `YIMEN_KEY_FILE`, and perhaps `YIMEN_EXTRA_CA` and `YIMEN_INTERNAL_ADDRESS`, as the SDK's README has them.

use std::env;

use tokio::net::TcpListener;
use yimen_demo::{Clock, Kind, Settings, serve};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let usage = "say demo_department social-security|business-registration ADDRESS:PORT";
    let mut words = env::args().skip(1);
    let kind = match words.next().as_deref() {
        Some("social-security") => Kind::SocialSecurity,
        Some("business-registration") => Kind::BusinessRegistration,
        _ => return Err(usage.into()),
    };
    let listener = TcpListener::bind(words.next().ok_or(usage)?).await?;
    let need = |name: &str| env::var(name).map_err(|_| format!("{name} is not set"));
    let department = need("YIMEN_DEPARTMENT")?;
    let settings = Settings {
        issuer: need("YIMEN_ISSUER")?,
        other_department: env::var("OTHER_DEPARTMENT").unwrap_or_else(|_| department.clone()),
        department,
        key_file: need("YIMEN_KEY_FILE")?.into(),
        extra_ca: env::var_os("YIMEN_EXTRA_CA").map(Into::into),
        internal_address: env::var("YIMEN_INTERNAL_ADDRESS").ok(),
        clock: Clock::default(),
    };
    Ok(serve(kind, settings, listener, std::future::pending()).await?)
}
