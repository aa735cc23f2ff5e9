use super::app::StartError;
use super::rings;
use crate::clock::Clock;
use crate::config::Config;
use crate::department::Departments;
use crate::department::trust::allowed::AllowedDepartments;
use crate::department::trust::join::{Joining, Means};
use crate::department::trust::{Members, Ourselves};
use crate::fetch::Fetcher;
use crate::rng::Rng;
use crate::store::{Db, Vault};

/// Who has joined, and how others do: by the same memory of the operator's decisions.
pub(super) fn joining(
    departments: &Departments,
    fetcher: &Fetcher,
    ourselves: &Ourselves,
    db: &Db,
    rng: &Rng,
    clock: &Clock,
) -> (Members, Joining) {
    let allowed = AllowedDepartments::new(db.clone(), clock.clone());
    let members = Members::new(db.clone(), clock.clone(), allowed.clone());
    let joining = Joining::new(Means {
        departments: departments.clone(),
        allowed,
        fetcher: fetcher.clone(),
        ourselves: ourselves.clone(),
        db: db.clone(),
        rng: rng.clone(),
    });
    (members, joining)
}

/// The way in as a node has it, for a command that only looks: it makes no keys where there are none.
///
/// # Errors
/// Where the configuration or the records are not those of a node.
pub async fn onlooking(
    config: &Config,
    db: &Db,
    fetcher: &Fetcher,
    clock: &Clock,
    rng: &Rng,
) -> Result<Joining, StartError> {
    let vault = Vault::new(&config.master_key, rng.clone());
    let ourselves = rings::ourselves_as_they_are(config, db, &vault, rng, clock.now()).await?;
    let departments = Departments::new(db.clone(), clock.clone());
    Ok(joining(&departments, fetcher, &ourselves, db, rng, clock).1)
}
