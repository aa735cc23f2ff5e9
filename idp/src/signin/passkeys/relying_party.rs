use std::path::PathBuf;

use serde_json::Value;
use thiserror::Error;
use url::Host;
use webauthn_rs::prelude::{
    AttestationCaList, AuthenticationResult, CredentialID, DiscoverableAuthentication, Passkey,
    PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential, Uuid, WebauthnError,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use super::makers;
use crate::args;
use crate::audit::{Action, Change, Context, Event};
use crate::config::{Config, PublicUrl};
use crate::store::{Db, StoreError};

/// Who passkeys are made for (WebAuthn Level 3 §5.4.2), and the library's checks under that name.
#[derive(Debug)]
pub struct RelyingParty {
    webauthn: Webauthn,
    id: String,
    origin: String,
    related_origins: Vec<String>,
    /// Whose authenticators staff may enrol; none where nothing is asked of their make.
    makers: Option<AttestationCaList>,
}

/// Why passkeys cannot be served; each says what to do.
#[derive(Debug, Error)]
pub enum RelyingPartyError {
    #[error("passkey.rp_id = \"{rp_id}\" must be the host of public_url ({host}) or a domain above it")]
    Foreign { rp_id: String, host: String },
    #[error(
        "passkeys here were made for \"{held}\", and \"{asked}\" could open none of them: set passkey.rp_id = \"{held}\", \
         and list further addresses in passkey.related_origins"
    )]
    Changed { held: String, asked: String },
    #[error("operator.attestation_ca {file}: {said}; it is to hold the makers' certificates in PEM", file = .file.display())]
    Makers { file: PathBuf, said: String },
    #[error(transparent)]
    Records(#[from] StoreError),
}

const HELD: &str = "SELECT rp_id FROM relying_party ORDER BY first_used_at, rp_id LIMIT 1";
const HOLD: &str = "INSERT INTO relying_party (rp_id, first_used_at) \
     SELECT $1, $2 WHERE NOT EXISTS (SELECT 1 FROM relying_party) ON CONFLICT (rp_id) DO NOTHING";

impl RelyingParty {
    /// The relying party of this configuration; none where the address is no domain name.
    ///
    /// # Errors
    /// Where `rp_id` does not fit the address.
    pub fn of(config: &Config) -> Result<Option<Self>, RelyingPartyError> {
        let url = &config.public_url;
        if !matches!(url.url().host(), Some(Host::Domain(_))) {
            return Ok(None);
        }
        let settings = &config.settings.passkey;
        let id = settings.rp_id.as_deref().unwrap_or_else(|| url.host()).to_owned();
        let foreign = || RelyingPartyError::Foreign {
            rp_id: id.clone(),
            host: url.host().to_owned(),
        };
        let builder = WebauthnBuilder::new(&id, url.url()).map_err(|_| foreign())?;
        let related = settings.related_origins.iter().map(PublicUrl::url);
        let webauthn = related
            .fold(
                builder.rp_name(&config.settings.city),
                WebauthnBuilder::append_allowed_origin,
            )
            .build()
            .map_err(|_| foreign())?;
        let related_origins = settings
            .related_origins
            .iter()
            .map(|url| url.origin().to_owned())
            .collect();
        Ok(Some(Self {
            webauthn,
            origin: url.origin().to_owned(),
            related_origins,
            makers: makers::accepted(&config.settings.operator)?,
            id,
        }))
    }

    /// Writes the id down where there is none yet, and holds the configuration to the one that was.
    ///
    /// # Errors
    /// Where passkeys were made under another id, or the database does not answer.
    pub async fn hold(&self, db: &Db, context: &Context) -> Result<(), RelyingPartyError> {
        if db.maybe(HELD, args![]).await?.is_none() {
            self.write_down(db, context).await?;
        }
        let held = db.one(HELD, args![]).await?.text("rp_id")?;
        if held == self.id {
            return Ok(());
        }
        Err(RelyingPartyError::Changed {
            held,
            asked: self.id.clone(),
        })
    }

    /// Of nodes that start together for the first time, one.
    async fn write_down(&self, db: &Db, context: &Context) -> Result<(), StoreError> {
        let mut change = Change::begin(db, context).await?;
        if change.execute(HOLD, args![&self.id, context.now]).await? == 0 {
            return Ok(());
        }
        let held = Event::new(Action::RelyingPartyHeld).with("rp_id", &self.id);
        change.record(held).await?;
        change.commit().await
    }

