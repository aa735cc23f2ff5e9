//! The authority of the demo, written by what `docs/operator.md` says alone, asked by our own client.

use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use yimen_demo::SOMEBODY_ELSE;

use crate::account::{PhoneNumber, Proven, enter, prove_real_name};
use crate::args;
use crate::audit::{Actor, Change, Context};
use crate::clock::{Clock, Timestamp};
use crate::config::{MasterKey, Settings};
use crate::proofing::{Authority, Claim, IdentityNumber, Photo, RealName, Verdict};
use crate::rng::Rng;
use crate::store::Vault;
use crate::store::sample::Records;
use crate::test_log::TestLog;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NAME: &str = "王建国";
const NUMBER: &str = "100000197110010310";

async fn authority(now: Timestamp) -> Authority {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/check", listener.local_addr().unwrap());
    let millis = u64::try_from(now.millis()).unwrap();
    let clock = yimen_demo::Clock::new(move || UNIX_EPOCH + Duration::from_millis(millis));
    tokio::spawn(yimen_demo::serve_counterparts(
        SECRET,
        clock,
        listener,
        std::future::pending(),
    ));
    let text = format!("dev = true\n[proofing]\nurl = \"{url}\"\nsecret = \"{SECRET}\"\n");
    let settings: Settings = toml::from_str(&text).unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = crate::gateway::http_client(Vec::new()).unwrap();
    Authority::new(&settings, http, Rng::system()).unwrap().unwrap()
}

/// A JPEG with this comment (ITU-T T.81 §B.2.4.5), of the largest size that is taken.
fn jpeg(comment: &str) -> Vec<u8> {
    let length = u16::try_from(comment.len() + 2).unwrap().to_be_bytes();
    let mut bytes = [&b"\xff\xd8\xff\xfe"[..], &length, comment.as_bytes()].concat();
    bytes.resize(Photo::MOST, 0x5a);
    bytes
}

fn claim(photo: Option<&[u8]>, now: Timestamp) -> Claim {
    Claim::Document {
        name: RealName::read(NAME).unwrap(),
        number: IdentityNumber::read(NUMBER, now).unwrap(),
        photo: photo.map(|bytes| Photo::read(&STANDARD.encode(bytes)).unwrap()),
    }
}

#[tokio::test]
async fn a_picture_goes_to_the_authority_and_counts_there() {
    let now = Clock::system().now();
    let authority = authority(now).await;
    let own = jpeg("made at the window");
    for photo in [None, Some(&own[..])] {
        let verdict = authority.ask(&claim(photo, now), now).await.unwrap();
        assert!(matches!(verdict, Verdict::Matched(_)), "{verdict:?}");
    }
    let other = jpeg(SOMEBODY_ELSE);
    let verdict = authority.ask(&claim(Some(&other), now), now).await.unwrap();
    assert!(matches!(verdict, Verdict::NoMatch(_)), "{verdict:?}");
}

/// Neither in the records of a proof, nor in the log of a question, answered or not.
#[tokio::test]
async fn a_picture_stays_nowhere() {
    let rng = Rng::system();
    let now = Clock::system().now();
    let (records, vault) = (
        Records::on_sqlite().await,
        Vault::new(&MasterKey::from_bytes([3; 32]), rng.clone()),
    );
    let log = TestLog::begin();
    let own = jpeg("made at the window");
    let claim = claim(Some(&own), now);
    let authority = authority(now).await;
    // The authority finds the question too old, and does not answer it.
    let late = now.minus(Duration::from_secs(3600));
    assert!(authority.ask(&claim, late).await.is_err());
    let Ok(Verdict::Matched(matched)) = authority.ask(&claim, now).await else {
        panic!("no match");
    };
    let context = Context::without_request(now, Actor::Operator, &rng);
    let mut change = Change::begin(&records.db, &context).await.unwrap();
    let phone = PhoneNumber::read("13800000001", &[86]).unwrap();
    let account = enter(&mut change, &vault, &phone).await.unwrap();
    let proven = prove_real_name(&mut change, &vault, account, None, &matched).await;
    assert_eq!(proven.unwrap(), Proven::Done);
    change.commit().await.unwrap();
    tracing::info!(?claim, ?matched, "printed");
    let logged = log.end();

    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    records
        .db
        .execute("VACUUM INTO $1", args![copy.to_str().unwrap()])
        .await
        .unwrap();
    let kept = std::fs::read(copy).unwrap();
    let has = |place: &[u8], what: &[u8]| place.windows(what.len()).any(|part| part == what);
    assert!(has(&logged, b"the authority could not be asked") && has(&logged, b"printed"));
    assert!(has(&kept, b"identity.proven"));
    let base64 = STANDARD.encode(&own);
    for part in [&own[..24], &own[own.len() - 24..], &base64.as_bytes()[..24]] {
        assert!(!has(&logged, part), "logged");
        assert!(!has(&kept, part), "stored");
    }
}
