use std::collections::btree_map::Entry;
use std::sync::Arc;

use super::place::Place;
use super::set::Set;
use super::{Operator, ParameterPolicy, Policy, PolicyFault, Problem, Said, combine};

impl Policy {
    /// This policy with a subordinate's merged into it (§6.1.4.1): what stands in one alone is copied, what stands
    /// in both becomes as strict as both.
    pub fn merge(mut self, below: Self) -> Result<Self, PolicyFault> {
        for (entity_type, parameters) in below.types {
            let of_type = self.types.entry(entity_type.clone()).or_default();
            for (parameter, policy) in parameters {
                let place = Place {
                    entity_type: &entity_type,
                    parameter: &parameter,
                    ..Place::statement(&below.issuer)
                };
                match of_type.entry(parameter.clone()) {
                    Entry::Vacant(entry) => {
                        entry.insert(policy);
                    }
                    Entry::Occupied(mut entry) => {
                        let merged = std::mem::take(entry.get_mut()).merge(policy, place)?;
                        combine::check(place, &merged)?;
                        entry.insert(merged);
                    }
                }
            }
        }
        self.issuer = below.issuer;
        Ok(self)
    }
}

impl ParameterPolicy {
    fn merge(self, below: Self, place: Place<'_>) -> Result<Self, PolicyFault> {
        Ok(Self {
            value: Operator::Value.merge(place, self.value, below.value, equal)?,
            add: Operator::Add.merge(place, self.add, below.add, Set::union)?,
            default: Operator::Default.merge(place, self.default, below.default, equal)?,
            one_of: Operator::OneOf.merge(place, self.one_of, below.one_of, some_of_both)?,
            subset_of: Operator::SubsetOf.merge(place, self.subset_of, below.subset_of, any_of_both)?,
            superset_of: Operator::SupersetOf.merge(
                place,
                self.superset_of,
                below.superset_of,
                Set::union,
            )?,
            essential: Operator::Essential.merge(
                place,
                self.essential,
                below.essential,
                |above, below| Some(*above || *below),
            )?,
        })
    }
}

impl Operator {
    fn merge<T: PartialEq + ToString>(
        self,
        place: Place<'_>,
        above: Option<Said<T>>,
        below: Option<Said<T>>,
        both: impl Fn(&T, &T) -> Option<T>,
    ) -> Result<Option<Said<T>>, PolicyFault> {
        let (above, below) = match (above, below) {
            (Some(above), Some(below)) => (above, below),
            (one, other) => return Ok(one.or(other)),
        };
        let Some(what) = both(&above.what, &below.what) else {
            let expected = format!("{} {}", self.merges_with(), above.what.to_string());
            return Err(place.at(self).fault(Problem::Merge, expected, &below.what));
        };
        let by = if what == above.what {
            above.by
        } else {
            Arc::clone(&below.by)
        };
        Ok(Some(Said { what, by }))
    }

    fn merges_with(self) -> &'static str {
        match self {
            Self::Value | Self::Default => "the same as above:",
            Self::OneOf => "some of those above:",
            _ => "values of the same type as above:",
        }
    }
}

fn equal<T: PartialEq + Clone>(above: &T, below: &T) -> Option<T> {
    (above == below).then(|| above.clone())
}

/// Where nothing is left to choose, nothing could be chosen.
fn some_of_both(above: &Set, below: &Set) -> Option<Set> {
    Some(above.intersection(below)).filter(|both| !both.items().is_empty())
}

/// An empty subset is one, too.
fn any_of_both(above: &Set, below: &Set) -> Option<Set> {
    Some(above.intersection(below))
}
