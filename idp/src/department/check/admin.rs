use super::super::admin_scope::AdminScope;
use super::super::model::ClientMetadata;

/// Whoever acts for the operator signs nobody in, so that no resident's browser ever carries its requests.
pub(super) fn check(metadata: &ClientMetadata) -> Result<(), String> {
    let scopes = &metadata.admin_scopes;
    if let Some(unknown) = scopes.iter().find(|name| AdminScope::named(name).is_none()) {
        let known = AdminScope::ALL.map(AdminScope::as_str).join(", ");
        return Err(format!("admin scope {unknown} is unknown; known are {known}"));
    }
    if !scopes.is_empty() && metadata.grant_types != ["client_credentials"] {
        return Err(
            "a client with --admin-scope acts for the operator, and signs nobody in: give it --grant-type \
             client_credentials and no other"
                .to_owned(),
        );
    }
    Ok(())
}
