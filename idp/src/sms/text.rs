use super::message::{Content, Language, Message};

/// The whole text, for the providers that leave it to us.
///
/// The last line of a code is the origin-bound format of the W3C's "Origin-bound one-time codes": `@host #code`,
/// last and alone, so that a browser offers the code on this host and on no look-alike.
pub(super) fn compose(message: &Message, sign: &str) -> String {
    let origin = &message.origin;
    match &message.content {
        Content::Code { code, minutes } => {
            let code = code.expose();
            let sentence = match message.language {
                Language::Chinese => {
                    format!("验证码 {code}，{minutes} 分钟内有效。工作人员不会向您要验证码。")
                }
                Language::English => {
                    format!("Your code is {code}, valid for {minutes} minutes. Our staff never ask for it.")
                }
            };
            format!("【{sign}】{sentence}\n@{origin} #{code}")
        }
        Content::Notice { what, link } => {
            let link = link.expose();
            let what = what.text(message.language);
            match message.language {
                Language::Chinese => format!("【{sign}】{what}。不是您本人，请打开 {link}"),
                Language::English => format!("【{sign}】{what}. If it was not you, open {link}"),
            }
        }
    }
}

/// The name in 【】 that messages in China begin with: 云川市 signs as 云川一门.
pub(super) fn sign_of(city: &str) -> String {
    format!("{}一门", city.trim_end_matches('市'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sms::stand_in::message;

    #[test]
    fn the_text_ends_in_the_origin_bound_line() {
        assert_eq!(
            compose(&message(), &sign_of("云川市")),
            "【云川一门】验证码 123456，5 分钟内有效。工作人员不会向您要验证码。\n@id.city.example #123456"
        );
        let english = Message {
            language: Language::English,
            ..message()
        };
        assert_eq!(
            compose(&english, "云川一门"),
            "【云川一门】Your code is 123456, valid for 5 minutes. Our staff never ask for it.\n\
             @id.city.example #123456"
        );
    }
}
