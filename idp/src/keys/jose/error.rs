use std::fmt;

use super::Algorithm;

/// Which of the three parts of a compact token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    Header,
    Payload,
    Signature,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        })
    }
}

/// Why a token is not a good signature. The texts name the rule and never repeat the token, so they
/// may be shown to the client that sent it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum JoseError {
    #[error("the token is longer than {limit} bytes")]
    TooLong { limit: usize },
    #[error("the token is not in compact form: three base64url parts joined by dots")]
    NotCompact,
    #[error("the {0} of the token is not base64url without padding")]
    NotBase64Url(Part),
    #[error("the {0} of the token is not a JSON object")]
    NotJson(Part),
    #[error("the {0} of the token names a member twice")]
    DuplicateMember(Part),
    #[error("the header of the token has no `alg`")]
    AlgorithmMissing,
    #[error("the token is signed with {found}, which is not supported")]
    AlgorithmUnknown { found: &'static str },
    #[error("the token is signed with {found}, which is not accepted here")]
    AlgorithmNotAccepted { found: Algorithm },
    #[error("the header of the token has `crit`, and no extension is supported")]
    Critical,
    #[error("the `{0}` in the header of the token is not a text")]
    HeaderMember(&'static str),
    #[error("the `typ` in the header of the token is not the one expected here")]
    WrongType,
    #[error("no key with the token's `kid` is known")]
    UnknownKey,
    #[error("the key with the token's `kid` is not for {0}")]
    KeyNotForAlgorithm(Algorithm),
    #[error("no known key is for {0}, and the token names no `kid`")]
    NoKeyForAlgorithm(Algorithm),
    #[error("the signature does not match")]
    BadSignature,
}
