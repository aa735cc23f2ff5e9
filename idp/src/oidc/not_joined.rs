use crate::department::paused;
use crate::department::trust::join::JoinFault;
use crate::federation::Step;
use crate::store::StoreError;
use crate::web::{ErrorKind, PageError, TRY_AGAIN};

use super::{Code, WireError};

/// What the system's own server is told: it is the one that can mend it.
impl From<JoinFault> for WireError {
    fn from(fault: JoinFault) -> Self {
        match fault {
            JoinFault::Store(ref cause) => match **cause {
                StoreError::Unavailable(_) | StoreError::Overtaken(_) => {
                    let said = "the service cannot look at its records just now; try again shortly";
                    Self::new(Code::TemporarilyUnavailable, said).because(cause)
                }
                _ => Self::internal(cause),
            },
            JoinFault::Sign(cause) => Self::internal(cause),
            JoinFault::Unreachable(ref trust) => {
                Self::new(Code::InvalidClient, unreachable(&trust.entity)).because(&fault)
            }
            JoinFault::Busy => Self::new(Code::TemporarilyUnavailable, fault.to_string()),
            JoinFault::NotCovered
            | JoinFault::NotIntroduced(_)
            | JoinFault::Suspended(_)
            | JoinFault::Refused(_)
            | JoinFault::Held { .. } => Self::new(Code::InvalidClient, fault.to_string()),
        }
    }
}

/// What a resident is shown who was sent here by a system that could not join, and below it what its developer needs.
pub(super) fn not_joined(client_id: &str, fault: &JoinFault) -> PageError {
    let page = |kind| {
        PageError::new(kind)
            .developer("client_id", client_id)
            .because(fault.to_string())
    };
    match fault {
        JoinFault::Busy => page(ErrorKind::Unavailable).retry_after(TRY_AGAIN),
        JoinFault::NotIntroduced(_) => {
            WireError::new(Code::InvalidRequestObject, fault.to_string()).into_service_fault()
        }
        JoinFault::NotCovered => page(ErrorKind::UnknownClient).developer("reason", &fault.to_string()),
        JoinFault::Suspended(reason) => paused(client_id, *reason),
        JoinFault::Unreachable(trust) => page(ErrorKind::NotConnected)
            .developer("step", Step::Reach.as_str())
            .developer("entity", &trust.entity)
            .developer("reason", &unreachable(&trust.entity)),
        JoinFault::Refused(trust) | JoinFault::Held { fault: trust, .. } => page(ErrorKind::NotConnected)
            .developer("step", trust.step.as_str())
            .developer("entity", &trust.entity)
            .developer("claim", trust.claim)
            .developer("expected", &trust.expected)
            .developer("found", &trust.found),
        JoinFault::Store(cause) => match **cause {
            StoreError::Unavailable(_) | StoreError::Overtaken(_) => {
                page(ErrorKind::Unavailable).retry_after(TRY_AGAIN)
            }
            _ => PageError::internal(cause),
        },
        JoinFault::Sign(cause) => PageError::internal(cause),
    }
}

/// Strangers may ask too. What came of asking there would show them the way into the city's networks: the log has it, and
/// so has the system's entry.
fn unreachable(entity: &str) -> String {
    format!("a statement that is needed cannot be had from {entity}")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::federation::{Step, TrustFault};

    #[test]
    fn each_fault_is_told_to_whom_it_concerns() {
        let trust = || TrustFault::new(Step::OurRules, "https://a.example", "jwks", "keys", "none");
        let held = JoinFault::Held {
            fault: trust(),
            pinned: Vec::new(),
            offered: Vec::new(),
        };
        let down = || JoinFault::from(StoreError::Unavailable("x".to_owned()));
        for (fault, code, kind) in [
            (
                JoinFault::NotCovered,
                Code::InvalidClient,
                ErrorKind::UnknownClient,
            ),
            (
                JoinFault::Suspended(None),
                Code::InvalidClient,
                ErrorKind::ServicePaused,
            ),
            (
                JoinFault::Refused(trust()),
                Code::InvalidClient,
                ErrorKind::NotConnected,
            ),
            (
                JoinFault::NotIntroduced("aud"),
                Code::InvalidClient,
                ErrorKind::FaultyRequest,
            ),
            (
                JoinFault::Busy,
                Code::TemporarilyUnavailable,
                ErrorKind::Unavailable,
            ),
            (held, Code::InvalidClient, ErrorKind::NotConnected),
            (
                JoinFault::Unreachable(trust()),
                Code::InvalidClient,
                ErrorKind::NotConnected,
            ),
            (down(), Code::TemporarilyUnavailable, ErrorKind::Unavailable),
            (
                StoreError::Corrupt("x").into(),
                Code::ServerError,
                ErrorKind::Internal,
            ),
            (
                JoinFault::Store(Arc::new(StoreError::Overtaken("x"))),
                Code::TemporarilyUnavailable,
                ErrorKind::Unavailable,
            ),
        ] {
            assert_eq!(WireError::from(fault.clone()).code, code, "{fault:?}");
            assert_eq!(not_joined("https://a.example", &fault).kind(), kind, "{fault:?}");
        }
        let said = WireError::from(JoinFault::Refused(trust())).description;
        assert_eq!(
            said,
            "our_rules: https://a.example: jwks: expected keys, found none"
        );
    }

    #[test]
    fn what_came_of_asking_is_not_told_to_who_has_made_us_ask() {
        let inside = TrustFault::new(
            Step::Reach,
            "https://a.example",
            "url",
            "an answer",
            "10.3.4.5 refused the connection",
        );
        let unreachable = JoinFault::from(inside);
        let said = WireError::from(unreachable).description;
        assert_eq!(
            said,
            "a statement that is needed cannot be had from https://a.example"
        );
    }
}
