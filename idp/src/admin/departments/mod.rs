//! The pages on which the city's operators decide which departments may join, by the rules of the command line.

mod form;
mod pages;
#[cfg(test)]
mod pages_test;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use url::form_urlencoded;

use self::form::Form;
use self::pages::{DepartmentPage, DepartmentsPage, Line, Place, System, Told};
use super::{Admin, DEPARTMENTS};
use crate::audit::{Actor, Context};
use crate::department::trust::allowed::{Pattern, Pause, Terms};
use crate::department::trust::{self, DecideError};
use crate::operator::OnDuty;
use crate::web::{ErrorKind, Facts, Halt, Page, PageError, PostedForm, respond, see_other};

type Named = Result<Path<String>, PathRejection>;

/// GET `/admin/departments`: whom the city lets join, and what waits.
///
/// # Errors
/// Where the records do not answer.
pub async fn show_departments(
    State(admin): State<Admin>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
) -> Result<Response, Halt> {
    let on_duty = admin.over_departments(&headers, &facts).await?;
    let form = Form::of(String::new(), None);
    let list = admin.departments(page, &on_duty, form, None).await?;
    Ok(list.into_response())
}

/// GET `/admin/departments/{pattern}`: one decision or system, and what can be done about it.
///
/// # Errors
/// Where nothing of that name is known, or the records do not answer.
pub async fn show_department(
    State(admin): State<Admin>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    named: Named,
) -> Result<Response, Halt> {
    let on_duty = admin.over_departments(&headers, &facts).await?;
    let pattern = admin.pattern(named)?;
    let shown = admin.department(page, &facts, &on_duty, &pattern, None).await?;
    Ok(shown.into_response())
}

/// POST `/admin/departments`: lets somebody join, or changes what they may.
///
/// # Errors
/// A page where the form is not ours, or the records do not answer.
pub async fn allow_department(
    State(admin): State<Admin>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let on_duty = admin.over_departments(&headers, &facts).await?;
    form.check_token(&on_duty.form_binding())?;
    let form = Form::read(&form)?;
    let Ok(pattern) = Pattern::parse(&form.pattern, admin.relaxation()) else {
        let list = admin
            .departments(page, &on_duty, form, Some(Told::BadPattern))
            .await?;
        return Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &list));
    };
    let told = match admin.allow(&facts, &on_duty, &pattern, &form).await? {
        None => return Ok(see_other(&path_of(&pattern.to_string()), [])),
        Some(told) => told,
    };
    let list = admin.departments(page, &on_duty, form, Some(told)).await?;
    Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &list))
}

/// POST `/admin/departments/{pattern}`: suspends, resumes, or trusts keys, as `act` says.
///
/// # Errors
/// As [`allow_department`].
pub async fn act_on_department(
    State(admin): State<Admin>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    named: Named,
    form: PostedForm,
) -> Result<Response, Halt> {
    let on_duty = admin.over_departments(&headers, &facts).await?;
    form.check_token(&on_duty.form_binding())?;
    let pattern = admin.pattern(named)?;
    let Some(told) = admin.act(&facts, &on_duty, &pattern, &form).await? else {
        return Ok(see_other(&path_of(&pattern.to_string()), []));
    };
    let shown = admin
        .department(page, &facts, &on_duty, &pattern, Some(told))
        .await?;
    Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &shown))
}

impl Admin {
    fn pattern(&self, named: Named) -> Result<Pattern, PageError> {
        let nothing = || PageError::new(ErrorKind::NotFound);
        let Path(text) = named.map_err(|_| nothing())?;
        Pattern::parse(&text, self.relaxation()).map_err(|_| nothing())
    }

    /// Nothing where it was done.
    async fn allow(
        &self,
        facts: &Facts,
        on_duty: &OnDuty,
        pattern: &Pattern,
        form: &Form,
    ) -> Result<Option<Told>, PageError> {
        let before = trust::decided(&self.db, pattern).await?;
        if before.as_ref().map(super::api::version).unwrap_or_default() != form.version {
            return Ok(Some(Told::Overtaken));
        }
        let terms = before
            .as_ref()
            .map_or_else(Terms::default, |before| before.terms.clone());
        let context = self.city_context(facts, on_duty);
        let (terms, relaxation) = (form.set(terms), self.relaxation());
        let done = trust::allow(&self.db, &context, pattern, before.as_ref(), terms, relaxation).await;
        told(done)
    }

