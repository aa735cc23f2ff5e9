use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::figures::{Figures, Found, publish};
use super::model::{Cell, Person};
use super::tally::{Counted, ENOUGH, Tally};
use super::week::Week;
use crate::args;
use crate::audit::{Change, Context};
use crate::store::{Args, Db, StoreError};

/// Beyond so many no more are listed of those who rest at a step: ten of them will still be there.
const LISTED: i64 = 1000;
/// How long what was published is kept: two years.
const KEPT: Duration = Duration::from_secs(2 * 366 * 24 * 60 * 60);

const ADD: &str = "INSERT INTO adoption_cell (week, client_id, cell, times) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (week, client_id, cell) DO UPDATE SET times = adoption_cell.times + excluded.times \
    RETURNING times, is_enough";
const ADD_PERSON: &str = "INSERT INTO adoption_person (week, client_id, cell, person, net) VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (week, client_id, cell, person) DO UPDATE SET net = adoption_person.net + excluded.net";
/// They have come and gone on: as if they had never been listed.
const FORGET_GONE: &str =
    "DELETE FROM adoption_person WHERE week = $1 AND client_id = $2 AND cell = $3 AND net = 0";
const COUNT: &str = "SELECT COUNT(*) AS people FROM adoption_person WHERE week = $1 AND client_id = $2 AND cell = $3 AND net > 0";
const SET_ENOUGH: &str =
    "UPDATE adoption_cell SET is_enough = TRUE WHERE week = $1 AND client_id = $2 AND cell = $3";
const FORGET_LISTED: &str = "DELETE FROM adoption_person WHERE week = $1 AND client_id = $2 AND cell = $3";
const OVER: &str = "SELECT DISTINCT week, client_id FROM adoption_cell WHERE week <= $1 \
    ORDER BY week, client_id LIMIT 100";
const CELLS: &str = "SELECT cell, times, is_enough FROM adoption_cell WHERE week = $1 AND client_id = $2";
const PEOPLE: &str =
    "SELECT cell, person FROM adoption_person WHERE week = $1 AND client_id = $2 AND net > 0";
const PUBLISH: &str = "INSERT INTO adoption_week (client_id, week, figures) VALUES ($1, $2, $3) \
    ON CONFLICT (client_id, week) DO NOTHING";
const FORGET_PEOPLE: &str = "DELETE FROM adoption_person WHERE week = $1 AND client_id = $2";
const FORGET_CELLS: &str = "DELETE FROM adoption_cell WHERE week = $1 AND client_id = $2";
const SHOW: &str = "SELECT week, figures FROM adoption_week WHERE client_id = $1 AND week >= $2 AND week <= $3 \
    ORDER BY week";
const SWEEP: &str = "DELETE FROM adoption_week WHERE week < $1";

/// A week's published figures of one client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AdoptionWeek {
    pub week: Week,
    #[serde(flatten)]
    pub figures: Figures,
}

/// Adds a node's tally. Every node takes the cells in the same order, so that none waits for one that waits for it.
pub(super) async fn add(db: &Db, context: &Context, tally: &Tally) -> Result<(), StoreError> {
    let mut change = Change::begin(db, context).await?;
    for ((week, client_id), cells) in &tally.0 {
        for (cell, counted) in cells {
            add_cell(&mut change, *week, client_id, *cell, counted).await?;
        }
    }
    change.commit_housekeeping().await
}

async fn add_cell(
    change: &mut Change,
    week: Week,
    client_id: &str,
    cell: Cell,
    counted: &Counted,
) -> Result<(), StoreError> {
    let here = || place(week, client_id, cell);
    let sent: Args = here().into_iter().chain(args![counted.times]).collect();
    let row = change
        .maybe(ADD, sent)
        .await?
        .ok_or(StoreError::Corrupt("times"))?;
    if row.bool("is_enough")? {
        return Ok(());
    }
    let is_full = row.int("times")? > LISTED;
    let told = counted
        .people
        .iter()
        .filter(|(_, net)| **net < 0 || (**net > 0 && !is_full));
    for (person, net) in told {
        let sent = here().into_iter().chain(args![&person[..], *net]).collect();
        change.execute(ADD_PERSON, sent).await?;
    }
    change.execute(FORGET_GONE, here()).await?;
    if !cell.is_left() && people(change, here()).await? >= ENOUGH {
        change.execute(SET_ENOUGH, here()).await?;
        change.execute(FORGET_LISTED, here()).await?;
    }
    Ok(())
}

