use serde::Deserialize;

use super::answer::{exchange, read as read_answer};
use super::message::{Content, Message};
use super::outcome::{Fault, Outcome, Refusal, token};
use super::sign::{Canonical, hex, hmac_sha256, host, percent_encode, sha256_hex};
use crate::clock::Timestamp;
use crate::config;

/// Aliyun's SendSms (Dysmsapi 2017-05-25), signed as "V3 request body and signature" describes for
/// the RPC style.
#[derive(Debug)]
pub(super) struct Aliyun(pub(super) config::sms::Aliyun);

impl Aliyun {
    pub(super) async fn send(
        &self,
        http: &reqwest::Client,
        message: &Message,
        nonce: String,
        now: Timestamp,
    ) -> Outcome {
        let endpoint = &self.0.endpoint;
        let Some(query) = self.query(message) else {
            return Outcome::Skipped;
        };
        let call = Call {
            host: host(endpoint),
            action: "SendSms",
            version: "2017-05-25",
            query: &query,
            nonce,
            now,
        };
        let request = call
            .signed(&self.0.access_key_id, self.0.access_key_secret.expose())
            .into_iter()
            .fold(
                http.post(format!("{endpoint}?{query}")),
                |request, (name, value)| request.header(name, value),
            );
        exchange(request)
            .await
            .map_or_else(|fault| fault, |answer| read_answer(&answer, read))
    }

    /// The parameters in the order of their names; the API's metadata puts them all in the query. None where there is
    /// no template for such a message.
    fn query(&self, message: &Message) -> Option<String> {
        let account = &self.0;
        let (chinese, english, params) = match message.content {
            Content::Code { .. } => (
                &account.template_code,
                &account.template_code_en,
                &account.template_params,
            ),
            Content::Notice { .. } => (
                account.notice_template_code.as_ref()?,
                &account.notice_template_code_en,
                &account.notice_template_params,
            ),
        };
        let (template, language) = message.template(chinese, english.as_ref());
        let variables: serde_json::Map<_, _> = params
            .iter()
            .map(|(name, value)| (name.clone(), message.filling(*value, language).into()))
            .collect();
        let variables = serde_json::Value::Object(variables).to_string();
        let query = [
            ("PhoneNumbers", message.to.domestic()),
            ("SignName", &self.0.sign_name),
            ("TemplateCode", template),
            ("TemplateParam", &variables),
        ]
        .map(|(name, value)| format!("{name}={}", percent_encode(value)))
        .join("&");
        Some(query)
    }
}

/// One call as the signature sees it; the body is empty.
struct Call<'a> {
    host: String,
    action: &'a str,
    version: &'a str,
    query: &'a str,
    nonce: String,
    now: Timestamp,
}

impl Call<'_> {
    /// The headers to send, `authorization` among them. Host is signed too, but the client sets it.
    fn signed(&self, key_id: &str, secret: &str) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("host", self.host.clone()),
            ("x-acs-action", self.action.to_owned()),
            ("x-acs-content-sha256", sha256_hex(b"")),
            ("x-acs-date", self.now.to_string()),
            ("x-acs-signature-nonce", self.nonce.clone()),
            ("x-acs-version", self.version.to_owned()),
        ];
        let canonical = Canonical {
            query: self.query,
            headers: &headers,
            body: b"",
        };
        let to_sign = format!("ACS3-HMAC-SHA256\n{}", canonical.hash());
        let signature = hex(hmac_sha256(secret.as_bytes(), &to_sign).as_ref());
        let names = canonical.signed_headers();
        let authorization =
            format!("ACS3-HMAC-SHA256 Credential={key_id},SignedHeaders={names},Signature={signature}");
        headers[0] = ("authorization", authorization);
        headers
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answered {
    code: String,
    #[serde(default)]
    biz_id: String,
}

