use std::fmt;

use serde_json::Value;

/// What `add`, `one_of`, `subset_of` and `superset_of` list: strings, numbers or objects, each once, in the
/// order in which they were written. Equal is what is the same JSON value; 1 and 1.0 are not.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Set(Vec<Value>);

pub(super) const ARRAY: &str = "an array of strings, of numbers or of objects";

impl Set {
    /// `None` where the items are not of one of the types that operators compare (§6.1.3.1).
    pub fn of(items: &[Value]) -> Option<Self> {
        are_comparable(items).then(|| Self(missing(&[], items)))
    }

    /// `None` where the two hold different types.
    pub fn union(&self, other: &Self) -> Option<Self> {
        let both = [self.0.clone(), missing(&self.0, &other.0)].concat();
        are_comparable(&both).then_some(Self(both))
    }

    /// In the order of ours.
    pub fn intersection(&self, other: &Self) -> Self {
        other.shared_with(&self.0)
    }

    /// What stands in both, each once, in the order of `items`.
    pub fn shared_with(&self, items: &[Value]) -> Self {
        let mut shared = Vec::new();
        for item in items {
            // Against ours first: there may be many items, while ours are few.
            if self.contains(item) && !shared.contains(item) {
                shared.push(item.clone());
            }
        }
        Self(shared)
    }

    pub fn contains(&self, item: &Value) -> bool {
        self.0.contains(item)
    }

    pub fn is_superset(&self, items: &[Value]) -> bool {
        items.iter().all(|item| self.contains(item))
    }

    pub fn is_subset(&self, items: &[Value]) -> bool {
        self.0.iter().all(|item| items.contains(item))
    }

    /// Those of ours that `items` lack.
    pub fn missing_from(&self, items: &[Value]) -> Vec<Value> {
        missing(items, &self.0)
    }

    pub fn items(&self) -> &[Value] {
        &self.0
    }

    pub fn into_items(self) -> Vec<Value> {
        self.0
    }
}

impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Value::from(self.0.clone()))
    }
}

pub(super) fn are_comparable(items: &[Value]) -> bool {
    [Value::is_string, Value::is_number, Value::is_object]
        .iter()
        .any(|is_of_type| items.iter().all(is_of_type))
}

fn missing(present: &[Value], items: &[Value]) -> Vec<Value> {
    let mut missing: Vec<Value> = Vec::new();
    for item in items {
        if !present.contains(item) && !missing.contains(item) {
            missing.push(item.clone());
        }
    }
    missing
}