fn place(week: Week, client_id: &str, cell: Cell) -> Args {
    args![week.to_string(), client_id, cell.as_str()]
}

async fn people(change: &mut Change, here: Args) -> Result<usize, StoreError> {
    let row = change
        .maybe(COUNT, here)
        .await?
        .ok_or(StoreError::Corrupt("people"))?;
    Ok(usize::try_from(row.int("people")?).unwrap_or_default())
}

/// Publishes some of the weeks that are over, and forgets what they were counted from; answers of how many. Nodes may
/// do it at once: they publish the same, and only the first counts.
///
/// # Errors
/// Where the database does not answer.
pub async fn close_weeks(db: &Db, context: &Context) -> Result<u64, StoreError> {
    let over = db
        .all(OVER, args![Week::last_over(context.now).to_string()])
        .await?;
    for row in &over {
        close(db, context, row.text("week")?, row.text("client_id")?).await?;
    }
    Ok(over.len() as u64)
}

async fn close(db: &Db, context: &Context, week: String, client_id: String) -> Result<(), StoreError> {
    let mut change = Change::begin(db, context).await?;
    let here = || args![&week, &client_id];
    let mut found: BTreeMap<Cell, Found> = BTreeMap::new();
    for row in change.all(CELLS, here()).await? {
        let Some(cell) = Cell::named(&row.text("cell")?) else {
            continue;
        };
        let is_enough = row.bool("is_enough")?;
        let cell = found.entry(cell).or_default();
        (cell.times, cell.is_enough) = (row.int("times")?, is_enough);
    }
    if found.is_empty() {
        return Ok(());
    }
    for row in change.all(PEOPLE, here()).await? {
        let person = Person::try_from(row.bytes("person")?).map_err(|_| StoreError::Corrupt("person"))?;
        if let Some(cell) = Cell::named(&row.text("cell")?) {
            found.entry(cell).or_default().people.insert(person);
        }
    }
    let figures = serde_json::to_string(&publish(&found)).map_err(|_| StoreError::Corrupt("figures"))?;
    change.execute(PUBLISH, args![&client_id, &week, figures]).await?;
    change.execute(FORGET_PEOPLE, here()).await?;
    change.execute(FORGET_CELLS, here()).await?;
    change.commit_housekeeping().await
}

/// The published figures of a client, week by week, both ends included. Weeks in which nobody came are not there; nor
/// are those that are not over.
///
/// # Errors
/// Where the database does not answer.
pub async fn adoption(
    db: &Db,
    client_id: &str,
    from: Week,
    to: Week,
) -> Result<Vec<AdoptionWeek>, StoreError> {
    let rows = db
        .all(SHOW, args![client_id, from.to_string(), to.to_string()])
        .await?;
    rows.iter()
        .map(|row| {
            let week = row
                .text("week")?
                .parse()
                .map_err(|_| StoreError::Corrupt("week"))?;
            let figures =
                serde_json::from_str(&row.text("figures")?).map_err(|_| StoreError::Corrupt("figures"))?;
            Ok(AdoptionWeek { week, figures })
        })
        .collect()
}

/// Forgets what was published more than two years ago.
///
/// # Errors
/// Where the database does not answer.
pub async fn sweep_adoption(db: &Db, context: &Context) -> Result<u64, StoreError> {
    let before = Week::of(context.now.minus(KEPT)).to_string();
    context.sweep(db, "adoption_week", SWEEP, args![before]).await
}
