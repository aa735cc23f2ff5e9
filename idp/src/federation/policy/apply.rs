use serde_json::{Map, Value};

use super::place::Place;
use super::set::{self, Set, are_comparable};
use super::{MetadataOfTypes, Operator, ParameterPolicy, Policy, PolicyFault, Problem, Said, Stage, scope};

impl Policy {
    /// The subject's metadata under this policy (§6.1.4.2). What names an entity type that the subject does not
    /// have does nothing.
    pub fn apply(&self, mut metadata: MetadataOfTypes) -> Result<MetadataOfTypes, PolicyFault> {
        for (entity_type, parameters) in &self.types {
            let Some(of_type) = metadata.get_mut(entity_type) else {
                continue;
            };
            for (parameter, policy) in parameters {
                let place = Place {
                    stage: Stage::Application,
                    entity_type,
                    parameter,
                    ..Place::statement(&self.issuer)
                };
                policy.apply(place, of_type)?;
            }
        }
        Ok(metadata)
    }
}

impl ParameterPolicy {
    pub(super) fn is_essential(&self) -> bool {
        self.essential.as_ref().is_some_and(|said| said.what)
    }

    fn apply(&self, place: Place<'_>, of_type: &mut Map<String, Value>) -> Result<(), PolicyFault> {
        let written = of_type.remove(place.parameter);
        if place.parameter != scope::SCOPE {
            if let Some(left) = self.changed(place, written)? {
                of_type.insert(place.parameter.to_owned(), left);
            }
            return Ok(());
        }
        let fault = |written: &Value| place.fault(Problem::Type, "a string", written);
        let scopes = written
            .map(|written| scope::of_parameter(&written).ok_or_else(|| fault(&written)))
            .transpose()?;
        if let Some(Value::Array(left)) = self.changed(place, scopes)? {
            of_type.insert(place.parameter.to_owned(), scope::join(&left));
        }
        Ok(())
    }

    /// The operators in their order (§6.1.3.1).
    fn changed(&self, place: Place<'_>, now: Option<Value>) -> Result<Option<Value>, PolicyFault> {
        let mut now = now;
        if let Some(said) = &self.value {
            now = Some(said.what.clone()).filter(|value| !value.is_null());
        }
        if let Some(said) = &self.add {
            now = Some(said.add(place.of(Operator::Add, &said.by), now)?);
        }
        if let Some(said) = &self.default {
            now = now.or_else(|| Some(said.what.clone()));
            is_there(place.of(Operator::Default, &said.by), now.as_ref())?;
        }
        if let (Some(said), Some(now)) = (&self.one_of, &now) {
            said.must_contain(place.of(Operator::OneOf, &said.by), now)?;
        }
        if let (Some(said), Some(wide)) = (&self.subset_of, &now) {
            let items = items(place.of(Operator::SubsetOf, &said.by), wide)?;
            now = Some(Value::Array(said.what.shared_with(items).into_items()));
        }
        if let (Some(said), Some(now)) = (&self.superset_of, &now) {
            said.must_stand_in(place.of(Operator::SupersetOf, &said.by), now)?;
        }
        if let Some(said) = &self.essential
            && (said.what || now.is_some())
        {
            is_there(place.of(Operator::Essential, &said.by), now.as_ref())?;
        }
        Ok(now)
    }
}

impl Said<Set> {
    fn add(&self, place: Place<'_>, now: Option<Value>) -> Result<Value, PolicyFault> {
        let Some(now) = now else {
            return Ok(Value::Array(self.what.items().to_vec()));
        };
        let present = items(place, &now)?;
        let all = [present, &self.what.missing_from(present)].concat();
        if !are_comparable(&all) {
            let expected = format!("values of the same type as {}", self.what);
            return Err(place.fault(Problem::Type, expected, &now));
        }
        Ok(Value::Array(all))
    }

    fn must_contain(&self, place: Place<'_>, now: &Value) -> Result<(), PolicyFault> {
        if !(now.is_string() || now.is_number() || now.is_object()) {
            return Err(place.fault(Problem::Type, "a string, a number or an object", now));
        }
        if !self.what.contains(now) {
            let expected = format!("one of {}", self.what);
            return Err(place.fault(Problem::Metadata, expected, now));
        }
        Ok(())
    }

    fn must_stand_in(&self, place: Place<'_>, now: &Value) -> Result<(), PolicyFault> {
        if !self.what.is_subset(items(place, now)?) {
            let expected = format!("all of {}", self.what);
            return Err(place.fault(Problem::Metadata, expected, now));
        }
        Ok(())
    }
}

fn items<'a>(place: Place<'_>, now: &'a Value) -> Result<&'a [Value], PolicyFault> {
    now.as_array()
        .filter(|items| are_comparable(items))
        .map(Vec::as_slice)
        .ok_or_else(|| place.fault(Problem::Type, set::ARRAY, now))
}

fn is_there(place: Place<'_>, now: Option<&Value>) -> Result<(), PolicyFault> {
    match now {
        Some(Value::Null) => Err(place.fault(Problem::Type, "anything but null", &Value::Null)),
        Some(_) => Ok(()),
        None => Err(place.fault(Problem::Metadata, "a value, as it is essential", "none")),
    }
}
