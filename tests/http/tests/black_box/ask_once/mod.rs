//! Ask once: a department reads what another holds, because the resident said so once (RFC 9396, RFC 8693).

mod asking;
mod attacks;
mod ending;
mod exchanging;
mod guarded;
mod joined;
mod operator;
mod told;

use serde_json::{Value, json};
use yimen_http_tests::{Answer, Client, Page, Registration, Resident, SignIn, TestApp, Tokens};

const HOLDER: &str = "https://hrss.yunchuan.example";
const KEY: &str = "rent_subsidy:contribution_record@https://hrss.yunchuan.example";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// Housing, which may ask social security for a contribution record, and a resident of the city.
struct City {
    app: TestApp,
    holder: Client,
    asker: Client,
    resident: Resident,
}

impl City {
    async fn start() -> City {
        City::with(&[]).await
    }

    /// With more options for the system that asks.
    async fn with(more: &[(&str, &str)]) -> City {
        let app = TestApp::start().await;
        let holder = app.register(holder()).await;
        let said = format!("{KEY}=为发放租房补贴");
        let mut registration = Registration::new("housing")
            .scope("openid phone offline_access")
            .option("--ask", &said)
            .option("--ask-en", &format!("{KEY}=to pay the rent subsidy"));
        for (flag, value) in more {
            registration = registration.option(flag, value);
        }
        let asker = app.register(registration).await;
        let resident = app.resident("13800000001");
        City {
            app,
            holder,
            asker,
            resident,
        }
    }

    fn request(&self) -> SignIn {
        asking(self.asker.sign_in(), &details())
    }

    /// The resident allows all that is asked.
    async fn allowed(&self) -> Tokens {
        let request = self.request();
        let response = self.resident.go_through(&request).await;
        self.asker.tokens(&request, &response).await
    }

    async fn exchange(&self, tokens: &Tokens) -> Answer {
        exchange(&self.asker, &tokens.access, &[]).await
    }

    /// What the operator changes is seen by every node within seconds.
    async fn operator(&self, arguments: &[&str]) {
        let (status, said) = self.app.command(arguments);
        assert!(status.success(), "{said}");
        self.app.advance("4s").await;
    }
}

fn holder() -> Registration {
    Registration::new(HOLDER)
        .post()
        .redirect_uri(&format!("{HOLDER}/callback"))
        .option("--record", "contribution_record=社保缴费记录")
        .option(
            "--record-en",
            "contribution_record=social-security contribution record",
        )
        .option("--record", "pension=养老金账户")
        .option("--id-token-alg", "ES256")
}

/// What housing asks for.
fn details() -> Value {
    json!([{ "type": "data", "locations": [HOLDER], "datatypes": ["contribution_record"], "purpose": "rent_subsidy" }])
}

fn asking(request: SignIn, details: &Value) -> SignIn {
    request.with("authorization_details", &details.to_string())
}

/// With other parameters than the usual ones; an empty one is left out.
async fn exchange(client: &Client, token: &str, more: &[(&str, &str)]) -> Answer {
    let usual = [
        ("grant_type", EXCHANGE),
        ("subject_token", token),
        ("subject_token_type", ACCESS_TOKEN),
        ("resource", HOLDER),
    ];
    let usual = usual
        .iter()
        .filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
    let form: Vec<_> = usual.chain(more).copied().collect();
    client.call("/oauth2/token", &form).await
}

async fn withdraw(resident: &Resident, name: &str) -> Page {
    let account = resident.browser.get("/account").await;
    let button = format!("#services button[value='{name}']");
    account.press(&button, &[]).await.press("#confirm", &[]).await
}
