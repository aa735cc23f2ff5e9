use super::records::Grant;
use crate::clock::Timestamp;

/// Why a grant no longer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was ended itself: its code or refresh token was used twice, or the client revoked it.
    Revoked,
    /// The resident signed out everywhere after it was made.
    SignedOutEverywhere,
    /// The session ended, and the resident had not allowed access without it.
    SessionOver,
    /// The resident withdrew the consent, or it ran out.
    ConsentOver,
    /// The client was suspended after it was made, whether or not it goes on by now.
    ClientSuspended,
    /// The account is closed or locked.
    AccountClosed,
}

/// Whether a grant still counts. Nothing but this rule says so, so whatever ends a session, a
/// consent or an account has ended its grants in the same commit.
///
/// # Errors
/// The first reason why it does not.
pub fn check_live(grant: &Grant, now: Timestamp) -> Result<(), Ended> {
    if grant.ended {
        return Err(Ended::Revoked);
    }
    if !grant.account_active {
        return Err(Ended::AccountClosed);
    }
    if grant.created_at <= grant.signed_out_at {
        return Err(Ended::SignedOutEverywhere);
    }
    if grant.is_suspended_since(grant.created_at) {
        return Err(Ended::ClientSuspended);
    }
    // An answer counts for what was granted while it stood, and until it ends.
    let stands = |consent: Option<(Timestamp, Timestamp)>| {
        consent.is_some_and(|(granted, expires)| granted <= grant.created_at && expires > now)
    };
    let offline = grant.offline && stands(grant.offline_consent);
    if !offline && (grant.session_ended || grant.session_expires_at <= now) {
        return Err(Ended::SessionOver);
    }
    if stands(grant.consent) {
        Ok(())
    } else {
        Err(Ended::ConsentOver)
    }
}

#[cfg(test)]
mod tests {
    use super::super::records::Revisions;
    use super::*;
    use crate::oidc::Scope;
    use crate::oidc::authorization_details::AuthorizationDetails;

    const fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn grant() -> Grant {
        Grant {
            id: "g".to_owned(),
            account: uuid::Uuid::nil(),
            session: uuid::Uuid::nil(),
            client_id: "c".to_owned(),
            sub: "s".to_owned(),
            scope: Scope::parse("openid"),
            details: AuthorizationDetails::default(),
            offline: false,
            authentication: "{}".to_owned(),
            revisions: Revisions::default(),
            created_at: at(100),
            ended: false,
            account_active: true,
            signed_out_at: at(0),
            session_ended: false,
            session_expires_at: at(1000),
            client_ended_at: None,
            consent: Some((at(90), at(5000))),
            offline_consent: None,
        }
    }

    #[test]
    fn each_end_ends_it() {
        assert_eq!(check_live(&grant(), at(500)), Ok(()));
        type Break = fn(&mut Grant);
        let cases: [(Break, Ended); 7] = [
            (|g| g.ended = true, Ended::Revoked),
            (|g| g.account_active = false, Ended::AccountClosed),
            (|g| g.signed_out_at = at(100), Ended::SignedOutEverywhere),
            (|g| g.client_ended_at = Some(at(100)), Ended::ClientSuspended),
            (|g| g.session_ended = true, Ended::SessionOver),
            (|g| g.consent = None, Ended::ConsentOver),
            // Given again after it was withdrawn: the old grant does not come back to life.
            (|g| g.consent = Some((at(101), at(5000))), Ended::ConsentOver),
        ];
        for (change, reason) in cases {
            let mut changed = grant();
            change(&mut changed);
            assert_eq!(check_live(&changed, at(500)), Err(reason));
        }
        assert_eq!(check_live(&grant(), at(1000)), Err(Ended::SessionOver));
        let later = Grant {
            client_ended_at: Some(at(99)),
            ..grant()
        };
        assert_eq!(check_live(&later, at(500)), Ok(()));
    }

    #[test]
    fn offline_access_outlives_the_session_but_not_the_consent() {
        let offline_consent = Some((at(90), at(6000)));
        let offline = Grant {
            offline: true,
            offline_consent,
            session_ended: true,
            ..grant()
        };
        assert_eq!(check_live(&offline, at(4999)), Ok(()));
        assert_eq!(check_live(&offline, at(5000)), Err(Ended::ConsentOver));
        // Left out, withdrawn, run out, or given only later: then it ends with the session.
        for consent in [None, Some((at(90), at(400))), Some((at(101), at(5000)))] {
            let mut alone = Grant {
                offline_consent: consent,
                ..offline.clone()
            };
            assert_eq!(check_live(&alone, at(500)), Err(Ended::SessionOver));
            alone.session_ended = false;
            assert_eq!(check_live(&alone, at(500)), Ok(()));
        }
        let signed_out = Grant {
            signed_out_at: at(200),
            ..offline
        };
        assert_eq!(check_live(&signed_out, at(300)), Err(Ended::SignedOutEverywhere));
    }
}
