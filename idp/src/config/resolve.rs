use super::model::{Attestation, Config, Settings, SmsProvider};
use super::private::PrivateFile;
use super::secret::MasterKey;
use super::source::ConfigError;
use super::values::{PublicUrl, Span};
use super::written::Written;

/// The longest that a session of one factor may last.
const LONGEST_SESSION: Span = Span::days(30);

/// A key whose value cannot be used as things stand, and what could be.
struct Fault {
    key: &'static str,
    said: String,
}

/// Makes of the settings, each of which reads well, a configuration that holds together.
pub(super) fn resolve(
    settings: Settings,
    written: Written,
    private_files: Vec<PrivateFile>,
) -> Result<Config, ConfigError> {
    let wrong = |Fault { key, said }| ConfigError::Wrong {
        place: written.place(key),
        fault: said,
    };
    let public_url = public_url(&settings).map_err(wrong)?;
    let master_key = master_key(&settings).map_err(wrong)?;
    if !settings.dev {
        demand_production(&settings, &public_url).map_err(wrong)?;
    }
    demand_sections(&settings).map_err(wrong)?;
    demand_session(&settings, &written).map_err(wrong)?;
    demand_sms(&settings).map_err(wrong)?;
    demand_counterparts(&settings).map_err(wrong)?;
    demand_attestation(&settings).map_err(wrong)?;
    demand_audit(&settings).map_err(wrong)?;
    demand_federation(&settings).map_err(wrong)?;
    Ok(Config {
        public_url,
        master_key,
        settings,
        written,
        private_files,
    })
}

fn public_url(settings: &Settings) -> Result<PublicUrl, Fault> {
    settings.public_url.clone().ok_or_else(|| Fault {
        key: "public_url",
        said:
            "public_url is missing: the address residents' browsers use, such as \"https://id.city.example\""
                .to_owned(),
    })
}

fn master_key(settings: &Settings) -> Result<MasterKey, Fault> {
    let fault = |said| Fault {
        key: "master_key",
        said,
    };
    let written = settings.master_key.as_ref().ok_or_else(|| {
        fault(
            "master_key is missing: 32 bytes in base64 from `openssl rand -base64 32`, \
             best as { file = \"/etc/yimen/master.key\" }; keep a copy, records cannot be read without it"
                .to_owned(),
        )
    })?;
    MasterKey::parse(written).map_err(fault)
}

fn demand_production(settings: &Settings, public_url: &PublicUrl) -> Result<(), Fault> {
    let refuse = |key, said: String| Err(Fault { key, said });
    if !public_url.is_https() {
        let said = format!(
            "public_url is {}; it must be https unless dev = true",
            public_url.issuer()
        );
        return refuse("public_url", said);
    }
    if let Some(plain) = settings
        .passkey
        .related_origins
        .iter()
        .find(|url| !url.is_https())
    {
        let said = format!(
            "passkey.related_origins names {}; each must be https unless dev = true",
            plain.issuer()
        );
        return refuse("passkey.related_origins", said);
    }
    if settings.sms.providers.contains(&SmsProvider::Outbox) {
        let said = "sms.providers may name \"outbox\" only when dev = true; \
                    otherwise \"aliyun\", \"tencent\" and \"webhook\"";
        return refuse("sms.providers", said.to_owned());
    }
    if settings.sms.providers.is_empty() {
        let said = "sms.providers is empty: name at least one of \"aliyun\", \"tencent\", \"webhook\"";
        return refuse("sms.providers", said.to_owned());
    }
    if !settings.sms.test_number.is_empty() {
        let said = "sms.test_number is allowed only when dev = true; remove it";
        return refuse("sms.test_number", said.to_owned());
    }
    Ok(())
}

/// Every provider that is named has a section of its own.
fn demand_sections(settings: &Settings) -> Result<(), Fault> {
    let sms = &settings.sms;
    for (provider, name, there) in [
        (SmsProvider::Aliyun, "aliyun", sms.aliyun.is_some()),
        (SmsProvider::Tencent, "tencent", sms.tencent.is_some()),
        (SmsProvider::Webhook, "webhook", sms.webhook.is_some()),
    ] {
        if sms.providers.contains(&provider) && !there {
            return Err(Fault {
                key: "sms.providers",
                said: format!("sms.providers names \"{name}\", but there is no [sms.{name}] section"),
            });
        }
    }
    Ok(())
}

