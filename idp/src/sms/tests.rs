//! Whole deliveries against a stand-in for the providers.

use std::time::Duration;

use super::breaker::{COOL_DOWN, THRESHOLD};
use super::stand_in::{Reply, StandIn, client, english_notice, message, notice, settings};
use super::*;
use crate::clock::Timestamp;
use crate::config::SmsProvider::{self, Aliyun, Outbox as DevOutbox, Tencent, Webhook};
use crate::rng::Rng;
use crate::test_log::TestLog;

const NOW: Timestamp = Timestamp::from_seconds(1_772_352_000);

const ALIYUN_LIMIT: &str =
    r#"{"Message":"触发天级流控Permits:10","RequestId":"C0","Code":"isv.BUSINESS_LIMIT_CONTROL"}"#;
const TENCENT_LIMIT: &str = r#"{"Response":{"SendStatusSet":[{"SerialNo":"","PhoneNumber":"+8613912345678","Fee":0,"Code":"LimitExceeded.PhoneNumberDailyLimit","Message":"…"}],"RequestId":"x"}}"#;

fn fault_of(outcome: &Outcome) -> Option<Fault> {
    match outcome {
        Outcome::Fault { fault, .. } => Some(*fault),
        _ => None,
    }
}

async fn send_through(provider: SmsProvider, reply: Reply) -> Delivery {
    let stand_in = StandIn::start(reply).await;
    let delivery = stand_in.sms(&[provider]).send(&message(), NOW).await;
    assert_eq!(stand_in.seen(), [provider]);
    delivery
}

#[tokio::test]
async fn each_provider_takes_a_message_it_can_verify() {
    for (provider, reference) in [
        (Aliyun, "900619746936498440^0"),
        (Tencent, "5000:1045710669157053657849499619"),
        (Webhook, "gw-1"),
    ] {
        let delivery = send_through(provider, Reply::Ok).await;
        assert_eq!(delivery.accepted, Some(provider));
        assert_eq!(
            delivery.attempts[0].outcome,
            Outcome::Accepted {
                message_id: reference.to_owned()
            }
        );
    }
}

#[tokio::test]
async fn each_provider_takes_a_notice_it_can_verify() {
    for provider in [Aliyun, Tencent, Webhook] {
        let stand_in = StandIn::start(Reply::Ok).await;
        let delivery = stand_in.sms(&[provider]).send(&notice(), NOW).await;
        assert_eq!(
            (delivery.accepted, stand_in.seen()),
            (Some(provider), vec![provider])
        );
    }
}

/// What the stand-in was given, of which it checks that template and words are of one language.
#[tokio::test]
async fn whoever_reads_english_gets_the_english_template_where_there_is_one() {
    let english_code = Message {
        language: Language::English,
        ..message()
    };
    for (provider, has_english, expected) in [
        (Aliyun, false, ["SMS_1", "SMS_2", "SMS_1", "SMS_2"]),
        (Aliyun, true, ["SMS_1", "SMS_2", "SMS_3", "SMS_4"]),
        (Tencent, false, ["1110", "1111", "1110", "1111"]),
        (Tencent, true, ["1110", "1111", "1112", "1113"]),
    ] {
        let stand_in = StandIn::start(Reply::Ok).await;
        let mut settings = settings(&stand_in.endpoint, &[provider]);
        if has_english {
            let aliyun = settings.sms.aliyun.as_mut().unwrap();
            aliyun.template_code_en = Some("SMS_3".to_owned());
            aliyun.notice_template_code_en = Some("SMS_4".to_owned());
            let tencent = settings.sms.tencent.as_mut().unwrap();
            tencent.template_id_en = Some("1112".to_owned());
            tencent.notice_template_id_en = Some("1113".to_owned());
        }
        let sms = Sms::new(&settings, client(), Rng::system()).unwrap();
        for message in [message(), notice(), english_code.clone(), english_notice()] {
            assert_eq!(sms.send(&message, NOW).await.accepted, Some(provider));
        }
        assert_eq!(stand_in.templates(), expected);
    }
}

#[tokio::test]
async fn a_gateway_of_the_citys_own_is_told_the_language() {
    let stand_in = StandIn::start(Reply::Ok).await;
    let delivery = stand_in.sms(&[Webhook]).send(&english_notice(), NOW).await;
    assert_eq!(delivery.accepted, Some(Webhook));
    assert_eq!(stand_in.seen(), [Webhook]);
}

#[tokio::test]
async fn a_provider_without_a_template_for_notices_is_passed_over() {
    let stand_in = StandIn::start(Reply::Ok).await;
    let mut settings = settings(&stand_in.endpoint, &[Aliyun, Tencent, Webhook]);
    settings.sms.aliyun.as_mut().unwrap().notice_template_code = None;
    settings.sms.tencent.as_mut().unwrap().notice_template_id = None;
    let sms = Sms::new(&settings, client(), Rng::system()).unwrap();
    assert_eq!(sms.send(&notice(), NOW).await.accepted, Some(Webhook));
    assert_eq!(stand_in.seen(), [Webhook]);
}

