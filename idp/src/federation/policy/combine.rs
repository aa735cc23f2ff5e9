use serde_json::Value;

use super::place::Place;
use super::{Operator, ParameterPolicy, PolicyFault, Problem};

/// Two operators that do not go together: what is expected, and what is found instead.
type Conflict = (Operator, Operator, &'static str, String);

/// Which operators may stand together in a parameter's policy, alone or merged, and with which values (§6.1.3.1).
/// `default` goes with all but a `value` that removes, and so does `essential` that is true.
pub(super) fn check(place: Place<'_>, policy: &ParameterPolicy) -> Result<(), PolicyFault> {
    let conflict = value_with_others(policy)
        .or_else(|| one_of_with_sets(policy))
        .or_else(|| subset_with_sets(policy));
    conflict.map_or(Ok(()), |(operator, other, expected, found)| {
        Err(place.at(operator).fault(Problem::Beside(other), expected, &found))
    })
}

/// What is no array, `null` included, has no values that could lie in a set or around one.
fn value_with_others(policy: &ParameterPolicy) -> Option<Conflict> {
    let value = &policy.value.as_ref()?.what;
    let items = value.as_array().map(Vec::as_slice);
    let against = |other, expected, found: &dyn ToString| {
        let found = format!("{value} with {}", found.to_string());
        Some((Operator::Value, other, expected, found))
    };
    if let Some(add) = &policy.add
        && !items.is_some_and(|items| add.what.is_subset(items))
    {
        return against(Operator::Add, "the values of `add` among its own", &add.what);
    }
    if let Some(default) = &policy.default
        && value.is_null()
    {
        return against(Operator::Default, "anything but null", &default.what);
    }
    if let Some(one_of) = &policy.one_of
        && !one_of.what.contains(value)
    {
        return against(Operator::OneOf, "one of `one_of`", &one_of.what);
    }
    if let Some(subset_of) = &policy.subset_of
        && !items.is_some_and(|items| subset_of.what.is_superset(items))
    {
        return against(Operator::SubsetOf, "a subset of `subset_of`", &subset_of.what);
    }
    if let Some(superset_of) = &policy.superset_of
        && !items.is_some_and(|items| superset_of.what.is_subset(items))
    {
        return against(
            Operator::SupersetOf,
            "a superset of `superset_of`",
            &superset_of.what,
        );
    }
    if policy.is_essential() && value.is_null() {
        return against(Operator::Essential, "anything but null", &Value::Bool(true));
    }
    None
}

fn one_of_with_sets(policy: &ParameterPolicy) -> Option<Conflict> {
    policy.one_of.as_ref()?;
    let sets = [
        (Operator::Add, &policy.add),
        (Operator::SubsetOf, &policy.subset_of),
        (Operator::SupersetOf, &policy.superset_of),
    ];
    let (other, _) = sets.into_iter().find(|(_, set)| set.is_some())?;
    let expected = "one of these two operators";
    Some((Operator::OneOf, other, expected, format!("both it and `{other}`")))
}

fn subset_with_sets(policy: &ParameterPolicy) -> Option<Conflict> {
    let subset_of = &policy.subset_of.as_ref()?.what;
    let sets = [
        (Operator::Add, &policy.add, "a superset of `add`"),
        (
            Operator::SupersetOf,
            &policy.superset_of,
            "a superset of `superset_of`",
        ),
    ];
    sets.into_iter().find_map(|(other, set, expected)| {
        let set = &set.as_ref()?.what;
        let fits = subset_of.is_superset(set.items());
        (!fits).then(|| {
            let found = format!("{subset_of} with {set}");
            (Operator::SubsetOf, other, expected, found)
        })
    })
}
