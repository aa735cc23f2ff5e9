use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::place::Place;
use super::set::{self, Set};
use super::{Operator, ParameterPolicy, Policy, PolicyFault, Problem, Said, combine, critical, scope};

/// More parameters than all entity types together have names.
const MAX_PARAMETERS: usize = 200;

const MAX_VALUES: usize = 64;

impl Policy {
    /// The claims `metadata_policy` and `metadata_policy_crit` of one subordinate statement (§6.1.2). Without the
    /// former it is a policy that changes nothing.
    pub fn read(issuer: &str, policy: Option<&Value>, critical: Option<&Value>) -> Result<Self, PolicyFault> {
        let issuer = Arc::from(issuer);
        if let Some(critical) = critical {
            return Err(critical::refuse(&issuer, critical));
        }
        let types = policy.map_or_else(|| Ok(BTreeMap::new()), |policy| types(&issuer, policy))?;
        Ok(Self { issuer, types })
    }
}

fn types(
    issuer: &Arc<str>,
    policy: &Value,
) -> Result<BTreeMap<String, BTreeMap<String, ParameterPolicy>>, PolicyFault> {
    let place = Place::statement(issuer);
    let mut types = BTreeMap::new();
    let mut amount = 0;
    for (entity_type, parameters) in members(place, policy)? {
        let place = Place { entity_type, ..place };
        let parameters = members(place, parameters)?;
        amount += parameters.len();
        if amount > MAX_PARAMETERS {
            let expected = format!("at most {MAX_PARAMETERS} parameters in all");
            return Err(place.fault(Problem::TooMuch, expected, &amount));
        }
        let mut of_type = BTreeMap::new();
        for (parameter, operators) in parameters {
            if let Some(policy) = parameter_policy(Place { parameter, ..place }, operators)? {
                of_type.insert(parameter.clone(), policy);
            }
        }
        types.insert(entity_type.clone(), of_type);
    }
    Ok(types)
}

/// Each of the three levels has one or more members.
fn members<'a>(place: Place<'_>, level: &'a Value) -> Result<&'a Map<String, Value>, PolicyFault> {
    let members = level.as_object().filter(|members| !members.is_empty());
    members.ok_or_else(|| place.fault(Problem::Structure, "an object with members", level))
}

/// `None` where no operator is known.
fn parameter_policy(place: Place<'_>, operators: &Value) -> Result<Option<ParameterPolicy>, PolicyFault> {
    let mut is_known = false;
    let mut policy = ParameterPolicy::default();
    for (name, written) in members(place, operators)? {
        // An operator that we do not know, and that is not critical, is ignored (§6.1.3.2).
        let Some(operator) = Operator::named(name) else {
            continue;
        };
        is_known = true;
        let place = place.at(operator);
        match operator {
            Operator::Value => policy.value = Some(said(place, value(place, written)?)),
            Operator::Add => policy.add = Some(said(place, values(place, written)?)),
            Operator::Default => policy.default = Some(said(place, present(place, written)?)),
            Operator::OneOf => policy.one_of = Some(said(place, values(place, written)?)),
            Operator::SubsetOf => policy.subset_of = Some(said(place, values(place, written)?)),
            Operator::SupersetOf => policy.superset_of = Some(said(place, values(place, written)?)),
            Operator::Essential => policy.essential = Some(said(place, truth(place, written)?)),
        }
    }
    combine::check(place, &policy)?;
    Ok(is_known.then_some(policy))
}

fn said<T>(place: Place<'_>, what: T) -> Said<T> {
    Said {
        what,
        by: Arc::clone(place.issuer),
    }
}

/// `null` removes the parameter.
fn value(place: Place<'_>, written: &Value) -> Result<Value, PolicyFault> {
    if written.is_null() {
        return Ok(Value::Null);
    }
    present(place, written)
}

fn present(place: Place<'_>, written: &Value) -> Result<Value, PolicyFault> {
    let fault = |expected| place.fault(Problem::Type, expected, written);
    if place.parameter == scope::SCOPE {
        return scope::of_operator(written).ok_or_else(|| fault(scope::SCOPES));
    }
    if written.is_null() {
        return Err(fault("anything but null"));
    }
    Ok(written.clone())
}

fn values(place: Place<'_>, written: &Value) -> Result<Set, PolicyFault> {
    let fault = || place.fault(Problem::Type, set::ARRAY, written);
    let array = present(place, written)?;
    let items = array.as_array().ok_or_else(fault)?;
    if items.len() > MAX_VALUES {
        let expected = format!("at most {MAX_VALUES} values");
        return Err(place.fault(Problem::TooMuch, expected, &items.len()));
    }
    Set::of(items).ok_or_else(fault)
}

fn truth(place: Place<'_>, written: &Value) -> Result<bool, PolicyFault> {
    let truth = written.as_bool();
    truth.ok_or_else(|| place.fault(Problem::Type, "true or false", written))
}
