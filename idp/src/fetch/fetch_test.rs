//! Ways around the rules, each tried against a server that is really there.

use std::time::Duration;

use super::stand_in::{JSON, Manner, StandIn, resolving};
use super::{BadCertificate, FetchError, Fetcher, Kind};
use crate::clock::Timestamp;
use crate::config::Fetch;

const NOW: Timestamp = Timestamp::from_seconds(1_000);
const GOOD: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";

fn dev(answers: &[&[&str]]) -> Fetcher {
    Fetcher::with_lookup(&Fetch::default(), true, &resolving(answers)).unwrap()
}

async fn get(manner: Manner) -> Result<Vec<u8>, FetchError> {
    let server = StandIn::start(manner).await;
    dev(&[&["127.0.0.1"]])
        .get_json(&server.at("127.0.0.1"), NOW)
        .await
}

#[tokio::test]
async fn a_document_is_fetched_from_an_address_and_by_a_name() {
    let server = StandIn::start(Manner::Say(GOOD)).await;
    let fetcher = dev(&[&["127.0.0.1"]]);
    assert_eq!(
        fetcher.get_json(&server.at("127.0.0.1"), NOW).await,
        Ok(b"{}".to_vec())
    );
    assert_eq!(
        fetcher.get_json(&server.at("keys.example"), NOW).await,
        Ok(b"{}".to_vec())
    );
}

