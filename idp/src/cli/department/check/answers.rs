use std::fmt::Display;
use std::net::IpAddr;

use rustls_pki_types::CertificateDer;

use super::commands::word;
use crate::cli::doctor::certificate;
use crate::cli::finding::Verdict;
use crate::clock::Timestamp;
use crate::department::trust::allowed::Allowed;
use crate::federation::EntityId;
use crate::fetch::{Answered, BadCertificate, FetchError, Located, Probe};

fn host_of(id: &EntityId) -> &str {
    id.host_name().unwrap_or_else(|| id.authority())
}

pub(super) fn no_host(id: &EntityId, fault: &FetchError) -> String {
    let host = host_of(id);
    match fault {
        FetchError::UnknownHost | FetchError::TooSlow(_) => format!(
            "DNS knows no address of {host}: is the name right, and does the DNS server of this machine know it? \
             `getent hosts {}`",
            word(host)
        ),
        other => other.to_string(),
    }
}

pub(super) fn host(id: &EntityId, located: &Located) -> String {
    let addresses: Vec<String> = located.addresses.iter().map(IpAddr::to_string).collect();
    if id.host_name().is_none() {
        return format!("no name, but an address: {}", addresses.join(" and "));
    }
    format!("{} is at {}", host_of(id), addresses.join(" and "))
}

/// Every address counts: a name that leads inside by one of them is up to something.
pub(super) fn network(located: &Located, allowed: &Allowed) -> Verdict {
    let Some(refused) = located.refused else {
        return Verdict::Fine("its addresses are public, or allowed".to_owned());
    };
    let address = refused.address;
    if !refused.can_be_opened {
        return Verdict::Fault(format!(
            "{address} is an address that means something else on every machine, and no range opens it: its DNS record \
             must name the host's own address"
        ));
    }
    // A list is replaced as a whole.
    let before = allowed.terms.ranges.iter().map(ToString::to_string);
    let prefix = if address.is_ipv4() { 32 } else { 128 };
    let ranges: Vec<String> = before
        .chain([format!("{address}/{prefix}")])
        .map(|range| format!("--range {range}"))
        .collect();
    Verdict::Fault(format!(
        "{address} is not a public address; allow it, or the range that the department's systems are in: \
         `yimen department allow {} {}`",
        word(&allowed.pattern),
        ranges.join(" ")
    ))
}

pub(super) fn connection(id: &EntityId, probe: &Probe, now: Timestamp) -> Verdict {
    match (&probe.answered, &probe.document) {
        (Some(answered), _) => encryption(id, answered, now),
        (None, Ok(_)) => Verdict::Fine("it answers".to_owned()),
        (None, Err(fault)) => Verdict::Fault(no_answer(id, fault, now)),
    }
}

fn encryption(id: &EntityId, answered: &Answered, now: Timestamp) -> Verdict {
    match &answered.certificate {
        Some(der) => certificate::check(&CertificateDer::from(der.as_slice()), host_of(id), now),
        None => Verdict::Fine("it answers, by plain http as development may".to_owned()),
    }
}

fn no_answer(id: &EntityId, fault: &FetchError, now: Timestamp) -> String {
    let (host, authority) = (host_of(id), id.authority());
    match fault {
        FetchError::Unreachable(reason) => format!(
            "{authority} cannot be reached ({reason}): does the system, or the proxy before it, run and listen there, and \
             does no firewall stand between?"
        ),
        FetchError::TooSlow(patience) => format!(
            "{authority} did not answer in {} s: does a firewall stand between, or is the system at its limits?",
            patience.as_secs()
        ),
        FetchError::Certificate(refused) => bad_certificate(host, refused, now),
        other => other.to_string(),
    }
}

fn bad_certificate(host: &str, refused: &BadCertificate, now: Timestamp) -> String {
    let remedy = match refused {
        BadCertificate::Expired(_) => {
            format!("the department renews it, unless this machine's clock is wrong, which says {now}")
        }
        BadCertificate::NotYet(_) => {
            format!("is this machine's clock wrong, which says {now}?")
        }
        BadCertificate::OfAnother(_) => {
            format!("the department needs one for {host}, or its proxy shows another's for that name")
        }
        BadCertificate::UnknownAuthority => {
            "the department serves the certificates between its own and the authority's too; an authority of the city's own \
             goes into fetch.extra_ca"
                .to_owned()
        }
        BadCertificate::Other(_) => "the department makes another".to_owned(),
    };
    format!("the certificate of {host} is refused: {refused}; {remedy}")
}

pub(super) fn configuration(id: &EntityId, probe: &Probe) -> Verdict {
    let url = id.configuration_url();
    let fault = match &probe.document {
        Ok(_) => return Verdict::Fine(format!("{url} answers with an entity statement")),
        Err(fault) => fault,
    };
    let answered = probe.answered.as_ref();
    let path = url
        .split_once("://")
        .and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]))
        .unwrap_or_default();
    let passes = format!("a proxy before the system must pass {path} on to it, as it is");
    Verdict::Fault(match fault {
        FetchError::Status(status @ (404 | 410)) => {
            format!("{url} answers {status}: nothing is served there; {passes}")
        }
        FetchError::Status(status @ 502..=504) => {
            format!(
                "{url} answers {status}: a proxy is there and the system behind it is not; is it running?"
            )
        }
        FetchError::Status(status @ (401 | 403)) => {
            format!("{url} answers {status}: it must be open to everybody")
        }
        FetchError::Status(status) => format!("{url} answers {status}: its log says why"),
        FetchError::Redirect(_) => {
            let to = answered.and_then(|answered| answered.location.as_deref());
            format!(
                "{url} leads elsewhere, to {}: one redirect on the same host and port is followed and no other; {passes}",
                shown(to.unwrap_or("nowhere"))
            )
        }
        FetchError::ContentType(expected) => {
            let found = answered.and_then(|answered| answered.content_type.as_deref());
            format!(
                "{url} answers with {}, not {expected}: a page of the website and not the system; {passes}",
                shown(found.unwrap_or("no content type"))
            )
        }
        other => format!("{url}: {other}"),
    })
}

/// What a stranger wrote, as much as anyone needs.
fn shown(text: impl Display) -> String {
    let text: String = text.to_string().chars().take(200).collect();
    text.escape_debug().to_string()
}
