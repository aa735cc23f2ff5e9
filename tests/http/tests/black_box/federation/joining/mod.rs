//! Systems that become clients by a chain of trust, at the first request that they sign (§12.1).

mod addresses;
mod confusions;
mod constraints;
mod first;
mod forgeries;
mod given_chains;
mod https;
mod leaving;
mod moving;
mod neighbours;
mod outages;
mod policies;
mod rotation;
mod strangers;
mod superiors;
mod suspension;
mod takeovers;
mod wildcards;

use serde_json::Value;
use yimen_http_tests::{Client, Entity, Resident, TestApp, Tokens};

const WELL_KNOWN: &str = "/.well-known/openid-federation";

/// A system that the operator has allowed by its address, and that has published what it is.
async fn allowed(app: &TestApp) -> Entity {
    let system = app.system();
    app.allow(&system.id, &[]).await;
    system.publish();
    system
}

/// A bureau that may vouch for others.
async fn bureau(app: &TestApp, more: &[&str]) -> Entity {
    let bureau = app.system();
    app.allow(&bureau.id, &[&["--superior"], more].concat()).await;
    bureau.publish();
    bureau
}

/// An allowed system below this one, which says so.
async fn below(app: &TestApp, superior: &Entity) -> Entity {
    let mut system = app.system();
    system.superiors = vec![superior.id.clone()];
    app.allow(&system.id, &[]).await;
    system.publish();
    superior.state(&system);
    system
}

/// A whole sign-in by a pushed request.
pub(super) async fn sign_in(resident: &Resident, client: &Client) -> Tokens {
    let request = client.pushed(client.sign_in()).await;
    let response = resident.go_through(&request).await;
    client.tokens(&request, &response).await
}

/// Where the way to a client breaks off, as the operator is shown it: the system is refused at its push.
struct Stumble(Value);

impl Stumble {
    async fn of(app: &TestApp, system: &Entity) -> Stumble {
        let client = system.client();
        client
            .push(&client.sign_in())
            .await
            .assert_error(401, "invalid_client");
        let shown = app.shown(system)["fault"]["fault"].clone();
        // Who tries again at once is told the same, and it is written down once a minute.
        app.advance("70s").await;
        Stumble(shown)
    }

    #[track_caller]
    fn is(&self, step: &str, entity: &Entity, claim: &str) {
        let Stumble(fault) = self;
        let place = (&fault["step"], &fault["entity"], &fault["claim"]);
        assert_eq!(
            place,
            (&step.into(), &entity.id.as_str().into(), &claim.into()),
            "{fault}"
        );
    }

    #[track_caller]
    fn found(&self, text: &str) {
        let found = self.0["found"].as_str().unwrap_or("");
        assert!(found.contains(text), "{}", self.0);
    }

    #[track_caller]
    fn expected(&self, text: &str) {
        let expected = self.0["expected"].as_str().unwrap_or("");
        assert!(expected.contains(text), "{}", self.0);
    }
}

/// How many rows of the audit are about a system, by what happened.
async fn audited(app: &TestApp, action: &str, system: &Entity) -> i64 {
    let id = &system.id;
    let rows = format!("SELECT COUNT(*) FROM audit WHERE action = '{action}' AND client_id = '{id}'");
    app.rows(&rows).await
}
