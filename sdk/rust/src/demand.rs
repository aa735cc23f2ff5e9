//! What a page asks of the sign-in behind it: a level, an age, records that other departments hold.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::form_urlencoded::{Serializer, Target};

use crate::clock::{LEEWAY, elapsed, moment};
use crate::record::{MOST, Record};
use crate::settings::Settings;

/// A page takes time to come back to: with less, nobody who confirms would arrive in time.
const LEAST_AGE: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Demand {
    /// The level to reach.
    pub(crate) level: Option<u8>,
    /// How long ago the person may have proven who they are: `max_age` of OpenID Connect Core §3.1.2.1, in seconds.
    pub(crate) max_age: Option<u64>,
    /// To be asked for.
    #[serde(default)]
    pub(crate) records: Vec<Record>,
    /// Not to be asked for any more: the person has said no.
    #[serde(default)]
    pub(crate) without: Vec<Record>,
}

impl Demand {
    pub(crate) fn new(level: Option<u8>, max_age: Option<Duration>) -> Self {
        Self {
            level,
            max_age: max_age.map(|age| age.max(LEAST_AGE).as_secs()),
            ..Self::default()
        }
    }

    pub(crate) fn with(self, records: Vec<Record>) -> Self {
        Self { records, ..self }
    }

    /// Whoever asks for one record more goes on having those that were given before: the session that begins by it has only
    /// what was asked for. Two pages that ask for one each would otherwise take turns for ever.
    pub(crate) fn beside(mut self, given: Vec<Record>) -> Self {
        let others = given.into_iter().filter(|one| !self.records.contains(one));
        let others: Vec<_> = others.take(MOST.saturating_sub(self.records.len())).collect();
        self.records.extend(others);
        self
    }

    /// The same for somebody who has said no to its records.
    pub(crate) fn declined(mut self) -> Self {
        self.without.append(&mut self.records);
        self
    }

    /// From the fields of `/yimen/sign-in`; what nobody can meet is not asked for.
    pub(crate) fn parse(
        acr: Option<String>,
        max_age: Option<String>,
        records: &[String],
        without: &[String],
    ) -> Self {
        let level = acr.and_then(|level| level.parse().ok());
        let demand = Self::new(
            level.filter(|level| (1..=4).contains(level)),
            max_age.and_then(|age| age.parse().ok()).map(Duration::from_secs),
        );
        Self {
            records: Record::parse_all(records),
            without: Record::parse_all(without),
            ..demand
        }
    }

    /// Whether a sign-in of which the provider has said these claims is enough. Records are apart: who will not give them
    /// is signed in all the same.
    pub(crate) fn is_met_by(
        &self,
        settings: &Settings,
        claims: &Map<String, Value>,
        now: SystemTime,
    ) -> bool {
        self.level <= settings.level_in(claims) && self.max_age.is_none_or(|age| is_younger(claims, age, now))
    }

    pub(crate) fn append_to<T: Target>(&self, query: &mut Serializer<'_, T>) {
        let fields = [("acr", self.level.map(u64::from)), ("max_age", self.max_age)];
        for (name, value) in fields {
            if let Some(value) = value {
                query.append_pair(name, &value.to_string());
            }
        }
        for (name, records) in [("record", &self.records), ("without", &self.without)] {
            for record in records {
                query.append_pair(name, &record.to_string());
            }
        }
    }

    /// As the parameters of a challenge (RFC 9470 §3), each behind a comma.
    pub(crate) fn challenge(&self, settings: &Settings) -> String {
        let acr = self
            .level
            .map(|level| format!(", acr_values=\"{}\"", settings.acr(level)));
        let max_age = self.max_age.map(|age| format!(", max_age=\"{age}\""));
        acr.into_iter().chain(max_age).collect()
    }
}

/// A provider that says no time has not said that it is recent (OpenID Connect Core §3.1.3.7, step 13).
fn is_younger(claims: &Map<String, Value>, age: u64, now: SystemTime) -> bool {
    let proven = claims.get("auth_time").and_then(Value::as_i64);
    proven.is_some_and(|at| elapsed(moment(at), now) <= Duration::from_secs(age).saturating_add(LEEWAY))
}
