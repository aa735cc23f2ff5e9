//! The environment, where code has said nothing.

use std::path::PathBuf;

use crate::keys::{Pem, Source};

pub(crate) struct Variables<'a>(pub(crate) &'a dyn Fn(&str) -> Option<String>);

impl Variables<'_> {
    /// What is empty is not set.
    pub(crate) fn or(&self, said: Option<String>, name: &str) -> Option<String> {
        said.or_else(|| (self.0)(name)).filter(|text| !text.is_empty())
    }

    pub(crate) fn path_or(&self, said: Option<PathBuf>, name: &str) -> Option<PathBuf> {
        said.or_else(|| self.or(None, name).map(PathBuf::from))
    }

    /// Separated by spaces.
    pub(crate) fn words_or(&self, said: Option<Vec<String>>, name: &str) -> Option<Vec<String>> {
        let said = said.or_else(|| {
            let text = self.or(None, name)?;
            Some(text.split_whitespace().map(str::to_owned).collect())
        });
        said.filter(|words| !words.is_empty())
    }

    pub(crate) fn key_or(
        &self,
        said: Option<Source>,
        pem: &'static str,
        file: &'static str,
    ) -> Option<Source> {
        let text = || self.or(None, pem).map(|text| Source::Pem(Pem(text), pem));
        let path = || self.or(None, file).map(|path| Source::File(path.into()));
        said.or_else(text).or_else(path)
    }
}
