use serde_json::{Value, json};

use super::id;
use crate::federation::constraints::{Constraints, NameSubtree};
use crate::federation::fault::Whose;
use crate::federation::metadata::Metadata;
use crate::federation::{EntityId, Step};

const WHOSE: Whose<'static> = Whose("https://anchor.example");

fn read(claim: &Value) -> Result<Constraints, Step> {
    Constraints::read(claim, WHOSE).map_err(|fault| fault.step)
}

fn outcome(claim: &Value, below: &[EntityId]) -> Result<(), Step> {
    let below: Vec<&EntityId> = below.iter().collect();
    read(claim)?.check(&below, WHOSE).map_err(|fault| fault.step)
}

#[test]
fn a_name_lies_under_another_by_whole_labels() {
    let below = NameSubtree::parse(".example.com").unwrap();
    let host = NameSubtree::parse("Host.Example.com").unwrap();
    for (url, is_below, is_host) in [
        ("https://example.com", false, false),
        ("https://a.example.com", true, false),
        ("https://a.b.example.com:8443/x", true, false),
        ("https://xexample.com", false, false),
        ("https://a.example.com.evil", false, false),
        ("https://host.example.com", true, true),
        ("https://host.example.com:8443/x", true, true),
        ("https://a.host.example.com", true, false),
        ("https://10.0.0.1", false, false),
        ("https://[2001:db8::1]", false, false),
    ] {
        assert_eq!(below.matches(&id(url)), is_below, "{url}");
        assert_eq!(host.matches(&id(url)), is_host, "{url}");
    }
}

#[test]
fn an_entry_that_is_no_name_is_a_fault_and_not_a_hole() {
    for entry in [
        "",
        ".",
        "..example.com",
        "example..com",
        "example.com.",
        "*.example.com",
        "https://example.com",
        "example.com/x",
        "example.com:443",
        "例子.com",
        "10.0.0.1",
        "[::1]",
        "a b.com",
    ] {
        for member in ["permitted", "excluded"] {
            let claim = json!({"naming_constraints": {member: [entry]}});
            assert_eq!(read(&claim), Err(Step::Syntax), "{member}: {entry}");
        }
    }
    for claim in [
        json!({"naming_constraints": []}),
        json!({"naming_constraints": {"permitted": ".example.com"}}),
        json!({"naming_constraints": {"excluded": [5]}}),
    ] {
        assert_eq!(read(&claim), Err(Step::Syntax), "{claim}");
    }
}

#[test]
fn names_are_permitted_and_excluded_for_everyone_below() {
    let naming = |permitted: Value, excluded: Value| json!({"naming_constraints": {"permitted": permitted, "excluded": excluded}});
    let (west, east) = (id("https://west.example.com"), id("https://a.east.example.com"));
    let one = std::slice::from_ref(&west);
    let all = [west.clone(), east];
    assert_eq!(outcome(&naming(json!([".example.com"]), json!([])), &all), Ok(()));
    assert_eq!(
        outcome(
            &naming(json!([".example.com"]), json!([".east.example.com"])),
            &all
        ),
        Err(Step::Naming)
    );
    // What is excluded is so even where it is permitted by its very name.
    let same = json!(["west.example.com"]);
    assert_eq!(
        outcome(&naming(same.clone(), same.clone()), one),
        Err(Step::Naming)
    );
    assert_eq!(outcome(&naming(same.clone(), json!([])), one), Ok(()));
    assert_eq!(outcome(&naming(same.clone(), json!([])), &all), Err(Step::Naming));
    assert_eq!(outcome(&naming(json!([]), json!([])), one), Err(Step::Naming));
    assert_eq!(
        outcome(&json!({"naming_constraints": {"excluded": [".other.com"]}}), &all),
        Ok(())
    );
    let address = [id("https://10.0.0.1")];
    assert_eq!(
        outcome(&naming(json!([".example.com"]), json!([])), &address),
        Err(Step::Naming)
    );
}

#[test]
fn a_path_is_as_long_as_it_has_intermediates() {
    let entities: Vec<EntityId> = ["leaf", "i1", "i2"]
        .map(|name| id(&format!("https://{name}.example")))
        .into();
    let outcome =
        |most: i64, statement: usize| outcome(&json!({"max_path_length": most}), &entities[..statement]);
    // §6.2.1: the anchor's statement is the third, I2's the second, I1's the first.
    assert_eq!(outcome(2, 3), Ok(()));
    assert_eq!((outcome(2, 3), outcome(1, 2)), (Ok(()), Ok(())));
    assert_eq!(outcome(0, 1), Ok(()));
    assert_eq!(outcome(1, 3), Err(Step::PathLength));
    assert_eq!(outcome(0, 2), Err(Step::PathLength));
    for bad in [json!(-1), json!(1.5), json!("1"), json!(null)] {
        assert_eq!(read(&json!({"max_path_length": bad})), Err(Step::Syntax), "{bad}");
    }
}

#[test]
fn types_that_are_not_allowed_are_taken_out() {
    let metadata =
        json!({"federation_entity": {"a": 1}, "openid_relying_party": {"b": 2}, "openid_provider": {}});
    let kept = |types: Value| {
        let constraints = read(&json!({"allowed_entity_types": types})).unwrap();
        let metadata = Metadata::read(&metadata, WHOSE).unwrap();
        let metadata = metadata.restrict(&constraints.allowed_entity_types.unwrap());
        metadata.types().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(kept(json!([])), ["federation_entity"]);
    assert_eq!(
        kept(json!(["openid_relying_party", "oauth_client"])),
        ["federation_entity", "openid_relying_party"]
    );
    for bad in [json!(["federation_entity"]), json!("openid_provider"), json!([5])] {
        assert_eq!(
            read(&json!({"allowed_entity_types": bad})),
            Err(Step::Syntax),
            "{bad}"
        );
    }
}