/// Error codes: help.aliyun.com/document_detail/101346.html.
///
/// What a number can provoke is a refusal and not a fault, or typing wrong numbers would open the
/// circuit breaker for everyone.
fn read(answer: &Answered) -> Outcome {
    let detail = token(&answer.code);
    let fault = match answer.code.as_str() {
        "OK" => {
            return Outcome::Accepted {
                message_id: token(&answer.biz_id),
            };
        }
        "isv.PARAM_LENGTH_LIMIT" | "isp.RAM_PERMISSION_DENY" => Fault::NeedsOperator,
        "isv.MOBILE_NUMBER_ILLEGAL"
        | "isv.MOBILE_COUNT_OVER_LIMIT"
        | "isv.BLACK_KEY_CONTROL_LIMIT"
        | "isv.DOMESTIC_NUMBER_NOT_SUPPORTED"
        | "isv.NOT_SUPPORTED_COUNTRY"
        | "isv.COUNTRY_RESTRICTED"
        | "MOBILE_IN_BLACK" => {
            return Outcome::Refused {
                refusal: Refusal::Number,
                detail,
            };
        }
        code if code.starts_with("Throttling") || code.contains("LIMIT") => {
            return Outcome::Refused {
                refusal: Refusal::Limit,
                detail,
            };
        }
        code if code.starts_with("isp.") || code.starts_with("InternalError") => Fault::Broken,
        "isv.SYSTEM_ERROR" | "ServiceUnavailable" => Fault::Broken,
        _ => Fault::NeedsOperator,
    };
    Outcome::Fault { fault, detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The "fixed parameters" example of Aliyun's V3 signature page.
    #[test]
    fn the_signature_is_that_of_the_published_example() {
        let call = Call {
            host: "ecs.cn-shanghai.aliyuncs.com".to_owned(),
            action: "RunInstances",
            version: "2014-05-26",
            query: "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai",
            nonce: "3156853299f313e23d1673dc12e1703d".to_owned(),
            now: Timestamp::from_seconds(1_698_315_752),
        };
        let headers = call.signed("YourAccessKeyId", "YourAccessKeySecret");
        assert!(headers.contains(&("x-acs-date", "2023-10-26T10:22:32Z".to_owned())));
        assert_eq!(
            headers[0],
            (
                "authorization",
                "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,\
                 SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,\
                 Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
                    .to_owned()
            )
        );
    }

    #[test]
    fn its_codes_are_told_apart() {
        let kind = |code: &str| match read(&Answered {
            code: code.to_owned(),
            biz_id: "9^0".to_owned(),
        }) {
            Outcome::Fault { fault, .. } => format!("{fault:?}"),
            Outcome::Refused { refusal, .. } => format!("{refusal:?}"),
            other => format!("{other:?}"),
        };
        assert_eq!(kind("OK"), r#"Accepted { message_id: "9^0" }"#);
        for limit in [
            "isv.BUSINESS_LIMIT_CONTROL",
            "isv.DAY_LIMIT_CONTROL",
            "isv.MONTH_LIMIT_CONTROL",
            "Throttling.User",
        ] {
            assert_eq!(kind(limit), "Limit", "{limit}");
        }
        for number in [
            "isv.MOBILE_NUMBER_ILLEGAL",
            "isv.BLACK_KEY_CONTROL_LIMIT",
            "isv.NOT_SUPPORTED_COUNTRY",
        ] {
            assert_eq!(kind(number), "Number", "{number}");
        }
        for broken in [
            "isp.SYSTEM_ERROR",
            "isp.GATEWAY_ERROR",
            "InternalError",
            "ServiceUnavailable",
        ] {
            assert_eq!(kind(broken), "Broken", "{broken}");
        }
        for operator in [
            "isv.AMOUNT_NOT_ENOUGH",
            "isv.OUT_OF_SERVICE",
            "isv.SMS_TEMPLATE_ILLEGAL",
            "isv.SMS_SIGNATURE_ILLEGAL",
            "isv.TEMPLATE_MISSING_PARAMETERS",
            "isv.PARAM_LENGTH_LIMIT",
            "isp.RAM_PERMISSION_DENY",
            "InvalidAccessKeyId.NotFound",
            "SignatureDoesNotMatch",
            "SomethingNew",
        ] {
            assert_eq!(kind(operator), "NeedsOperator", "{operator}");
        }
    }
}
