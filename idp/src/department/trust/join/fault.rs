use std::sync::Arc;

use thiserror::Error;

use crate::department::trust::allowed::Pause;
use crate::federation::{Step, TrustError, TrustFault};
use crate::keys::jose::SignError;
use crate::store::StoreError;

/// Why a system is not let in.
#[derive(Clone, Debug, Error)]
pub enum JoinFault {
    #[error("the operator has allowed nobody at this address; `yimen department allow` does")]
    NotCovered,
    /// Nobody asks around for who has not signed that it is itself that comes, now and to us.
    #[error("what introduces it does not: {0}")]
    NotIntroduced(&'static str),
    /// As many are looked for as we look for at once, for all or for one sender.
    #[error("too many systems join just now; try again in a minute")]
    Busy,
    #[error("the operator has suspended it")]
    Suspended(Option<Pause>),
    #[error(transparent)]
    Refused(TrustFault),
    /// It has other keys than it had, and none of those vouches for them.
    #[error("{fault}; it waits for the operator")]
    Held {
        fault: TrustFault,
        pinned: Vec<String>,
        offered: Vec<String>,
    },
    #[error(transparent)]
    Unreachable(TrustFault),
    #[error(transparent)]
    Store(Arc<StoreError>),
    #[error("what we state ourselves cannot be signed: {0}")]
    Sign(#[from] SignError),
}

impl JoinFault {
    /// Where the trust in it broke off.
    #[must_use]
    pub const fn trust(&self) -> Option<&TrustFault> {
        match self {
            Self::Refused(fault) | Self::Held { fault, .. } | Self::Unreachable(fault) => Some(fault),
            Self::NotCovered
            | Self::NotIntroduced(_)
            | Self::Busy
            | Self::Suspended(_)
            | Self::Store(_)
            | Self::Sign(_) => None,
        }
    }

    /// What the other side is told (OpenID Federation 1.0 §8.9); nothing where the fault is not its own.
    #[must_use]
    pub fn error(&self) -> Option<TrustError> {
        self.trust().map(|fault| fault.step.error())
    }
}

impl From<TrustFault> for JoinFault {
    fn from(fault: TrustFault) -> Self {
        if fault.step == Step::Reach {
            Self::Unreachable(fault)
        } else {
            Self::Refused(fault)
        }
    }
}

impl From<StoreError> for JoinFault {
    fn from(fault: StoreError) -> Self {
        Self::Store(Arc::new(fault))
    }
}
