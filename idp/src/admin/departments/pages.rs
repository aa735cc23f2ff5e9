use askama::Template;

use super::form::Form;
use crate::clock::Timestamp;
use crate::department::trust::Overview;
use crate::department::trust::allowed::{Allowed, Pause, Status};
use crate::department::trust::entity::{Entity, EntityStatus, Stumble};
use crate::web::{Locale, Page, views};

/// `GET /admin/departments`.
#[derive(Template)]
#[template(path = "admin/departments.html")]
pub struct DepartmentsPage {
    pub page: Page,
    /// Bound to the operator's session.
    pub token: String,
    pub operator: String,
    pub listed: Vec<Line>,
    pub form: Form,
    pub told: Option<Told>,
}

/// `GET /admin/departments/{pattern}`.
#[derive(Template)]
#[template(path = "admin/department.html")]
pub struct DepartmentPage {
    pub page: Page,
    pub token: String,
    pub now: Timestamp,
    pub pattern: String,
    /// This page's own path.
    pub here: String,
    /// The decision of exactly this pattern.
    pub allowed: Option<Allowed>,
    /// The wider one that counts where there is none.
    pub under: Option<Place>,
    pub systems: Vec<System>,
    pub form: Form,
    pub told: Option<Told>,
}

/// A decision or a system, and the path to its page.
#[derive(Clone, Debug)]
pub struct Place {
    pub pattern: String,
    pub path: String,
}

/// One decision of the list.
#[derive(Debug)]
pub struct Line {
    pub place: Place,
    pub one: Overview,
}

/// One system of a decision.
#[derive(Debug)]
pub struct System {
    pub place: Place,
    pub entity: Entity,
}

/// What came of an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    BadPattern,
    /// Which field, and what is expected there, as programs are told.
    BadField(&'static str, String),
    Overtaken,
    Already,
    NotCompared,
    OtherKeys,
    NothingHeld,
}

impl Told {
    fn heading(&self, page: &Page) -> String {
        let id = match self {
            Self::BadPattern => "department-bad-pattern",
            Self::BadField(field, _) => {
                let label = match *field {
                    "name" | "name_en" => "department-name",
                    "organisation" | "organisation_en" => "department-organisation",
                    "scope" | "purposes" => "department-scopes",
                    _ => "department-terms",
                };
                let label = page.say(label).to_string();
                return page.say("department-bad-field").with("field", &label).to_string();
            }
            Self::Overtaken => "department-overtaken",
            Self::Already => "department-already",
            Self::NotCompared => "department-not-compared",
            Self::OtherKeys => "department-other-keys",
            Self::NothingHeld => "department-nothing-held",
        };
        page.say(id).to_string()
    }

    fn detail(&self) -> Option<&str> {
        match self {
            Self::BadField(_, detail) => Some(detail),
            _ => None,
        }
    }
}

impl Line {
    fn names(&self, page: &Page) -> String {
        names(&self.one.allowed, page)
    }

    fn status(&self, page: &Page) -> String {
        status(&self.one.allowed, page)
    }

    fn systems(&self, page: &Page) -> String {
        counted(page, "department-systems", self.one.systems)
    }

    fn held(&self, page: &Page) -> Option<String> {
        (self.one.held > 0).then(|| counted(page, "department-held", self.one.held))
    }

    fn stumbled(&self, page: &Page) -> Option<String> {
        (self.one.stumbled > 0).then(|| counted(page, "department-stumbled", self.one.stumbled))
    }
}

impl System {
    fn status(&self, page: &Page) -> String {
        let id = match self.entity.status {
            EntityStatus::Joined => "system-joined",
            EntityStatus::Suspended => "department-suspended",
            EntityStatus::Removed => "system-removed",
            EntityStatus::Refused => "system-refused",
            EntityStatus::ByDocument => "system-by-document",
        };
        with_reason(page, id, self.entity.reason)
    }

    fn fault(&self) -> Option<&Stumble> {
        self.entity.fault.as_ref().map(|(fault, _)| fault)
    }

    fn failed_at(&self) -> Timestamp {
        let at = self.entity.fault.as_ref().map(|(_, at)| *at);
        at.unwrap_or(self.entity.updated_at)
    }

    fn is_suspended(&self) -> bool {
        self.entity.status == EntityStatus::Suspended
    }
}

impl DepartmentPage {
    fn status(&self, allowed: &Allowed) -> String {
        status(allowed, &self.page)
    }

    fn names(&self, allowed: &Allowed) -> String {
        names(allowed, &self.page)
    }

    /// Whether what this page is about is suspended: the decision, or the one system where there is none.
    fn is_suspended(&self) -> bool {
        match &self.allowed {
            Some(allowed) => allowed.status == Status::Suspended || self.is_alone_suspended(),
            None => self.is_alone_suspended(),
        }
    }

    fn is_alone_suspended(&self) -> bool {
        let own = self
            .systems
            .iter()
            .find(|system| system.place.pattern == self.pattern);
        own.is_some_and(System::is_suspended)
    }

    /// Whether keys can be taken here: on the page of the one system.
    fn takes_keys_of(&self, system: &System) -> bool {
        system.place.pattern == self.pattern
    }

    /// What is decided beside the form's fields, under the names of the command's options.
    fn more(&self) -> Vec<(&'static str, String)> {
        let shown = [
            "name",
            "name-en",
            "organisation",
            "organisation-en",
            "scopes",
            "purpose",
            "purpose-en",
            "optional",
        ];
        let fields = self.allowed.iter().flat_map(|allowed| allowed.terms.fields());
        fields
            .filter(|field| !field.values.is_empty() && !shown.contains(&field.name))
            .map(|field| (field.name, field.values.join(" · ")))
            .collect()
    }

    fn reasons(&self) -> [(&'static str, String); 3] {
        Pause::ALL.map(|pause| (pause.as_str(), self.page.say(reason(pause)).to_string()))
    }
}

/// What residents come for, and who offers it, in the page's language where it was said in it.
fn names(allowed: &Allowed, page: &Page) -> String {
    let pick = |zh: &str, en: &str| {
        let is_english = page.locale() == Locale::English && !en.is_empty();
        if is_english { en.to_owned() } else { zh.to_owned() }
    };
    let terms = &allowed.terms;
    let name = pick(&terms.name, &terms.name_en);
    format!("{name} · {}", pick(&terms.organisation, &terms.organisation_en))
}

fn status(allowed: &Allowed, page: &Page) -> String {
    match allowed.status {
        Status::Suspended => with_reason(page, "department-suspended", allowed.reason),
        Status::Active | Status::Removed => page.say("department-active").to_string(),
    }
}

fn with_reason(page: &Page, id: &str, paused: Option<Pause>) -> String {
    let status = page.say(id).to_string();
    match paused {
        None => status,
        Some(pause) => format!("{status} · {}", page.say(reason(pause))),
    }
}

const fn reason(pause: Pause) -> &'static str {
    match pause {
        Pause::Security => "department-pause-security",
        Pause::Maintenance => "department-pause-maintenance",
        Pause::Request => "department-pause-request",
    }
}

fn counted(page: &Page, id: &str, count: usize) -> String {
    page.say(id).with("count", &count).to_string()
}

views!(DepartmentsPage, DepartmentPage);
