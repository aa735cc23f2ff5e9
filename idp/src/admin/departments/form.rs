use crate::department::Purpose;
use crate::department::trust::allowed::{Allowed, Terms};
use crate::web::{Page, PageError, PostedForm};

/// What can be asked for beside `openid`, each with the fields of the form that say why.
const ASKED: [(&str, &str, &str); 3] = [
    ("profile", "purpose-profile", "purpose-en-profile"),
    ("phone", "purpose-phone", "purpose-en-phone"),
    (
        "offline_access",
        "purpose-offline_access",
        "purpose-en-offline_access",
    ),
];

/// The form by which a department is let join, or its terms are changed. The rest of the terms stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Form {
    pub pattern: String,
    /// The state that is changed; empty of what is new.
    pub version: String,
    pub name: String,
    pub name_en: String,
    pub organisation: String,
    pub organisation_en: String,
    pub scopes: Vec<Scope>,
}

/// One scope on the form.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    pub name: &'static str,
    pub purpose_field: &'static str,
    pub purpose_en_field: &'static str,
    pub is_asked: bool,
    pub purpose: String,
    pub purpose_en: String,
    pub is_optional: bool,
}

impl Scope {
    pub(super) fn label(&self, page: &Page) -> String {
        let id = match self.name {
            "profile" => "department-scope-profile",
            "phone" => "department-scope-phone",
            _ => "department-scope-offline",
        };
        page.say(id).to_string()
    }
}

impl Form {
    /// As a decision stands, or empty.
    pub(super) fn of(pattern: String, allowed: Option<&Allowed>) -> Self {
        let terms = allowed.map(|allowed| allowed.terms.clone()).unwrap_or_default();
        let scopes = ASKED.map(|(name, purpose_field, purpose_en_field)| {
            let purpose = terms.purposes.get(name);
            Scope {
                name,
                purpose_field,
                purpose_en_field,
                is_asked: terms.scope.split_ascii_whitespace().any(|scope| scope == name),
                purpose: purpose.map(|purpose| purpose.zh.clone()).unwrap_or_default(),
                purpose_en: purpose.map(|purpose| purpose.en.clone()).unwrap_or_default(),
                is_optional: purpose.is_some_and(|purpose| purpose.optional),
            }
        });
        Self {
            pattern,
            version: allowed.map(super::super::api::version).unwrap_or_default(),
            name: terms.name,
            name_en: terms.name_en,
            organisation: terms.organisation,
            organisation_en: terms.organisation_en,
            scopes: scopes.into(),
        }
    }

    /// As it was posted.
    pub(super) fn read(form: &PostedForm) -> Result<Self, PageError> {
        let text = |name| Ok::<_, PageError>(form.one(name)?.trim().to_owned());
        let mut scopes = Vec::new();
        for (name, purpose_field, purpose_en_field) in ASKED {
            scopes.push(Scope {
                name,
                purpose_field,
                purpose_en_field,
                is_asked: form.all("scope").any(|scope| scope == name),
                purpose: text(purpose_field)?,
                purpose_en: text(purpose_en_field)?,
                is_optional: form.all("optional").any(|scope| scope == name),
            });
        }
        Ok(Self {
            pattern: text("pattern")?,
            version: text("version")?,
            name: text("name")?,
            name_en: text("name_en")?,
            organisation: text("organisation")?,
            organisation_en: text("organisation_en")?,
            scopes,
        })
    }

    /// The terms that it makes of those before.
    pub(super) fn set(&self, mut terms: Terms) -> Terms {
        terms.name.clone_from(&self.name);
        terms.name_en.clone_from(&self.name_en);
        terms.organisation.clone_from(&self.organisation);
        terms.organisation_en.clone_from(&self.organisation_en);
        let asked = || self.scopes.iter().filter(|scope| scope.is_asked);
        let names = std::iter::once("openid").chain(asked().map(|scope| scope.name));
        terms.scope = names.collect::<Vec<_>>().join(" ");
        let said = asked()
            .filter(|scope| scope.is_optional || !scope.purpose.is_empty() || !scope.purpose_en.is_empty());
        let purposes = said.map(|scope| {
            let purpose = Purpose {
                zh: scope.purpose.clone(),
                en: scope.purpose_en.clone(),
                optional: scope.is_optional,
            };
            (scope.name.to_owned(), purpose)
        });
        terms.purposes = purposes.collect();
        terms
    }

    fn is_new(&self) -> bool {
        self.version.is_empty()
    }

    /// Who it is about is changed by another decision, not by another name.
    pub(super) fn is_fixed(&self) -> bool {
        !self.is_new()
    }

    pub(super) fn button(&self, page: &Page) -> String {
        let id = if self.is_new() {
            "department-allow"
        } else {
            "department-change"
        };
        page.say(id).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_form_does_not_show_stays_as_it_was() {
        let before = Terms {
            name: "养老金查询".to_owned(),
            scope: "openid phone".to_owned(),
            ranges: vec!["10.0.0.0/8".parse().unwrap()],
            metadata_document: true,
            ..Terms::default()
        };
        let form = Form {
            name: "社保卡".to_owned(),
            organisation: "人社局".to_owned(),
            scopes: vec![Scope {
                name: "profile",
                is_asked: true,
                purpose: "核对".to_owned(),
                ..Scope::default()
            }],
            ..Form::default()
        };
        let after = form.set(before.clone());
        assert_eq!(
            (after.scope.as_str(), after.purposes["profile"].zh.as_str()),
            ("openid profile", "核对")
        );
        assert_eq!((&after.ranges, after.metadata_document), (&before.ranges, true));
    }
}
