//! A resident's browser and the department behind it: cookies, redirects, forms, and what a relying party checks.

use crate::form::{Form, has, press};
use crate::http::{Answer, Connection, Request};
use crate::side::{Codes, Provider, SharedSide, path};
use crate::{Result, id_token};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use serde_json::Value;
use std::collections::BTreeMap;
use url::form_urlencoded::{Serializer, parse};

const CALLBACK: &str = "https://bench.example/callback";
/// No sign-in takes more requests than this; a server that redirects in a circle is found out.
const PATIENCE: usize = 30;

#[derive(Clone, Debug, Default)]
pub(crate) struct Jar(BTreeMap<String, String>);

/// A browser's connection, its cookies apart so that one connection can be many browsers in turn.
#[derive(Debug)]
pub(crate) struct Browser {
    pub(crate) connection: Connection,
    pub(crate) jar: Jar,
    side: SharedSide,
    pub(crate) origin: String,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    pub(crate) scope: &'static str,
    pub(crate) prompt: Option<&'static str>,
    /// The number typed; none stands for one that nobody has.
    pub(crate) number: Option<u64>,
    /// Whether the ID token's signature is verified.
    pub(crate) verify: bool,
}

enum Place {
    Page(String),
    /// The department's call-back, with its query.
    Department(String),
}

impl Browser {
    pub(crate) async fn open(side: &SharedSide) -> Result<Self> {
        Ok(Browser {
            connection: Connection::open(side.port).await?,
            jar: Jar::default(),
            origin: format!("http://localhost:{}", side.port),
            side: SharedSide::clone(side),
        })
    }

    /// From the department's button to its tokens, through whatever pages the provider shows.
    pub(crate) async fn sign_in(&mut self, wish: &Wish) -> Result<Value> {
        let side = SharedSide::clone(&self.side);
        let provider = side.provider()?;
        let serial = provider.next();
        let number = wish.number.unwrap_or(13_900_000_000 + serial);
        let (state, nonce) = (random(serial, "state"), random(serial, "nonce"));
        let verifier = random(serial, "verifier");
        let target = authorize_url(provider, wish, &state, &nonce, &verifier);
        let mut place = self.visit(Request::get(&target)).await?;
        for _ in 0..4 {
            match place {
                Place::Department(query) => {
                    let code = read_response(&query, &state, &provider.issuer)?;
                    let tokens = self.redeem(provider, &code, &verifier).await?;
                    let id_token = tokens["id_token"].as_str().ok_or("there is no ID token")?;
                    if wish.verify {
                        id_token::check(id_token, &provider.jwks, &provider.issuer, &nonce)?;
                    }
                    return Ok(tokens);
                }
                Place::Page(page) => place = self.answer(provider, &page, number).await?,
            }
        }
        Err("the pages do not end".into())
    }

    /// Does what the page asks: the number, the code, or consent.
    async fn answer(&mut self, provider: &Provider, page: &str, number: u64) -> Result<Place> {
        let phone = number.to_string();
        let form = if has(page, "verify") {
            let code = match &provider.codes {
                Codes::Always(code) => (*code).to_owned(),
                Codes::Gateway(gateway) => {
                    let code = gateway.take(&format!("+86{phone}"));
                    code.ok_or_else(|| format!("no code came for {phone}:\n{page}"))?
                }
            };
            press(page, "verify", &[("code", &code)])?
        } else if has(page, "send-code") {
            press(page, "send-code", &[("phone", &phone)])?
        } else if has(page, "allow") {
            press(page, "allow", &[])?
        } else {
            return Err(format!("a page nobody expected:\n{page}").into());
        };
        self.submit(&form).await
    }

    /// A page of the provider's own, wherever it redirects to.
    pub(crate) async fn page(&mut self, target: &str) -> Result<String> {
        match self.visit(Request::get(target)).await? {
            Place::Page(page) => Ok(page),
            Place::Department(_) => Err(format!("{target} leads to the department").into()),
        }
    }

    async fn submit(&mut self, form: &Form) -> Result<Place> {
        let answer = self.send_form(form).await?;
        self.follow(answer, &form.action).await
    }

    /// Sends a form and follows no redirect.
    pub(crate) async fn send_form(&mut self, form: &Form) -> Result<Answer> {
        let origin = self.origin.clone();
        self.send(&Request {
            method: "POST",
            target: path_of(&form.action),
            headers: &[
                ("Origin", &origin),
                ("Sec-Fetch-Site", "same-origin"),
                ("Sec-Fetch-Mode", "navigate"),
                ("Sec-Fetch-Dest", "document"),
            ],
            form: Some(&form.body),
        })
        .await
    }

    async fn visit(&mut self, request: Request<'_>) -> Result<Place> {
        let answer = self.send(&request).await?;
        self.follow(answer, request.target).await
    }

