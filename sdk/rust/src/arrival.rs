//! From the provider's tokens to a session: what signing in with a browser and on a device have in common.

use crate::client::Yimen;
use crate::demand::Demand;
use crate::error::Error;
use crate::id_token::ProvenIdToken;
use crate::kiosk::KioskIdle;
use crate::link::Linked;
use crate::person::Person;
use crate::provider::Known;
use crate::record::Record;
use crate::session::{Session, SessionKey, SessionSecret};
use crate::session_store::Watermark;
use crate::token_answer::{TokenAnswer, given};
use crate::tokens::Tokens;
use crate::user_info::read_user_info;

/// A session that has begun.
pub(crate) struct Arrival {
    pub(crate) person: Person,
    pub(crate) secret: SessionSecret,
    pub(crate) linked: Linked,
}

/// Always under a new secret, never one that the browser brought (session fixation): what it brought, `former`, ends.
/// `None` if the provider has ended the sign-in since `since`.
pub(crate) async fn arrive(
    yimen: &Yimen,
    known: &Known,
    tokens: &TokenAnswer,
    proven: ProvenIdToken,
    demand: &Demand,
    since: Watermark,
    former: Option<SessionKey>,
) -> Result<Option<Arrival>, Error> {
    let mut claims = read_user_info(yimen, known, tokens, &proven.sub).await?;
    claims.extend(proven.claims);
    let now = yimen.now();
    let kiosk = KioskIdle::in_claims(&claims);
    let given = given(tokens).unwrap_or_default();
    let declined = declined(yimen, &proven.sub, demand, &given, former).await?;
    let identity = yimen.identity(Session {
        sub: proven.sub,
        sid: proven.sid,
        claims,
        begun: now,
        tokens: Tokens::new(tokens, proven.text, None, kiosk, now),
        given,
        declined,
    });
    let linked = yimen.link(identity.clone()).await?;
    if let Some(former) = former {
        yimen.sessions().end(former).await?;
    }
    let secret = SessionSecret::fresh(kiosk)?;
    let key = SessionKey::of(secret.reveal());
    if !yimen.sessions().begin(key, identity.session(), since).await? {
        return Ok(None);
    }
    Ok(Some(Arrival {
        person: Person::new(yimen, key, identity),
        secret,
        linked,
    }))
}

/// What the person has said no to: now, or in the session before it.
async fn declined(
    yimen: &Yimen,
    sub: &str,
    demand: &Demand,
    given: &[Record],
    former: Option<SessionKey>,
) -> Result<Vec<Record>, Error> {
    let mut declined = [&*demand.records, &*demand.without].concat();
    if let Some(former) = former
        && let Some(kept) = yimen.sessions().find(former, yimen.now()).await?
        && kept.session.sub == sub
    {
        let before = kept.session.declined.into_iter();
        declined.extend(before.filter(|record| !demand.records.contains(record)));
    }
    declined.retain(|record| !given.contains(record));
    Ok(declined)
}