    pub(super) const fn webauthn(&self) -> &Webauthn {
        &self.webauthn
    }

    pub(super) const fn accepted_makers(&self) -> Option<&AttestationCaList> {
        self.makers.as_ref()
    }

    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The other addresses at which the same passkeys sign in (§5.11).
    #[must_use]
    pub fn related_origins(&self) -> &[String] {
        &self.related_origins
    }

    /// Options for a sign-in with any passkey of ours: which one, the person chooses. They name no credentials, so
    /// that nobody learns from them who has an account.
    /// # Errors
    /// Where the ceremony is not what WebAuthn says.
    pub fn begin_sign_in(&self) -> Result<(Value, DiscoverableAuthentication), WebauthnError> {
        let (options, ceremony) = self.webauthn.start_discoverable_authentication()?;
        Ok((json(&options)?["publicKey"].take(), ceremony))
    }

    /// Checks an answer against the one passkey it is of.
    /// # Errors
    /// Where the ceremony is not what WebAuthn says.
    pub fn finish_sign_in(
        &self,
        answer: &PublicKeyCredential,
        ceremony: DiscoverableAuthentication,
        passkey: &Passkey,
    ) -> Result<AuthenticationResult, WebauthnError> {
        self.webauthn
            .finish_discoverable_authentication_v2(answer, ceremony, passkey)
    }

    /// Options for a new passkey, which must be one that can be chosen without a name being typed.
    /// # Errors
    /// Where the ceremony is not what WebAuthn says.
    pub fn begin_enrolment(
        &self,
        handle: Uuid,
        name: &str,
        held: Vec<CredentialID>,
    ) -> Result<(Value, PasskeyRegistration), WebauthnError> {
        let (options, ceremony) = self
            .webauthn
            .start_passkey_registration(handle, name, name, Some(held))?;
        Ok((discoverable(json(&options)?["publicKey"].take()), ceremony))
    }

    /// # Errors
    /// Where the ceremony is not what WebAuthn says.
    pub fn finish_enrolment(
        &self,
        answer: &RegisterPublicKeyCredential,
        ceremony: &PasskeyRegistration,
    ) -> Result<Passkey, WebauthnError> {
        self.webauthn.finish_passkey_registration(answer, ceremony)
    }
}

/// The library asks for passkeys that can be chosen without a name in no ceremony of ours.
pub(super) fn discoverable(mut options: Value) -> Value {
    options["authenticatorSelection"]["residentKey"] = "required".into();
    options["authenticatorSelection"]["requireResidentKey"] = true.into();
    options
}

pub(super) fn json(options: &impl serde::Serialize) -> Result<Value, WebauthnError> {
    serde_json::to_value(options).map_err(WebauthnError::ParseJSONFailure)
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::clock::Clock;
    use crate::rng::Rng;
    use crate::store::sample::Records;

    fn of(id: &str) -> RelyingParty {
        let origin = Url::parse(&format!("https://{id}")).unwrap();
        RelyingParty {
            webauthn: WebauthnBuilder::new(id, &origin).unwrap().build().unwrap(),
            id: id.to_owned(),
            origin: origin.to_string(),
            related_origins: Vec::new(),
            makers: None,
        }
    }

    #[tokio::test]
    async fn the_first_start_settles_the_name_and_says_so_once() {
        let (records, rng) = (Records::open().await, Rng::system());
        let context = Context::of_node(Clock::system().now(), &rng);
        for _ in 0..2 {
            of("id.example").hold(&records.db, &context).await.unwrap();
        }
        let other = of("other.example").hold(&records.db, &context).await;
        assert!(
            matches!(other, Err(RelyingPartyError::Changed { .. })),
            "{other:?}"
        );

        let told = "SELECT actor, detail FROM audit WHERE action = 'relying_party.held'";
        let told = records.db.all(told, args![]).await.unwrap();
        let told: Vec<_> = told
            .iter()
            .map(|row| (row.text("actor").unwrap(), row.text("detail").unwrap()))
            .collect();
        assert_eq!(
            told,
            [("node".to_owned(), r#"{"rp_id":"id.example"}"#.to_owned())]
        );
    }
}