/// Two providers may be waited for, and whoever waits gets their page, and not the end of the request.
fn demand_sms(settings: &Settings) -> Result<(), Fault> {
    let (timeout, longest) = (settings.sms.timeout, settings.http.request_timeout);
    if timeout.get() * 2 < longest.get() {
        return Ok(());
    }
    Err(Fault {
        key: "sms.timeout",
        said: format!(
            "sms.timeout is {timeout}; twice that must be shorter than http.request_timeout ({longest})"
        ),
    })
}

/// Whoever waits for the authority or the carriers still gets their page, and not the end of the request.
fn demand_counterparts(settings: &Settings) -> Result<(), Fault> {
    let longest = settings.http.request_timeout;
    let timeouts = [
        (
            "proofing.timeout",
            settings.proofing.as_ref().map(|asked| asked.timeout),
        ),
        (
            "carrier.timeout",
            settings.carrier.as_ref().map(|asked| asked.timeout),
        ),
    ];
    for (key, timeout) in timeouts {
        if let Some(timeout) = timeout.filter(|timeout| *timeout >= longest) {
            let said =
                format!("{key} is {timeout}; it must be shorter than http.request_timeout ({longest})");
            return Err(Fault { key, said });
        }
    }
    Ok(())
}

/// 网络安全法 (2017) Art. 21 (3): logs are kept for no less than six months.
fn demand_audit(settings: &Settings) -> Result<(), Fault> {
    let (keep, least) = (settings.audit.keep, Span::days(184));
    if keep >= least {
        return Ok(());
    }
    let said = format!("audit.keep is {keep}; the law wants six months, so at least {least}");
    Err(Fault {
        key: "audit.keep",
        said,
    })
}

/// Statements that live shorter are asked for all the time; longer, and nobody learns of a change in time.
fn demand_federation(settings: &Settings) -> Result<(), Fault> {
    let lifetime = settings.federation.statement_lifetime;
    if (Span::minutes(10)..=Span::days(30)).contains(&lifetime) {
        return Ok(());
    }
    let said = format!("federation.statement_lifetime is {lifetime}; it is from 10m to 30d");
    Err(Fault {
        key: "federation.statement_lifetime",
        said,
    })
}

/// Who accepts authenticators by their make asks for it, and knows whom to believe.
fn demand_attestation(settings: &Settings) -> Result<(), Fault> {
    let operator = &settings.operator;
    let refuse = |key, said: &str| {
        let said = said.to_owned();
        Err(Fault { key, said })
    };
    if operator.attestation_ca.is_some() && operator.attestation == Attestation::None {
        return refuse(
            "operator.attestation_ca",
            "operator.attestation_ca checks what operator.attestation = \"none\" does not ask for; \
             write \"direct\" or \"enterprise\" there",
        );
    }
    if !operator.attestation_models.is_empty() && operator.attestation_ca.is_none() {
        return refuse(
            "operator.attestation_models",
            "operator.attestation_models is what an authenticator says of itself; \
             operator.attestation_ca names whom to believe it",
        );
    }
    Ok(())
}

fn demand_session(settings: &Settings, written: &Written) -> Result<(), Fault> {
    let (idle, absolute) = (settings.session.idle, settings.session.absolute);
    if idle > absolute {
        // One of the two may be a default: the other is to blame.
        let named = |key| written.names(key);
        return Err(Fault {
            key: if named("session.idle") {
                "session.idle"
            } else {
                "session.absolute"
            },
            said: format!(
                "session.idle ({idle}) is longer than session.absolute ({absolute}); it may be as long, but no longer"
            ),
        });
    }
    // NIST SP 800-63B-4 §2.1.3: at AAL1 a session ends within 30 days.
    if absolute > LONGEST_SESSION {
        return Err(Fault {
            key: "session.absolute",
            said: format!(
                "session.absolute is {absolute}; at most {LONGEST_SESSION}, the limit of NIST SP 800-63B-4 for one factor"
            ),
        });
    }
    Ok(())
}
