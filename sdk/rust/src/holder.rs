//! A record as its holder's interface tells it: time limits, a size limit, no redirects, and the token goes to the holder
//! alone.

use std::sync::OnceLock;
use std::time::Duration;

use http::StatusCode;
use http::header::{ACCEPT, WWW_AUTHENTICATE};
use reqwest::Response;
use serde::de::DeserializeOwned;
use url::Url;

use crate::error::Error;
use crate::outgoing::{Certificates, NoAnswer, body_of, new_client};
use crate::quote::quote_sentence;
use crate::record::Record;
use crate::settings::Settings;
use crate::tokens::AccessToken;

/// What has become of a question for a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading<T> {
    /// What the holder tells.
    Found(T),
    /// The holder has no such record of this person (it answered 404).
    Nothing,
    /// The person has said no: they hand it in themselves, or go without.
    Declined,
}

/// What a holder has answered.
pub(crate) enum Told<T> {
    Found(T),
    Nothing,
    /// The token does not hold there, or no longer.
    Refused(Error),
    /// The sign-in behind it is not enough there.
    Unsure {
        level: Option<u8>,
        max_age: Option<Duration>,
        fault: Error,
    },
}

/// The way to holders of records.
#[derive(Default)]
pub(crate) struct Holders(OnceLock<reqwest::Client>);

impl Holders {
    /// What stands at `address`, which must be the holder's own.
    pub(crate) async fn read<T: DeserializeOwned>(
        &self,
        settings: &Settings,
        record: &Record,
        address: &str,
        token: &AccessToken,
    ) -> Result<Told<T>, Error> {
        let address = own_address(record, address)?;
        let question = self
            .client(settings)?
            .get(address.clone())
            .header(ACCEPT, "application/json")
            .bearer_auth(token.secret());
        let silent = |reason: NoAnswer| fault(&address, &reason.to_string(), true);
        let answer = question
            .send()
            .await
            .map_err(|error| silent(NoAnswer::new(&error.without_url())))?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(Told::Nothing),
            StatusCode::UNAUTHORIZED => return Ok(refused(settings, &address, &answer)),
            status => {
                let problem = format!("it answered {status}");
                return Err(fault(&address, &problem, status.is_server_error()));
            }
        }
        let body = body_of(answer).await.map_err(silent)?;
        // The text of a parse error could quote the record.
        let record = serde_json::from_slice(&body);
        let record = record.map_err(|_| fault(&address, "what it answered cannot be read", false));
        record.map(Told::Found)
    }

    /// Made when it is first needed: most departments ask for nothing.
    fn client(&self, settings: &Settings) -> Result<&reqwest::Client, Error> {
        if let Some(client) = self.0.get() {
            return Ok(client);
        }
        // Plain http is for one machine that has a whole city, as in the demo.
        let certificates = Certificates::needed_for(&settings.issuer);
        let client = new_client(settings, certificates)?;
        Ok(self.0.get_or_init(|| client))
    }
}

/// A token for a holder is shown to nobody else. A holder whose client id is no address may be asked by https.
fn own_address(record: &Record, address: &str) -> Result<Url, Error> {
    let fault = |problem: String, remedy| Error::Setting {
        what: "the address of a record",
        found: address.to_owned(),
        problem,
        remedy,
    };
    let url = Url::parse(address).map_err(|error| {
        let example = "give an address such as https://hrss.city.example/api/contributions";
        fault(format!("is not a URL ({error})"), example)
    })?;
    let is_own = match Url::parse(record.holder()) {
        Ok(holder) if holder.has_host() => holder.origin() == url.origin(),
        _ => url.scheme() == "https",
    };
    if is_own {
        return Ok(url);
    }
    Err(fault(
        format!("is not at its holder, {}", record.holder()),
        "ask there, or send the token of Person::exchange yourself",
    ))
}

/// The holder may want to be surer who it is (RFC 9470 §3).
fn refused<T>(settings: &Settings, address: &Url, answer: &Response) -> Told<T> {
    let challenge = answer.headers().get(WWW_AUTHENTICATE);
    let challenge = challenge
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let word = |name: &str| {
        let (_, rest) = challenge.split_once(&format!("{name}=\""))?;
        rest.split_once('"').map(|(value, _)| value)
    };
    let problem = format!("it refused the token: {}", quote_sentence(challenge));
    let fault = fault(address, &problem, false);
    if word("error") != Some("insufficient_user_authentication") {
        return Told::Refused(fault);
    }
    let age = word("max_age").and_then(|age| age.parse().ok());
    Told::Unsure {
        level: word("acr_values").and_then(|acr| settings.level(acr)),
        max_age: age.map(Duration::from_secs),
        fault,
    }
}

/// Without the query of its address, which may be about the person.
fn fault(address: &Url, problem: &str, is_temporary: bool) -> Error {
    Error::Holder {
        address: format!("{}{}", address.origin().ascii_serialization(), address.path()),
        problem: problem.to_owned(),
        is_temporary,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_to_its_holder_alone() {
        let at = |holder: &str, address: &str| {
            let record = Record::of(holder, "r").purpose("p");
            own_address(&record, address).is_ok()
        };
        let holder = "https://city.example/hrss";
        assert!(at(holder, "https://city.example/hrss/api?month=1"));
        assert!(at(holder, "https://city.example:443/api"));
        assert!(at("http://localhost:8001", "http://localhost:8001/api"));
        assert!(at("hrss", "https://api.hrss.example/r"));
        for bad in [
            "https://evil.example/hrss/api",
            "http://city.example/hrss/api",
            "https://city.example:444/hrss",
            "https://city.example@evil.example/",
            "/api",
            "",
        ] {
            assert!(!at(holder, bad), "{bad}");
        }
        assert!(!at("hrss", "http://api.hrss.example/r"));
        assert!(!at("http://localhost:8001", "http://localhost:8002/api"));
    }
}
