use crate::clock::Clock;
use crate::department::Departments;
use crate::department::trust::allowed::AllowedDepartments;
use crate::department::trust::join::{Joining, Means};
use crate::department::trust::{Members, Ourselves};
use crate::fetch::Fetcher;
use crate::rng::Rng;
use crate::store::Db;

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
