use reqwest::Client;
use url::Url;

use super::address::reasons;
use super::{PATIENCE, placed};
use crate::cli::failure::Failure;
use crate::config::{Config, Settings, SmsProvider};
use crate::fetch::extra_roots;
use crate::gateway::http_client;
use crate::rng::Rng;
use crate::sms::Sms;

/// Whether messages could go out: the providers are set up, and their servers answer. None is sent.
pub(super) async fn check(config: &Config) -> Result<String, String> {
    let settings = &config.settings;
    let roots = extra_roots(&settings.fetch).map_err(|fault| placed(config, fault))?;
    let client = http_client(roots).map_err(|fault| placed(config, fault))?;
    let sms = Sms::new(settings, client.clone(), Rng::system()).map_err(|fault| placed(config, fault))?;
    let providers = &settings.sms.providers;
    if providers.is_empty() {
        let said = "sms.providers is empty: nobody can sign in";
        return Err(Failure::at(&config.written, "sms.providers", said).to_string());
    }
    let mut tried = "none of them has a server to try";
    for endpoint in providers.iter().filter_map(|one| endpoint(settings, *one)) {
        reach(&client, endpoint).await?;
        tried = "their servers answer, and no message was sent to try more";
    }
    let order: Vec<String> = providers
        .iter()
        .map(|one| format!("{one:?}").to_lowercase())
        .collect();
    let notices = if sms.takes_notices() {
        ""
    } else {
        "; none has a template for notices, so residents are not told of new devices: set notice_template_code or \
         notice_template_id"
    };
    Ok(format!(
        "tried in the order {}; {tried}{notices}",
        order.join(", ")
    ))
}

/// Where a provider is asked; nowhere where messages stay in the node.
fn endpoint(settings: &Settings, provider: SmsProvider) -> Option<&Url> {
    let sms = &settings.sms;
    match provider {
        SmsProvider::Aliyun => sms.aliyun.as_ref().map(|account| &account.endpoint),
        SmsProvider::Tencent => sms.tencent.as_ref().map(|account| &account.endpoint),
        SmsProvider::Webhook => sms.webhook.as_ref().map(|gateway| &gateway.url),
        SmsProvider::Outbox => None,
    }
}

/// Asks for the root of the server, unsigned: whatever it answers, it can be reached.
async fn reach(client: &Client, endpoint: &Url) -> Result<(), String> {
    let mut root = endpoint.clone();
    root.set_path("/");
    root.set_query(None);
    let asked = client.head(root).timeout(PATIENCE).send().await;
    asked.map(drop).map_err(|fault| {
        let host = endpoint.host_str().unwrap_or_default();
        let fault = reasons(&fault.without_url());
        format!("{host} cannot be reached ({fault}): are DNS, firewall and fetch.extra_ca set up for it?")
    })
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_server_that_takes_no_connection_is_named() {
        // Another test may have installed it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = http_client(Vec::new()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/send?key=secret", listener.local_addr().unwrap());
        drop(listener);
        let said = reach(&client, &Url::parse(&url).unwrap()).await.unwrap_err();
        assert!(
            said.starts_with("127.0.0.1 cannot be reached (") && !said.contains("secret"),
            "{said}"
        );
    }
}
