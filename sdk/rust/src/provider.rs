//! What the department knows of the provider: its addresses and its keys, read when first needed, kept for a
//! while, read again at an unknown key.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClaimName, CoreClaimType, CoreClientAuthMethod,
    CoreErrorResponseType, CoreGenderClaim, CoreGrantType, CoreJsonWebKey, CoreJsonWebKeySet,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType,
    CoreRevocableToken, CoreRevocationErrorResponse, CoreSubjectIdentifierType,
    CoreTokenIntrospectionResponse,
};
use openidconnect::{
    AdditionalProviderMetadata, Client, ClientId, DiscoveryError, EmptyAdditionalClaims, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, IssuerUrl, LogoutProviderMetadata, ProviderMetadata, RedirectUrl,
    StandardErrorResponse,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use url::Url;

use crate::clock::{Clock, elapsed};
use crate::error::Error;
use crate::outgoing::{Http, NoAnswer};
use crate::quote::{quote, quote_sentence};
use crate::settings::Settings;
use crate::token_answer::TokenAnswer;

/// A key that is missing is looked for at once, whatever the age; this says for how long a withdrawn one
/// may still be taken.
const FRESH_FOR: Duration = Duration::from_secs(15 * 60);
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(2);
const PAUSE_BETWEEN_KEY_READS: Duration = Duration::from_secs(10);

/// The crate's own, but for what the token endpoint answers.
pub(crate) type OidcClient = Client<
    EmptyAdditionalClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    TokenAnswer,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What discovery says of OAuth beside OpenID Connect (RFC 8414 §2, RFC 8628 §4, RFC 9126 §5).
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct OAuthMetadata {
    pushed_authorization_request_endpoint: Option<Url>,
    device_authorization_endpoint: Option<Url>,
    revocation_endpoint: Option<Url>,
}

impl AdditionalProviderMetadata for OAuthMetadata {}

type Metadata = ProviderMetadata<
    LogoutProviderMetadata<OAuthMetadata>,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// One reading of the provider's discovery document and key set.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) client: OidcClient,
    pub(crate) metadata: Metadata,
    read_at: SystemTime,
    keys_read_at: SystemTime,
}

impl Known {
    /// Where a request is pushed to.
    pub(crate) fn push_endpoint(&self) -> Option<&str> {
        let endpoint = &self.oauth().pushed_authorization_request_endpoint;
        endpoint.as_ref().map(Url::as_str)
    }

    /// Where a device begins.
    pub(crate) fn device_endpoint(&self) -> Option<&str> {
        self.oauth()
            .device_authorization_endpoint
            .as_ref()
            .map(Url::as_str)
    }

    /// Where a token is ended (RFC 7009).
    pub(crate) fn revocation_endpoint(&self) -> Option<&str> {
        self.oauth().revocation_endpoint.as_ref().map(Url::as_str)
    }

    fn oauth(&self) -> &OAuthMetadata {
        &self.metadata.additional_metadata().additional_metadata
    }
}

/// What went wrong last, and when it had: nobody is asked again at once. From when it began, a time-out would already be
/// over its own pause, and all who wait would each wait for one more.
#[derive(Debug, Default)]
struct Failures {
    discovery: Option<(SystemTime, Error)>,
    keys: Option<(SystemTime, Error)>,
}

#[derive(Debug)]
pub(crate) struct Provider {
    settings: Arc<Settings>,
    pub(crate) http: Http,
    clock: Clock,
    known: RwLock<Option<Arc<Known>>>,
    /// Held while reading, so that many waiting requests cause one reading.
    failures: Mutex<Failures>,
}

impl Provider {
    pub(crate) fn new(settings: Arc<Settings>, clock: Clock) -> Result<Self, Error> {
        let http = Http::new(&settings, clock.clone())?;
        Ok(Self {
            settings,
            http,
            clock,
            known: RwLock::new(None),
            failures: Mutex::default(),
        })
    }

