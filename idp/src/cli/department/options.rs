use super::arguments::{Allow, Clearable};
use crate::cli::client::{give, put};
use crate::cli::failure::Failure;
use crate::department::trust::allowed::Terms;

impl Allow {
    /// Sets what is named. A list is replaced as a whole; of the purposes, those of the scopes that are named.
    pub(super) fn set(&self, terms: &mut Terms) -> Result<(), Failure> {
        for name in &self.clear {
            name.clear(terms);
        }
        put(&mut terms.name, self.name.as_ref());
        put(&mut terms.name_en, self.name_en.as_ref());
        put(&mut terms.organisation, self.organisation.as_ref());
        put(&mut terms.organisation_en, self.organisation_en.as_ref());
        if let Some(scopes) = &self.scopes {
            terms.scope = scopes.split_whitespace().collect::<Vec<_>>().join(" ");
            let asked = |scope: &String| terms.scope.split(' ').any(|one| one == scope);
            terms.purposes.retain(|scope, _| asked(scope));
        }
        self.said
            .set(&mut terms.purposes, &mut terms.records, &mut terms.asks)?;
        if !self.marks.is_empty() {
            terms.marks.clone_from(&self.marks);
        }
        if !self.ranges.is_empty() {
            terms.ranges.clone_from(&self.ranges);
        }
        if self.superior {
            terms.superior.get_or_insert_default();
        }
        self.set_reach(terms)?;
        terms.metadata_document |= self.metadata_document;
        terms.unreachable |= self.unreachable;
        give(&mut terms.through, self.through.as_ref());
        Ok(())
    }

    fn set_reach(&self, terms: &mut Terms) -> Result<(), Failure> {
        if self.max_path_length.is_none() && self.permitted.is_empty() {
            return Ok(());
        }
        let Some(superior) = &mut terms.superior else {
            return Err(Failure::new(
                "--max-path-length and --permit say how far a superior's word reaches: add --superior",
            ));
        };
        superior.max_path_length = self.max_path_length.or(superior.max_path_length);
        if !self.permitted.is_empty() {
            superior.permitted.clone_from(&self.permitted);
        }
        Ok(())
    }
}

impl Clearable {
    fn clear(self, terms: &mut Terms) {
        let (purposes, asks) = (terms.purposes.values_mut(), terms.asks.values_mut());
        match (self, &mut terms.superior) {
            (Self::NameEn, _) => terms.name_en.clear(),
            (Self::OrganisationEn, _) => terms.organisation_en.clear(),
            (Self::Purpose, _) => purposes.for_each(|purpose| purpose.zh.clear()),
            (Self::PurposeEn, _) => purposes.for_each(|purpose| purpose.en.clear()),
            (Self::Record, _) => terms.records.clear(),
            (Self::RecordEn, _) => terms.records.values_mut().for_each(|words| words.en.clear()),
            (Self::Ask, _) => terms.asks.clear(),
            (Self::AskEn, _) => asks.for_each(|purpose| purpose.en.clear()),
            (Self::Optional, _) => purposes.chain(asks).for_each(|purpose| purpose.optional = false),
            (Self::Marks, _) => terms.marks.clear(),
            (Self::Range, _) => terms.ranges.clear(),
            (Self::Superior, superior) => *superior = None,
            (Self::MaxPathLength, Some(superior)) => superior.max_path_length = None,
            (Self::Permit, Some(superior)) => superior.permitted.clear(),
            (Self::MaxPathLength | Self::Permit, None) => {}
            (Self::MetadataDocument, _) => terms.metadata_document = false,
            (Self::Unreachable, _) => terms.unreachable = false,
            (Self::Through, _) => terms.through = None,
            (Self::MovedFrom, _) => terms.sector = None,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::arguments::{Arguments, Command};
    use crate::cli::department::Department;

    /// What `yimen department allow https://a.gov.example …` makes of it.
    fn set(before: &Terms, line: &[&str]) -> Result<Terms, Failure> {
        let words = ["yimen", "department", "allow", "https://a.gov.example"];
        let arguments = Arguments::try_parse_from(words.iter().chain(line)).unwrap();
        let Command::Department(Department::Allow(allow)) = arguments.command else {
            panic!("another command");
        };
        let mut terms = before.clone();
        allow.set(&mut terms).map(|()| terms)
    }

    #[test]
    fn what_is_not_named_stays_and_what_is_cleared_goes() {
        let line = [
            "--name",
            "养老金查询",
            "--organisation",
            "人社局",
            "--scopes",
            "openid  phone",
            "--purpose",
            "phone=通知",
            "--optional",
            "phone",
            "--marks",
            "https://id/mark",
            "--range",
            "10.0.0.0/8",
            "--superior",
            "--max-path-length",
            "1",
            "--permit",
            ".gov.example",
            "--through",
            "https://province.example",
            "--metadata-document",
        ];
        let all = set(&Terms::default(), &line).unwrap();
        assert_eq!(
            (all.scope.as_str(), all.purposes["phone"].optional),
            ("openid phone", true)
        );
        assert_eq!(set(&all, &[]).unwrap(), all);
        let named = set(&all, &["--name", "社保卡"]).unwrap();
        assert_eq!(
            named,
            Terms {
                name: "社保卡".to_owned(),
                ..all.clone()
            }
        );
        assert!(set(&all, &["--scopes", "openid"]).unwrap().purposes.is_empty());
        let cleared = [
            "marks",
            "range",
            "superior",
            "through",
            "purpose",
            "optional",
            "metadata-document",
        ];
        let cleared: Vec<_> = cleared.iter().flat_map(|name| ["--clear", name]).collect();
        let bare = set(&all, &cleared).unwrap();
        assert_eq!(
            bare.fields()
                .iter()
                .filter(|field| !field.values.is_empty())
                .count(),
            3
        );
        assert!(set(&bare, &["--permit", ".gov.example"]).is_err());
    }
}
