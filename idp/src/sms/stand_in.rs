//! A stand-in for the providers: it checks a request's signature by the provider's own rules, written
//! here a second time from what arrives on the wire, and answers as it was told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::{digest, hmac};

use super::{Content, Language, Message, Recipient, Sentence, Sms};
use crate::clock::Timestamp;
use crate::config::{Secret, Settings, SmsProvider};
use crate::rng::Rng;

pub(super) const OK: [(SmsProvider, &str); 3] = [
    (
        SmsProvider::Aliyun,
        r#"{"Message":"OK","RequestId":"A1","Code":"OK","BizId":"900619746936498440^0"}"#,
    ),
    (
        SmsProvider::Tencent,
        r#"{"Response":{"SendStatusSet":[{"SerialNo":"5000:1045710669157053657849499619","PhoneNumber":"+8613912345678","Fee":1,"SessionContext":"","Code":"Ok","Message":"send success","IsoCode":"CN"}],"RequestId":"a0aabda6"}}"#,
    ),
    (SmsProvider::Webhook, r#"{"id":"gw-1"}"#),
];

pub(super) const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub(super) fn message() -> Message {
    Message {
        to: Recipient::from_e164("+8613912345678").unwrap(),
        content: Content::Code {
            code: Secret::new("123456".to_owned()),
            minutes: 5,
        },
        origin: "id.city.example".to_owned(),
        language: Language::Chinese,
    }
}

pub(super) fn notice() -> Message {
    Message {
        content: Content::Notice {
            what: Sentence {
                chinese: "您的账户刚在新设备上登录".to_owned(),
                english: None,
            },
            link: Secret::new("https://id.city.example/n/the-token".to_owned()),
        },
        ..message()
    }
}

/// The same for somebody who reads English.
pub(super) fn english_notice() -> Message {
    Message {
        content: Content::Notice {
            what: Sentence {
                chinese: "您的账户刚在新设备上登录".to_owned(),
                english: Some("Signed in on a new device".to_owned()),
            },
            link: Secret::new("https://id.city.example/n/the-token".to_owned()),
        },
        language: Language::English,
        ..message()
    }
}

/// A development configuration whose providers all listen at `endpoint`.
pub(super) fn settings(endpoint: &str, providers: &[SmsProvider]) -> Settings {
    let names = providers
        .iter()
        .map(|provider| format!("{provider:?}").to_lowercase())
        .collect::<Vec<_>>();
    toml::from_str(&format!(
        r#"
        dev = true
        [sms]
        providers = {names:?}
        timeout = "1s"
        [sms.aliyun]
        access_key_id = "LTAI-id"
        access_key_secret = "aliyun secret"
        sign_name = "云川一门"
        template_code = "SMS_1"
        template_params = {{ code = "code", site = "origin" }}
        notice_template_code = "SMS_2"
        notice_template_params = {{ what = "what", token = "token" }}
        endpoint = "{endpoint}"
        [sms.tencent]
        secret_id = "AKID-id"
        secret_key = "tencent secret"
        sdk_app_id = "1400006666"
        sign_name = "云川一门"
        template_id = "1110"
        notice_template_id = "1111"
        endpoint = "{endpoint}"
        [sms.webhook]
        url = "{endpoint}/gateway?v=1"
        secret = "{WEBHOOK_SECRET}"
        "#
    ))
    .unwrap()
}

pub(super) fn client() -> reqwest::Client {
    // Another test may have installed it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    crate::gateway::http_client(Vec::new()).unwrap()
}

impl Sms {
    /// Messages stay in the process.
    pub(crate) fn to_outbox(rng: Rng) -> Self {
        let settings = settings("http://localhost", &[SmsProvider::Outbox]);
        Self::new(&settings, client(), rng).unwrap()
    }
}

/// What to answer every request with.
#[derive(Clone)]
pub(super) enum Reply {
    /// Each provider's own success.
    Ok,
    Say(u16, &'static str),
    Never,
}

/// One server for all providers.
#[derive(Clone)]
pub(super) struct StandIn {
    pub(super) endpoint: String,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    reply: Reply,
    seen: Vec<SmsProvider>,
    templates: Vec<String>,
    wrong: Vec<String>,
}

impl StandIn {
    pub(super) async fn start(reply: Reply) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Mutex::new(Shared {
            reply,
            seen: Vec::new(),
            templates: Vec::new(),
            wrong: Vec::new(),
        }));
        let stand_in = Self { endpoint, shared };
        let app = Router::new().fallback(serve).with_state(stand_in.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        stand_in
    }

    /// The handle of a node that has these providers, all of them here.
    pub(super) fn sms(&self, providers: &[SmsProvider]) -> Sms {
        Sms::new(&settings(&self.endpoint, providers), client(), Rng::system()).unwrap()
    }

    pub(super) fn reply(&self, reply: Reply) {
        self.shared.lock().unwrap().reply = reply;
    }

    /// Who was asked, in order; panics on any request that was not as it should be.
    pub(super) fn seen(&self) -> Vec<SmsProvider> {
        let shared = self.shared.lock().unwrap();
        assert!(shared.wrong.is_empty(), "{:#?}", shared.wrong);
        shared.seen.clone()
    }

    /// The template that each request named, in order.
    pub(super) fn templates(&self) -> Vec<String> {
        self.seen();
        self.shared.lock().unwrap().templates.clone()
    }
}

/// The template that a request names, where its provider has templates.
fn template_of(query: &str, body: &[u8]) -> Option<String> {
    let mut parameters = url::form_urlencoded::parse(query.as_bytes());
    let code = parameters.find(|(name, _)| name == "TemplateCode");
    let sent: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    code.map(|(_, code)| code.into_owned())
        .or_else(|| Some(sent["TemplateId"].as_str()?.to_owned()))
}

async fn serve(State(stand_in): State<StandIn>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let query = uri.query().unwrap_or_default();
    let (provider, verdict) = if headers.contains_key("x-acs-action") {
        (SmsProvider::Aliyun, check_aliyun(query, &headers, &body))
    } else if headers.contains_key("x-tc-action") {
        (SmsProvider::Tencent, check_tencent(&headers, &body))
    } else {
        (
            SmsProvider::Webhook,
            check_webhook(uri.path(), query, &headers, &body),
        )
    };
    let reply = {
        let mut shared = stand_in.shared.lock().unwrap();
        shared.seen.push(provider);
        shared.templates.extend(template_of(query, &body));
        if let Err(wrong) = verdict {
            shared.wrong.push(format!("{provider:?}: {wrong}"));
        }
        shared.reply.clone()
    };
    let (status, text) = match reply {
        Reply::Ok => (200, OK.iter().find(|(name, _)| *name == provider).unwrap().1),
        Reply::Say(status, text) => (status, text),
        Reply::Never => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            (200, "")
        }
    };
    let location = "https://elsewhere.example/";
    Response::builder()
        .status(StatusCode::from_u16(status).unwrap())
        .header("location", location)
        .body(Body::from(text))
        .unwrap()
}