    /// Follows redirects until a page or the department's call-back.
    async fn follow(&mut self, mut answer: Answer, asked: &str) -> Result<Place> {
        for _ in 0..PATIENCE {
            if answer.status == 200 {
                return Ok(Place::Page(answer.text()?.to_owned()));
            }
            if answer.status != 302 && answer.status != 303 {
                answer.expect(303, asked)?;
                return Err("unreachable: the status was checked".into());
            }
            let location = answer
                .header("location")
                .ok_or("a redirect leads nowhere")?
                .to_owned();
            if let Some(query) = location.strip_prefix(CALLBACK) {
                return Ok(Place::Department(query.trim_start_matches('?').to_owned()));
            }
            answer = self.send(&Request::get(path_of(&location))).await?;
        }
        Err("redirects in a circle".into())
    }

    async fn send(&mut self, request: &Request<'_>) -> Result<Answer> {
        let cookies = self.jar.header();
        let mut headers = request.headers.to_vec();
        if !cookies.is_empty() {
            headers.push(("Cookie", &cookies));
        }
        let request = Request {
            headers: &headers,
            ..*request
        };
        let answer = self.connection.send(&request).await?;
        answer.all("set-cookie").for_each(|cookie| self.jar.keep(cookie));
        Ok(answer)
    }

    async fn redeem(&mut self, provider: &Provider, code: &str, verifier: &str) -> Result<Value> {
        let form = encode(&[
            ("grant_type", "authorization_code"),
            ("redirect_uri", CALLBACK),
            ("code", code),
            ("code_verifier", verifier),
        ]);
        self.ask_tokens(provider, &form).await
    }

    pub(crate) async fn refresh(&mut self, provider: &Provider, refresh_token: &str) -> Result<Value> {
        let form = encode(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]);
        self.ask_tokens(provider, &form).await
    }

    pub(crate) async fn client_credentials(&mut self, provider: &Provider) -> Result<()> {
        let form = encode(&[("grant_type", "client_credentials")]);
        self.ask_access_token(provider, &form).await.map(drop)
    }

    async fn ask_tokens(&mut self, provider: &Provider, form: &str) -> Result<Value> {
        let tokens = self.ask_access_token(provider, form).await?;
        if tokens["id_token"].as_str().is_none() {
            return Err("there is no ID token".into());
        }
        Ok(tokens)
    }

    async fn ask_access_token(&mut self, provider: &Provider, form: &str) -> Result<Value> {
        let answer = self.post(provider, &provider.token, form).await?;
        let tokens = answer.expect(200, &provider.token)?.json()?;
        let access = tokens["access_token"]
            .as_str()
            .ok_or("there is no access token")?;
        if access.split('.').count() != 3 {
            return Err("the access token is no JWT".into());
        }
        Ok(tokens)
    }

    pub(crate) async fn introspect(&mut self, provider: &Provider, token: &str) -> Result<()> {
        let answer = self
            .post(provider, &provider.introspection, &encode(&[("token", token)]))
            .await?;
        let answer = answer.expect(200, &provider.introspection)?.json()?;
        if answer["active"] != true {
            return Err(format!("introspection of a live token says {answer}").into());
        }
        Ok(())
    }

    async fn post(&mut self, provider: &Provider, target: &str, form: &str) -> Result<Answer> {
        let request = Request {
            method: "POST",
            target,
            headers: &[("Authorization", &provider.basic)],
            form: Some(form),
        };
        self.connection.send(&request).await
    }
}

impl Jar {
    pub(crate) fn forget(&mut self, name: &str) -> Result<()> {
        let gone = self.0.remove(name);
        gone.map(drop).ok_or(format!("there is no cookie {name}").into())
    }

    fn header(&self) -> String {
        let pairs = self.0.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    fn keep(&mut self, cookie: &str) {
        let mut parts = cookie.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
            return;
        };
        let gone = value.is_empty()
            || parts.any(|part| {
                let part = part.to_ascii_lowercase();
                part == "max-age=0" || part.starts_with("expires=thu, 01 jan 1970")
            });
        if gone {
            self.0.remove(name);
        } else {
            self.0.insert(name.to_owned(), value.to_owned());
        }
    }
}

fn authorize_url(provider: &Provider, wish: &Wish, state: &str, nonce: &str, verifier: &str) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    let mut query = vec![
        ("response_type", "code"),
        ("client_id", "bench"),
        ("redirect_uri", CALLBACK),
        ("scope", wish.scope),
        ("state", state),
        ("nonce", nonce),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    query.extend(wish.prompt.map(|prompt| ("prompt", prompt)));
    format!("{}?{}", provider.authorize, encode(&query))
}

fn encode(pairs: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// The code of an authorization response whose state and issuer are right.
fn read_response(query: &str, state: &str, issuer: &str) -> Result<String> {
    let fields: BTreeMap<_, _> = parse(query.as_bytes()).into_owned().collect();
    let is = |name: &str, value: &str| fields.get(name).is_some_and(|own| own == value);
    match fields.get("code") {
        Some(code) if is("state", state) && is("iss", issuer) => Ok(code.clone()),
        _ => Err(format!("an authorization response without code, state or issuer: {query}").into()),
    }
}

fn path_of(place: &str) -> &str {
    if place.starts_with('/') {
        place
    } else {
        path(place)
    }
}

/// Unpredictable to nobody, which a benchmark can afford; as long as the real thing and never the same.
fn random(serial: u64, purpose: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, format!("{purpose} {serial}").as_bytes()))
}
