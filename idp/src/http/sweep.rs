//! What is over goes: each room sweeps its own records, and a node has them do it now and then.

use std::future::Future;
use std::time::Duration;

use tokio::sync::oneshot;

use super::app::App;
use crate::account;
use crate::audit::{self, Context};
use crate::consent;
use crate::department::{self, adoption};
use crate::events;
use crate::oidc;
use crate::operator;
use crate::portal;
use crate::signin;
use crate::store::StoreError;

const PACE: Duration = Duration::from_secs(600);
/// Between two rounds, for whoever waits to write.
const PAUSE: Duration = Duration::from_millis(20);
const MOST_ROUNDS: u32 = 10_000;

/// How soon after its idle time a session on a kiosk is seen to be over.
const KIOSK_PACE: Duration = Duration::from_secs(5);

/// Whoever has walked away from a kiosk is signed out, and departments are told.
pub(super) async fn watch_kiosks(app: App) {
    let mut pace = tokio::time::interval(KIOSK_PACE);
    loop {
        pace.tick().await;
        end_at_kiosks(&app).await;
    }
}

/// How sign-ins go is added to the records, for the last time when the other end of `stop` goes: what was counted since
/// is all that a node's death loses.
pub(super) async fn add_figures(app: App, mut stop: oneshot::Receiver<()>) {
    let mut pace = tokio::time::interval(adoption::PACE);
    loop {
        tokio::select! {
            _ = pace.tick() => add_once(&app).await,
            _ = &mut stop => return add_once(&app).await,
        }
    }
}

async fn add_once(app: &App) {
    if let Err(fault) = adoption::flush(&app.adoption, &app.db, &context(app)).await {
        tracing::warn!(%fault, "how sign-ins went could not be added to the figures");
    }
}

async fn end_at_kiosks(app: &App) {
    let context = context(app);
    exhaust("kiosks", || app.sessions.end_idle_at_kiosks(&context)).await;
}

/// Two nodes at it at once do no harm.
pub(super) async fn now_and_then(app: App) {
    let mut pace = tokio::time::interval(PACE);
    loop {
        pace.tick().await;
        sweep(&app).await;
    }
}

/// Sweeps until nothing is left that is over. Sessions come after the grants that stand on them, and passkeys after
/// the sessions they opened.
pub(super) async fn sweep(app: &App) {
    let db = &app.db;
    let context = context(app);
    end_at_kiosks(app).await;
    add_once(app).await;
    let settings = &app.config.settings;
    // The account page says when a service was last used, for as long as a consent to it stands.
    let sessions_kept = oidc::grants_kept(&settings.token).max(settings.consent.lifetime.get());
    exhaust("numbers given up", || account::end_given_up(db, &context)).await;
    exhaust("numbers that move", || {
        signin::settle_moves(&app.sessions, db, &app.vault, &context)
    })
    .await;
    exhaust("accounts that close", || {
        portal::settle_mergings(&app.sessions, db, &app.vault, &context)
    })
    .await;
    exhaust("codes from windows", || account::sweep_window_codes(db, &context)).await;
    exhaust("operators' sessions", || operator::sweep(db, &context)).await;
    exhaust("systems that never joined", || {
        department::trust::sweep(db, &context)
    })
    .await;
    exhaust("weeks of figures", || adoption::close_weeks(db, &context)).await;
    exhaust("old figures", || adoption::sweep_adoption(db, &context)).await;
    exhaust("messages", || events::sweep(db, &context)).await;
    exhaust("accounts", || portal::held::sweep(db, &context)).await;
    exhaust("consents", || consent::sweep(db, &context)).await;
    exhaust("grants", || oidc::sweep(db, &context, &settings.token)).await;
    exhaust("sign-ins", || signin::sweep(db, &context, sessions_kept)).await;
    exhaust("what accounts leave", || account::sweep(db, &context)).await;
    let keep = settings.audit.keep.get();
    exhaust("the audit", || audit::sweep(db, &context, keep)).await;
}

fn context(app: &App) -> Context {
    Context::of_node(app.clock.now(), &app.rng)
}

async fn exhaust<F>(what: &str, round: impl Fn() -> F)
where
    F: Future<Output = Result<u64, StoreError>>,
{
    // Whatever goes wrong in one kind, the others get their turn.
    for _ in 0..MOST_ROUNDS {
        match round().await {
            Ok(0) => break,
            Ok(rows) => tracing::debug!(what, rows, "swept"),
            Err(fault) => {
                tracing::warn!(what, %fault, "what is over could not be cleared away");
                break;
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}