    async fn act(
        &self,
        facts: &Facts,
        on_duty: &OnDuty,
        pattern: &Pattern,
        form: &PostedForm,
    ) -> Result<Option<Told>, PageError> {
        let (db, context) = (&self.db, self.city_context(facts, on_duty));
        match (form.one("act")?, pattern) {
            ("suspend", _) => {
                let reason = Pause::named(form.one("reason")?);
                told(trust::suspend(db, &context, pattern, reason).await)
            }
            ("resume", _) => told(trust::resume(db, &context, pattern).await),
            ("trust-keys", Pattern::Entity(id)) => {
                if form.one("compared")? != "yes" {
                    return Ok(Some(Told::NotCompared));
                }
                let named: Vec<_> = form.all("fingerprint").map(str::to_owned).collect();
                told(trust::trust_keys(db, &context, id, &named).await)
            }
            _ => Err(PageError::new(ErrorKind::BadRequest).developer("reason", "act is none")),
        }
    }

    fn city_context(&self, facts: &Facts, on_duty: &OnDuty) -> Context {
        Context::of(facts, Actor::Operator, &self.rng).by(&on_duty.id().to_string())
    }

    async fn departments(
        &self,
        page: Page,
        on_duty: &OnDuty,
        form: Form,
        told: Option<Told>,
    ) -> Result<DepartmentsPage, PageError> {
        let decisions = trust::decisions(&self.db).await?.into_iter();
        let listed = decisions.map(|one| Line {
            place: place(one.allowed.pattern.to_string()),
            one,
        });
        let page = page.back_to(DEPARTMENTS);
        Ok(DepartmentsPage {
            token: page.form_token(&on_duty.form_binding()),
            operator: on_duty.name().to_owned(),
            listed: listed.collect(),
            form,
            told,
            page,
        })
    }

    async fn department(
        &self,
        page: Page,
        facts: &Facts,
        on_duty: &OnDuty,
        pattern: &Pattern,
        told: Option<Told>,
    ) -> Result<DepartmentPage, PageError> {
        let looked = match trust::look(&self.db, pattern).await {
            Ok(looked) => looked,
            Err(DecideError::Store(fault)) => return Err(fault.into()),
            Err(_) => return Err(PageError::new(ErrorKind::NotFound)),
        };
        let (allowed, under) = match looked.allowed {
            Some(allowed) if allowed.pattern == *pattern => (Some(allowed), None),
            Some(wider) => (None, Some(place(wider.pattern.to_string()))),
            None => (None, None),
        };
        let here = path_of(&pattern.to_string());
        let page = page.back_to(here.clone());
        Ok(DepartmentPage {
            token: page.form_token(&on_duty.form_binding()),
            now: facts.now,
            form: Form::of(pattern.to_string(), allowed.as_ref()),
            pattern: pattern.to_string(),
            here,
            allowed,
            under,
            systems: looked
                .systems
                .into_iter()
                .map(|entity| System {
                    place: place(entity.entity_id.clone()),
                    entity,
                })
                .collect(),
            told,
            page,
        })
    }
}

/// What went wrong, in words; nothing where nothing did.
fn told<T>(done: Result<T, DecideError>) -> Result<Option<Told>, PageError> {
    Ok(Some(match done {
        Ok(_) => return Ok(None),
        Err(DecideError::Pattern(_)) => Told::BadPattern,
        Err(DecideError::Invalid(fault)) => Told::BadField(fault.field, fault.expected),
        Err(DecideError::Overtaken(_)) => Told::Overtaken,
        Err(DecideError::Already(..) | DecideError::NotSuspended(_)) => Told::Already,
        Err(DecideError::NothingHeld(_)) => Told::NothingHeld,
        Err(DecideError::OtherKeys { .. }) => Told::OtherKeys,
        Err(DecideError::Unknown(_)) => return Err(PageError::new(ErrorKind::NotFound)),
        Err(DecideError::Store(fault)) => return Err(fault.into()),
    }))
}

fn place(pattern: String) -> Place {
    Place {
        path: path_of(&pattern),
        pattern,
    }
}

/// One segment, whatever stands in the pattern.
fn path_of(pattern: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(pattern.as_bytes()).collect();
    format!("{DEPARTMENTS}/{encoded}")
}
