//! The department's old user table, joined to the people whom the provider knows.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use crate::error::Error;
use crate::identity::Identity;

/// What [`Builder::link`](crate::Builder::link) has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linked {
    /// The person goes on to where they were going: there is a record, old or new, or none is needed.
    Done,
    /// The person is signed in, but lands on this page of the department first, which asks which old account is
    /// theirs. It is told in `return_to` where they were going; a path that comes back in a form is to be checked
    /// before it is followed. At a device there is no page, and they are just signed in.
    Ask(&'static str),
}

/// Whatever the department's own code stumbled over. Its text goes into the log: let it hold nothing personal.
pub(crate) type LinkFault = Box<dyn std::error::Error + Send + Sync>;

type Answer = Pin<Box<dyn Future<Output = Result<Linked, LinkFault>> + Send>>;

/// The department's function, or none.
#[derive(Clone, Default)]
pub(crate) struct Link(Option<Arc<dyn Fn(Identity) -> Answer + Send + Sync>>);

impl Link {
    pub(crate) fn by<F, A>(link: F) -> Self
    where
        F: Fn(Identity) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Linked, LinkFault>> + Send + 'static,
    {
        Self(Some(Arc::new(move |identity| Box::pin(link(identity)))))
    }

    pub(crate) async fn ask(&self, identity: Identity) -> Result<Linked, Error> {
        let Some(link) = &self.0 else {
            return Ok(Linked::Done);
        };
        link(identity).await.map_err(|fault| Error::Link {
            problem: fault.to_string(),
        })
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Link(…)" } else { "Link" })
    }
}
