//! A machine in a hall on which nobody types, one person after the other: `cargo run -p yimen-sdk --example device --
//! ISSUER CLIENT_ID KEY_FILE`. The words for it beside `yimen demo` are among those that the demo prints.

#![expect(clippy::print_stdout, reason = "it is the machine's screen")]

use std::env;
use std::error::Error;
use std::io::stdin;

use yimen_sdk::{DeviceAnswer, Person, Yimen};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut words = env::args().skip(1);
    let mut word = || words.next().ok_or("say device ISSUER CLIENT_ID KEY_FILE");
    let yimen = Yimen::at(word()?)
        .client_id(word()?)
        .key_file(word()?)
        .scopes(["profile"])
        // What every department has to say; nobody's browser comes to a machine.
        .department("http://localhost:8003")
        .load()
        .await?;
    loop {
        let Some(person) = somebody(&yimen).await? else {
            println!("没有登录。 Nobody has signed in.\n");
            continue;
        };
        let name = person.name().unwrap_or("居民");
        println!("您好，{name}。可信级别 {} ", person.level().unwrap_or_default());
        println!("办完请按回车。 Press Enter when you have finished.");
        if stdin().read_line(&mut String::new())? == 0 {
            return Ok(());
        }
        person.leave().await?;
    }
}

/// Nobody, where the person said no or it took too long.
async fn somebody(yimen: &Yimen) -> Result<Option<Person>, yimen_sdk::Error> {
    let mut asking = yimen.sign_in_on_device().await?;
    println!("请用手机打开 {}", asking.address_with_code());
    println!("核对字母 Compare the letters: {}", asking.user_code());
    loop {
        tokio::time::sleep(asking.pause()).await;
        match asking.ask().await? {
            DeviceAnswer::Waiting => {}
            DeviceAnswer::SignedIn(person) => return Ok(Some(person)),
            _ => return Ok(None),
        }
    }
}
