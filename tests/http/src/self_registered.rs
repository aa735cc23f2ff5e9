//! A system that registers itself (RFC 7591), with what the operator does for that.

use crate::answer::Answer;
use crate::app::TestApp;
use crate::client::{Auth, Client};
use serde_json::Value;

const ENDPOINT: &str = "/oauth2/register";

impl TestApp {
    /// `yimen client invite`: 养老金查询 of 人社局 for `openid phone` at `hrss.city.example`, and what `more` says; the token.
    pub fn invite(&self, more: &[&str]) -> String {
        let usual = [
            ("--name", "养老金查询"),
            ("--department", "人社局"),
            ("--scope", "openid phone"),
            ("--redirect-host", "hrss.city.example"),
        ];
        let usual = usual.into_iter().filter(|(flag, _)| !more.contains(flag));
        let usual: Vec<_> = usual.flat_map(|(flag, value)| [flag, value]).collect();
        let said = self.command_json(&[&["client", "invite"], more, &usual].concat());
        let token = said["initial_access_token"].as_str().expect("a token");
        self.reach.secrets.remember(token);
        token.to_owned()
    }

    /// Asks to be registered, by a token or without one.
    pub async fn ask_to_register(&self, token: Option<&str>, asked: &Value) -> Answer {
        self.ask_at(self.request("POST", ENDPOINT), token, Some(asked))
            .await
    }

    /// The client that a registration made.
    pub fn registered(&self, answer: &Answer) -> Client {
        assert_eq!(answer.status, 201, "{}", answer.body);
        let said = answer.json();
        let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
        let secret = text("client_secret");
        Client {
            id: text("client_id"),
            redirect_uri: said["redirect_uris"][0].as_str().unwrap_or_default().to_owned(),
            scope: text("scope"),
            auth: match text("token_endpoint_auth_method").as_str() {
                "none" => Auth::Public,
                "client_secret_post" => Auth::Post(secret),
                _ => Auth::Basic(secret),
            },
            reach: self.reach.clone(),
        }
    }

    /// Looks after the registration of this client (RFC 7592).
    pub async fn look_after(
        &self,
        method: &str,
        client_id: &str,
        token: &str,
        asked: Option<&Value>,
    ) -> Answer {
        let request = self.request(method, &format!("{ENDPOINT}/{client_id}"));
        self.ask_at(request, Some(token), asked).await
    }

    async fn ask_at(
        &self,
        mut request: reqwest::RequestBuilder,
        token: Option<&str>,
        asked: Option<&Value>,
    ) -> Answer {
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(asked) = asked {
            let body = asked.to_string();
            request = request.header("content-type", "application/json").body(body);
        }
        let answer = Answer::of(request).await;
        let said: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        for name in ["client_secret", "registration_access_token"] {
            self.reach
                .secrets
                .remember(said[name].as_str().unwrap_or_default());
        }
        answer
    }
}
