//! Where an address is, by the database that the operator gives: the name of a city, or of what it lies in. Nobody is asked.
//! May import: web, clock, config.

mod name;

pub use name::Place;

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use maxminddb::{MaxMindDbError, Reader};
use serde::Deserialize;
use thiserror::Error;

use crate::clock::Timestamp;
use crate::config::Settings;
use crate::web::Locale;

/// The places of addresses; of none where the operator gives no database.
#[derive(Clone, Default)]
pub struct Places(Option<Arc<Reader<Vec<u8>>>>);

/// Why the database cannot be used.
#[derive(Debug, Error)]
#[error("place.database {file}: {said}; give a database of cities in MaxMind's format (.mmdb), or take out [place]", file = .file.display())]
pub struct PlaceError {
    file: PathBuf,
    said: String,
}

impl PlaceError {
    /// The key of the configuration that is to blame.
    pub const KEY: &str = "place.database";
}

/// What a database says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Such as `GeoLite2-City`.
    pub kind: String,
    pub built: Timestamp,
    /// The languages of our pages that it has no names in.
    pub lacks: Vec<&'static str>,
}

impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = if self.0.is_some() {
            "Places"
        } else {
            "Places(none)"
        };
        f.write_str(said)
    }
}

impl Places {
    /// Reads the operator's database whole, if there is one: what becomes of the file afterwards is all the same.
    ///
    /// # Errors
    /// Where the file cannot be read, or is no such database.
    pub fn open(settings: &Settings) -> Result<Self, PlaceError> {
        let Some(place) = &settings.place else {
            return Ok(Self::default());
        };
        let fault = |said: String| PlaceError {
            file: place.database.clone(),
            said,
        };
        let reader = Reader::open_readfile(&place.database).map_err(|found| match found {
            MaxMindDbError::Io(found) => fault(found.to_string()),
            found => fault(format!("is no such database ({found})")),
        })?;
        Ok(Self(Some(Arc::new(reader))))
    }

    /// As [`Places::open`], and looks through all of it, which takes seconds; what the database says of itself.
    ///
    /// # Errors
    /// As [`Places::open`], and where it is damaged anywhere.
    pub fn examine(settings: &Settings) -> Result<Option<About>, PlaceError> {
        let (places, Some(place)) = (Self::open(settings)?, &settings.place) else {
            return Ok(None);
        };
        let Some(reader) = &places.0 else {
            return Ok(None);
        };
        reader.verify().map_err(|found| PlaceError {
            file: place.database.clone(),
            said: format!("is damaged ({found})"),
        })?;
        let metadata = reader.metadata();
        let seconds = i64::try_from(metadata.build_epoch).unwrap_or(i64::MAX);
        let has = |tag: &str| metadata.languages.iter().any(|language| language == tag);
        let tags = Locale::ALL.map(Locale::tag).into_iter();
        Ok(Some(About {
            kind: metadata.database_type.clone(),
            built: Timestamp::from_seconds(seconds),
            lacks: tags.filter(|tag| !has(tag)).collect(),
        }))
    }

    /// The most exact place that has a name; none where the database does not know the address, or cannot be read there.
    #[must_use]
    pub fn of(&self, address: IpAddr) -> Option<Place> {
        let reader = self.0.as_ref()?;
        let found = reader.lookup(address.to_canonical());
        match found.and_then(|found| found.decode::<Record<'_>>()) {
            Ok(found) => found?.place(),
            // An address of IPv6, in a database that has none.
            Err(MaxMindDbError::InvalidInput { .. }) => None,
            Err(fault) => {
                tracing::warn!(%fault, "the database of places cannot be read");
                None
            }
        }
    }
}

/// What we read of a record: names alone. Databases differ in the types of all the rest.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Record<'a> {
    #[serde(borrow)]
    city: Named<'a>,
    /// The largest first.
    #[serde(borrow)]
    subdivisions: Vec<Named<'a>>,
    #[serde(borrow)]
    country: Named<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named<'a> {
    #[serde(borrow)]
    names: Names<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Names<'a> {
    #[serde(rename = "zh-CN")]
    chinese: Option<&'a str>,
    #[serde(rename = "en")]
    english: Option<&'a str>,
}

impl Record<'_> {
    /// The city; else the smallest part of the country; else the country.
    fn place(&self) -> Option<Place> {
        let parts = self.subdivisions.iter().rev();
        let mut named = std::iter::once(&self.city)
            .chain(parts)
            .chain(std::iter::once(&self.country));
        named.find_map(|one| Place::named(one.names.chinese, one.names.english))
    }
}

#[cfg(test)]
mod tests;
