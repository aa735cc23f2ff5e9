use std::fmt;

use crate::federation::{EntityId, Relaxation};

/// Which entities a decision is about, from the narrowest to the widest.
///
/// A host stands for its usual port, unless another is named: whoever may listen at some port of a machine need not be
/// the one who answers for it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Pattern {
    /// This entity and no other.
    Entity(EntityId),
    /// Every entity at `host[:port]`.
    Host(String),
    /// Every entity at a host with one or more labels before `domain[:port]`; never at the domain itself.
    Below(String),
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "{found} names no departments: expected {expected}; write https://hrss.city.example for one system, \
     hrss.city.example for all at a host, *.city.example for all below a domain"
)]
pub struct PatternFault {
    found: String,
    expected: String,
}

impl Pattern {
    /// # Errors
    /// Where the text is no pattern, or one that would let in more than its author can mean.
    pub fn parse(text: &str, relaxation: Relaxation) -> Result<Self, PatternFault> {
        let fault = |expected: &str| PatternFault {
            found: text
                .chars()
                .take(200)
                .collect::<String>()
                .escape_debug()
                .to_string(),
            expected: expected.to_owned(),
        };
        let (is_below, rest) = match text.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if rest.contains('*') {
            return Err(fault("a wildcard only as *. before a domain"));
        }
        let entity = |text: &str, relaxation| {
            EntityId::parse(text, relaxation).map_err(|expected| fault(&expected.to_string()))
        };
        if !is_below && text.contains("://") {
            return entity(text, relaxation).map(Self::Entity);
        }
        let host = entity(&format!("https://{rest}"), Relaxation::Nothing)?;
        if host.authority() != rest {
            return Err(fault(
                "a host without a path, or an address with https:// before it",
            ));
        }
        if !is_below {
            return Ok(Self::Host(rest.to_owned()));
        }
        match host.host_name() {
            // One label is a country, or everybody; but this machine's own name is nobody else's.
            Some(name) if name.contains('.') || name == "localhost" => Ok(Self::Below(rest.to_owned())),
            Some(_) => Err(fault("a domain of at least two labels after *.")),
            None => Err(fault(
                "a domain after *., not an IP address, which nothing lies below",
            )),
        }
    }

    /// Every pattern that covers an entity, as it is written, the narrowest first. None covers a second spelling of an
    /// address, with a slash at its end: what was decided of the first would not be known of it.
    pub(super) fn all_over(id: &EntityId) -> Vec<String> {
        if id.as_str().ends_with('/') {
            return Vec::new();
        }
        let authority = id.authority();
        let mut patterns = vec![id.as_str().to_owned(), authority.to_owned()];
        if let Some(name) = id.host_name() {
            let dots = name.match_indices('.').map(|(at, _)| at + 1);
            patterns.extend(dots.map(|at| format!("*.{}", &authority[at..])));
        }
        patterns
    }

