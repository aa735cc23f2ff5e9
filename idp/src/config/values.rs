use std::fmt;
use std::time::Duration;

use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize, Serializer};
use url::Url;

/// A length of time as written in the configuration: `"90s"`, `"15m"`, `"12h"`, `"180d"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(Duration);

impl Span {
    #[must_use]
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    #[must_use]
    pub const fn minutes(minutes: u64) -> Self {
        Self::seconds(minutes * 60)
    }

    #[must_use]
    pub const fn hours(hours: u64) -> Self {
        Self::minutes(hours * 60)
    }

    #[must_use]
    pub const fn days(days: u64) -> Self {
        Self::hours(days * 24)
    }

    #[must_use]
    pub const fn get(self) -> Duration {
        self.0
    }

    /// Reads `"90s"` and its like.
    ///
    /// # Errors
    /// Says which forms are allowed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is not a duration; write it as \"90s\", \"15m\", \"12h\" or \"180d\"");
        let unit = text.chars().last().ok_or_else(wrong)?;
        let number: u64 = text[..text.len() - unit.len_utf8()]
            .parse()
            .map_err(|_| wrong())?;
        let seconds = match unit {
            's' => Some(number),
            'm' => number.checked_mul(60),
            'h' => number.checked_mul(3600),
            'd' => number.checked_mul(86_400),
            _ => None,
        };
        seconds
            .filter(|&s| s > 0 && s <= 3_660 * 86_400)
            .map(Self::seconds)
            .ok_or_else(wrong)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (unit, size) = [("d", 86_400), ("h", 3_600), ("m", 60)]
            .into_iter()
            .find(|(_, size)| seconds.is_multiple_of(*size))
            .unwrap_or(("s", 1));
        write!(f, "{}{unit}", seconds / size)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// The one address the world knows us by; it is the issuer, and is never derived from a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    url: Url,
    issuer: String,
}

impl PublicUrl {
    /// Reads the address.
    ///
    /// # Errors
    /// Says what an issuer may look like (OpenID Connect Discovery 1.0 §3).
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|fault| format!("`{text}` is not a URL: {fault}"))?;
        if !matches!(url.scheme(), "https" | "http") || url.host_str().is_none() {
            return Err(format!(
                "`{text}` must be an https address, such as https://id.city.example"
            ));
        }
        if url.path() != "/"
            || url.query().is_some()
            || url.fragment().is_some()
            || !url.username().is_empty()
        {
            return Err(format!(
                "`{text}` must be only scheme and host (and port), without path or query"
            ));
        }
        let issuer = url.origin().ascii_serialization();
        Ok(Self { url, issuer })
    }

    /// The issuer identifier: the address without a final slash.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The origin of RFC 6454, as browsers send it.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.issuer
    }

    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    #[must_use]
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or(443)
    }

    #[must_use]
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// An absolute address of ours; `path` begins with a slash.
    #[must_use]
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }
}

impl Serialize for PublicUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.issuer)
    }
}

impl<'de> Deserialize<'de> for PublicUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_and_print_alike() {
        for text in ["90s", "15m", "12h", "180d"] {
            assert_eq!(Span::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "90", "m", "-5m", "5 m", "5分", "0s", "99999999999999999999d"] {
            assert!(Span::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_public_url_is_an_origin() {
        assert_eq!(
            PublicUrl::parse("https://ID.city.example/").unwrap().issuer(),
            "https://id.city.example"
        );
        assert_eq!(
            PublicUrl::parse("http://localhost:8000").unwrap().issuer(),
            "http://localhost:8000"
        );
        for text in [
            "id.city.example",
            "ftp://x",
            "https://x/path",
            "https://x/?q",
            "https://u@x/",
        ] {
            assert!(PublicUrl::parse(text).is_err(), "{text}");
        }
    }
}
