use url::Url;

use super::id;
use crate::federation::{EntityId, EntityIdFault, Relaxation};

fn refusal(text: &str) -> Option<EntityIdFault> {
    EntityId::parse(text, Relaxation::Nothing).err()
}

#[test]
fn an_entity_identifier_is_an_https_url_in_its_one_spelling() {
    for good in [
        "https://a.example",
        "https://a.example/",
        "https://a.example/x/y",
        "https://a.example/x/y/",
        "https://a.example:8443/x",
        "https://10.0.0.1/x",
        "https://[::1]",
        "https://xn--fiqs8s.example",
    ] {
        assert_eq!(refusal(good), None, "{good}");
        assert_eq!(id(good).as_str(), good);
    }
    for (bad, fault) in [
        ("http://a.example", EntityIdFault::Scheme),
        ("ftp://a.example", EntityIdFault::Scheme),
        ("https://", EntityIdFault::NotUrl),
        ("a.example", EntityIdFault::NotUrl),
        ("", EntityIdFault::NotUrl),
        ("https:///x", EntityIdFault::NotCanonical),
        ("https:a.example", EntityIdFault::NotCanonical),
        ("https://a.example?q", EntityIdFault::QueryOrFragment),
        ("https://a.example/x?", EntityIdFault::QueryOrFragment),
        ("https://a.example/#f", EntityIdFault::QueryOrFragment),
        ("https://user@a.example", EntityIdFault::UserInfo),
        ("https://:secret@a.example", EntityIdFault::UserInfo),
        ("https://A.example", EntityIdFault::NotCanonical),
        ("HTTPS://a.example", EntityIdFault::NotCanonical),
        ("https://a.example:443", EntityIdFault::NotCanonical),
        ("https://a.example/../b", EntityIdFault::NotCanonical),
        ("https://a.example/./b", EntityIdFault::NotCanonical),
        ("https://a.example/%2e%2e", EntityIdFault::NotCanonical),
        ("https://a.example/x%2Fy", EntityIdFault::Path),
        ("https://a.example/x%2ey", EntityIdFault::Path),
        ("https://a.example//x", EntityIdFault::Path),
        ("https://a.example\\x", EntityIdFault::NotCanonical),
        ("https://a.example./x", EntityIdFault::Host),
        ("https://.a.example", EntityIdFault::Host),
        ("https://a..example", EntityIdFault::Host),
        ("https://中国.example", EntityIdFault::NotCanonical),
        ("https://a.example/养老", EntityIdFault::NotCanonical),
        (" https://a.example", EntityIdFault::NotCanonical),
        ("https://a.example/x ", EntityIdFault::NotCanonical),
        ("https://0x7f.1/", EntityIdFault::NotCanonical),
    ] {
        assert_eq!(refusal(bad), Some(fault), "{bad}");
    }
    let long = |bytes: usize| format!("https://a.example/{}", "x".repeat(bytes - 18));
    assert_eq!(refusal(&long(200)), None);
    assert_eq!(refusal(&long(201)), Some(EntityIdFault::TooLong));
}

#[test]
fn plain_http_is_no_entity_outside_development() {
    for local in [
        "http://localhost:8001",
        "http://rp.localhost/x",
        "http://127.0.0.1:8001/x",
        "http://[::1]:8001",
    ] {
        assert!(
            EntityId::parse(local, Relaxation::PlainLoopback).is_ok(),
            "{local}"
        );
        assert_eq!(refusal(local), Some(EntityIdFault::Scheme), "{local}");
    }
    for far in [
        "http://a.example",
        "http://localhost.example",
        "http://10.0.0.1",
        "http://notlocalhost",
    ] {
        let outcome = EntityId::parse(far, Relaxation::PlainLoopback);
        assert_eq!(outcome, Err(EntityIdFault::Scheme), "{far}");
    }
}

#[test]
fn a_slash_at_the_end_belongs_to_the_id_and_not_to_the_address() {
    for (text, url) in [
        (
            "https://a.example",
            "https://a.example/.well-known/openid-federation",
        ),
        (
            "https://a.example/",
            "https://a.example/.well-known/openid-federation",
        ),
        (
            "https://a.example/x",
            "https://a.example/x/.well-known/openid-federation",
        ),
        (
            "https://a.example/x/",
            "https://a.example/x/.well-known/openid-federation",
        ),
    ] {
        assert_eq!(id(text).configuration_url(), url);
    }
    assert_ne!(id("https://a.example"), id("https://a.example/"));
}

#[test]
fn systems_of_one_host_are_told_apart_by_their_place() {
    for (text, place) in [
        ("https://a.example", "a.example"),
        ("https://a.example/", "a.example"),
        ("https://a.example:8443/x/y", "a.example:8443/x/y"),
        ("https://a.example/x", "a.example/x"),
    ] {
        assert_eq!(id(text).place(), place);
    }
}

/// Some servers take the parameters off a segment before they resolve its dots.
#[test]
fn dots_with_parameters_and_zeros_lie_under_nothing() {
    for path in ["/..;/x", "/..;a=b/x", "/.;/x", "/..%3b/x", "/x%00", "/x/%00/y"] {
        let text = format!("https://a.example{path}");
        assert_eq!(refusal(&text), Some(EntityIdFault::Path), "{text}");
    }
    assert_eq!(refusal("https://a.example/x;v=1"), None);
}

#[test]
fn an_address_of_a_neighbour_is_not_ones_own() {
    let system = id("https://city.example/hrss");
    let contains = |url: &str| system.contains(&Url::parse(url).unwrap());
    for own in [
        "https://city.example/hrss",
        "https://city.example/hrss/cb",
        "https://city.example/hrss/a/b?c=d",
        "https://city.example:443/hrss/cb",
        "https://CITY.example/x/../hrss/cb",
    ] {
        assert!(contains(own), "{own}");
    }
    for other in [
        "https://city.example/hrss2/cb",
        "https://city.example/HRSS/cb",
        "https://city.example/",
        "https://city.example:8443/hrss/cb",
        "http://city.example/hrss/cb",
        "https://evil.example/hrss/cb",
        "https://city.example.evil.example/hrss/cb",
        "https://city.example//hrss/cb",
        "https://city.example/hrss//cb",
        "https://city.example/hrss/../tax/cb",
        "https://city.example/hrss/%2e%2e/tax/cb",
        "https://city.example/hrss/..%2ftax/cb",
        "https://city.example/hrss/x%5c..%5c..%5ctax",
        "https://city.example@evil.example/hrss/cb",
        "https://user@city.example/hrss/cb",
    ] {
        assert!(!contains(other), "{other}");
    }
    let whole = id("https://city.example");
    assert!(whole.contains(&Url::parse("https://city.example/any/cb").unwrap()));
    assert!(id("https://city.example/hrss/").contains(&Url::parse("https://city.example/hrss/cb").unwrap()));
}
