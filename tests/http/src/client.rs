//! A department's system as the protocol sees it: a relying party written without our code.

use crate::answer::Answer;
use crate::app::{Reach, TestApp};
use crate::id_token::verify;
use crate::key::{Key, claims_at};
use crate::request::{Response, SignIn};
use serde_json::Value;
use std::sync::Arc;

/// How a client proves itself.
#[derive(Clone, Debug)]
pub enum Auth {
    Basic(String),
    Post(String),
    Assertion(Arc<Key>),
    Public,
}

/// What `yimen client add` is told.
#[derive(Clone, Debug)]
pub struct Registration {
    id: String,
    method: &'static str,
    key: Option<Arc<Key>>,
    redirect_uri: String,
    scope: String,
    more: Vec<String>,
}

impl Registration {
    pub fn new(id: &str) -> Registration {
        Registration {
            id: id.to_owned(),
            method: "client_secret_basic",
            key: None,
            redirect_uri: format!("https://{id}.yunchuan.example/callback"),
            scope: "openid profile phone offline_access".to_owned(),
            more: Vec::new(),
        }
    }

    #[must_use]
    pub fn post(mut self) -> Registration {
        self.method = "client_secret_post";
        self
    }

    #[must_use]
    pub fn public(mut self) -> Registration {
        self.method = "none";
        self
    }

    #[must_use]
    pub fn with_key(mut self) -> Registration {
        self.method = "private_key_jwt";
        self.key = Some(Arc::new(Key::new()));
        self
    }

    #[must_use]
    pub fn scope(mut self, scope: &str) -> Registration {
        scope.clone_into(&mut self.scope);
        self
    }

    #[must_use]
    pub fn redirect_uri(mut self, uri: &str) -> Registration {
        uri.clone_into(&mut self.redirect_uri);
        self
    }

    /// Any other flag of the command: `option("--backchannel-logout-uri", …)`.
    #[must_use]
    pub fn option(mut self, flag: &str, value: &str) -> Registration {
        self.more.extend([flag.to_owned(), value.to_owned()]);
        self
    }

    /// Any flag that takes no value.
    #[must_use]
    pub fn flag(mut self, flag: &str) -> Registration {
        self.more.push(flag.to_owned());
        self
    }

