//! The provider's answer as the browser brings it (OpenID Connect Core §3.1.2.5, §3.1.2.6; RFC 9207).

use crate::error::Error;
use crate::form::once;
use crate::quote::quote;

pub(crate) struct Answer {
    pub(crate) state: String,
    pub(crate) outcome: Outcome,
    iss: Option<String>,
}

pub(crate) enum Outcome {
    Code(String),
    /// The code of an error (`access_denied` …). Descriptions are written for us by whoever made the link: they
    /// are not read.
    Error(String),
}

impl Answer {
    /// `None` for an answer with parts missing, or with one part twice (RFC 6749 §3.1).
    pub(crate) fn parse(query: &str) -> Option<Self> {
        let part = |name| once(query, name).ok();
        let outcome = match (part("code")?, part("error")?) {
            (Some(code), None) => Outcome::Code(code),
            (None, Some(error)) => Outcome::Error(error),
            _ => return None,
        };
        Some(Self {
            state: part("state")??,
            outcome,
            iss: part("iss")?,
        })
    }

    /// RFC 9207 §2.4: an answer of another provider is not ours to use (mix-up). Yimen always names itself.
    pub(crate) fn check_issuer(&self, expected: &str) -> Result<(), Error> {
        match &self.iss {
            Some(iss) if iss == expected => Ok(()),
            found => Err(Error::BadToken {
                token: "the authorization response",
                problem: match found {
                    Some(found) => format!("its issuer is `{}`, not `{expected}`", quote(found)),
                    None => "it does not name its issuer".to_owned(),
                },
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_either_a_code_or_an_error_and_names_everything_once() {
        assert!(Answer::parse("code=c&state=s&iss=i").is_some());
        assert!(Answer::parse("error=access_denied&state=s").is_some());
        for bad in [
            "",
            "code=c",
            "state=s",
            "code=c&error=e&state=s",
            "code=c&code=d&state=s",
            "code=c&state=s&state=t",
        ] {
            assert!(Answer::parse(bad).is_none(), "{bad}");
        }
    }
}
