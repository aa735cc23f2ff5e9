//! Who is there, as an argument of a handler.

use std::ops::Deref;

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::error::Error;
use crate::person::Person;
use crate::visit::Visit;

/// The handler runs only for somebody who is signed in. Others are sent to sign in and back to the same page; a
/// script or a program gets 401 and JSON.
#[derive(Clone, Debug)]
pub struct SignedIn(Person);

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let MaybeSignedIn(person) = look(parts).await?;
        person.map(Self).ok_or(Error::SignedOut)
    }
}

impl Deref for SignedIn {
    type Target = Person;

    fn deref(&self) -> &Person {
        &self.0
    }
}

/// For pages that anyone may see: somebody, if they are signed in.
#[derive(Clone, Debug)]
pub struct MaybeSignedIn(pub Option<Person>);

impl<S: Send + Sync> FromRequestParts<S> for MaybeSignedIn {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        look(parts).await
    }
}

impl Deref for MaybeSignedIn {
    type Target = Option<Person>;

    fn deref(&self) -> &Option<Person> {
        &self.0
    }
}

async fn look(parts: &Parts) -> Result<MaybeSignedIn, Error> {
    let visit = parts.extensions.get::<Visit>().ok_or(Error::NoLayer)?;
    visit.person(&parts.headers).await.map(MaybeSignedIn)
}
