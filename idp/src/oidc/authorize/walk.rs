use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

use super::after_redirect::{HintedSubject, check_authorization_details};
use super::asked::Asked;
use super::code::{IssuedCode, issue_code};
use super::next_step::{ConsentState, Present, RaiseAnswer, Step, next_step};
use super::request::{AuthorizationRequest, Reply, ReplyTo};
use super::respond::{Answer, respond};
use crate::account::{Identity, Level, Strength};
use crate::clock::Timestamp;
use crate::consent::{Ask, Item, allowed, ask, required_since, stands};
use crate::department::adoption::{Finish, Known, Method, Took};
use crate::department::{Client, account_in_sector, admit};
use crate::oidc::authorization_details::{AuthorizationDetails, check_holders};
use crate::oidc::device::{self, DeviceTold};
use crate::oidc::par::Answered;
use crate::oidc::sid::sid;
use crate::oidc::tokens::Authentication;
use crate::oidc::{Code, Oidc, Scope, WireError, acr_value, par};
use crate::signin::{Aim, Interaction, InteractionFault, NewInteraction, Session};
use crate::web::{Facts, Halt, Page, PageError, see_other};

/// One authorization request on its way to an answer.
pub(super) struct Walk<'a> {
    pub oidc: &'a Oidc,
    pub client: &'a Client,
    pub facts: &'a Facts,
    pub headers: &'a HeaderMap,
}

/// What comes next, what is to be asked for it, and what of the request may be given now.
struct Decided {
    step: Step,
    asked: Option<Ask>,
    given: (Scope, AuthorizationDetails),
    known: Known,
}

/// What the resident has answered to this request so far.
struct Answers {
    raise: RaiseAnswer,
    /// What they did not tick.
    left: Vec<Item>,
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            raise: RaiseAnswer::Open,
            left: Vec::new(),
        }
    }
}