#[tokio::test]
async fn a_limit_is_not_got_round() {
    for (first, answer) in [
        (Aliyun, Reply::Say(200, ALIYUN_LIMIT)),
        (Aliyun, Reply::Say(503, r#"{"Code":"Throttling.User"}"#)),
        (Tencent, Reply::Say(200, TENCENT_LIMIT)),
        (
            Tencent,
            Reply::Say(
                200,
                r#"{"Response":{"Error":{"Code":"RequestLimitExceeded","Message":"…"},"RequestId":"x"}}"#,
            ),
        ),
        (Webhook, Reply::Say(429, "")),
    ] {
        let stand_in = StandIn::start(answer).await;
        let others = [Aliyun, Tencent, Webhook]
            .into_iter()
            .filter(|other| *other != first);
        let order: Vec<_> = std::iter::once(first).chain(others).collect();
        let delivery = stand_in.sms(&order).send(&message(), NOW).await;
        assert_eq!(
            (delivery.accepted, refusal(&delivery)),
            (None, Some(Refusal::Limit))
        );
        assert_eq!(stand_in.seen(), [first]);
        assert!(!delivery.may_have_been_delivered());
    }
}

/// Why no provider was allowed to send.
fn refusal(delivery: &Delivery) -> Option<Refusal> {
    delivery
        .attempts
        .iter()
        .find_map(|attempt| match attempt.outcome {
            Outcome::Refused { refusal, .. } => Some(refusal),
            _ => None,
        })
}

#[tokio::test]
async fn a_bad_number_is_refused_once_and_harms_no_breaker() {
    let stand_in = StandIn::start(Reply::Say(422, "")).await;
    let sms = stand_in.sms(&[Webhook, Aliyun]);
    for _ in 0..=THRESHOLD {
        assert_eq!(refusal(&sms.send(&message(), NOW).await), Some(Refusal::Number));
    }
    assert!(stand_in.seen().iter().all(|provider| *provider == Webhook));
}

#[tokio::test]
async fn faults_are_told_apart() {
    let balance = r#"{"Response":{"Error":{"Code":"FailedOperation.InsufficientBalanceInSmsPackage","Message":"…"},"RequestId":"x"}}"#;
    for (provider, reply, fault) in [
        (
            Aliyun,
            Reply::Say(200, r#"{"Code":"isp.SYSTEM_ERROR","Message":"…"}"#),
            Fault::Broken,
        ),
        (
            Aliyun,
            Reply::Say(200, r#"{"Code":"isv.AMOUNT_NOT_ENOUGH"}"#),
            Fault::NeedsOperator,
        ),
        (
            Aliyun,
            Reply::Say(400, r#"{"Code":"SignatureDoesNotMatch"}"#),
            Fault::NeedsOperator,
        ),
        (
            Aliyun,
            Reply::Say(500, r#"{"Code":"SomethingNew"}"#),
            Fault::Broken,
        ),
        (Aliyun, Reply::Say(200, "<html>login</html>"), Fault::Unreadable),
        (Aliyun, Reply::Say(302, ""), Fault::Unreadable),
        (Tencent, Reply::Say(502, "bad gateway"), Fault::Broken),
        (Tencent, Reply::Say(200, balance), Fault::NeedsOperator),
        (
            Tencent,
            Reply::Say(200, r#"{"Response":{"RequestId":"x"}}"#),
            Fault::Unreadable,
        ),
        (Tencent, Reply::Say(200, "{"), Fault::Unreadable),
        (Webhook, Reply::Say(503, ""), Fault::Broken),
        (Webhook, Reply::Say(401, ""), Fault::NeedsOperator),
        (Webhook, Reply::Say(302, ""), Fault::NeedsOperator),
    ] {
        let delivery = send_through(provider, reply).await;
        assert_eq!(
            fault_of(&delivery.attempts[0].outcome),
            Some(fault),
            "{:?}",
            delivery.attempts
        );
        let ambiguous = fault != Fault::NeedsOperator;
        assert_eq!(delivery.may_have_been_delivered(), ambiguous);
    }
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let delivery = send_through(
        Webhook,
        Reply::Say(200, Box::leak("x".repeat(100_000).into_boxed_str())),
    )
    .await;
    assert_eq!(fault_of(&delivery.attempts[0].outcome), Some(Fault::Unreadable));
}

#[tokio::test]
async fn nothing_of_the_message_comes_back_through_a_gateways_answer() {
    for echo in [
        r#"{"id":"13912345678"}"#,
        r#"{"id":"code-123456"}"#,
        r#"{"id":"to +86 139"}"#,
        "",
        "ok",
        r#"{"id":7}"#,
    ] {
        let delivery = send_through(Webhook, Reply::Say(202, echo)).await;
        assert_eq!(
            delivery.attempts[0].outcome,
            Outcome::Accepted {
                message_id: "-".to_owned()
            },
            "{echo}"
        );
        let kept = format!("{delivery:?}{}", serde_json::to_string(&delivery).unwrap());
        assert!(
            !kept.contains("13912345678") && !kept.contains("123456"),
            "{kept}"
        );
    }
}

#[tokio::test]
async fn a_fault_passes_the_message_on_in_the_configured_order() {
    let broken = StandIn::start(Reply::Say(500, "")).await;
    let working = StandIn::start(Reply::Ok).await;
    let mut mixed = settings(&broken.endpoint, &[Tencent, Aliyun, Webhook]);
    mixed.sms.webhook.as_mut().unwrap().url = format!("{}/gateway?v=1", working.endpoint).parse().unwrap();
    let sms = Sms::new(&mixed, client(), Rng::system()).unwrap();

    let delivery = sms.send(&message(), NOW).await;
    assert_eq!(delivery.accepted, Some(Webhook));
    assert_eq!(broken.seen(), [Tencent, Aliyun]);
    assert_eq!(working.seen(), [Webhook]);
    let asked: Vec<_> = delivery.attempts.iter().map(|attempt| attempt.provider).collect();
    assert_eq!(asked, [Tencent, Aliyun, Webhook]);
}

#[tokio::test]
async fn an_unreachable_provider_is_passed_over_and_surely_sent_nothing() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let mut nobody = settings(&closed, &[Aliyun, DevOutbox]);
    let sms = Sms::new(&nobody, client(), Rng::system()).unwrap();
    let delivery = sms.send(&message(), NOW).await;
    assert_eq!(fault_of(&delivery.attempts[0].outcome), Some(Fault::Unreachable));
    assert_eq!(delivery.accepted, Some(DevOutbox));
    assert_eq!(
        sms.outbox().unwrap().to("+8613912345678")[0].code.as_deref(),
        Some("123456")
    );

    nobody.sms.providers = vec![Tencent];
    let alone = Sms::new(&nobody, client(), Rng::system())
        .unwrap()
        .send(&message(), NOW)
        .await;
    assert!(alone.accepted.is_none() && !alone.may_have_been_delivered());
}

#[tokio::test]
async fn a_slow_provider_is_left_after_its_time_out_and_all_of_them_after_two() {
    let stand_in = StandIn::start(Reply::Never).await;
    let started = crate::clock::moment();
    let delivery = stand_in.sms(&[Webhook, DevOutbox]).send(&message(), NOW).await;
    assert_eq!(delivery.accepted, Some(DevOutbox));
    let slow = &delivery.attempts[0];
    assert_eq!(fault_of(&slow.outcome), Some(Fault::TimedOut));
    assert!(
        slow.elapsed >= Duration::from_secs(1) && slow.elapsed < Duration::from_secs(2),
        "{:?}",
        slow.elapsed
    );

    let delivery = stand_in
        .sms(&[Aliyun, Tencent, Webhook])
        .send(&message(), NOW)
        .await;
    assert_eq!(
        delivery.attempts.len(),
        2,
        "the third would have come after the deadline"
    );
    assert!(delivery.accepted.is_none() && delivery.may_have_been_delivered());
    println!("three time-outs of 1 s in {:?}", started.elapsed());
}

#[tokio::test]
async fn an_open_breaker_spares_everyone_the_wait() {
    let stand_in = StandIn::start(Reply::Say(500, "")).await;
    let sms = stand_in.sms(&[Webhook]);
    for _ in 0..THRESHOLD {
        sms.send(&message(), NOW).await;
    }
    let skipped = sms.clone().send(&message(), NOW).await;
    assert_eq!(skipped.attempts[0].outcome, Outcome::Skipped);
    assert_eq!(stand_in.seen().len(), THRESHOLD as usize);

    stand_in.reply(Reply::Ok);
    let delivery = sms.send(&message(), NOW.plus(Duration::from_millis(100))).await;
    assert_eq!(delivery.accepted, None, "still cooling down");
    let later = NOW.plus(COOL_DOWN + Duration::from_secs(1));
    let probe = sms.send(&message(), later).await;
    assert_eq!(probe.accepted, Some(Webhook));
}

#[tokio::test]
async fn the_log_names_providers_and_outcomes_and_nobody() {
    let log = TestLog::begin();
    for reply in [
        Reply::Ok,
        Reply::Say(500, r#"{"Code":"isp.SYSTEM_ERROR"}"#),
        Reply::Say(429, ALIYUN_LIMIT),
    ] {
        let stand_in = StandIn::start(reply).await;
        for provider in [Aliyun, Tencent, Webhook, DevOutbox] {
            TestLog::see_every_place();
            stand_in.sms(&[provider]).send(&message(), NOW).await;
        }
    }
    let logged = String::from_utf8(log.end()).unwrap();
    for said in [
        "sms accepted provider=Aliyun",
        "isp.SYSTEM_ERROR",
        "isv.BUSINESS_LIMIT_CONTROL",
    ] {
        assert!(logged.contains(said), "{said} is not in {logged}");
    }
    for secret in [
        "13912345678",
        "123456",
        "aliyun secret",
        "tencent secret",
        "Signature=",
    ] {
        assert!(!logged.contains(secret), "{secret} is in {logged}");
    }
}
