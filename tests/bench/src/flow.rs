//! What is measured: one operation of each kind, checked.

use crate::Result;
use crate::browser::{Browser, Jar, Wish};
use crate::http::Request;
use crate::passkey::Passkey;
use crate::population::number;
use crate::side::{DISCOVERY, SharedSide};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    FirstSignIn,
    /// By SMS, of somebody who has agreed before; in the generator's databases alone.
    Return {
        accounts: u64,
    },
    /// Both requests of it: the options, and the authenticator's answer.
    PasskeySignIn,
    SessionSignIn,
    Refresh,
    ClientCredentials,
    Introspection,
    Discovery,
    Jwks,
    /// A request that does nothing, at the hello-world or behind yimen's own layers.
    Nothing(&'static str),
}

pub(crate) const FLOWS: [Flow; 8] = [
    Flow::FirstSignIn,
    Flow::PasskeySignIn,
    Flow::SessionSignIn,
    Flow::Refresh,
    Flow::ClientCredentials,
    Flow::Introspection,
    Flow::Discovery,
    Flow::Jwks,
];

const SCOPE: &str = "openid phone";
const OFFLINE: &str = "openid phone offline_access";
/// One in so many ID tokens has its signature verified.
const SAMPLE: u64 = 16;

/// A resident who has signed in before: what later operations need of it.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    jar: Jar,
    refresh_token: String,
    passkey: Option<Passkey>,
}

impl Flow {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Flow::FirstSignIn => "first sign-in by SMS",
            Flow::Return { .. } => "sign-in by SMS of a known account",
            Flow::PasskeySignIn => "sign-in by a passkey",
            Flow::SessionSignIn => "sign-in with a session",
            Flow::Refresh => "refresh",
            Flow::ClientCredentials => "client credentials",
            Flow::Introspection => "introspection",
            Flow::Discovery => "discovery",
            Flow::Jwks => "JWKS",
            Flow::Nothing(_) => "nothing",
        }
    }

    /// ES256 signatures an operation makes.
    pub(crate) fn signatures(self) -> u32 {
        match self {
            Flow::FirstSignIn | Flow::Return { .. } | Flow::SessionSignIn | Flow::Refresh => 2,
            Flow::ClientCredentials => 1,
            _ => 0,
        }
    }

    /// Answered without a look at any record.
    pub(crate) fn is_static(self) -> bool {
        matches!(self, Flow::Discovery | Flow::Jwks)
    }

    pub(crate) fn needs_visitors(self) -> bool {
        matches!(
            self,
            Flow::PasskeySignIn | Flow::SessionSignIn | Flow::Refresh | Flow::Introspection
        )
    }

    /// Whether npm's oidc-provider can do it, which knows no passkeys.
    pub(crate) fn has_peer(self) -> bool {
        self != Flow::PasskeySignIn
    }

    /// Does the operation once. `turn` counts the worker's operations.
    pub(crate) async fn run(
        self,
        browser: &mut Browser,
        side: &SharedSide,
        visitors: &[Visitor],
        turn: u64,
    ) -> Result<()> {
        let verify = turn.is_multiple_of(SAMPLE);
        match self {
            Flow::FirstSignIn => first_sign_in(browser, side, SCOPE, verify).await.map(drop),
            Flow::Return { accounts } => {
                let before = browser.connection.requests;
                from_another_network(browser, side)?;
                let place = side.provider()?.next_to_return();
                if place >= accounts {
                    return Err(format!("all {accounts} accounts have signed in: they are too few").into());
                }
                // Prime to every power of ten: no account twice, and neighbours far apart.
                let account = place.wrapping_mul(7_654_321) % accounts;
                browser
                    .sign_in(&Wish {
                        scope: SCOPE,
                        prompt: None,
                        number: Some(number(account)),
                        verify,
                    })
                    .await?;
                match browser.connection.requests - before {
                    7 => Ok(()),
                    more => Err(format!("a known account's sign-in took {more} requests").into()),
                }
            }
            Flow::PasskeySignIn => {
                let passkey = visitor(visitors, turn)?.passkey.as_ref();
                passkey.ok_or("nobody has a passkey")?.sign_in(browser).await
            }
            Flow::SessionSignIn => {
                browser.jar = visitor(visitors, turn)?.jar.clone();
                let before = browser.connection.requests;
                browser
                    .sign_in(&Wish {
                        scope: SCOPE,
                        prompt: None,
                        number: None,
                        verify,
                    })
                    .await?;
                match browser.connection.requests - before {
                    2 => Ok(()),
                    more => Err(format!("a sign-in with a session took {more} requests").into()),
                }
            }
            Flow::Refresh => {
                let token = &visitor(visitors, turn)?.refresh_token;
                browser.refresh(side.provider()?, token).await.map(drop)
            }
            Flow::ClientCredentials => browser.client_credentials(side.provider()?).await,
            Flow::Introspection => {
                let token = &visitor(visitors, turn)?.refresh_token;
                browser.introspect(side.provider()?, token).await
            }
            Flow::Discovery => read(browser, DISCOVERY).await,
            Flow::Jwks => read(browser, &side.provider()?.jwks_path).await,
            Flow::Nothing(target) => read(browser, target).await,
        }
    }
}

/// Signs residents in who stay: each with a session, a consent and a refresh token; and with a passkey, if `flow` is
/// about those.
pub(crate) async fn visitors(side: &SharedSide, flow: Flow, count: usize) -> Result<Vec<Visitor>> {
    let mut browser = Browser::open(side).await?;
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        let mut visitor = first_sign_in(&mut browser, side, OFFLINE, true).await?;
        if flow == Flow::PasskeySignIn {
            visitor.passkey = Some(Passkey::make(&mut browser).await?);
        }
        all.push(visitor);
    }
    Ok(all)
}

/// A new resident, from a network of their own.
async fn first_sign_in(
    browser: &mut Browser,
    side: &SharedSide,
    scope: &'static str,
    verify: bool,
) -> Result<Visitor> {
    from_another_network(browser, side)?;
    let prompt = (scope == OFFLINE).then_some("consent");
    let tokens = browser
        .sign_in(&Wish {
            scope,
            prompt,
            number: None,
            verify,
        })
        .await?;
    let refresh_token = tokens["refresh_token"].as_str().unwrap_or_default().to_owned();
    if scope == OFFLINE && refresh_token.is_empty() {
        return Err("there is no refresh token".into());
    }
    Ok(Visitor {
        jar: browser.jar.clone(),
        refresh_token,
        passkey: None,
    })
}

/// Without cookies, at an address nobody else has.
fn from_another_network(browser: &mut Browser, side: &SharedSide) -> Result<()> {
    browser.jar = Jar::default();
    let network = side.provider()?.next();
    let [.., a, b, c] = network.to_be_bytes();
    browser.connection.forwarded_for = format!("{}.{b}.{c}.9", 20 + a % 80);
    Ok(())
}

fn visitor(visitors: &[Visitor], turn: u64) -> Result<&Visitor> {
    let place = usize::try_from(turn)? % visitors.len().max(1);
    Ok(visitors.get(place).ok_or("nobody has signed in")?)
}

async fn read(browser: &mut Browser, target: &str) -> Result<()> {
    let answer = browser.connection.send(&Request::get(target)).await?;
    let answer = answer.expect(200, target)?;
    if answer.body.is_empty() {
        return Err(format!("{target} is empty").into());
    }
    Ok(())
}
