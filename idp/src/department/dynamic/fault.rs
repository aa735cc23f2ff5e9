use thiserror::Error;

use crate::department::manage::ManageError;
use crate::store::StoreError;

/// Why a system is not registered, by the names of RFC 7591 §3.2.2.
#[derive(Debug, Error)]
pub enum RegistrationFault {
    /// It has brought nothing by which it could be let in.
    #[error(
        "registration needs an initial access token of the operator's as a Bearer token, or a software statement of a \
         department's"
    )]
    Closed,
    /// The same for a wrong token and for one whose client is not there: nobody learns who is.
    #[error("the token is unknown, used up, has expired or was taken back")]
    Token,
    /// RFC 7592 §2: it is the right one, and the operator has paused the client.
    #[error("the operator has suspended this client")]
    Suspended,
    #[error("{0}")]
    RedirectUri(String),
    #[error("{0}")]
    Metadata(String),
    #[error("the software statement {0}")]
    Statement(String),
    #[error("the software statement {0}")]
    Unapproved(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ManageError> for RegistrationFault {
    fn from(fault: ManageError) -> Self {
        match fault {
            ManageError::Store(fault) => Self::Store(fault),
            ManageError::NewSubjects { from, to } => Self::Metadata(format!(
                "the sector would be {to} instead of {from}, and the system would recognise no resident: register anew \
                 for that"
            )),
            fault => Self::Metadata(fault.to_string()),
        }
    }
}
