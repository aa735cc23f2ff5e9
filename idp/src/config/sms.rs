//! What each SMS provider needs to know.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::Url;

use super::secret::Secret;

/// Aliyun `SendSms` 2017-05-25. The text is the approved template's; we pass its parameters.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Aliyun {
    pub access_key_id: String,
    pub access_key_secret: Secret,
    pub sign_name: String,
    pub template_code: String,
    /// The English one, with the same parameters; without it everybody gets the Chinese.
    #[serde(default)]
    pub template_code_en: Option<String>,
    /// Template parameter → what goes in: `code`, `minutes` or `origin`.
    #[serde(default = "aliyun_params")]
    pub template_params: BTreeMap<String, TemplateValue>,
    #[serde(default)]
    pub notice_template_code: Option<String>,
    #[serde(default)]
    pub notice_template_code_en: Option<String>,
    /// As `template_params`: `what`, `link`, `token` or `origin`.
    #[serde(default = "aliyun_notice_params")]
    pub notice_template_params: BTreeMap<String, TemplateValue>,
    #[serde(default = "aliyun_endpoint")]
    pub endpoint: Url,
}

/// Tencent Cloud `SendSms` 2021-01-11. Parameters are positional.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tencent {
    pub secret_id: String,
    pub secret_key: Secret,
    pub sdk_app_id: String,
    pub sign_name: String,
    pub template_id: String,
    /// The English one, with the same parameters; without it everybody gets the Chinese.
    #[serde(default)]
    pub template_id_en: Option<String>,
    #[serde(default = "tencent_params")]
    pub template_params: Vec<TemplateValue>,
    #[serde(default)]
    pub notice_template_id: Option<String>,
    #[serde(default)]
    pub notice_template_id_en: Option<String>,
    #[serde(default = "tencent_notice_params")]
    pub notice_template_params: Vec<TemplateValue>,
    #[serde(default = "tencent_region")]
    pub region: String,
    #[serde(default = "tencent_endpoint")]
    pub endpoint: Url,
}

/// A city's own gateway, called by a signed HTTP request.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    pub url: Url,
    pub secret: Secret,
}

/// What a template's parameter is filled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TemplateValue {
    Code,
    Minutes,
    Origin,
    What,
    Link,
    Token,
}

fn aliyun_notice_params() -> BTreeMap<String, TemplateValue> {
    BTreeMap::from([
        ("what".to_owned(), TemplateValue::What),
        ("link".to_owned(), TemplateValue::Link),
    ])
}

fn tencent_notice_params() -> Vec<TemplateValue> {
    vec![TemplateValue::What, TemplateValue::Link]
}

fn aliyun_params() -> BTreeMap<String, TemplateValue> {
    BTreeMap::from([("code".to_owned(), TemplateValue::Code)])
}

fn tencent_params() -> Vec<TemplateValue> {
    vec![TemplateValue::Code, TemplateValue::Minutes]
}

fn tencent_region() -> String {
    "ap-guangzhou".to_owned()
}

#[expect(clippy::unwrap_used, reason = "a constant that a test reads")]
fn aliyun_endpoint() -> Url {
    Url::parse("https://dysmsapi.aliyuncs.com").unwrap()
}

#[expect(clippy::unwrap_used, reason = "a constant that a test reads")]
fn tencent_endpoint() -> Url {
    Url::parse("https://sms.tencentcloudapi.com").unwrap()
}
