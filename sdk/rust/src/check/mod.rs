//! Whether a department that runs can join, looked at from outside: by its public name, as the provider sees it.

mod own;
mod provider;

use std::fmt;

use http::header::CONTENT_TYPE;
use openidconnect::{AsyncHttpClient, HttpResponse};
use serde_json::Value;

use crate::clock::{Clock, numeric_date};
use crate::entity;
use crate::error::Error;
use crate::keys::{AllKeys, KeySettings};
use crate::outgoing::{Http, NoAnswer};
use crate::settings::Settings;

/// One step of [`Builder::check`](crate::Builder::check).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Checked {
    pub step: &'static str,
    /// How it was found; in an error, what is wrong and what to do.
    pub found: Result<String, String>,
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mark, said) = match &self.found {
            Ok(said) => ('✓', said),
            Err(said) => ('✗', said),
        };
        write!(f, "{mark} {}: {said}", self.step)
    }
}

pub(crate) async fn check(
    settings: Settings,
    keys: KeySettings,
    clock: Clock,
) -> Result<Vec<Checked>, Error> {
    let http = Http::new(&settings, clock.clone())?;
    let missing = keys.missing_file().map(|path| path.display().to_string());
    // A key that this would make is not the one that the department has.
    let own_keys = match missing {
        None => Some(keys.load(&clock)?),
        Some(_) => None,
    };
    let mut walk = Walk {
        http,
        settings,
        clock,
        steps: Vec::new(),
    };
    walk.note("address", own::address(&walk.settings));
    walk.note("keys", own::keys(own_keys.as_ref(), missing.as_deref()));
    let stated = walk.state(own_keys.as_ref()).await;
    if let Some(stated) = &stated {
        walk.serve(stated, own_keys.as_ref()).await;
    }
    if walk.meet().await && walk.settings.client_id == walk.settings.entity_id {
        walk.join(stated.as_ref()).await;
    }
    Ok(walk.steps)
}

struct Walk {
    http: Http,
    settings: Settings,
    clock: Clock,
    steps: Vec<Checked>,
}

impl Walk {
    /// What the department says about itself.
    async fn state(&mut self, keys: Option<&AllKeys>) -> Option<own::Statement> {
        let url = entity_configuration(&self.settings.entity_id);
        let answer = self.ask("GET", &url).await;
        let body = own::answer(&url, &self.settings, answer);
        let jwt = self.take(
            "configuration",
            body.map(|jwt| (format!("{url} answers with an entity statement"), jwt)),
        )?;
        let (settings, now) = (&self.settings, numeric_date(self.clock.now()));
        let read = own::Statement::read(&jwt, settings, keys, now);
        self.take("statement", read)
    }

    /// Whether what it says of itself answers where it says so.
    async fn serve(&mut self, stated: &own::Statement, keys: Option<&AllKeys>) {
        self.note("addresses", stated.addresses(&self.settings));
        let url = self.settings.endpoint("jwks");
        let answer = self.ask("GET", &url).await;
        self.note("protocol keys", own::protocol_keys(&url, answer, keys));
        let url = self.settings.endpoint("backchannel-logout");
        let answer = self.ask("POST", &url).await;
        self.note("back-channel logout", own::logout(&url, answer));
    }

    /// Whether the provider is there, and who it says it is.
    async fn meet(&mut self) -> bool {
        let url = below(&self.settings.issuer, "/.well-known/openid-configuration");
        let answer = self.ask("GET", &url).await;
        let is_there = answer.is_ok();
        let drift = self.http.drift();
        let said = provider::discovery(&url, &self.settings, answer);
        let is_right = said.is_ok();
        self.note("provider", said);
        if is_there {
            self.note("clock", provider::clock(drift));
        }
        is_right
    }

    /// Whether whoever vouches for it does, and for which keys.
    async fn join(&mut self, stated: Option<&own::Statement>) {
        for superior in self.settings.authority_hints.clone() {
            let url = entity_configuration(&superior);
            let answer = self.ask("GET", &url).await;
            let Some(endpoint) = self.take("federation", provider::configuration(&superior, &url, answer))
            else {
                continue;
            };
            let answer = self
                .ask("GET", &provider::fetch(&endpoint, &self.settings.entity_id))
                .await;
            let allowed = provider::allowed(&superior, &self.settings, answer);
            let Some(about) = self.take("allowed", allowed) else {
                continue;
            };
            if let Some(stated) = stated {
                let settings = &self.settings;
                self.note(
                    "pinned keys",
                    provider::pinned(&superior, settings, &about, stated),
                );
            }
        }
    }

    async fn ask(&self, method: &str, url: &str) -> Result<HttpResponse, NoAnswer> {
        let request = http::Request::builder()
            .method(method)
            .uri(url)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Vec::new());
        match request {
            Ok(request) => self.http.call(request).await,
            Err(error) => Err(NoAnswer::new(&error)),
        }
    }

    fn note(&mut self, step: &'static str, found: Result<String, String>) {
        self.steps.push(Checked { step, found });
    }

    /// Notes what was found, and gives on what the next step needs.
    fn take<T>(&mut self, step: &'static str, found: Result<(String, T), String>) -> Option<T> {
        match found {
            Ok((said, taken)) => {
                self.note(step, Ok(said));
                Some(taken)
            }
            Err(said) => {
                self.note(step, Err(said));
                None
            }
        }
    }
}

fn below(address: &str, path: &str) -> String {
    format!("{}{path}", address.trim_end_matches('/'))
}

fn entity_configuration(entity: &str) -> String {
    below(entity, entity::PATH)
}

/// The names of the keys in a key set.
fn kids(jwks: &Value) -> Vec<&str> {
    let keys = jwks["keys"].as_array().into_iter().flatten();
    keys.filter_map(|key| key["kid"].as_str()).collect()
}
