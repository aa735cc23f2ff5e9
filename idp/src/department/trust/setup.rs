use std::fmt::Display;

use serde_json::Value;

use super::ourselves::About;
use crate::config::{Config, TrustAnchor};
use crate::federation::{Anchor, EntityId, Limits, Metadata, Relaxation};
use crate::keys::jose::JwkSet;

/// Why we cannot be an entity as configured.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error(
        "public_url {found} cannot be an entity identifier, as which departments know us: expected {expected}"
    )]
    OwnId { found: String, expected: String },
    #[error("federation.authority_hints: {found}: expected {expected}")]
    Superior { found: String, expected: String },
    #[error("federation.anchors: {found}: expected {expected}")]
    Anchor { found: String, expected: String },
}

impl SetupError {
    /// The key of the configuration that is to blame.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::OwnId { .. } => "public_url",
            Self::Superior { .. } => "federation.authority_hints",
            Self::Anchor { .. } => "federation.anchors",
        }
    }
}

impl About {
    /// What the configuration makes of us; `metadata` is what we are besides an anchor.
    ///
    /// # Errors
    /// Where it names what is no entity, or keys that cannot be read.
    pub fn of(config: &Config, metadata: Metadata) -> Result<Self, SetupError> {
        let settings = &config.settings.federation;
        let relaxation = if config.settings.dev {
            Relaxation::PlainLoopback
        } else {
            Relaxation::Nothing
        };
        let issuer = config.public_url.issuer();
        let id = EntityId::parse(issuer, relaxation).map_err(|fault| SetupError::OwnId {
            found: issuer.to_owned(),
            expected: fault.to_string(),
        })?;
        let superior = |found: &String| {
            let expected = |fault: &dyn Display| SetupError::Superior {
                found: found.clone(),
                expected: fault.to_string(),
            };
            match EntityId::parse(found, relaxation) {
                Ok(superior) if superior == id => Err(expected(&"somebody else")),
                other => other.map_err(|fault| expected(&fault)),
            }
        };
        let mut anchors: Vec<Anchor> = Vec::new();
        for written in &settings.anchors {
            let anchor = read(written, relaxation)?;
            if anchor.id == id || anchors.iter().any(|other| other.id == anchor.id) {
                return Err(SetupError::Anchor {
                    found: written.id.clone(),
                    expected: "each once, and not ourselves".to_owned(),
                });
            }
            anchors.push(anchor);
        }
        Ok(Self {
            superiors: settings
                .authority_hints
                .iter()
                .map(superior)
                .collect::<Result<_, _>>()?,
            id,
            metadata,
            anchors,
            limits: Limits {
                intermediates: settings.max_intermediates,
                relaxation,
            },
            lifetime: settings.statement_lifetime.get(),
        })
    }
}

fn read(written: &TrustAnchor, relaxation: Relaxation) -> Result<Anchor, SetupError> {
    let file = written.jwks.display();
    let fault = |found: &dyn Display, expected: &dyn Display| SetupError::Anchor {
        found: found.to_string(),
        expected: expected.to_string(),
    };
    let id = EntityId::parse(&written.id, relaxation).map_err(|expected| fault(&written.id, &expected))?;
    let bytes = std::fs::read(&written.jwks)
        .map_err(|wrong| fault(&file, &format!("a file that can be read ({wrong})")))?;
    let keys = serde_json::from_slice::<Value>(&bytes)
        .map_err(|_| "it is not JSON".to_owned())
        .and_then(|jwks| JwkSet::parse_federation(&jwks).map_err(|wrong| wrong.to_string()))
        .map_err(|wrong| {
            fault(
                &file,
                &format!("the anchor's federation keys as a JWK set ({wrong})"),
            )
        })?;
    Ok(Anchor {
        id,
        keys,
        configuration: None,
    })
}
