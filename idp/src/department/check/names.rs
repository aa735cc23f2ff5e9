use super::super::data::is_data_name;
use super::super::model::ClientMetadata;

const MAX_CHARACTERS: usize = 80;

/// Residents read these names on the plaque, so they are short, visible and on one line.
pub(super) fn check(metadata: &ClientMetadata) -> Result<(), String> {
    if metadata.client_name.trim().is_empty() || metadata.organisation.trim().is_empty() {
        return Err(
            "a client needs a name (--name) and a department (--department): residents see both".to_owned(),
        );
    }
    plain("client_name", &metadata.client_name)?;
    plain("organisation", &metadata.organisation)?;
    plain("client_name#en", &metadata.client_name_en)?;
    plain("organisation#en", &metadata.organisation_en)?;
    for (scope, purpose) in &metadata.purposes {
        plain(&format!("purposes.{scope}.zh"), &purpose.zh)?;
        plain(&format!("purposes.{scope}.en"), &purpose.en)?;
    }
    check_data(metadata)
}

/// What residents read of records: each has words, and each ask says why.
fn check_data(metadata: &ClientMetadata) -> Result<(), String> {
    for (record, words) in &metadata.records {
        if !is_data_name(record) {
            let name = record.escape_debug();
            return Err(format!(
                "the record {name}: a name is 1 to 64 small letters, digits and underscores"
            ));
        }
        if words.zh.trim().is_empty() {
            return Err(format!("the record {record} has no words: --record '{record}=…'"));
        }
        plain(&format!("records.{record}.zh"), &words.zh)?;
        plain(&format!("records.{record}.en"), &words.en)?;
    }
    for (key, purpose) in &metadata.asks {
        if purpose.zh.trim().is_empty() {
            return Err(format!("{key} says not why it is asked for: --ask '{key}=…'"));
        }
        plain(&format!("asks.{key}.zh"), &purpose.zh)?;
        plain(&format!("asks.{key}.en"), &purpose.en)?;
    }
    Ok(())
}

pub(super) fn plain(field: &str, text: &str) -> Result<(), String> {
    let found = text.chars().count();
    if found > MAX_CHARACTERS {
        return Err(format!(
            "{field} has {found} characters; at most {MAX_CHARACTERS} are allowed"
        ));
    }
    if text.chars().any(|one| one.is_control() || is_invisible(one)) {
        return Err(format!("{field} contains a control or invisible character"));
    }
    Ok(())
}

/// Characters that turn or hide what stands beside them: one name could be made to look like another.
const fn is_invisible(one: char) -> bool {
    matches!(one, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}
