//! What is decided and who came, for programs.

use serde_json::{Value, json};

use super::super::allowed::{Allowed, Pause};
use super::super::entity::{Entity, EntityStatus};

impl Allowed {
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut value = json!(self.terms);
        value["pattern"] = json!(self.pattern.to_string());
        value["status"] = json!(self.status.as_str());
        value["reason"] = json!(self.reason.map(Pause::as_str));
        value
    }
}

impl Entity {
    /// With the fingerprints of its keys, and of those that wait for the operator.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "entity_id": self.entity_id,
            "status": self.status.as_str(),
            "reason": self.reason.map(Pause::as_str),
            "joined_at": self.has_joined().then(|| self.joined_at.to_string()),
            "keys": self.pinned(),
            "held": self.held.as_ref().map(|held| json!({ "keys": self.held_keys(), "at": held.at.to_string() })),
            "fault": self.fault.as_ref().map(|(fault, at)| json!({ "at": at.to_string(), "fault": fault })),
        })
    }

    #[must_use]
    pub fn has_joined(&self) -> bool {
        match self.status {
            EntityStatus::ByDocument => true,
            status => !self.pinned().is_empty() && status != EntityStatus::Refused,
        }
    }
}
