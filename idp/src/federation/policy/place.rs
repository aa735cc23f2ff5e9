use std::sync::Arc;

use super::{Operator, PolicyFault, Problem, Stage};

/// Where in which statement we are, so that a fault can say so.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub stage: Stage,
    pub issuer: &'a Arc<str>,
    pub entity_type: &'a str,
    pub parameter: &'a str,
    pub operator: Option<Operator>,
}

impl<'a> Place<'a> {
    pub fn statement(issuer: &'a Arc<str>) -> Self {
        Self {
            stage: Stage::Resolution,
            issuer,
            entity_type: "",
            parameter: "",
            operator: None,
        }
    }

    pub fn at(self, operator: Operator) -> Self {
        self.of(operator, self.issuer)
    }

    /// At an operator that another's statement may have set.
    pub fn of(self, operator: Operator, issuer: &'a Arc<str>) -> Self {
        Self {
            issuer,
            operator: Some(operator),
            ..self
        }
    }

    pub fn fault(
        self,
        problem: Problem,
        expected: impl Into<String>,
        found: &(impl ToString + ?Sized),
    ) -> PolicyFault {
        PolicyFault {
            stage: self.stage,
            issuer: Arc::clone(self.issuer),
            entity_type: self.entity_type.to_owned(),
            parameter: self.parameter.to_owned(),
            operator: self.operator,
            problem,
            expected: expected.into(),
            found: found.to_string(),
        }
    }
}
