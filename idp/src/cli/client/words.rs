use crate::cli::table::align;
use crate::department::{Changed, Client, ClientMetadata, DataKey, Standing, Updated};

pub(super) fn line(client: &Client) -> [String; 3] {
    let ClientMetadata {
        client_name,
        organisation,
        ..
    } = &client.metadata;
    [
        client.client_id.clone(),
        status(client).to_owned(),
        format!("{client_name} · {organisation}"),
    ]
}

pub(super) const fn status(client: &Client) -> &'static str {
    match client.standing {
        Standing::Active => "active",
        Standing::Suspended(_) => "suspended",
        Standing::Removed => "removed",
    }
}

/// What a client is registered with, one name or value a line.
pub(super) fn by_name(client: &Client) -> String {
    let row = |name: &str, value: &str| [name.to_owned(), value.to_owned()];
    let mut rows = vec![row("id", &client.client_id), row("status", status(client))];
    for field in client.fields() {
        let names = std::iter::once(field.name).chain(std::iter::repeat(""));
        rows.extend(names.zip(&field.values).map(|(name, value)| row(name, value)));
    }
    align(&rows)
}

/// A secret, on the one occasion when it is shown.
pub(super) fn secret(secret: &str) -> String {
    format!("client_secret: {secret}\nThe secret is shown this once; only its hash is kept.")
}

/// Of records that may be asked for and are not to be had; begins a line of its own.
pub(in crate::cli) fn missing(keys: &[DataKey]) -> String {
    let lines = keys.iter().map(|key| {
        format!(
            "\n{key} is asked for in vain so far: {} has not joined, or no --record {} is said of it",
            key.holder, key.record
        )
    });
    lines.collect()
}

/// What an update has changed, and what residents will notice.
pub(super) fn said(id: &str, done: &Updated) -> String {
    if done.changed.is_empty() {
        return format!("{id} is registered like this already: nothing was changed");
    }
    let mut text = format!(
        "{id} has been changed; every node will go by it within seconds\n{}",
        align(&changed_rows(&done.changed))
    );
    if !done.consequences.is_empty() {
        text.push_str("What residents will notice:\n");
        text.extend(done.consequences.iter().map(|one| format!("  {one}\n")));
    }
    if let Some(new) = &done.client_secret {
        text.push_str(&secret(new));
    }
    text
}

/// What went and what came, one value a line.
pub(in crate::cli) fn changed_rows(changed: &[Changed]) -> Vec<[String; 2]> {
    let mut rows = Vec::new();
    for one in changed {
        let gone = one.from.iter().filter(|value| !one.to.contains(value));
        let come = one.to.iter().filter(|value| !one.from.contains(value));
        let values = gone
            .map(|value| format!("- {value}"))
            .chain(come.map(|value| format!("+ {value}")))
            .collect::<Vec<_>>();
        // The same values in another order, or keys that differ in what is not shown.
        let values = if values.is_empty() {
            one.to.iter().map(|value| format!("  {value}")).collect()
        } else {
            values
        };
        let names = std::iter::once(one.name).chain(std::iter::repeat(""));
        rows.extend(names.zip(values).map(|(name, value)| [name.to_owned(), value]));
    }
    rows
}
