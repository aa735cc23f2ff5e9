use serde_json::{Map, Value};

use super::model::{AuthorizationDetails, DATA};
use crate::department::{DataKey, is_data_name};
use crate::keys::jose::{JsonFault, strict_json};
use crate::oidc::{Code, Parameters, WireError};

/// Ours: what a resident is asked at once must fit on a page that is read.
const MOST_OBJECTS: usize = 8;
const MOST_RECORDS: usize = 16;

/// Reads the parameter `authorization_details` (RFC 9396 §2, §5): whatever is not exactly what we know is refused, since
/// what we left out might be what the resident is meant to read.
///
/// # Errors
/// `invalid_authorization_details` that names the place.
pub fn read_authorization_details(parameters: &Parameters) -> Result<AuthorizationDetails, WireError> {
    let Some(text) = parameters.get("authorization_details") else {
        return Ok(AuthorizationDetails::default());
    };
    let written = strict_json(text.as_bytes()).map_err(|fault| {
        refuse(
            "",
            match fault {
                JsonFault::DuplicateMember => "a member is named twice",
                JsonFault::NotAnObject => "it is no JSON",
            },
        )
    })?;
    read_details(&written)
}

/// As [`read_authorization_details`], of JSON that has been read.
///
/// # Errors
/// As it.
pub fn read_details(written: &Value) -> Result<AuthorizationDetails, WireError> {
    let objects = written
        .as_array()
        .filter(|objects| (1..=MOST_OBJECTS).contains(&objects.len()))
        .ok_or_else(|| refuse("", format!("expected a list of 1 to {MOST_OBJECTS} objects")))?;
    let mut keys = Vec::new();
    for (place, object) in objects.iter().enumerate() {
        keys.extend(read(&format!("[{place}]"), object)?);
    }
    if keys.len() > MOST_RECORDS {
        return Err(refuse("", format!("it names more than {MOST_RECORDS} records")));
    }
    Ok(keys.into_iter().collect())
}

/// One object.
fn read(place: &str, object: &Value) -> Result<Vec<DataKey>, WireError> {
    let members = object
        .as_object()
        .ok_or_else(|| refuse(place, "expected an object"))?;
    let at = |name: &str| format!("{place}.{name}");
    if members.get("type").and_then(Value::as_str) != Some(DATA) {
        return Err(refuse(
            &at("type"),
            format!("expected {DATA}, the one type that is offered"),
        ));
    }
    let known = ["type", "locations", "datatypes", "purpose"];
    if members.keys().any(|name| !known.contains(&name.as_str())) {
        return Err(refuse(
            place,
            format!("expected {} and nothing else", known.join(", ")),
        ));
    }
    let holder = match texts(members, "locations").as_deref() {
        Some([holder]) => *holder,
        _ => {
            return Err(refuse(
                &at("locations"),
                "expected a list of one, the client_id of the system that has the records",
            ));
        }
    };
    let purpose = members.get("purpose").and_then(Value::as_str);
    let purpose = purpose.filter(|purpose| is_data_name(purpose));
    let purpose = purpose.ok_or_else(|| refuse(&at("purpose"), "expected the name of a purpose"))?;
    let records = texts(members, "datatypes").filter(|records| !records.is_empty());
    let records = records.ok_or_else(|| {
        refuse(
            &at("datatypes"),
            "expected a list of the names of records, one at least",
        )
    })?;
    let keys = records.iter().enumerate().map(|(number, record)| {
        DataKey::new(purpose, record, holder).ok_or_else(|| {
            if is_data_name(record) {
                refuse(&at("locations[0]"), "expected a client_id")
            } else {
                refuse(
                    &at(&format!("datatypes[{number}]")),
                    "expected the name of a record",
                )
            }
        })
    });
    keys.collect()
}

fn texts<'a>(members: &'a Map<String, Value>, name: &str) -> Option<Vec<&'a str>> {
    let list = members.get(name)?.as_array()?;
    list.iter().map(Value::as_str).collect()
}

