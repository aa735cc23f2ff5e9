use super::model::{Client, Origin};

/// What an operator's program may do at the admin API. The name is registered: never rename one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminScope {
    DepartmentsRead,
    DepartmentsWrite,
}

impl AdminScope {
    pub const ALL: [Self; 2] = [Self::DepartmentsRead, Self::DepartmentsWrite];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DepartmentsRead => "departments:read",
            Self::DepartmentsWrite => "departments:write",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

/// The address of the admin API, which is the audience of the tokens for it (RFC 8707).
#[must_use]
pub fn admin_api(issuer: &str) -> String {
    format!("{issuer}/api/admin/v1")
}

impl Client {
    /// What it may do at the admin API. Only the operator registers that: whoever came by itself has none of it.
    pub fn admin_scopes(&self) -> impl Iterator<Item = AdminScope> {
        let named = self.metadata.admin_scopes.iter();
        let is_the_operators = self.origin == Origin::Static;
        named
            .filter_map(|name| AdminScope::named(name))
            .filter(move |_| is_the_operators)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_brings_a_scope_of_the_operators_with_them() {
        let mut client = Client::sample("https://a.example/cb");
        client.metadata.admin_scopes = vec!["departments:read".to_owned(), "everything".to_owned()];
        assert_eq!(
            client.admin_scopes().collect::<Vec<_>>(),
            [AdminScope::DepartmentsRead]
        );
        for origin in [Origin::Federation, Origin::MetadataDocument, Origin::Dynamic] {
            client.origin = origin;
            assert_eq!(client.admin_scopes().count(), 0);
        }
    }
}
