use std::time::Duration;

use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::server::ParsedCertificate;
use rustls::{Error, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::cli::finding::Verdict;
use crate::clock::Timestamp;
use crate::fetch::BadCertificate;

/// So long before its end a certificate should have been renewed.
const NOTICE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Later than the last moment a certificate can name, the end of the year 9999 (RFC 5280 §4.1.2.5).
const AFTER_ALL: Duration = Duration::from_secs(253_402_300_800);

/// Whether a certificate is good now, for some time, and for this host.
pub(in crate::cli) fn check(der: &CertificateDer<'_>, host: &str, now: Timestamp) -> Verdict {
    let parsed = match ParsedCertificate::try_from(der) {
        Ok(parsed) => parsed,
        Err(fault) => return Verdict::Fault(format!("the certificate cannot be read: {fault}")),
    };
    if let Some(said) = names_another(&parsed, host) {
        return Verdict::Fault(said);
    }
    let (begins, ends) = (begin(&parsed), end(&parsed));
    match ends {
        _ if begins.is_some_and(|begins| now < begins) => {
            let begins = begins.map(|begins| begins.to_string()).unwrap_or_default();
            Verdict::Fault(format!(
                "the certificate is not valid before {begins}: check this machine's clock, or wait"
            ))
        }
        None => Verdict::Fault("the certificate's dates cannot be read".to_owned()),
        Some(ends) if ends < now => Verdict::Fault(format!(
            "the certificate expired at {ends}: renew it, then restart the node"
        )),
        Some(ends) if ends < now.plus(NOTICE) => Verdict::Warning(format!(
            "the certificate expires at {ends}, in {} days: renew it",
            ends.since(now).as_secs() / 86_400
        )),
        Some(ends) => Verdict::Fine(format!("the certificate is for {host} and valid until {ends}")),
    }
}

fn names_another(parsed: &ParsedCertificate<'_>, host: &str) -> Option<String> {
    let name = ServerName::try_from(host.trim_matches(['[', ']'])).ok()?;
    match verify_server_name(parsed, &name) {
        Ok(()) => None,
        Err(Error::InvalidCertificate(fault)) => Some(format!(
            "the certificate is not for public_url's host {host}: {}; browsers refuse it",
            BadCertificate::from(&fault)
        )),
        Err(fault) => Some(format!(
            "the certificate is not for public_url's host {host}: {fault}"
        )),
    }
}

/// What is wrong with it at a moment. Dates are looked at first; that no authority is named here, comes after.
fn fault_at(parsed: &ParsedCertificate<'_>, moment: Duration) -> Option<BadCertificate> {
    let nobody = RootCertStore::empty();
    let moment = UnixTime::since_unix_epoch(moment);
    match verify_server_cert_signed_by_trust_anchor(parsed, &nobody, &[], moment, &[]) {
        Err(Error::InvalidCertificate(fault)) => Some(BadCertificate::from(&fault)),
        _ => None,
    }
}

/// The library tells a date to whoever comes too early or too late, and to nobody else.
fn begin(parsed: &ParsedCertificate<'_>) -> Option<Timestamp> {
    match fault_at(parsed, Duration::ZERO)? {
        BadCertificate::NotYet(begins) => Some(begins),
        _ => None,
    }
}

fn end(parsed: &ParsedCertificate<'_>) -> Option<Timestamp> {
    match fault_at(parsed, AFTER_ALL)? {
        BadCertificate::Expired(ends) => Some(ends),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rustls_pki_types::pem::PemObject as _;

    use super::*;

    /// From 1 January to 1 April 2026 (1767225600 and 1775001600), for id.city.example, *.other.example and 192.0.2.7.
    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\n\
         MIIBdzCCAR2gAwIBAgIBATAKBggqhkjOPQQDAjAaMRgwFgYDVQQDDA9pZC5jaXR5\n\
         LmV4YW1wbGUwHhcNMjYwMTAxMDAwMDAwWhcNMjYwNDAxMDAwMDAwWjAaMRgwFgYD\n\
         VQQDDA9pZC5jaXR5LmV4YW1wbGUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARZ\n\
         gMQ9MI/V2C+lbEkzNoNMSBoOi3h2h6/LiVYmietV5Xu12eRqlqZf0ofBmesA/Kyg\n\
         JeSIDXP83FobB7LPDYdEo1QwUjAxBgNVHREEKjAogg9pZC5jaXR5LmV4YW1wbGWC\n\
         Dyoub3RoZXIuZXhhbXBsZYcEwAACBzAdBgNVHQ4EFgQUfX/cmT5BO0kuUikoaQ73\n\
         UYOlSLUwCgYIKoZIzj0EAwIDSAAwRQIhAJOedYQo1xa5MBci3p+Qo3cEsTPYCezN\n\
         yr++nhBNjbz6AiAuYPgWWU8O/GJvzzkHeINJDHpHyZ4Z9SfNk90Th4zkyw==\n\
         -----END CERTIFICATE-----\n";
    const DAY: i64 = 86_400;

    fn at(host: &str, seconds: i64) -> Verdict {
        let der = CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap();
        check(&der, host, Timestamp::from_seconds(seconds))
    }

    #[test]
    fn a_certificate_is_good_between_its_dates_and_should_be_renewed_a_month_before_the_last() {
        let (begins, ends) = (1_767_225_600, 1_775_001_600);
        let good = Verdict::Fine(
            "the certificate is for id.city.example and valid until 2026-04-01T00:00:00Z".to_owned(),
        );
        assert_eq!(at("id.city.example", begins), good);
        assert_eq!(at("id.city.example", ends - 30 * DAY), good);
        let soon = "the certificate expires at 2026-04-01T00:00:00Z, in 29 days: renew it";
        assert_eq!(
            at("id.city.example", ends - 30 * DAY + 1),
            Verdict::Warning(soon.to_owned())
        );
        assert!(matches!(at("id.city.example", ends), Verdict::Warning(_)));
        for (moment, said) in [
            (ends + 1, "expired at 2026-04-01T00:00:00Z"),
            (begins - 1, "not valid before 2026-01-01T00:00:00Z"),
        ] {
            let Verdict::Fault(fault) = at("id.city.example", moment) else {
                panic!("{moment}");
            };
            assert!(fault.contains(said), "{fault}");
        }
    }

    #[test]
    fn a_certificate_is_for_the_host_of_the_public_address() {
        for host in ["id.city.example", "id.other.example", "192.0.2.7"] {
            assert!(matches!(at(host, 1_767_225_600), Verdict::Fine(_)), "{host}");
        }
        for host in [
            "city.example",
            "a.id.city.example",
            "other.example",
            "192.0.2.8",
            "[2001:db8::1]",
        ] {
            let Verdict::Fault(fault) = at(host, 1_767_225_600) else {
                panic!("{host}");
            };
            assert!(
                fault.contains("it is for id.city.example, *.other.example"),
                "{fault}"
            );
        }
    }

    #[test]
    fn what_is_no_certificate_is_a_fault() {
        let der = CertificateDer::from(vec![0x30, 0]);
        assert!(matches!(
            check(&der, "a", Timestamp::from_seconds(0)),
            Verdict::Fault(_)
        ));
    }
}