#[tokio::test]
async fn in_production_this_machine_is_not_reached_by_any_name_or_number() {
    let server = StandIn::start(Manner::Say(GOOD)).await;
    let port = server.address.port();
    for answers in [
        &["127.0.0.1"][..],
        &["::1"],
        &["::ffff:127.0.0.1"],
        &["0.0.0.0"],
        &["8.8.8.8", "127.0.0.1"],
    ] {
        let fetcher = Fetcher::with_lookup(&Fetch::default(), false, &resolving(&[answers])).unwrap();
        let refused = fetcher
            .get_json(&format!("https://keys.example:{port}/"), NOW)
            .await;
        assert!(
            matches!(refused, Err(FetchError::NotPublic(_))),
            "{answers:?}: {refused:?}"
        );
        let refused = fetcher
            .post_form(&format!("https://keys.example:{port}/"), &[("a", "b")], &[])
            .await;
        assert!(
            matches!(refused, Err(FetchError::NotPublic(_))),
            "{answers:?}: {refused:?}"
        );
    }
    let fetcher = Fetcher::new(&Fetch::default(), false).unwrap();
    for host in [
        "127.0.0.1",
        "localhost",
        "hrss.localhost",
        "2130706433",
        "0x7f.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0",
    ] {
        let refused = fetcher.get_json(&format!("https://{host}:{port}/"), NOW).await;
        assert!(
            matches!(refused, Err(FetchError::NotPublic(_))),
            "{host}: {refused:?}"
        );
    }
    let refused = fetcher.get_json(&server.at("127.0.0.1"), NOW).await;
    assert!(matches!(refused, Err(FetchError::Address(_))), "{refused:?}");
    assert_eq!(server.seen(), 0);
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_vetted_at_each_connection() {
    let server = StandIn::start(Manner::Say(GOOD)).await;
    let rebinding = dev(&[&["127.0.0.1"], &["10.0.0.1"]]);
    assert!(rebinding.get_json(&server.at("keys.example"), NOW).await.is_ok());
    let later = NOW.plus(Duration::from_secs(60));
    let refused = rebinding.get_json(&server.at("keys.example"), later).await;
    assert_eq!(refused, Err(FetchError::NotPublic("10.0.0.1".parse().unwrap())));
    assert_eq!(server.seen(), 1);
}

fn redirect_to(to: &str) -> Manner {
    let answer =
        format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    Manner::Say(answer.leak())
}

#[tokio::test]
async fn one_redirect_is_followed_on_the_same_host_and_port() {
    for to in ["/other", "other?x=1", "./"] {
        let server = StandIn::start_with(&[redirect_to(to), Manner::Say(GOOD)]).await;
        let got = dev(&[&["127.0.0.1"]])
            .get_json(&server.at("127.0.0.1"), NOW)
            .await;
        assert_eq!((got, server.seen()), (Ok(b"{}".to_vec()), 2), "{to}");
    }
    let server = StandIn::start_with(&[redirect_to("/one"), redirect_to("/two"), Manner::Say(GOOD)]).await;
    let twice = dev(&[&[]]).get_json(&server.at("127.0.0.1"), NOW).await;
    assert_eq!(
        (twice, server.seen()),
        (Err(FetchError::Redirect("after a redirect")), 2)
    );
}

#[tokio::test]
async fn a_redirect_elsewhere_is_not_followed() {
    const ELSEWHERE: FetchError = FetchError::Redirect("to another scheme, host or port");
    let inner = StandIn::start(Manner::Say(GOOD)).await;
    for (to, fault) in [
        (inner.at("127.0.0.1"), ELSEWHERE),
        (inner.at("[::ffff:127.0.0.1]"), ELSEWHERE),
        ("//keys.example/".to_owned(), ELSEWHERE),
        ("https://keys.example/".to_owned(), ELSEWHERE),
        ("https://127.0.0.1:8443/".to_owned(), ELSEWHERE),
        (
            "http://10.0.0.1/".to_owned(),
            FetchError::NotPublic("10.0.0.1".parse().unwrap()),
        ),
        (
            "http://169.254.169.254/latest/meta-data/".to_owned(),
            FetchError::NotPublic("169.254.169.254".parse().unwrap()),
        ),
        (
            "https://[::ffff:a9fe:a9fe]/".to_owned(),
            FetchError::NotPublic("::ffff:169.254.169.254".parse().unwrap()),
        ),
        (
            "file:///etc/passwd".to_owned(),
            FetchError::Address("it must begin with https://".to_owned()),
        ),
        (
            "http://user@127.0.0.1/".to_owned(),
            FetchError::Address("it carries a user name or password".to_owned()),
        ),
        ("http://[".to_owned(), FetchError::Redirect("to nowhere")),
    ] {
        assert_eq!(get(redirect_to(&to)).await, Err(fault), "{to}");
    }
    assert_eq!(
        get(Manner::Say(
            "HTTP/1.1 301 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        ))
        .await,
        Err(FetchError::Redirect("to nowhere"))
    );
    let see_other =
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: /x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let server = StandIn::start(Manner::Say(see_other)).await;
    assert_eq!(
        dev(&[&[]])
            .post_form(&server.at("127.0.0.1"), &[("a", "b")], &[])
            .await,
        Ok(307)
    );
    assert_eq!((inner.seen(), server.seen()), (0, 1));
}

/// The name is vetted at the second connection as at the first.
#[tokio::test]
async fn a_name_that_changes_its_mind_between_redirect_and_answer_leads_nowhere() {
    let server = StandIn::start_with(&[redirect_to("/other"), Manner::Say(GOOD)]).await;
    for inside in ["10.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "fe80::1"] {
        let got = dev(&[&["127.0.0.1"], &[inside]])
            .get_json(&server.at("keys.example"), NOW)
            .await;
        assert_eq!(got, Err(FetchError::NotPublic(inside.parse().unwrap())));
        server.connections.store(0, std::sync::atomic::Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_redirect_does_not_buy_time() {
    let head: &'static str = format!("{JSON}\r\n").leak();
    let server = StandIn::start_with(&[redirect_to("/other"), Manner::Drip(head)]).await;
    let refused = dev(&[&[]]).get_json(&server.at("127.0.0.1"), NOW).await;
    assert!(matches!(refused, Err(FetchError::TooSlow(_))), "{refused:?}");
}

/// A bomb is refused by its name; what is packed in secret is bytes like any others, and never unpacked.
#[tokio::test]
async fn what_is_compressed_is_refused() {
    for encoding in [
        "gzip",
        "br",
        "zstd",
        "deflate",
        "identity, gzip",
        "x",
        "identity\r\ncontent-encoding: gzip",
    ] {
        let head: &'static str = format!("{JSON}content-encoding: {encoding}\r\n\r\n").leak();
        assert_eq!(
            get(Manner::Flood(head)).await,
            Err(FetchError::Encoding),
            "{encoding}"
        );
    }
    let plain: &'static str =
        format!("{JSON}content-encoding: Identity\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}")
            .leak();
    assert_eq!(get(Manner::Say(plain)).await, Ok(b"{}".to_vec()));
}

#[tokio::test]
async fn a_statement_is_fetched_as_one() {
    let say = |kind: &str| {
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: 1\r\nconnection: close\r\n\r\nx"
        );
        Manner::Say(answer.leak())
    };
    for (kind, media_type) in [
        (Kind::EntityStatement, "application/entity-statement+jwt"),
        (Kind::TrustMark, "application/trust-mark+jwt"),
        (Kind::KeySet, "application/jwk-set+jwt"),
        (Kind::ResolveResponse, "application/resolve-response+jwt"),
    ] {
        let server = StandIn::start(say(media_type)).await;
        let (fetcher, url) = (dev(&[&[]]), server.at("127.0.0.1"));
        // Also at once: one of these must not get what the other asked for.
        let (as_it_is, as_json) = tokio::join!(
            fetcher.get(&url, kind, &[], NOW),
            fetcher.get(&url, Kind::Json, &[], NOW)
        );
        assert_eq!(as_it_is, Ok(b"x".to_vec()));
        assert_eq!(as_json, Err(FetchError::ContentType("application/json")));
    }
}

#[tokio::test]
async fn a_range_counts_for_the_department_that_has_it() {
    let fetcher = Fetcher::with_lookup(&Fetch::default(), false, &resolving(&[&["10.20.0.1"]])).unwrap();
    let extranet = ["10.20.0.0/16".parse().unwrap()];
    let url = "https://keys.example:8443/";
    let not_public = Err(FetchError::NotPublic("10.20.0.1".parse().unwrap()));
    let (without, within) = tokio::join!(
        fetcher.get(url, Kind::Json, &[], NOW),
        fetcher.get(url, Kind::Json, &extranet, NOW)
    );
    assert_eq!(without, not_public);
    // Nobody listens there, or somebody else, but it was let through.
    let other = |fault: &FetchError| {
        use FetchError::{Certificate, TooSlow, Unreachable};
        matches!(fault, Unreachable(_) | TooSlow(_) | Certificate(_))
    };
    assert!(within.as_ref().is_err_and(other), "{within:?}");
    let logout = fetcher.post_form(url, &[], &extranet).await;
    assert!(logout.as_ref().is_err_and(other), "{logout:?}");
    let elsewhere = ["10.21.0.0/16".parse().unwrap()];
    assert_eq!(fetcher.get(url, Kind::Json, &elsewhere, NOW).await, not_public);
    assert_eq!(fetcher.get(url, Kind::Json, &[], NOW).await, not_public);
    let everything = ["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()];
    for inside in ["127.0.0.1", "169.254.169.254", "::1", "::ffff:169.254.169.254"] {
        let fetcher = Fetcher::with_lookup(&Fetch::default(), false, &resolving(&[&[inside]])).unwrap();
        assert_eq!(
            fetcher
                .get("https://keys.example/", Kind::Json, &everything, NOW)
                .await,
            Err(FetchError::NotPublic(inside.parse().unwrap()))
        );
    }
}

#[tokio::test]
async fn a_long_answer_is_cut_off_whether_or_not_it_says_its_length() {
    let announced: &'static str = format!("{JSON}content-length: 99999999\r\n\r\n").leak();
    let unannounced: &'static str = format!("{JSON}\r\n").leak();
    for head in [announced, unannounced] {
        assert_eq!(
            get(Manner::Flood(head)).await,
            Err(FetchError::TooLong(64 * 1024))
        );
    }
}

#[tokio::test]
async fn a_slow_answer_is_given_up_as_a_whole() {
    let head: &'static str = format!("{JSON}\r\n").leak();
    for manner in [Manner::Drip(head), Manner::Drip("HTTP/1.1 200"), Manner::Silence] {
        let refused = get(manner).await;
        assert!(matches!(refused, Err(FetchError::TooSlow(_))), "{refused:?}");
    }
    let server = StandIn::start(Manner::Silence).await;
    let refused = dev(&[&[]]).post_form(&server.at("127.0.0.1"), &[], &[]).await;
    assert!(matches!(refused, Err(FetchError::TooSlow(_))), "{refused:?}");
}

#[tokio::test]
async fn what_is_not_json_or_not_http_is_refused() {
    let html =
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
    assert_eq!(
        get(Manner::Say(html)).await,
        Err(FetchError::ContentType("application/json"))
    );
    let missing = "HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
    assert_eq!(get(Manner::Say(missing)).await, Err(FetchError::Status(404)));
    for broken in [
        "",
        "SSH-2.0-OpenSSH_9\r\n",
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{}",
    ] {
        let refused = get(Manner::Say(broken)).await;
        assert!(
            matches!(refused, Err(FetchError::Unreachable(_))),
            "{broken:?}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn calls_at_once_make_one_request_and_a_failure_is_not_repeated_at_once() {
    let server = StandIn::start(Manner::Say(GOOD)).await;
    let (fetcher, url) = (dev(&[&["127.0.0.1"]]), server.at("127.0.0.1"));
    let (first, second) = tokio::join!(fetcher.get_json(&url, NOW), fetcher.get_json(&url, NOW));
    assert_eq!(
        (first, second, server.seen()),
        (Ok(b"{}".to_vec()), Ok(b"{}".to_vec()), 1)
    );

    let down = StandIn::start(Manner::Say(
        "HTTP/1.1 500 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    ))
    .await;
    for _ in 0..3 {
        assert_eq!(
            fetcher.get_json(&down.at("127.0.0.1"), NOW).await,
            Err(FetchError::Status(500))
        );
    }
    assert_eq!(down.seen(), 1);
}

#[tokio::test]
async fn only_a_certificate_someone_vouches_for_is_believed() {
    let server = StandIn::start_tls(Manner::Say(GOOD)).await;
    let at = |host: &str| format!("https://{host}:{}/", server.address.port());
    let strange = dev(&[&["127.0.0.1"]]).get_json(&at("keys.example"), NOW).await;
    let nobodys = FetchError::Certificate(BadCertificate::UnknownAuthority);
    assert_eq!(strange, Err(nobodys));

    let ca = concat!(env!("CARGO_MANIFEST_DIR"), "/src/fetch/testdata/ca.pem");
    let config = Fetch {
        extra_ca: Some(ca.into()),
        ..Fetch::default()
    };
    let fetcher = Fetcher::with_lookup(&config, true, &resolving(&[&["127.0.0.1"]])).unwrap();
    assert_eq!(
        fetcher.get_json(&at("keys.example"), NOW).await,
        Ok(b"{}".to_vec())
    );
    assert_eq!(
        fetcher
            .post_form(&at("keys.example"), &[("logout_token", "x")], &[])
            .await,
        Ok(200)
    );
    let misnamed = fetcher.get_json(&at("other.example"), NOW).await;
    let anothers = BadCertificate::OfAnother(vec!["keys.example".to_owned()]);
    assert_eq!(misnamed, Err(FetchError::Certificate(anothers)));
}

#[test]
fn an_extra_ca_must_be_a_certificate() {
    let config = Fetch {
        extra_ca: Some("/nowhere/ca.pem".into()),
        ..Fetch::default()
    };
    let fault = Fetcher::new(&config, false).unwrap_err().to_string();
    assert!(fault.contains("fetch.extra_ca /nowhere/ca.pem"), "{fault}");
}
