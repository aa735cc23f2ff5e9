use serde::Serialize;

use crate::audit::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::table::align;
use crate::department::adoption::{AdoptionWeek, Cell, Shown, Week, adoption, close_weeks};
use crate::department::trust::allowed::Pattern;
use crate::department::{self, Client};
use crate::federation::{EntityId, Relaxation};
use crate::store::Db;

/// Weeks that are told of where nobody says which.
const USUAL: u16 = 12;
const TOO_FEW: &str = "-";

pub(super) struct Asked<'a> {
    of: Option<&'a str>,
    pattern: Option<Pattern>,
    relaxation: Relaxation,
    from: Option<Week>,
    to: Option<Week>,
}

/// The figures of one system.
#[derive(Serialize)]
struct Told {
    client_id: String,
    weeks: Vec<AdoptionWeek>,
}

pub(super) async fn say(
    db: &Db,
    asked: &Asked<'_>,
    context: &Context,
    output: &Output,
) -> Result<(), Failure> {
    // A node does so within minutes of a week's end; where none runs, this does.
    while close_weeks(db, context).await? > 0 {}
    let to = asked.to.unwrap_or_else(|| Week::last_over(context.now));
    let from = asked.from.unwrap_or_else(|| to.back(USUAL));
    let mut told = Vec::new();
    for client in department::list(db)
        .await?
        .iter()
        .filter(|client| asked.covers(client))
    {
        let weeks = adoption(db, &client.client_id, from, to).await?;
        told.push(Told {
            client_id: client.client_id.clone(),
            weeks,
        });
    }
    if let (Some(of), []) = (asked.of, told.as_slice()) {
        let said = format!(
            "{}: there is no such system, and none under it",
            of.escape_debug()
        );
        return Err(Failure::new(said));
    }
    output.say(&told, || in_words(&told));
    Ok(())
}

impl<'a> Asked<'a> {
    pub(super) fn new(
        of: Option<&'a str>,
        relaxation: Relaxation,
        from: Option<Week>,
        to: Option<Week>,
    ) -> Self {
        Self {
            of,
            pattern: of.and_then(|of| Pattern::parse(of, relaxation).ok()),
            relaxation,
            from,
            to,
        }
    }

    fn covers(&self, client: &Client) -> bool {
        let is_under = |pattern: &Pattern| {
            let id = EntityId::parse(&client.client_id, self.relaxation);
            id.is_ok_and(|id| pattern.covers(&id))
        };
        self.of
            .is_none_or(|of| of == client.client_id || self.pattern.as_ref().is_some_and(is_under))
    }
}

fn in_words(told: &[Told]) -> String {
    let weeks = told
        .iter()
        .flat_map(|told| told.weeks.iter().map(|week| row(told, week)));
    let heads = [
        "week",
        "begun",
        "finished",
        "returning",
        "left at number",
        "code",
        "consent",
        "sms",
        "passkey",
        "phone",
        "signed in",
        "≤30 s",
        "more",
        "system",
    ];
    let rows: Vec<_> = std::iter::once(heads.map(str::to_owned)).chain(weeks).collect();
    if rows.len() == 1 {
        return "no week that is over has figures yet".to_owned();
    }
    format!(
        "{}In tens of sign-ins; {TOO_FEW} is fewer than ten people, or what would tell of so few.\n",
        align(&rows)
    )
}

fn row(told: &Told, AdoptionWeek { week, figures }: &AdoptionWeek) -> [String; 14] {
    let plain = |shown: Shown| shown.map_or_else(|| TOO_FEW.to_owned(), |shown| shown.to_string());
    let part = |cell: Cell| plain(figures.parts.get(&cell).copied().flatten());
    let sum = |cells: &[Cell]| {
        let shown = cells
            .iter()
            .filter_map(|cell| figures.parts.get(cell).copied().flatten());
        plain(shown.reduce(|sum, one| sum + one))
    };
    [
        week.to_string(),
        plain(figures.begun),
        plain(figures.finished),
        figures
            .returning_percent
            .map_or_else(|| TOO_FEW.to_owned(), |percent| format!("{percent}%")),
        part(Cell::LeftNumber),
        part(Cell::LeftCode),
        part(Cell::LeftConsent),
        part(Cell::BySms),
        part(Cell::ByPasskey),
        part(Cell::ByPhone),
        part(Cell::BySession),
        sum(&Cell::TIMES[..4]),
        sum(&Cell::TIMES[4..]),
        told.client_id.clone(),
    ]
}
