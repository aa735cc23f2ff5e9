use serde::{Deserialize, Serialize};

use super::answer::{exchange, read as read_answer};
use super::message::{Content, Message};
use super::outcome::{Fault, Outcome, Refusal, token};
use super::sign::{Canonical, hex, hmac_sha256, host};
use crate::clock::Timestamp;
use crate::config;

const JSON: &str = "application/json; charset=utf-8";

/// Tencent Cloud's SendSms (2021-01-11), signed with TC3-HMAC-SHA256 ("Signature v3").
#[derive(Debug)]
pub(super) struct Tencent(pub(super) config::sms::Tencent);

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SendSms<'a> {
    phone_number_set: [&'a str; 1],
    sms_sdk_app_id: &'a str,
    sign_name: &'a str,
    template_id: &'a str,
    template_param_set: Vec<String>,
}

impl Tencent {
    pub(super) async fn send(&self, http: &reqwest::Client, message: &Message, now: Timestamp) -> Outcome {
        let account = &self.0;
        let endpoint = &account.endpoint;
        let Some((template_id, template_param_set)) = self.template(message) else {
            return Outcome::Skipped;
        };
        let body = serde_json::json!(SendSms {
            phone_number_set: [message.to.e164()],
            sms_sdk_app_id: &account.sdk_app_id,
            sign_name: &account.sign_name,
            template_id,
            template_param_set,
        })
        .to_string();
        let headers = [
            ("content-type", JSON.to_owned()),
            ("host", host(endpoint)),
            ("x-tc-action", "sendsms".to_owned()),
        ];
        let canonical = Canonical {
            query: "",
            headers: &headers,
            body: body.as_bytes(),
        };
        let authorization = authorize(
            &account.secret_id,
            account.secret_key.expose(),
            "sms",
            &canonical,
            now,
        );
        let request = http
            .post(endpoint.clone())
            .header("authorization", authorization)
            .header("content-type", JSON)
            .header("x-tc-action", "SendSms")
            .header("x-tc-version", "2021-01-11")
            .header("x-tc-region", &account.region)
            .header("x-tc-timestamp", now.seconds())
            .body(body);
        exchange(request)
            .await
            .map_or_else(|fault| fault, |answer| read_answer(&answer, read))
    }

    /// The template with what its parameters are filled with; none where there is no template for such a message.
    fn template(&self, message: &Message) -> Option<(&str, Vec<String>)> {
        let account = &self.0;
        let (chinese, english, params) = match message.content {
            Content::Code { .. } => (
                &account.template_id,
                &account.template_id_en,
                &account.template_params,
            ),
            Content::Notice { .. } => (
                account.notice_template_id.as_ref()?,
                &account.notice_template_id_en,
                &account.notice_template_params,
            ),
        };
        let (template, language) = message.template(chinese, english.as_ref());
        let filled = params.iter().map(|value| message.filling(*value, language));
        Some((template, filled.collect()))
    }
}