    /// The host, or of those below a domain all that one label right below it stands for: `hrss.city.example` of
    /// `a.hrss.city.example` below `*.city.example`. Whoever was given that one has as many names below it as they like.
    #[must_use]
    pub fn branch<'a>(&self, id: &'a EntityId) -> &'a str {
        let authority = id.authority();
        let Self::Below(domain) = self else {
            return authority;
        };
        let before = authority.strip_suffix(domain.as_str());
        let before = before.map(|before| before.trim_end_matches('.'));
        let at = before.and_then(|before| before.rfind('.'));
        at.map_or(authority, |at| &authority[at + 1..])
    }

    #[must_use]
    pub fn covers(&self, id: &EntityId) -> bool {
        Self::all_over(id).contains(&self.to_string())
    }

    /// Of two that cover the same entity, the greater decides.
    #[must_use]
    pub const fn specificity(&self) -> (u8, usize) {
        match self {
            Self::Entity(_) => (2, 0),
            Self::Host(_) => (1, 0),
            Self::Below(domain) => (0, domain.len()),
        }
    }

    /// Every wider pattern, as it is written: what this one covers, each of them covers too.
    #[must_use]
    pub(in crate::department) fn wider(&self) -> Vec<String> {
        let host = match self {
            Self::Entity(id) => return Self::all_over(id).into_iter().skip(1).collect(),
            Self::Host(host) | Self::Below(host) => host,
        };
        let host = EntityId::parse(&format!("https://{host}"), Relaxation::Nothing);
        host.map_or_else(|_| Vec::new(), |id| Self::all_over(&id).split_off(2))
    }

    /// Whether it names one system alone, so that whoever wrote it knows whom they let in.
    #[must_use]
    pub const fn names_one(&self) -> bool {
        matches!(self, Self::Entity(_))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entity(id) => write!(f, "{id}"),
            Self::Host(host) => f.write_str(host),
            Self::Below(domain) => write!(f, "*.{domain}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text, Relaxation::Nothing).unwrap_or_else(|fault| panic!("{fault}"))
    }

    fn id(text: &str) -> EntityId {
        EntityId::parse(text, Relaxation::PlainLoopback).unwrap()
    }

    /// A pattern, what it covers, and what it does not.
    const COVERED: [(&str, &[&str], &[&str]); 10] = [
        (
            "https://a.gov.example",
            &["https://a.gov.example"],
            &[
                "https://a.gov.example/",
                "https://a.gov.example/x",
                "https://a.gov.example:8443",
                "https://b.a.gov.example",
            ],
        ),
        (
            "https://a.gov.example/pension",
            &["https://a.gov.example/pension"],
            &[
                "https://a.gov.example",
                "https://a.gov.example/pension/",
                "https://a.gov.example/pension2",
                "https://a.gov.example/pension/x",
            ],
        ),
        (
            "a.gov.example",
            &["https://a.gov.example", "https://a.gov.example/x/y"],
            &[
                "https://a.gov.example:8443",
                "https://b.a.gov.example",
                "https://gov.example",
            ],
        ),
        (
            "a.gov.example:8443",
            &["https://a.gov.example:8443/x"],
            &["https://a.gov.example", "https://a.gov.example:844"],
        ),
        (
            "*.gov.example",
            &["https://a.gov.example", "https://b.a.gov.example/x"],
            &[
                "https://gov.example",
                "https://evilgov.example",
                "https://x.gov.example.evil",
                "https://evil/gov.example",
                "https://a.gov.example:8443",
                "https://example",
            ],
        ),
        (
            "*.gov.example:8443",
            &["https://a.gov.example:8443"],
            &["https://a.gov.example", "https://gov.example:8443"],
        ),
        (
            "localhost:8001",
            &["http://localhost:8001", "https://localhost:8001/x"],
            &["http://localhost:8002", "http://localhost"],
        ),
        (
            "*.localhost:8001",
            &["http://a.localhost:8001"],
            &["http://localhost:8001"],
        ),
        ("10.1.2.3:8443", &["https://10.1.2.3:8443"], &["https://10.1.2.3"]),
        (
            "[2001:db8::1]",
            &["https://[2001:db8::1]/x"],
            &["https://[2001:db8::2]"],
        ),
    ];

    #[test]
    fn a_pattern_covers_what_it_names_and_nothing_beside_it() {
        for (text, covered, others) in COVERED {
            let pattern = pattern(text);
            assert_eq!(pattern.to_string(), text);
            for one in covered {
                assert!(pattern.covers(&id(one)), "{text} {one}");
            }
            for one in others {
                assert!(!pattern.covers(&id(one)), "{text} {one}");
            }
        }
    }

    #[test]
    fn what_lets_in_more_than_is_meant_is_refused() {
        for text in [
            "",
            "*",
            "*.",
            "*.example",
            "*.cn",
            "*.1.2.3.4",
            "*.[::1]",
            "*.*.example",
            "a.*.example",
            "https://*.gov.example",
            "*.https://gov.example",
            "*.gov.example/x",
            "gov.example/x",
            "gov.example/",
            "gov.example?x",
            "gov.example#x",
            "me@gov.example",
            "gov.example.",
            "*.gov.example.",
            "*..gov.example",
            ".gov.example",
            "gov.example:443",
            "gov.example:",
            "gov.example:99999",
            "Gov.example",
            "*.GOV.example",
            "政务.example",
            "*.政务.example",
            "gov\\.example",
            " gov.example",
            "gov.example\n",
            "https:gov.example",
            "http://gov.example",
            "http://localhost:8001",
            "https://gov.example:443",
            "https://gov.example?x",
            "https://me@gov.example",
            "0x7f.1",
        ] {
            assert!(Pattern::parse(text, Relaxation::Nothing).is_err(), "{text:?}");
        }
        let plain = "http://localhost:8001";
        assert!(Pattern::parse(plain, Relaxation::PlainLoopback).is_ok());
    }

    #[test]
    fn of_those_that_cover_an_entity_the_narrowest_comes_first() {
        let id = id("https://b.a.gov.example:8443/x");
        let all = Pattern::all_over(&id);
        assert_eq!(
            all[..4],
            [
                "https://b.a.gov.example:8443/x",
                "b.a.gov.example:8443",
                "*.a.gov.example:8443",
                "*.gov.example:8443",
            ]
        );
        let ranks: Vec<_> = all[..4].iter().map(|text| pattern(text).specificity()).collect();
        assert!(ranks.is_sorted_by(|one, next| one > next), "{ranks:?}");
    }

    proptest! {
        #[test]
        fn a_wildcard_covers_exactly_the_hosts_that_end_so(host in "[a-c.]{1,12}", domain in "[a-c]{1,3}\\.[a-c]{1,3}") {
            let Ok(id) = EntityId::parse(&format!("https://{host}"), Relaxation::Nothing) else { return Ok(()) };
            let covered = pattern(&format!("*.{domain}")).covers(&id);
            prop_assert_eq!(covered, host.ends_with(&format!(".{domain}")));
        }
    }
}
