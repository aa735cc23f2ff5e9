use clap::Args;
use serde_json::{Value, json};

use super::said::Said;
use crate::audit::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::table::align;
use crate::clock::Timestamp;
use crate::config::{Config, Span};
use crate::department::dynamic::{self, Invitation, InvitationKind, Wish};
use crate::department::trust::allowed::Terms;
use crate::store::Db;

#[derive(Debug, Args)]
pub(in crate::cli) struct Invite {
    /// What residents come for, such as 养老金查询
    #[arg(long)]
    pub name: String,
    /// The same in English
    #[arg(long)]
    pub name_en: Option<String>,
    /// The department that offers it
    #[arg(long)]
    pub department: String,
    /// The same in English
    #[arg(long)]
    pub department_en: Option<String>,
    /// All it may ever ask for
    #[arg(long, default_value = "openid")]
    pub scope: String,
    /// Why a scope is asked for: `phone=通知您办理结果`; may be repeated
    #[arg(long = "purpose", value_name = "SCOPE=TEXT")]
    pub purposes: Vec<String>,
    /// The same in English
    #[arg(long = "purpose-en", value_name = "SCOPE=TEXT")]
    pub purposes_en: Vec<String>,
    /// A scope the service can do without; may be repeated
    #[arg(long = "optional", value_name = "SCOPE")]
    pub optional: Vec<String>,
    /// A host where its addresses lie, such as hrss.city.example, or localhost:8001; of an app, also the name that its
    /// scheme is the reverse of; may be repeated
    #[arg(long = "redirect-host", value_name = "HOST", required = true)]
    pub hosts: Vec<String>,
    /// Apps on residents' own devices may be registered too, which keep no secret
    #[arg(long)]
    pub native: bool,
    /// How many systems may register
    #[arg(long, default_value_t = 1)]
    pub uses: u32,
    /// How long the token is good: `12h`, `7d`
    #[arg(long, default_value = "7d", value_parser = Span::parse, value_name = "TIME")]
    pub expires: Span,
}

impl Invite {
    fn wish(&self) -> Result<Wish, Failure> {
        let mut terms = Terms {
            name: self.name.clone(),
            name_en: self.name_en.clone().unwrap_or_default(),
            organisation: self.department.clone(),
            organisation_en: self.department_en.clone().unwrap_or_default(),
            scope: self.scope.split_whitespace().collect::<Vec<_>>().join(" "),
            ..Terms::default()
        };
        let said = Said {
            purposes: self.purposes.clone(),
            purposes_en: self.purposes_en.clone(),
            optional: self.optional.clone(),
            ..Said::default()
        };
        said.set(&mut terms.purposes, &mut terms.records, &mut terms.asks)?;
        Ok(Wish {
            terms,
            hosts: self.hosts.clone(),
            kind: if self.native {
                InvitationKind::Native
            } else {
                InvitationKind::Web
            },
            uses: self.uses,
            lasts: self.expires.get(),
        })
    }
}

pub(super) async fn invite(
    config: &Config,
    db: &Db,
    context: &Context,
    wish: &Invite,
    output: &Output,
) -> Result<(), Failure> {
    let invited = dynamic::invite(db, context, wish.wish()?).await?;
    let endpoint = config.public_url.join("/oauth2/register");
    let mut value = as_json(&invited.invitation, context.now);
    value["initial_access_token"] = json!(invited.token);
    value["registration_endpoint"] = json!(endpoint);
    let (uses, ends) = (invited.invitation.uses, invited.invitation.expires_at);
    output.say(&value, || {
        format!(
            "initial_access_token: {}\nregistration_endpoint: {endpoint}\nThe token is shown this once; only its hash is \
             kept. It registers {uses} until {ends}.",
            invited.token
        )
    });
    Ok(())
}

pub(super) async fn list(db: &Db, context: &Context, output: &Output) -> Result<(), Failure> {
    let all = dynamic::invitations(db).await?;
    let list: Vec<Value> = all.iter().map(|one| as_json(one, context.now)).collect();
    output.say(&list, || {
        align(&all.iter().map(|one| line(one, context.now)).collect::<Vec<_>>())
    });
    Ok(())
}

fn as_json(invitation: &Invitation, now: Timestamp) -> Value {
    let terms = &invitation.terms;
    json!({
        "id": invitation.id,
        "status": invitation.status(now),
        "name": terms.name,
        "name_en": terms.name_en,
        "department": terms.organisation,
        "department_en": terms.organisation_en,
        "scope": terms.scope,
        "purposes": terms.purposes,
        "redirect_hosts": invitation.hosts,
        "native": invitation.kind == InvitationKind::Native,
        "uses": invitation.uses,
        "used": invitation.used,
        "created_at": invitation.created_at.to_string(),
        "expires_at": invitation.expires_at.to_string(),
    })
}

fn line(invitation: &Invitation, now: Timestamp) -> [String; 5] {
    [
        invitation.id.to_string(),
        invitation.status(now).to_owned(),
        format!("{} of {}", invitation.used, invitation.uses),
        invitation.hosts.join(" "),
        format!("{} · {}", invitation.terms.name, invitation.terms.organisation),
    ]
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use crate::cli::arguments::{Arguments, Client, Command};
    use crate::department::dynamic::InvitationKind;

    #[test]
    fn an_invitation_says_who_and_where() {
        let line = |more: &[&str]| {
            let words = ["yimen", "client", "invite", "--name", "养老金查询"];
            Arguments::try_parse_from(words.iter().chain(more))
        };
        let more = ["--department", "人社局", "--redirect-host", "hrss.city.example"];
        let Command::Client(Client::Invite(wish)) = line(&more).unwrap().command else {
            panic!("another command");
        };
        let wish = wish.wish().unwrap();
        assert_eq!((wish.kind, wish.uses), (InvitationKind::Web, 1));
        assert_eq!(wish.lasts.as_secs(), 7 * 86_400);
        assert!(line(&more[..2]).is_err());
        assert!(line(&more[2..]).is_err());
    }
}
