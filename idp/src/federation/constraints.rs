use std::fmt;

use serde_json::{Map, Value};

use super::entity_id::EntityId;
use super::fault::{Step, TrustFault, Whose};
use super::metadata::FEDERATION_ENTITY;

/// What a superior demands of everything below it (OpenID Federation 1.0 §6.2). Those of each statement of a chain count
/// by themselves.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Constraints {
    pub max_path_length: Option<u64>,
    pub permitted: Option<Vec<NameSubtree>>,
    pub excluded: Vec<NameSubtree>,
    pub allowed_entity_types: Option<Vec<String>>,
}

/// A part of the names' tree, as RFC 5280 §4.2.1.10 writes it for URIs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NameSubtree {
    /// This host alone.
    Host(String),
    /// Whatever has one or more labels before this; written with a leading dot.
    Below(String),
}

impl NameSubtree {
    /// Nothing where the text is no name: an entry that can never match would exclude nobody, and its author would not
    /// know.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.strip_prefix('.').unwrap_or(text).to_ascii_lowercase();
        let is_label = |label: &str| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        let mut labels = name.split('.');
        let is_address = labels
            .clone()
            .next_back()
            .is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
        if !labels.all(is_label) || is_address {
            return None;
        }
        Some(if text.starts_with('.') {
            Self::Below(name)
        } else {
            Self::Host(name)
        })
    }

    /// By the host of the id. An IP address lies under no name.
    #[must_use]
    pub fn matches(&self, id: &EntityId) -> bool {
        let Some(host) = id.host_name() else { return false };
        match self {
            Self::Host(name) => host == name,
            Self::Below(name) => host
                .strip_suffix(name.as_str())
                .is_some_and(|labels| labels.ends_with('.')),
        }
    }
}

impl fmt::Display for NameSubtree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(name) => f.write_str(name),
            Self::Below(name) => write!(f, ".{name}"),
        }
    }
}

impl Constraints {
    /// Reads the claim `constraints`. Members that we do not know are ignored, as the standard wants.
    pub(super) fn read(claim: &Value, whose: Whose<'_>) -> Result<Self, TrustFault> {
        let members = object(claim, whose)?;
        let naming = match members.get("naming_constraints") {
            Some(naming) => object(naming, whose)?,
            None => &Map::new(),
        };
        let allowed_entity_types = texts(members, "allowed_entity_types", whose)?;
        if allowed_entity_types
            .as_ref()
            .is_some_and(|types| types.iter().any(|one| one == FEDERATION_ENTITY))
        {
            let expected = "allowed_entity_types without federation_entity, which is always allowed";
            return Err(fault(whose, expected, claim));
        }
        let max_path_length = members
            .get("max_path_length")
            .map(|most| {
                most.as_u64()
                    .ok_or_else(|| fault(whose, "max_path_length as a whole number from 0", most))
            })
            .transpose()?;
        Ok(Self {
            max_path_length,
            permitted: subtrees(naming, "permitted", whose)?,
            excluded: subtrees(naming, "excluded", whose)?.unwrap_or_default(),
            allowed_entity_types,
        })
    }

    /// `below`: the entities under the issuer in its chain, the chain's subject first and the statement's last.
    pub(super) fn check(&self, below: &[&EntityId], whose: Whose<'_>) -> Result<(), TrustFault> {
        let intermediates = u64::try_from(below.len().saturating_sub(1)).unwrap_or(u64::MAX);
        if let Some(most) = self.max_path_length.filter(|most| intermediates > *most) {
            let expected = format!("max_path_length: at most {most} intermediates");
            return Err(whose.fault(Step::PathLength, "constraints", expected, intermediates));
        }
        for id in below {
            if let Some(subtree) = self.excluded.iter().find(|subtree| subtree.matches(id)) {
                let expected = format!("naming_constraints: nothing excluded by {subtree}");
                return Err(whose.fault(Step::Naming, "constraints", expected, id));
            }
            let permitted = self.permitted.as_deref();
            if permitted.is_some_and(|permitted| !permitted.iter().any(|subtree| subtree.matches(id))) {
                let names: Vec<String> = permitted
                    .into_iter()
                    .flatten()
                    .map(NameSubtree::to_string)
                    .collect();
                let expected = format!("naming_constraints: permitted are {}", names.join(" "));
                return Err(whose.fault(Step::Naming, "constraints", expected, id));
            }
        }
        Ok(())
    }
}

fn fault(whose: Whose<'_>, expected: &str, found: &Value) -> TrustFault {
    whose.fault(Step::Syntax, "constraints", expected, found)
}

fn object<'a>(value: &'a Value, whose: Whose<'_>) -> Result<&'a Map<String, Value>, TrustFault> {
    value.as_object().ok_or_else(|| fault(whose, "an object", value))
}

fn texts(
    members: &Map<String, Value>,
    name: &str,
    whose: Whose<'_>,
) -> Result<Option<Vec<String>>, TrustFault> {
    let Some(value) = members.get(name) else {
        return Ok(None);
    };
    let texts = value.as_array().and_then(|list| {
        let texts = list.iter().map(|one| one.as_str().map(str::to_owned));
        texts.collect::<Option<_>>()
    });
    match texts {
        Some(texts) => Ok(Some(texts)),
        None => Err(fault(whose, &format!("{name} as a list of texts"), value)),
    }
}

fn subtrees(
    naming: &Map<String, Value>,
    name: &str,
    whose: Whose<'_>,
) -> Result<Option<Vec<NameSubtree>>, TrustFault> {
    let Some(texts) = texts(naming, name, whose)? else {
        return Ok(None);
    };
    let read = |text: String| {
        NameSubtree::parse(&text).ok_or_else(|| {
            let expected = format!("{name}: host.example.com, or .example.com for what is below");
            whose.fault(Step::Syntax, "constraints", expected, text)
        })
    };
    texts.into_iter().map(read).collect::<Result<_, _>>().map(Some)
}
