//! The security headers of a page.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use url::{Host, Url};

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// What a page may load, and where its forms may lead.
///
/// Chromium holds every redirect that follows a form to `form-action`, so a page whose form ends
/// in a redirect to a service must name that service's origin too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Csp {
    form_action_extra: Vec<String>,
}

impl Csp {
    /// Lets forms, and the redirects after them, reach the origin of `target`.
    pub fn allow_form_to(&mut self, target: &Url) {
        let source = source_of(target);
        if !self.form_action_extra.contains(&source) {
            self.form_action_extra.push(source);
        }
    }

    fn value(&self) -> HeaderValue {
        let mut policy = String::from(
            "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; \
             frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
        );
        for source in &self.form_action_extra {
            policy.push(' ');
            policy.push_str(source);
        }
        HeaderValue::try_from(policy).unwrap_or(const { HeaderValue::from_static("default-src 'none'") })
    }
}

/// The source expression for a target's origin (CSP Level 3 §2.3.1), which can express neither the
/// private scheme of an app nor an IPv6 address: there the whole scheme is named.
fn source_of(target: &Url) -> String {
    match target.host() {
        Some(Host::Ipv6(_)) | None => format!("{}:", target.scheme()),
        Some(_) if target.origin().is_tuple() => target.origin().ascii_serialization(),
        Some(_) => format!("{}:", target.scheme()),
    }
}

/// The headers of a page: nothing stored, framed, sniffed or leaked.
///
/// `Referrer-Policy: same-origin` rather than `no-referrer`: under the latter browsers send
/// `Origin: null` with our own forms (Fetch §3.2.5), which then could not be told from foreign ones.
pub(super) fn page_headers(headers: &mut HeaderMap, csp: &Csp) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, csp.value());
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(PERMISSIONS_POLICY, HeaderValue::from_static(PERMISSIONS));
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    api_headers(headers);
}

const PERMISSIONS: &str = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()";

/// The headers of every other answer that no one may store.
pub fn api_headers(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers
        .entry(CACHE_CONTROL)
        .or_insert(const { HeaderValue::from_static("no-store") });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form_action(targets: &[&str]) -> String {
        let mut csp = Csp::default();
        for target in targets {
            csp.allow_form_to(&target.parse().unwrap());
        }
        let value = csp.value();
        value
            .to_str()
            .unwrap()
            .split("form-action ")
            .nth(1)
            .unwrap()
            .to_owned()
    }

    #[test]
    fn forms_lead_home_and_to_the_proven_redirect_alone() {
        assert_eq!(form_action(&[]), "'self'");
        assert_eq!(
            form_action(&[
                "https://gjj.city.example/cb?a=1",
                "https://gjj.city.example/other"
            ]),
            "'self' https://gjj.city.example"
        );
        assert_eq!(
            form_action(&["http://localhost:8001/cb"]),
            "'self' http://localhost:8001"
        );
    }

    #[test]
    fn what_an_origin_cannot_express_is_named_by_scheme() {
        assert_eq!(form_action(&["example.city.app:/cb"]), "'self' example.city.app:");
        assert_eq!(form_action(&["http://[::1]:8001/cb"]), "'self' http:");
        assert_eq!(form_action(&["app://host;script-src/x"]), "'self' app:");
    }
}
