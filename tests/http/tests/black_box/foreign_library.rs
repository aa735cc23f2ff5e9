//! A relying party written with the `openidconnect` crate, which knows nothing of us.

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdTokenVerifier, CoreProviderMetadata, CoreUserInfoClaims,
};
use openidconnect::{
    AsyncHttpClient, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse,
    IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, RedirectUrl, Scope, TokenResponse,
};
use std::pin::Pin;
use yimen_http_tests::{Auth, Registration, Response, TestApp};

/// Sends the library's requests with our HTTP client, which knows the name `localhost`.
struct Http(reqwest::Client);

#[derive(Debug)]
struct Failed(String);

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failed {}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = Failed;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Failed>> + Send + Sync + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        let client = self.0.clone();
        // reqwest's futures are not `Sync`; a task's handle is.
        let task = tokio::spawn(async move {
            let (parts, body) = request.into_parts();
            let sent = client
                .request(parts.method, parts.uri.to_string())
                .headers(parts.headers)
                .body(body)
                .send()
                .await
                .map_err(|fault| Failed(fault.to_string()))?;
            let mut response = openidconnect::http::Response::builder().status(sent.status());
            for (name, value) in sent.headers() {
                response = response.header(name, value);
            }
            let body = sent.bytes().await.map_err(|fault| Failed(fault.to_string()))?;
            response
                .body(body.to_vec())
                .map_err(|fault| Failed(fault.to_string()))
        });
        Box::pin(async move { task.await.map_err(|fault| Failed(fault.to_string()))? })
    }
}

#[tokio::test]
async fn the_openidconnect_crate_signs_a_resident_in() {
    let app = TestApp::start().await;
    for (end, (registration, algorithm)) in [
        (Registration::new("rs"), "RS256"),
        (Registration::new("es").option("--id-token-alg", "ES256"), "ES256"),
        (Registration::new("posting").post(), "RS256"),
        (Registration::new("app").public(), "RS256"),
    ]
    .into_iter()
    .enumerate()
    {
        let registered = app.register(registration).await;
        let http = Http(app.http_client());
        let issuer = IssuerUrl::new(app.url("")).unwrap();
        let metadata = CoreProviderMetadata::discover_async(issuer, &http)
            .await
            .expect("discovery");
        let secret = match &registered.auth {
            Auth::Basic(secret) | Auth::Post(secret) => Some(ClientSecret::new(secret.clone())),
            _ => None,
        };
        let mut client =
            CoreClient::from_provider_metadata(metadata, ClientId::new(registered.id.clone()), secret)
                .set_redirect_uri(RedirectUrl::new(registered.redirect_uri.clone()).unwrap());
        if matches!(registered.auth, Auth::Post(_)) {
            client = client.set_auth_type(openidconnect::AuthType::RequestBody);
        }
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .add_scope(Scope::new("phone".to_owned()))
            .set_pkce_challenge(challenge)
            .url();

        let resident = app.resident(&format!("1380000000{end}"));
        let page = resident.go_on(resident.browser.get(url.as_str()).await).await;
        let response = Response::parse(&page.left_for().expect("a response"));
        assert_eq!(response.get("state"), state.secret());

        let tokens = client
            .exchange_code(AuthorizationCode::new(response.code().to_owned()))
            .unwrap()
            .set_pkce_verifier(verifier)
            .request_async(&http)
            .await
            .expect("tokens");
        let verifier: CoreIdTokenVerifier<'_> = client.id_token_verifier();
        let id_token = tokens.id_token().expect("an ID token");
        assert_eq!(
            serde_json::to_value(id_token.signing_alg().unwrap()).unwrap(),
            algorithm
        );
        let claims = id_token.claims(&verifier, &nonce).expect("a right ID token");
        let info: CoreUserInfoClaims = client
            .user_info(tokens.access_token().clone(), Some(claims.subject().clone()))
            .unwrap()
            .request_async(&http)
            .await
            .expect("UserInfo");
        assert_eq!(
            info.phone_number().unwrap().as_str(),
            format!("+861380000000{end}")
        );
        let refresh = tokens.refresh_token().expect("a refresh token");
        let refreshed = client
            .exchange_refresh_token(refresh)
            .unwrap()
            .request_async(&http)
            .await;
        assert!(!refreshed.expect("a refresh").access_token().secret().is_empty());
    }
}