/// Finds the request behind an interaction of this browser.
pub(super) async fn pick_up(
    oidc: &Oidc,
    id: &str,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<(Interaction, AuthorizationRequest, Arc<Client>), Halt> {
    let interaction = oidc.interactions.pick_up(id, headers, now).await?;
    // Begun by another room, or by an older version that carried something else.
    let Ok(request) = serde_json::from_str::<AuthorizationRequest>(&interaction.carried) else {
        let client_id = interaction.client_id;
        let gone = InteractionFault::Gone { client_id };
        return Err(oidc.interactions.send_elsewhere(gone).await?);
    };
    // Stopped since the request began: the department's pages are closed at once.
    let client_id = &request.client_id;
    let client = admit(client_id, oidc.departments.client(client_id).await?)?;
    // So is an address that was taken out of the registration.
    if let Some(reply) = request.reply_to.browser() {
        reply.redirect.prove_again(&client)?;
    }
    Ok((interaction, request, client))
}

impl Walk<'_> {
    /// Answers at once where no page is needed; otherwise opens an interaction at its first page.
    pub(super) async fn answer_or_open(
        &self,
        request: AuthorizationRequest,
        asked: &Asked,
        page: Page,
    ) -> Result<Response, Halt> {
        let session = self.session().await?;
        let answers = Answers::default();
        let decided = self.decide(&request, session.as_ref(), &answers).await?;
        match (&decided.step, &session) {
            (Step::Refuse(error), _) => self.refuse(&request, error, page).await,
            (Step::Issue, Some(session)) => {
                let response = self.issue(&request, session, decided.given, page).await?;
                self.count(session, decided.known, None);
                Ok(response)
            }
            _ => {
                let (id, cookies) = self.begin(&request, asked).await?;
                let first = self.page_for(&id, &request, decided, session.as_ref()).await?;
                Ok(see_other(&first, cookies))
            }
        }
    }

    /// Stores the request as an interaction and sends the browser on by GET.
    pub(super) async fn open(
        &self,
        request: &AuthorizationRequest,
        asked: &Asked,
    ) -> Result<Response, PageError> {
        let (id, cookies) = self.begin(request, asked).await?;
        Ok(see_other(&format!("/oauth2/authorize/{id}"), cookies))
    }

    /// Begins an interaction; answers its id and the cookies to set.
    async fn begin(
        &self,
        request: &AuthorizationRequest,
        asked: &Asked,
    ) -> Result<(String, Vec<HeaderValue>), PageError> {
        let id = self.oidc.rng.id();
        let here = format!("/oauth2/authorize/{id}");
        let carried = serde_json::to_string(request).map_err(PageError::internal)?;
        let parameters = &asked.parameters;
        // What was pushed is answered once, and what was signed may be good once: its client makes it anew.
        let may_repeat = asked.pushed.is_none() && !asked.is_signed;
        let new = NewInteraction {
            cancel: format!("{here}/cancel"),
            continuation: here,
            restart: may_repeat.then(|| match &request.reply_to {
                ReplyTo::Browser(_) => format!("/oauth2/authorize?{}", parameters.to_query()),
                ReplyTo::Device(_) => "/oauth2/device".to_owned(),
            }),
            client: Some(self.client.into()),
            redirect: request
                .reply_to
                .browser()
                .map(|reply| reply.redirect.url().clone()),
            ui_locales: parameters.get("ui_locales").map(str::to_owned),
            login_hint: parameters.get("login_hint").map(str::to_owned),
            fresh_after: request.signed_in_after(),
            by_themselves: false,
            aim: request.acr.levels.first().map(|level| Aim {
                level: *level,
                is_required: request.acr.is_essential,
            }),
            carried,
        };
        let cookies = self
            .oidc
            .interactions
            .open(id.clone(), new, self.headers, self.facts)
            .await?;
        Ok((id, cookies))
    }

    /// The page that asks for what is missing.
    async fn page_for(
        &self,
        id: &str,
        request: &AuthorizationRequest,
        decided: Decided,
        session: Option<&Session>,
    ) -> Result<String, PageError> {
        let session = match (decided.step, session) {
            (Step::AskConsent, Some(session)) => session,
            (Step::Raise, Some(_)) => return Ok(format!("/signin/{id}/raise")),
            _ => return Ok(format!("/signin/{id}")),
        };
        let ask = decided
            .asked
            .unwrap_or_else(|| Ask::again(&request.wanted(), self.client));
        self.oidc
            .consents
            .begin(id, session.account, &ask, self.facts.now)
            .await?;
        Ok(format!("/consent/{id}"))
    }

    /// Goes on with an interaction: sign in, ask, answer, whichever comes next.
    pub(super) async fn go_on(
        &self,
        interaction: &Interaction,
        request: &AuthorizationRequest,
        page: Page,
    ) -> Result<Response, Halt> {
        let session = self.session().await?;
        if let Err(error) = self.check_again(request).await {
            // Records that do not answer now are no answer to the department: the request may go on.
            if error.code != Code::InvalidAuthorizationDetails {
                return Err(PageError::from(error).into());
            }
            self.oidc.interactions.answer(interaction).await?;
            return self.refuse(request, &error, page).await;
        }
        let answers = self.answers(interaction, request, session.as_ref()).await?;
        let decided = self.decide(request, session.as_ref(), &answers).await?;
        match (&decided.step, &session) {
            (Step::Issue, Some(session)) => {
                let (answered, response) = tokio::join!(
                    self.oidc.interactions.answer(interaction),
                    self.issue(request, session, decided.given, page),
                );
                answered?;
                let response = response?;
                self.count(session, decided.known, Some(interaction));
                Ok(response)
            }
            (Step::Refuse(error), _) => {
                self.oidc.interactions.answer(interaction).await?;
                self.refuse(request, error, page).await
            }
            _ => {
                let next = self
                    .page_for(&interaction.id, request, decided, session.as_ref())
                    .await?;
                Ok(see_other(&next, Vec::new()))
            }
        }
    }

    /// Whether the records that a request asks for may still be asked for. Nothing is looked up where it asks for none.
    async fn check_again(&self, request: &AuthorizationRequest) -> Result<(), WireError> {
        check_authorization_details(&request.details, self.client)?;
        check_holders(&self.oidc.departments, &request.details).await
    }

    /// What the resident has answered within an interaction.
    async fn answers(
        &self,
        interaction: &Interaction,
        request: &AuthorizationRequest,
        session: Option<&Session>,
    ) -> Result<Answers, PageError> {
        let left = match session {
            Some(session) if !request.details.is_empty() => {
                let consents = &self.oidc.consents;
                consents
                    .left(&interaction.id, session.account, self.facts.now)
                    .await?
            }
            _ => Vec::new(),
        };
        let raise = if interaction.raise_declined {
            RaiseAnswer::Declined
        } else {
            RaiseAnswer::Open
        };
        Ok(Answers { raise, left })
    }

    async fn session(&self) -> Result<Option<Session>, PageError> {
        self.oidc.sessions.current(self.headers, self.facts).await
    }

    /// Looks at session, subject and consent, and decides.
    async fn decide(
        &self,
        request: &AuthorizationRequest,
        session: Option<&Session>,
        answers: &Answers,
    ) -> Result<Decided, PageError> {
        let Some(session) = session else {
            let nobody = Present {
                auth_time: None,
                sub: None,
                identity: Identity::Unknown,
                strength: Strength::Code,
                ways: self.oidc.ways,
                answer: answers.raise,
                consent: ConsentState::Missing,
            };
            let step = next_step(request, nobody);
            return Ok(Decided {
                step,
                asked: None,
                given: Default::default(),
                known: Known::New,
            });
        };
        let given = self
            .oidc
            .consents
            .standing(session.account, &self.client.client_id, self.facts.now)
            .await?;
        let wanted = request.wanted();
        let asked = ask(&wanted, &given, &answers.left, self.client);
        let since = required_since(&wanted, &given, self.client);
        // What they have just allowed was not there before.
        let known = match since {
            Some(since) if since < request.received_at => Known::Returning,
            _ => Known::New,
        };
        let consent = match (&asked, since) {
            (None, Some(since)) => ConsentState::Stands { since },
            _ => ConsentState::Missing,
        };
        let sub = self.hinted_sub(request, session).await?;
        let present = Present {
            auth_time: Some(session.auth_time),
            sub: sub.as_deref(),
            identity: session.identity,
            strength: session.strength,
            ways: self.oidc.ways,
            answer: answers.raise,
            consent,
        };
        let step = next_step(request, present);
        Ok(Decided {
            step,
            asked,
            given: (
                request.scope.only(&Scope::parse(&allowed(&given, self.client))),
                request
                    .details
                    .only(|key| stands(key, self.facts.now, &given, self.client)),
            ),
            known,
        })
    }

    /// The subject that the client named, where it is this session's.
    async fn hinted_sub(
        &self,
        request: &AuthorizationRequest,
        session: &Session,
    ) -> Result<Option<String>, PageError> {
        let Some(HintedSubject(sub)) = &request.hinted else {
            return Ok(None);
        };
        // It may be one that an account has left behind which was closed into this one.
        let account = account_in_sector(&self.oidc.db, &self.client.sector, sub).await?;
        Ok((account == Some(session.account)).then(|| sub.clone()))
    }

    /// A sign-in has ended at the department.
    fn count(&self, session: &Session, known: Known, interaction: Option<&Interaction>) {
        let now = self.facts.now;
        let finish = Finish {
            account: session.account,
            method: method_of(session, interaction.map(|interaction| interaction.created_at)),
            known,
            took: interaction.map_or(Took::NoTime, |begun| Took::Span(now.since(begun.created_at))),
        };
        self.oidc
            .interactions
            .count_finish(&self.client.client_id, interaction, finish, now);
    }

    async fn issue(
        &self,
        request: &AuthorizationRequest,
        session: &Session,
        given: (Scope, AuthorizationDetails),
        page: Page,
    ) -> Result<Response, Halt> {
        let authentication = Authentication {
            auth_time: session.auth_time,
            acr: self.acr(request.acr.said_of(session.level())),
            amr: session.amr.clone(),
            sid: sid(&self.oidc.vault, session, &self.client.sector),
            nonce: request.nonce.clone(),
            claims: request.claims.clone(),
            // A device that is allowed there is another machine.
            at_kiosk: session.is_at_kiosk() && request.reply_to.browser().is_some(),
        };
        let oidc = self.oidc;
        let lifetime = oidc.config.settings.token.code;
        let issued = IssuedCode::new(
            request,
            given,
            self.client,
            session,
            authentication,
            self.facts.now,
        );
        let reply = match &request.reply_to {
            ReplyTo::Browser(reply) => reply,
            ReplyTo::Device(device) => {
                let waits = device::allow(oidc, device, issued, self.facts.now).await?;
                let told = if waits {
                    DeviceTold::Allowed
                } else {
                    DeviceTold::Over
                };
                return Ok(device::told(page, told));
            }
        };
        self.answer_once(request).await?;
        match issue_code(&issued, &oidc.state, &oidc.rng, lifetime).await {
            Ok(code) => Ok(self.respond(reply, &Answer::Code(&code), page)),
            Err(error) if error.code == Code::TemporarilyUnavailable => {
                Ok(self.respond(reply, &Answer::Error(&error), page))
            }
            Err(error) => Err(PageError::from(error).into()),
        }
    }

    pub(super) async fn refuse(
        &self,
        request: &AuthorizationRequest,
        error: &WireError,
        page: Page,
    ) -> Result<Response, Halt> {
        let reply = match &request.reply_to {
            ReplyTo::Browser(reply) => reply,
            ReplyTo::Device(device) => {
                device::deny(self.oidc, device, self.facts.now).await?;
                let told = match error.code {
                    Code::UnmetAuthenticationRequirements => DeviceTold::Unmet,
                    _ => DeviceTold::Denied,
                };
                return Ok(device::told(page, told));
            }
        };
        self.answer_once(request).await?;
        Ok(self.respond(reply, &Answer::Error(error), page))
    }

    /// A request that was pushed gets one answer: another tab was quicker, or this is Back. It goes on like any other
    /// that is over.
    async fn answer_once(&self, request: &AuthorizationRequest) -> Result<(), Halt> {
        let Some(pushed) = &request.pushed else {
            return Ok(());
        };
        match par::answer(self.oidc, pushed, self.facts.now).await? {
            Answered::Now => Ok(()),
            Answered::Before => {
                let client_id = Some(request.client_id.clone());
                let gone = InteractionFault::Gone { client_id };
                Err(self.oidc.interactions.send_elsewhere(gone).await?)
            }
        }
    }

    fn respond(&self, reply: &Reply, answer: &Answer<'_>, page: Page) -> Response {
        respond(reply, answer, self.oidc.config.public_url.issuer(), page)
    }

    fn acr(&self, level: Level) -> String {
        acr_value(&self.oidc.config.public_url, level)
    }
}

/// How the resident proved who they are in a sign-in that began then.
fn method_of(session: &Session, begun: Option<Timestamp>) -> Method {
    let is_new = begun.is_some_and(|begun| session.auth_time >= begun || session.created_at >= begun);
    let by = |name| session.amr.iter().any(|amr| amr == name);
    match () {
        () if !is_new => Method::Session,
        () if by("mca") => Method::Phone,
        () if by("pop") => Method::Passkey,
        () => Method::Sms,
    }
}
