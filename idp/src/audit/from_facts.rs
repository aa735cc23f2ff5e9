use super::change::Context;
use super::event::Actor;
use crate::rng::Rng;
use crate::web::Facts;

impl Context {
    /// The context of a change that a request asks for.
    #[must_use]
    pub fn of(facts: &Facts, actor: Actor, rng: &Rng) -> Self {
        Self {
            now: facts.now,
            request_id: facts.request_id.clone(),
            actor,
            by: None,
            rng: rng.clone(),
        }
    }
}