    /// What is known now; a stale reading rather than none while the provider is away.
    pub(crate) async fn known(&self) -> Result<Arc<Known>, Error> {
        if let Some(known) = self.fresh() {
            return Ok(known);
        }
        let mut failures = self.failures.lock().await;
        if let Some(known) = self.fresh() {
            return Ok(known);
        }
        let now = self.clock.now();
        let failure = match &failures.discovery {
            Some((at, error)) if elapsed(*at, now) < PAUSE_AFTER_FAILURE => error.clone(),
            _ => match self.read().await {
                Ok(known) => {
                    failures.discovery = None;
                    return Ok(self.keep(known));
                }
                Err(error) => {
                    tracing::warn!(%error, "the provider's discovery document could not be read");
                    failures.discovery = Some((self.clock.now(), error.clone()));
                    error
                }
            },
        };
        self.stale().ok_or(failure)
    }

    /// After a token named a key that `seen` lacks: the key set anew, but not more often than every few
    /// seconds, whoever sends us forged key ids, and whether or not the provider answers.
    pub(crate) async fn with_newer_keys(&self, seen: &Arc<Known>) -> Result<Arc<Known>, Error> {
        let mut failures = self.failures.lock().await;
        let current = self.stale().unwrap_or_else(|| Arc::clone(seen));
        if !Arc::ptr_eq(&current, seen) {
            return Ok(current);
        }
        let now = self.clock.now();
        if elapsed(current.keys_read_at, now) < PAUSE_BETWEEN_KEY_READS {
            return Ok(current);
        }
        if let Some((at, error)) = &failures.keys
            && elapsed(*at, now) < PAUSE_BETWEEN_KEY_READS
        {
            return Err(error.clone());
        }
        let keys = CoreJsonWebKeySet::fetch_async(current.metadata.jwks_uri(), &self.http).await;
        let keys = keys.map_err(|error| {
            let error = self.explain(error);
            failures.keys = Some((self.clock.now(), error.clone()));
            error
        })?;
        let known = self.prepare(current.metadata.clone().set_jwks(keys), current.read_at)?;
        Ok(self.keep(known))
    }

    fn fresh(&self) -> Option<Arc<Known>> {
        self.stale()
            .filter(|known| elapsed(known.read_at, self.clock.now()) < FRESH_FOR)
    }

    fn stale(&self) -> Option<Arc<Known>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, known: Known) -> Arc<Known> {
        let known = Arc::new(known);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&known));
        known
    }

    async fn read(&self) -> Result<Known, Error> {
        let issuer = IssuerUrl::new(self.settings.issuer.clone()).map_err(|error| self.nonsense(&error))?;
        let metadata = Metadata::discover_async(issuer, &self.http)
            .await
            .map_err(|error| self.explain(error))?;
        self.prepare(metadata, self.clock.now())
    }

    fn prepare(&self, metadata: Metadata, read_at: SystemTime) -> Result<Known, Error> {
        let callback =
            RedirectUrl::new(self.settings.endpoint("callback")).map_err(|error| self.nonsense(&error))?;
        let client_id = ClientId::new(self.settings.client_id.clone());
        let client =
            Client::from_provider_metadata(metadata.clone(), client_id, None).set_redirect_uri(callback);
        Ok(Known {
            client,
            metadata,
            read_at,
            keys_read_at: self.clock.now(),
        })
    }

    fn explain(&self, error: DiscoveryError<NoAnswer>) -> Error {
        match error {
            DiscoveryError::Request(reason) => self.unreachable(&reason),
            DiscoveryError::Validation(text) => Error::IssuerMismatch {
                address: self.address(),
                expected: self.settings.issuer.clone(),
                found: quote(text.split('`').nth(1).unwrap_or(&text)),
            },
            DiscoveryError::Parse(error) => {
                self.nonsense(&format!("at `{}`: {}", error.path(), error.inner()))
            }
            other => self.nonsense(&other),
        }
    }

    pub(crate) fn unreachable(&self, reason: &dyn ToString) -> Error {
        Error::Unreachable {
            address: self.address(),
            reason: quote_sentence(&reason.to_string()),
        }
    }

    pub(crate) fn nonsense(&self, problem: &dyn ToString) -> Error {
        Error::BadAnswer {
            address: self.address(),
            problem: quote_sentence(&problem.to_string()),
        }
    }

    /// Where this machine really goes when it asks the provider.
    fn address(&self) -> String {
        self.settings
            .internal_address
            .as_ref()
            .map_or_else(|| self.settings.issuer.clone(), ToString::to_string)
    }
}
