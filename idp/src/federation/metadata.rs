use serde_json::{Map, Value};

use super::fault::{Step, TrustFault, Whose};
use super::policy::MetadataOfTypes;

/// The entity type of whoever takes part in a federation's own protocols (OpenID Federation 1.0 §5.1.1).
pub const FEDERATION_ENTITY: &str = "federation_entity";
/// The entity type of a department's system (§5.1.2).
pub const RELYING_PARTY: &str = "openid_relying_party";

/// The entity type of an identity provider (§5.1.3).
pub const PROVIDER: &str = "openid_provider";

/// Entity type → parameter → value (§5).
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Metadata(MetadataOfTypes);

impl From<MetadataOfTypes> for Metadata {
    fn from(types: MetadataOfTypes) -> Self {
        Self(types)
    }
}

impl Metadata {
    /// Reads the claim `metadata`: objects of objects, no parameter `null`.
    pub(super) fn read(claim: &Value, whose: Whose<'_>) -> Result<Self, TrustFault> {
        let fault = |found: &Value| {
            let expected = "an object of objects whose members are not null";
            whose.fault(Step::Syntax, "metadata", expected, found)
        };
        let types = claim.as_object().ok_or_else(|| fault(claim))?;
        let mut metadata = MetadataOfTypes::new();
        for (name, parameters) in types {
            let parameters = parameters.as_object().ok_or_else(|| fault(parameters))?;
            if parameters.values().any(Value::is_null) {
                return Err(fault(&Value::Object(parameters.clone())));
            }
            metadata.insert(name.clone(), parameters.clone());
        }
        // §5.2.1: an entity's federation keys stand in its statements, and nowhere else.
        let own = metadata.get(FEDERATION_ENTITY);
        for name in ["jwks", "jwks_uri", "signed_jwks_uri"] {
            if own.is_some_and(|own| own.contains_key(name)) {
                let expected = "no keys in the metadata of a federation entity";
                return Err(whose.fault(Step::Misplaced, "metadata", expected, name));
            }
        }
        Ok(Self(metadata))
    }

    #[must_use]
    pub const fn types(&self) -> &MetadataOfTypes {
        &self.0
    }

    #[must_use]
    pub fn into_types(self) -> MetadataOfTypes {
        self.0
    }

    #[must_use]
    pub fn of(&self, entity_type: &str) -> Option<&Map<String, Value>> {
        self.0.get(entity_type)
    }

    /// As which a department's system joins. One that is a provider too is no client by that.
    #[must_use]
    pub fn relying_party(&self) -> Option<&Map<String, Value>> {
        self.of(RELYING_PARTY)
    }

    /// What the immediate superior says of its subordinate goes before what that says itself, for the types that it
    /// has (§3.1.1).
    #[must_use]
    pub fn overlay(mut self, superior: &Self) -> Self {
        for (name, own) in &mut self.0 {
            let above = superior.0.get(name).into_iter().flatten();
            own.extend(above.map(|(parameter, value)| (parameter.clone(), value.clone())));
        }
        self
    }

    /// Takes out the types that a superior does not allow; `federation_entity` always stays (§6.2.3).
    #[must_use]
    pub fn restrict(mut self, allowed: &[String]) -> Self {
        self.0
            .retain(|name, _| name == FEDERATION_ENTITY || allowed.iter().any(|one| one == name));
        self
    }
}