fn authorize(id: &str, key: &str, service: &str, canonical: &Canonical<'_>, now: Timestamp) -> String {
    let date: String = now.to_string().chars().take("2021-01-11".len()).collect();
    let scope = format!("{date}/{service}/tc3_request");
    let to_sign = format!(
        "TC3-HMAC-SHA256\n{}\n{scope}\n{}",
        now.seconds(),
        canonical.hash()
    );
    let day_key = hmac_sha256(format!("TC3{key}").as_bytes(), &date);
    let service_key = hmac_sha256(day_key.as_ref(), service);
    let signing_key = hmac_sha256(service_key.as_ref(), "tc3_request");
    let signature = hex(hmac_sha256(signing_key.as_ref(), &to_sign).as_ref());
    let names = canonical.signed_headers();
    format!("TC3-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}")
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answered {
    response: Response,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Response {
    error: Option<Problem>,
    #[serde(default)]
    send_status_set: Vec<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Problem {
    code: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Status {
    code: String,
    #[serde(default)]
    serial_no: String,
}

/// Error codes: cloud.tencent.com/document/api/382/52075. The request as a whole can fail, or the
/// sending to our one number.
fn read(answer: &Answered) -> Outcome {
    let Response {
        error,
        send_status_set,
    } = &answer.response;
    match (error, send_status_set.first()) {
        (Some(problem), _) => explain(&problem.code),
        (None, Some(status)) if status.code.eq_ignore_ascii_case("ok") => Outcome::Accepted {
            message_id: token(&status.serial_no),
        },
        (None, Some(status)) => explain(&status.code),
        (None, None) => Outcome::Fault {
            fault: Fault::Unreadable,
            detail: "no-status".to_owned(),
        },
    }
}

fn explain(code: &str) -> Outcome {
    let detail = token(code);
    let fault = match code {
        "FailedOperation.PhoneNumberInBlacklist" | "InvalidParameterValue.IncorrectPhoneNumber" => {
            return Outcome::Refused {
                refusal: Refusal::Number,
                detail,
            };
        }
        // The API spells it "Unsuported"; a number of a region that the account may not send to.
        code if code.starts_with("UnsupportedOperation") => {
            return Outcome::Refused {
                refusal: Refusal::Number,
                detail,
            };
        }
        code if code.starts_with("LimitExceeded") || code.starts_with("RequestLimitExceeded") => {
            return Outcome::Refused {
                refusal: Refusal::Limit,
                detail,
            };
        }
        // Our clock is off, or our request is not what the API wants.
        "InternalError.RequestTimeException"
        | "InternalError.RestApiInterfaceNotExist"
        | "InternalError.SigFieldMissing"
        | "InternalError.SigVerificationFail" => Fault::NeedsOperator,
        code if code.starts_with("InternalError") || code.starts_with("ResourceUnavailable") => Fault::Broken,
        _ => Fault::NeedsOperator,
    };
    Outcome::Fault { fault, detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] =
        br#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;

    fn example(headers: &[(&'static str, String)]) -> (String, String) {
        let canonical = Canonical {
            query: "",
            headers,
            body: BODY,
        };
        let now = Timestamp::from_seconds(1_551_113_065);
        let id = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE";
        (
            canonical.hash(),
            authorize(id, "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE", "cvm", &canonical, now),
        )
    }

    /// The DescribeInstances example of Tencent's "Signature v3" page, in the edition that prints the
    /// keys in full.
    #[test]
    fn the_signature_is_that_of_the_published_example() {
        let (hash, authorization) = example(&[
            ("content-type", JSON.to_owned()),
            ("host", "cvm.tencentcloudapi.com".to_owned()),
        ]);
        assert_eq!(
            hash,
            "5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031"
        );
        assert_eq!(
            authorization,
            "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, \
             SignedHeaders=content-type;host, \
             Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
        );
    }

    /// The present edition also signs the action, and prints the signing key instead of the keys.
    #[test]
    fn the_canonical_request_with_the_action_is_that_of_the_published_example() {
        let (hash, _) = example(&[
            ("content-type", JSON.to_owned()),
            ("host", "cvm.tencentcloudapi.com".to_owned()),
            ("x-tc-action", "describeinstances".to_owned()),
        ]);
        assert_eq!(
            hash,
            "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84"
        );
        let signing_key = "b596b923aad85185e2d1f6659d2a062e0a86731226e021e61bfe06f7ed05f5af";
        let signing_key: Vec<u8> = signing_key
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect();
        let to_sign = format!("TC3-HMAC-SHA256\n1551113065\n2019-02-25/cvm/tc3_request\n{hash}");
        assert_eq!(
            hex(hmac_sha256(&signing_key, &to_sign).as_ref()),
            "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"
        );
    }

    #[test]
    fn its_codes_are_told_apart() {
        let kind = |code: &str| match explain(code) {
            Outcome::Fault { fault, .. } => format!("{fault:?}"),
            Outcome::Refused { refusal, .. } => format!("{refusal:?}"),
            other => format!("{other:?}"),
        };
        for limit in [
            "LimitExceeded.PhoneNumberDailyLimit",
            "LimitExceeded.PhoneNumberThirtySecondLimit",
            "LimitExceeded.DeliveryFrequencyLimit",
            "LimitExceeded",
            "RequestLimitExceeded.IPLimitExceeded",
        ] {
            assert_eq!(kind(limit), "Limit", "{limit}");
        }
        for number in [
            "FailedOperation.PhoneNumberInBlacklist",
            "InvalidParameterValue.IncorrectPhoneNumber",
            "UnsupportedOperation.UnsuportedRegion",
        ] {
            assert_eq!(kind(number), "Number", "{number}");
        }
        for broken in [
            "InternalError",
            "InternalError.Timeout",
            "InternalError.SendAndRecvFail",
        ] {
            assert_eq!(kind(broken), "Broken", "{broken}");
        }
        for operator in [
            "FailedOperation.InsufficientBalanceInSmsPackage",
            "FailedOperation.TemplateIncorrectOrUnapproved",
            "FailedOperation.SignatureIncorrectOrUnapproved",
            "InvalidParameterValue.TemplateParameterFormatError",
            "AuthFailure.SignatureExpire",
            "AuthFailure.SecretIdNotFound",
            "UnauthorizedOperation.SerivceSuspendDueToArrears",
            "InternalError.RequestTimeException",
            "SomethingNew",
        ] {
            assert_eq!(kind(operator), "NeedsOperator", "{operator}");
        }
    }
}
