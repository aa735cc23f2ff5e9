use std::fmt::Display;

use crate::department::trust::allowed::Terms;
use crate::federation::EntityId;

/// A text as one word of a shell.
pub(super) fn word(text: impl Display) -> String {
    let text = text.to_string();
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._:/".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The command that lets a system in by its address, under the names of a decision that there is.
pub(super) fn allow(id: &EntityId, terms: Option<&Terms>) -> String {
    let said = |part: fn(&Terms) -> &str, otherwise: &'static str| {
        word(
            terms
                .map(part)
                .filter(|text| !text.is_empty())
                .unwrap_or(otherwise),
        )
    };
    format!(
        "`yimen department allow {} --name {} --organisation {} --scopes {}`",
        word(id),
        said(|terms| &terms.name, "SERVICE"),
        said(|terms| &terms.organisation, "DEPARTMENT"),
        said(|terms| &terms.scope, "openid"),
    )
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn what_a_shell_would_read_otherwise_is_quoted() {
        for (text, expected) in [
            (
                "https://hrss.city.example/a-b_c",
                "https://hrss.city.example/a-b_c",
            ),
            ("*.city.example", "'*.city.example'"),
            ("https://a.example/$(id);'", r"'https://a.example/$(id);'\'''"),
            ("openid phone", "'openid phone'"),
            ("", "''"),
        ] {
            assert_eq!(word(text), expected);
        }
    }
}
