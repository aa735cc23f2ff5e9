use serde_json::json;
use uuid::Uuid;

use super::form::Form;
use super::pages::{DepartmentPage, DepartmentsPage, Line, Place, System, Told};
use crate::department::trust::Overview;
use crate::department::trust::allowed::{Allowed, Pattern, Pause, Status, Terms};
use crate::department::trust::entity::{Entity, EntityStatus, Held, Stumble};
use crate::federation::Relaxation;
use crate::keys::jose::Algorithm;
use crate::keys::jose::forge::ForgedKey;
use crate::web::sample;

const HRSS: &str = "https://hrss.city.example";

fn allowed(pattern: &str, status: Status) -> Allowed {
    Allowed {
        id: Uuid::max(),
        pattern: Pattern::parse(pattern, Relaxation::Nothing).unwrap(),
        status,
        reason: (status == Status::Suspended).then_some(Pause::Security),
        terms: Terms {
            name: "养老金查询".to_owned(),
            organisation: "云川市人力资源和社会保障局".to_owned(),
            scope: "openid phone".to_owned(),
            ranges: vec!["10.20.0.0/16".parse().unwrap()],
            ..Terms::default()
        },
        created_at: sample::NOW,
        updated_at: sample::NOW,
    }
}

fn place(pattern: &str) -> Place {
    Place {
        pattern: pattern.to_owned(),
        path: "/admin/departments/x".to_owned(),
    }
}

fn entity() -> Entity {
    let key = || json!({ "keys": [ForgedKey::new(Algorithm::Es256).jwk()] });
    let fault = Stumble {
        step: "keys".to_owned(),
        entity: HRSS.to_owned(),
        claim: "jwks".to_owned(),
        expected: "a statement signed by a pinned key".to_owned(),
        found: "<b>another</b>".to_owned(),
    };
    Entity {
        entity_id: HRSS.to_owned(),
        allowed_id: Uuid::max(),
        status: EntityStatus::Joined,
        reason: None,
        jwks: key(),
        statement_iat: sample::NOW,
        held: Some(Held {
            jwks: key(),
            at: sample::NOW,
        }),
        fault: Some((fault, sample::NOW)),
        joined_at: sample::NOW,
        updated_at: sample::NOW,
    }
}

#[test]
fn the_list_says_what_waits() {
    for (name, told) in [
        ("departments", None),
        ("departments-refused", Some(Told::BadPattern)),
    ] {
        sample::show(name, |page| DepartmentsPage {
            token: page.form_token("operator"),
            operator: "市数据局-甲".to_owned(),
            listed: [("*.city.example", Status::Suspended), (HRSS, Status::Active)]
                .map(|(pattern, status)| Line {
                    place: place(pattern),
                    one: Overview {
                        allowed: allowed(pattern, status),
                        systems: 2,
                        held: 1,
                        stumbled: 1,
                    },
                })
                .into(),
            form: Form::of(String::new(), None),
            told: told.clone(),
            page,
        });
    }
}

#[test]
fn a_department_is_shown_with_its_keys_and_what_went_wrong() {
    for (name, told, status) in [
        ("department", None, Status::Active),
        (
            "department-suspended",
            Some(Told::BadField("name", "it has 90 characters".to_owned())),
            Status::Suspended,
        ),
    ] {
        sample::show(name, |page| {
            let allowed = allowed(HRSS, status);
            DepartmentPage {
                token: page.form_token("operator"),
                now: sample::NOW,
                pattern: HRSS.to_owned(),
                here: "/admin/departments/x".to_owned(),
                form: Form::of(HRSS.to_owned(), Some(&allowed)),
                allowed: Some(allowed),
                under: None,
                systems: vec![System {
                    place: place(HRSS),
                    entity: entity(),
                }],
                told: told.clone(),
                page,
            }
        });
    }
}