    pub(crate) async fn register(self, app: &TestApp) -> Client {
        let name = format!("{}系统", self.id);
        let mut arguments = vec![
            "client",
            "add",
            "--id",
            &self.id,
            "--name",
            &name,
            "--department",
            "云川市某局",
        ];
        arguments.extend(["--redirect-uri", &self.redirect_uri, "--scope", &self.scope]);
        arguments.extend(["--auth-method", self.method]);
        let jwks = app.dir().join(format!("{}.jwks.json", self.id));
        let jwks_path = jwks.display().to_string();
        if let Some(key) = &self.key {
            std::fs::write(&jwks, key.jwks().to_string()).expect("the key set can be written");
            arguments.extend(["--jwks", &jwks_path]);
        }
        arguments.extend(self.more.iter().map(String::as_str));
        let answer = app.command_json(&arguments);
        let secret = answer["client_secret"].as_str().unwrap_or("").to_owned();
        app.reach.secrets.remember(&secret);
        let auth = match (self.method, self.key) {
            ("none", _) => Auth::Public,
            ("client_secret_post", _) => Auth::Post(secret),
            (_, Some(key)) => Auth::Assertion(key),
            _ => Auth::Basic(secret),
        };
        Client {
            id: self.id,
            redirect_uri: self.redirect_uri,
            scope: self.scope,
            auth,
            reach: app.reach.clone(),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Client {
    pub id: String,
    pub redirect_uri: String,
    pub scope: String,
    pub auth: Auth,
    pub(crate) reach: Reach,
}

/// What one token response gave.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub access: String,
    pub refresh: String,
    pub id: String,
    /// The verified claims of the ID token.
    pub claims: Value,
    pub answer: Answer,
}

impl Tokens {
    pub fn sub(&self) -> &str {
        self.claims["sub"].as_str().expect("an ID token has a subject")
    }
}

impl Client {
    /// A request for the scopes the client is registered for.
    pub fn sign_in(&self) -> SignIn {
        self.sign_in_for(&self.scope)
    }

    pub fn sign_in_for(&self, scope: &str) -> SignIn {
        SignIn::new(&self.reach.url, &self.id, &self.redirect_uri, scope)
    }

    /// A request to an endpoint that authenticates clients, with this client's authentication.
    pub async fn call(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let mut form: Vec<(&str, String)> = form
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect();
        let mut request = self.reach.http.post(format!("{}{path}", self.reach.url));
        match &self.auth {
            Auth::Basic(secret) => request = request.basic_auth(&self.id, Some(secret)),
            Auth::Post(secret) => form.push(("client_secret", secret.clone())),
            Auth::Public => {}
            Auth::Assertion(key) => {
                let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                form.push(("client_assertion_type", kind.to_owned()));
                form.push(("client_assertion", key.sign(&self.assertion_claims())));
            }
        }
        let names_itself = matches!(self.auth, Auth::Post(_) | Auth::Public);
        if names_itself && !form.iter().any(|(name, _)| *name == "client_id") {
            form.push(("client_id", self.id.clone()));
        }
        let answer = Answer::of(request.form(&form)).await;
        self.remember_tokens(&answer);
        answer
    }

    /// Hands a request over beforehand (RFC 9126).
    pub async fn push(&self, request: &SignIn) -> Answer {
        self.call("/oauth2/par", &request.form()).await
    }

    /// The same; the browser brings no more than its name.
    pub async fn pushed(&self, request: SignIn) -> SignIn {
        let answer = self.push(&request).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let uri = answer.field("request_uri");
        self.reach.secrets.remember(&uri);
        request.bringing(&[("client_id", &self.id), ("request_uri", &uri)])
    }

    /// To be changed by a test before signing; made now, by the server's clock.
    pub fn assertion_claims(&self) -> Value {
        claims_at(&self.id, &self.reach.url, self.reach.now())
    }

    /// The claims of a request object (RFC 9101 §4), to be changed by a test before signing.
    pub fn object(&self, request: &SignIn) -> Value {
        let mut claims = self.assertion_claims();
        claims.as_object_mut().expect("claims").remove("sub");
        for (name, value) in &request.parameters {
            claims[name] = Value::from(value.as_str());
        }
        claims
    }

    /// What this client signs with.
    pub fn key(&self) -> &Key {
        match &self.auth {
            Auth::Assertion(key) => key,
            other => panic!("{other:?} is no key"),
        }
    }

    /// The request in a request object of these claims.
    pub fn signed(&self, request: SignIn, claims: &Value) -> SignIn {
        let header = serde_json::json!({"alg": "ES256", "kid": self.key().kid, "typ": "oauth-authz-req+jwt"});
        let object = self.key().sign_with(&header, claims);
        request.bringing(&[("client_id", &self.id), ("request", &object)])
    }

    pub async fn exchange(&self, request: &SignIn, code: &str) -> Answer {
        self.reach.secrets.remember(code);
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", request.parameter("redirect_uri")),
            ("code_verifier", &request.verifier),
        ];
        self.call("/oauth2/token", &form).await
    }

    /// Exchanges the code of `response` and checks everything OpenID Connect Core §3.1.3.7 asks for.
    pub async fn tokens(&self, request: &SignIn, response: &Response) -> Tokens {
        let answer = self.exchange(request, response.code()).await;
        self.checked(answer, request.parameter("nonce")).await
    }

    pub async fn refresh(&self, refresh_token: &str) -> Answer {
        self.call(
            "/oauth2/token",
            &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)],
        )
        .await
    }

    pub async fn introspect(&self, token: &str) -> Answer {
        self.call("/oauth2/introspect", &[("token", token)]).await
    }

    pub async fn revoke(&self, token: &str) -> Answer {
        self.call("/oauth2/revoke", &[("token", token)]).await
    }

    pub async fn userinfo(&self, access_token: &str) -> Answer {
        let request = self.reach.http.get(format!("{}/oauth2/userinfo", self.reach.url));
        Answer::of(request.bearer_auth(access_token)).await
    }

    /// A token response whose ID token is right for this client and `nonce`.
    pub async fn checked(&self, answer: Answer, nonce: &str) -> Tokens {
        assert_eq!(answer.status, 200, "the token endpoint answered {}", answer.body);
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.field("token_type").to_ascii_lowercase(), "bearer");
        let id = answer.field("id_token");
        let claims = verify(&id, &self.keys().await);
        assert_eq!(claims["iss"], self.reach.url);
        let audience = claims["aud"]
            .as_array()
            .and_then(|list| list.first())
            .unwrap_or(&claims["aud"]);
        assert_eq!(audience, &self.id);
        assert_eq!(claims["nonce"].as_str().unwrap_or(""), nonce);
        assert!(claims["exp"].as_i64() > claims["iat"].as_i64());
        Tokens {
            access: answer.field("access_token"),
            refresh: answer.field("refresh_token"),
            id,
            claims,
            answer,
        }
    }

    async fn keys(&self) -> Value {
        Answer::of(self.reach.http.get(format!("{}/oauth2/jwks", self.reach.url)))
            .await
            .json()
    }

    fn remember_tokens(&self, answer: &Answer) {
        let Ok(json) = serde_json::from_str::<Value>(&answer.body) else {
            return;
        };
        for name in ["access_token", "refresh_token", "id_token"] {
            self.reach.secrets.remember(json[name].as_str().unwrap_or(""));
        }
    }
}
