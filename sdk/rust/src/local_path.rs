//! Where a person goes after signing in: always a path of this department, never another site.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

/// In bytes. It travels in a cookie, and what all cookies take must pass any proxy.
const LONGEST: usize = 1024;

/// A path with its query, proven to stay on the department's own origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct LocalPath(String);

impl LocalPath {
    /// `None` for everything a browser could take for another site: `//host`, `/\host`, absolute
    /// addresses, and control characters, which browsers drop before they parse.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let rooted = text.starts_with('/') && !text.starts_with("//");
        let plain = !text
            .chars()
            .any(|c| c == '\\' || c.is_control() || c.is_whitespace());
        (rooted && plain && text.len() <= LONGEST).then(|| Self(text.to_owned()))
    }

    /// The path of an absolute address, if it lies at or under `department`
    /// (`target_link_uri`, OpenID Connect Core §4).
    pub(crate) fn within(department: &Url, address: &str) -> Option<Self> {
        let address = Url::parse(address).ok()?;
        if address.origin() != department.origin() {
            return None;
        }
        let prefix = department.path().trim_end_matches('/');
        let rest = address.path().strip_prefix(prefix)?;
        if !rest.is_empty() && !rest.starts_with('/') {
            return None;
        }
        let query = address
            .query()
            .map(|query| format!("?{query}"))
            .unwrap_or_default();
        Self::parse(&format!("{}{query}", address.path()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LocalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_are_accepted() {
        for good in ["/", "/pension", "/pension?year=2026&x=%2F%2Fevil", "/a//b"] {
            assert!(LocalPath::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "pension",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "javascript:alert(1)",
            " /pension",
            "/a\\b",
        ] {
            assert!(LocalPath::parse(bad).is_none(), "{bad:?}");
        }
        assert!(LocalPath::parse(&format!("/{}", "a".repeat(LONGEST))).is_none());
    }

    #[test]
    fn a_target_link_must_lie_under_the_department() {
        let department = Url::parse("https://city.example/hrss").unwrap();
        let path = |text| LocalPath::within(&department, text).map(|path| path.to_string());
        assert_eq!(
            path("https://city.example/hrss/pension?y=1").as_deref(),
            Some("/hrss/pension?y=1")
        );
        assert_eq!(path("https://city.example/hrss").as_deref(), Some("/hrss"));
        for other in [
            "https://city.example/hrssx",
            "https://city.example/tax",
            "https://evil.example/hrss",
            "http://city.example/hrss",
            "/hrss",
            "https://city.example/hrss/../tax",
        ] {
            assert_eq!(path(other), None, "{other}");
        }
        let root = Url::parse("https://hrss.city.example").unwrap();
        assert!(LocalPath::within(&root, "https://hrss.city.example//evil.example").is_none());
    }
}
