//! From the person's token here to one that opens a record at its holder (RFC 8693).

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::client::Yimen;
use crate::clock::elapsed;
use crate::error::Error;
use crate::question::ask_for;
use crate::record::{Granted, Record};
use crate::refresh::fresh_access_token;
use crate::refusal::Refusal;
use crate::session::{Session, SessionKey};
use crate::tokens::AccessToken;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
/// So long before its end a token is not used any more: it must be good when it arrives.
const MARGIN: Duration = Duration::from_secs(5);
/// Whoever has allowed it so lately, and is refused all the same, would be asked in a circle.
const A_MOMENT: Duration = Duration::from_secs(10);

/// RFC 8693 §2.2.1.
#[derive(Deserialize)]
struct Answer {
    access_token: String,
    issued_token_type: String,
    token_type: String,
    expires_in: Option<u64>,
    authorization_details: Option<Value>,
}

/// `None` where the person has said no. However many requests wait, a node asks once, and again when the token has ended:
/// each time stands in the person's account.
pub(crate) async fn exchange(
    yimen: &Yimen,
    key: SessionKey,
    session: &Session,
    record: &Record,
) -> Result<Option<AccessToken>, Error> {
    if session.declined.contains(record) {
        return Ok(None);
    }
    let not_given = || Error::RecordNotGiven {
        records: vec![record.clone()],
    };
    if !session.given.contains(record) {
        return Err(not_given());
    }
    if let Some(token) = yimen.exchanged().find(key, record, yimen.now()) {
        return Ok(Some(token));
    }
    let subject = match fresh_access_token(yimen, key, session).await {
        // Whoever must go round by the provider may be asked on the same way.
        Err(Error::AccessExpired) => return Err(not_given()),
        other => other?,
    };
    let turn = yimen.sessions().turns().of(key, yimen.now());
    let mut turn = turn.lock().await;
    if let Some(token) = yimen.exchanged().find(key, record, yimen.now()) {
        return Ok(Some(token));
    }
    if let Some(error) = turn.failed_just_now(yimen.now()) {
        return Err(error.clone());
    }
    let answer = ask(yimen, &subject, record).await;
    if let Err(error) = &answer {
        turn.failed = Some((yimen.now(), error.clone()));
    }
    match answer? {
        Ok(answer) => {
            let life = Duration::from_secs(answer.expires_in.unwrap_or_default().min(3600));
            let until = yimen.now() + life.saturating_sub(MARGIN.min(life / 2));
            let token = AccessToken::new(answer.access_token);
            yimen
                .exchanged()
                .keep(key, record.clone(), token.clone(), until, yimen.now());
            Ok(Some(token))
        }
        Err(refusal) if !is_over(&refusal) => Err(refusal.into_error(yimen)),
        Err(_) if elapsed(session.begun, yimen.now()) >= A_MOMENT => Err(not_given()),
        Err(refusal) => {
            let reason = refusal.error_description.unwrap_or(refusal.error);
            Err(yimen.may_not_ask(&reason, std::slice::from_ref(record)))
        }
    }
}

async fn ask(
    yimen: &Yimen,
    subject: &AccessToken,
    record: &Record,
) -> Result<Result<Answer, Refusal>, Error> {
    let provider = yimen.provider();
    let known = provider.known().await?;
    let endpoint = known.metadata.token_endpoint().map(|url| url.as_str());
    let endpoint = endpoint.ok_or_else(|| provider.nonsense(&"no token endpoint"))?;
    // RFC 8707 §2: a resource is an absolute URI without a fragment.
    let is_uri = Url::parse(record.holder()).is_ok_and(|url| url.has_host() && url.fragment().is_none());
    let target = if is_uri { "resource" } else { "audience" };
    let details = Record::authorization_details(std::slice::from_ref(record));
    let form = [
        ("grant_type", GRANT),
        ("subject_token", subject.secret()),
        ("subject_token_type", ACCESS_TOKEN),
        (target, record.holder()),
        ("authorization_details", &details),
    ];
    let answer = ask_for::<Answer>(yimen, endpoint, &form).await?;
    if let Ok(answer) = &answer {
        check(answer, record).map_err(|problem| provider.nonsense(&problem))?;
    }
    Ok(answer)
}

/// What came is what was asked for: a bearer token for this record.
fn check(answer: &Answer, record: &Record) -> Result<(), &'static str> {
    if answer.issued_token_type != ACCESS_TOKEN || !answer.token_type.eq_ignore_ascii_case("bearer") {
        return Err("the exchanged token is no bearer access token");
    }
    let granted = answer.authorization_details.as_ref();
    let granted = granted.map(Granted::all_in).unwrap_or_default();
    let mut granted = granted.iter().flat_map(Granted::records);
    if !granted.any(|one| one == *record) {
        return Err("the exchanged token is not for the record that was asked for");
    }
    Ok(())
}

/// The person has taken it back, or the sign-in behind it has ended (RFC 8693 §2.2.2, RFC 9396 §5).
fn is_over(refusal: &Refusal) -> bool {
    matches!(
        refusal.error.as_str(),
        "invalid_grant" | "invalid_request" | "invalid_target" | "invalid_authorization_details"
    )
}
