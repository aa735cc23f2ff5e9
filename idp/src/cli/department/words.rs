use serde_json::{Value, json};

use crate::cli::client::changed_rows;
use crate::cli::table::align;
use crate::department::trust::allowed::{Allowed, Pattern, Pause};
use crate::department::trust::entity::Entity;
use crate::department::trust::{Decided, Kept, Looked, Overview, Told};

/// Of a decision, and of one system.
pub(super) const SUSPENDED: [&str; 2] = [
    "is suspended: within seconds nobody signs in there, and what its systems were given is over, also when it resumes",
    "is suspended, alone of those that its decision covers: within seconds nobody signs in there, and what it was given is \
     over, also when it resumes",
];
pub(super) const RESUMED: [&str; 2] = [
    "goes on: residents sign in anew",
    "goes on: residents sign in anew there",
];

pub(super) fn allowed(pattern: &Pattern, scope: &str, done: &Decided) -> String {
    let mut text = if done.is_new {
        format!("{pattern} may join\n")
    } else if done.changed.is_empty() && done.systems.is_empty() {
        return format!("{pattern} is allowed like this already: nothing was changed");
    } else {
        format!(
            "{pattern} has been changed; every node will go by it within seconds\n{}",
            align(&changed_rows(&done.changed))
        )
    };
    if !pattern.names_one() && scope != "openid" {
        text.push_str(
            "Each system gets the scope openid alone until you allow it by its own address: yimen department allow https://…\n",
        );
    }
    for system in &done.systems {
        text.push_str(&format!(
            "{system} is under this from now on; whether its keys are the department's: yimen department show {system}\n"
        ));
    }
    if done.is_suspended {
        text.push_str(&format!(
            "It stays suspended: yimen department resume {pattern}\n"
        ));
    }
    text
}

pub(super) fn removed(pattern: &Pattern, kept: &Kept) -> String {
    let mut text = match kept.told {
        Told::Decision => {
            format!("{pattern} is allowed no longer, and what its systems were given is over\n")
        }
        Told::System => format!("{pattern} has been removed, and what it was given is over\n"),
    };
    match (&kept.covered_by, pattern.names_one()) {
        (Some(wider), true) => text.push_str(&format!(
            "It stays out though {wider} covers it, until you allow it again by its address\n"
        )),
        (Some(wider), false) => text.push_str(&format!(
            "Its systems may come again by {wider}; to keep one out, remove it by its address\n"
        )),
        (None, _) => {}
    }
    text
}

pub(super) fn line(one: &Overview) -> [String; 4] {
    let allowed = &one.allowed;
    [
        allowed.pattern.to_string(),
        allowed.status.as_str().to_owned(),
        match one.systems {
            1 => "1 system".to_owned(),
            more => format!("{more} systems"),
        },
        format!("{} · {}", allowed.terms.name, allowed.terms.organisation),
    ]
}

pub(super) fn summary(one: &Overview) -> Value {
    let mut value = one.allowed.to_json();
    value["systems"] = json!(one.systems);
    value
}

pub(super) fn as_json(looked: &Looked) -> Value {
    json!({
        "decision": looked.allowed.as_ref().map(Allowed::to_json),
        "systems": looked.systems.iter().map(Entity::to_json).collect::<Vec<_>>(),
    })
}

type Rows = Vec<[String; 2]>;

fn row(rows: &mut Rows, name: &str, values: &[String]) {
    let names = std::iter::once(name).chain(std::iter::repeat(""));
    rows.extend(
        names
            .zip(values)
            .map(|(name, value)| [name.to_owned(), value.clone()]),
    );
}

/// A decision and its systems, one name or value a line.
pub(super) fn shown(looked: &Looked) -> String {
    let mut rows = Rows::new();
    if let Some(allowed) = &looked.allowed {
        row(&mut rows, "allowed", &[allowed.pattern.to_string()]);
        row(
            &mut rows,
            "status",
            &[status(allowed.status.as_str(), allowed.reason)],
        );
        for field in allowed.terms.fields() {
            row(&mut rows, field.name, &field.values);
        }
    }
    for entity in &looked.systems {
        row(&mut rows, "", &[String::new()]);
        show_system(&mut rows, entity);
    }
    let mut text = align(&rows);
    for entity in looked.systems.iter().filter(|entity| entity.held.is_some()) {
        text.push_str(&format!(
            "\n{} signs with other keys now, and none of the old ones says so. Compare the new ones with what the department \
             says, over another way than the one they came by; if they are its own:\n  yimen department trust-keys {} -- {}\n",
            entity.entity_id,
            entity.entity_id,
            entity.held_keys().join(" ")
        ));
    }
    text
}

fn show_system(rows: &mut Rows, entity: &Entity) {
    row(rows, "system", std::slice::from_ref(&entity.entity_id));
    row(rows, "status", &[status(entity.status.as_str(), entity.reason)]);
    if entity.has_joined() {
        row(rows, "joined", &[entity.joined_at.to_string()]);
    }
    row(rows, "keys", &entity.pinned());
    if let Some(held) = &entity.held {
        row(rows, "held since", &[held.at.to_string()]);
        row(rows, "held keys", &entity.held_keys());
    }
    if let Some((fault, at)) = &entity.fault {
        row(rows, "failed", &[at.to_string()]);
        for (name, value) in [
            ("  at step", &fault.step),
            ("  of", &fault.entity),
            ("  claim", &fault.claim),
            ("  expected", &fault.expected),
            ("  found", &fault.found),
        ] {
            if !value.is_empty() {
                row(rows, name, std::slice::from_ref(value));
            }
        }
    }
}

fn status(status: &str, reason: Option<Pause>) -> String {
    reason.map_or_else(
        || status.to_owned(),
        |reason| format!("{status} ({})", reason.as_str()),
    )
}