fn check_aliyun(query: &str, headers: &HeaderMap, body: &[u8]) -> Result<(), String> {
    let names = [
        "host",
        "x-acs-action",
        "x-acs-content-sha256",
        "x-acs-date",
        "x-acs-signature-nonce",
        "x-acs-version",
    ];
    let canonical = canonical(query, &names, headers, body);
    let to_sign = format!("ACS3-HMAC-SHA256\n{}", sha256(canonical.as_bytes()));
    let signature = hex(&hmac(b"aliyun secret", to_sign.as_bytes()));
    let authorization = format!(
        "ACS3-HMAC-SHA256 Credential=LTAI-id,SignedHeaders={},Signature={signature}",
        names.join(";")
    );
    same("authorization", header(headers, "authorization"), &authorization)?;
    same(
        "hash of the body",
        header(headers, "x-acs-content-sha256"),
        &sha256(body),
    )?;
    same("action", header(headers, "x-acs-action"), "SendSms")?;
    same("version", header(headers, "x-acs-version"), "2017-05-25")?;
    same("date", &minute(header(headers, "x-acs-date")), "2026-03-01T08:00")?;
    let parameters: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let (template, variables) = if query.contains("SMS_2") {
        (
            "SMS_2",
            r#"{"token":"the-token","what":"您的账户刚在新设备上登录"}"#,
        )
    } else if query.contains("SMS_3") {
        ("SMS_3", r#"{"code":"123456","site":"id.city.example"}"#)
    } else if query.contains("SMS_4") {
        (
            "SMS_4",
            r#"{"token":"the-token","what":"Signed in on a new device"}"#,
        )
    } else {
        ("SMS_1", r#"{"code":"123456","site":"id.city.example"}"#)
    };
    let expected = [
        ("PhoneNumbers", "13912345678"),
        ("SignName", "云川一门"),
        ("TemplateCode", template),
        ("TemplateParam", variables),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    same("parameters", &format!("{parameters:?}"), &format!("{expected:?}"))
}

fn check_tencent(headers: &HeaderMap, body: &[u8]) -> Result<(), String> {
    let names = ["content-type", "host", "x-tc-action"];
    let canonical = canonical("", &names, headers, body).replace("SendSms", "sendsms");
    let timestamp = header(headers, "x-tc-timestamp");
    let scope = "2026-03-01/sms/tc3_request";
    let to_sign = format!(
        "TC3-HMAC-SHA256\n{timestamp}\n{scope}\n{}",
        sha256(canonical.as_bytes())
    );
    let key = ["2026-03-01", "sms", "tc3_request"]
        .iter()
        .fold(b"TC3tencent secret".to_vec(), |key, part| {
            hmac(&key, part.as_bytes())
        });
    let signature = hex(&hmac(&key, to_sign.as_bytes()));
    let authorization = format!(
        "TC3-HMAC-SHA256 Credential=AKID-id/{scope}, SignedHeaders={}, Signature={signature}",
        names.join(";")
    );
    same("authorization", header(headers, "authorization"), &authorization)?;
    same("time", &minute(&time_of(timestamp)), "2026-03-01T08:00")?;
    same("version", header(headers, "x-tc-version"), "2021-01-11")?;
    same("region", header(headers, "x-tc-region"), "ap-guangzhou")?;
    let sent: serde_json::Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let link = "https://id.city.example/n/the-token";
    let (template, variables) = match sent["TemplateId"].as_str() {
        Some("1111") => ("1111", ["您的账户刚在新设备上登录", link]),
        Some("1112") => ("1112", ["123456", "5"]),
        Some("1113") => ("1113", ["Signed in on a new device", link]),
        _ => ("1110", ["123456", "5"]),
    };
    let expected = serde_json::json!({
        "PhoneNumberSet": ["+8613912345678"],
        "SmsSdkAppId": "1400006666",
        "SignName": "云川一门",
        "TemplateId": template,
        "TemplateParamSet": variables,
    });
    same("body", &sent.to_string(), &expected.to_string())
}

fn check_webhook(path: &str, query: &str, headers: &HeaderMap, body: &[u8]) -> Result<(), String> {
    same("address", &format!("{path}?{query}"), "/gateway?v=1")?;
    let (id, timestamp) = (
        header(headers, "webhook-id"),
        header(headers, "webhook-timestamp"),
    );
    let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
    let key = STANDARD
        .decode(WEBHOOK_SECRET.trim_start_matches("whsec_"))
        .unwrap();
    let signature = format!("v1,{}", STANDARD.encode(hmac(&key, &signed)));
    same("signature", header(headers, "webhook-signature"), &signature)?;
    same("time", &minute(&time_of(timestamp)), "2026-03-01T08:00")?;
    same("length of the id", &id.len().to_string(), "26")?;
    let sent: serde_json::Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let data = if sent["type"] == "sms.notice" && sent["data"]["language"] == "en" {
        serde_json::json!({
            "phone": "+8613912345678",
            "language": "en",
            "text": "【云川一门】Signed in on a new device. If it was not you, open https://id.city.example/n/the-token",
            "what": "Signed in on a new device",
            "link": "https://id.city.example/n/the-token",
            "origin": "id.city.example",
        })
    } else if sent["type"] == "sms.notice" {
        serde_json::json!({
            "phone": "+8613912345678",
            "language": "zh-CN",
            "text": "【云川一门】您的账户刚在新设备上登录。不是您本人，请打开 https://id.city.example/n/the-token",
            "what": "您的账户刚在新设备上登录",
            "link": "https://id.city.example/n/the-token",
            "origin": "id.city.example",
        })
    } else {
        serde_json::json!({
            "phone": "+8613912345678",
            "language": "zh-CN",
            "text": "【云川一门】验证码 123456，5 分钟内有效。工作人员不会向您要验证码。\n@id.city.example #123456",
            "code": "123456",
            "minutes": 5,
            "origin": "id.city.example",
        })
    };
    let expected = serde_json::json!({
        "type": sent["type"],
        "timestamp": time_of(timestamp),
        "data": data,
    });
    same("body", &sent.to_string(), &expected.to_string())
}

fn canonical(query: &str, names: &[&str], headers: &HeaderMap, body: &[u8]) -> String {
    let mut lines = vec!["POST".to_owned(), "/".to_owned(), query.to_owned()];
    lines.extend(
        names
            .iter()
            .map(|name| format!("{name}:{}", header(headers, name))),
    );
    lines.extend([String::new(), names.join(";"), sha256(body)]);
    lines.join("\n")
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

fn sha256(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn hmac(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), bytes)
        .as_ref()
        .to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn time_of(seconds: &str) -> String {
    Timestamp::from_seconds(seconds.parse().unwrap()).to_string()
}

/// Under load a second or two may pass between an attempt and the next.
fn minute(time: &str) -> String {
    time.chars().take("2026-03-01T08:00".len()).collect()
}

fn same(what: &str, found: &str, expected: &str) -> Result<(), String> {
    (found == expected)
        .then_some(())
        .ok_or_else(|| format!("{what}: {found}, not {expected}"))
}