fn refuse(place: &str, said: impl std::fmt::Display) -> WireError {
    WireError::new(
        Code::InvalidAuthorizationDetails,
        format!("authorization_details{place}: {said}"),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read_text(text: &str) -> Result<AuthorizationDetails, WireError> {
        let pair = ("authorization_details".to_owned(), text.to_owned());
        read_authorization_details(&Parameters::from_iter([pair]))
    }

    fn object() -> Value {
        json!({
            "type": "data", "locations": ["https://hrss.city.example"],
            "datatypes": ["contribution_record"], "purpose": "rent_subsidy",
        })
    }

    #[test]
    fn what_is_asked_for_is_read_and_written_in_one_order() {
        let (mut second, mut third) = (object(), object());
        second["datatypes"] = json!(["pension", "contribution_record", "pension"]);
        second["locations"] = json!(["a"]);
        third["datatypes"] = json!(["account"]);
        let read = read_text(&json!([object(), second, third]).to_string()).unwrap();
        let mut merged = object();
        merged["datatypes"] = json!(["account", "contribution_record"]);
        second["datatypes"] = json!(["contribution_record", "pension"]);
        assert_eq!(read.to_json(), json!([second, merged]));
        assert_eq!(read.at("a").iter().count(), 2);
        assert!(read_text("").unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_it_was(
            keys in proptest::collection::btree_set(("[a-c]", "[a-d]", "[!-~]{1,3}"), 1..8)
        ) {
            let keys = keys.iter().filter_map(|(purpose, record, holder)| DataKey::new(purpose, record, holder));
            let asked: AuthorizationDetails = keys.collect();
            prop_assert_eq!(read_details(&asked.to_json()).unwrap(), asked.clone());
            let stored = serde_json::to_string(&asked).unwrap();
            prop_assert_eq!(serde_json::from_str::<AuthorizationDetails>(&stored).unwrap(), asked);
        }

        #[test]
        fn nothing_that_is_sent_is_read_as_what_it_does_not_say(text in "[\\[{\"a-d:,@}\\]]{0,40}") {
            if let Ok(asked) = read_text(&text) {
                prop_assert!(text.is_empty() || !asked.is_empty());
            }
        }
    }

    #[test]
    fn whatever_is_not_exactly_so_is_refused_and_its_place_named() {
        let with = |name: &str, value: Value| {
            let mut changed = object();
            changed[name] = value;
            json!([object(), changed]).to_string()
        };
        let many = |count: usize| vec![object(); count];
        let records: Vec<String> = (0..17).map(|number| format!("record_{number}")).collect();
        let twice = r#"[{"type":"data","type":"data","locations":["a"],"datatypes":["b"],"purpose":"c"}]"#;
        for (text, place) in [
            ("nonsense".to_owned(), "authorization_details: it is no JSON"),
            ("[".repeat(5000), "authorization_details: it is no JSON"),
            (twice.to_owned(), "authorization_details: a member is named twice"),
            (object().to_string(), "authorization_details: expected a list"),
            ("[]".to_owned(), "authorization_details: expected a list"),
            (
                json!(many(9)).to_string(),
                "authorization_details: expected a list",
            ),
            (json!([object(), "x"]).to_string(), "[1]: expected an object"),
            (with("type", json!("payment")), "[1].type:"),
            (with("type", json!(["data"])), "[1].type:"),
            (with("amount", json!(1)), "[1]: expected type, locations"),
            (
                with("locations", json!("https://hrss.city.example")),
                "[1].locations:",
            ),
            (with("locations", json!([])), "[1].locations:"),
            (with("locations", json!(["a", "b"])), "[1].locations:"),
            (with("locations", json!([1])), "[1].locations:"),
            (with("locations", json!([""])), "[1].locations[0]:"),
            (with("locations", json!(["a b"])), "[1].locations[0]:"),
            (with("datatypes", json!([])), "[1].datatypes:"),
            (with("datatypes", json!("pension")), "[1].datatypes:"),
            (with("datatypes", json!(["a", "Pension"])), "[1].datatypes[1]:"),
            (with("datatypes", json!(records)), "more than 16 records"),
            (with("purpose", json!(null)), "[1].purpose:"),
            (with("purpose", json!("Just trust us")), "[1].purpose:"),
        ] {
            let fault = read_text(&text).unwrap_err();
            assert_eq!(fault.code, Code::InvalidAuthorizationDetails, "{text}");
            assert!(
                fault.description.contains(place),
                "{} for {place}",
                fault.description
            );
        }
    }
}
