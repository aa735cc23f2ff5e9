//! Clickjacking, sniffing, leaking by referrer, injected script: the headers that every page has, and what none holds.
//! Each answer that a story gets is held to it, so that no template is forgotten.

use crate::answer::Answer;
use scraper::{Html, Selector};
use url::Url;

const HEADERS: [(&str, &[&str]); 7] = [
    ("x-frame-options", &["DENY"]),
    ("x-content-type-options", &["nosniff"]),
    ("cache-control", &["no-store"]),
    ("referrer-policy", &["same-origin", "no-referrer"]),
    ("cross-origin-opener-policy", &["same-origin"]),
    ("cross-origin-resource-policy", &["same-origin"]),
    ("server", &[""]),
];

/// Asserts it of an answer that is a page; any other is no business of ours.
pub(crate) fn assert_armoured(at: &Url, answer: &Answer) {
    if !answer.header("content-type").starts_with("text/html") {
        return;
    }
    let csp = answer.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ] {
        assert!(
            csp.contains(part),
            "no armour at {at}: {part} is missing in {csp:?}"
        );
    }
    assert!(!csp.contains("unsafe"), "no armour at {at}: {csp}");
    for (name, right) in HEADERS {
        let value = answer.header(name);
        assert!(
            right.contains(&value),
            "no armour at {at}: {name} is {value:?} and not of {right:?}"
        );
    }
    let html = Html::parse_document(&answer.body);
    let all = |selector| html.select(&parse(selector)).collect::<Vec<_>>();
    let inline = all("[style], style, script:not([src]), [onclick], [onload], [onsubmit]");
    assert!(
        inline.is_empty(),
        "no armour at {at}: inline style or script, {:?}",
        inline[0].html()
    );
    for (selector, name) in [("script", "src"), ("link", "href"), ("img", "src")] {
        for element in all(selector) {
            let place = element.attr(name).unwrap_or_default();
            let is_own = place.starts_with('/') && !place.starts_with("//");
            let is_within = selector == "img" && place.starts_with("data:");
            assert!(
                is_own || is_within,
                "no armour at {at}: {place} is somebody else's"
            );
        }
    }
}

fn parse(selector: &str) -> Selector {
    Selector::parse(selector).expect("a selector")
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    fn holds(change: (&'static str, &'static str), body: &str) -> bool {
        let csp = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("content-security-policy", csp),
        ]
        .into_iter()
        .chain(HEADERS.map(|(name, right)| (name, right[0])))
        .chain([change])
        {
            headers.insert(
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        let answer = Answer {
            status: 200,
            headers,
            body: body.to_owned(),
        };
        let at = "http://localhost/account".parse().unwrap();
        std::panic::catch_unwind(|| assert_armoured(&at, &answer)).is_ok()
    }

    #[test]
    fn each_piece_is_missed() {
        let as_it_is = ("x-other", "");
        let page = "<script src=\"/assets/a.js\"></script><img src=\"data:image/png;base64,\">";
        assert!(holds(as_it_is, page));
        for (name, _) in HEADERS {
            assert!(!holds((name, "x"), page), "{name}");
        }
        let csp = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
        for part in csp.split("; ") {
            let without: String = csp.replace(part, "");
            let without: &'static str = without.leak();
            assert!(!holds(("content-security-policy", without), page), "{part}");
        }
        assert!(!holds(
            (
                "content-security-policy",
                "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; script-src 'unsafe-inline'"
            ),
            page
        ));
        for bad in [
            "<p style=\"color:red\">",
            "<style></style>",
            "<script>1</script>",
            "<script src=\"https://cdn.example/a.js\"></script>",
            "<script src=\"/a.js\"></script><script src=\"//cdn.example/a.js\"></script>",
            "<img src=\"http://evil.example/x.png\">",
        ] {
            assert!(!holds(as_it_is, bad), "{bad}");
        }
        assert!(holds(("content-type", "application/json"), "<script>1</script>"));
    }
}
