//! What the demo says once it is there: where everything is, and what to try.

use std::path::Path;

use serde_json::json;
use yimen_demo::{PEOPLE, Person, RECYCLED, SCREEN, TERMINAL};

use super::super::output::Output;
use super::Department;
use super::seed::{Hall, RESIDENTS, SCREEN_SCOPE};
use crate::department::DEVICE_CODE;

/// Lines for the shell.
struct Lines {
    /// The screen's letters, its tokens, and what it may be told with them.
    begin: String,
    fetch: String,
    filings: String,
    /// The terminal.
    device: String,
    clock: String,
}

impl Lines {
    fn of(issuer: &str, registration: &str, hall: &Hall) -> Self {
        let ask =
            |path: &str, rest: &str| format!("curl -s {issuer}/oauth2/{path} -d client_id={SCREEN} {rest}");
        let key = hall.terminal_key.display();
        Self {
            begin: ask("device_authorization", &format!("-d scope='{SCREEN_SCOPE}'")),
            fetch: ask("token", &format!("-d grant_type={DEVICE_CODE} -d device_code=")),
            filings: format!("curl -si {registration}/api/filings -H 'Authorization: Bearer TOKEN'"),
            device: format!("cargo run -p yimen-sdk --example device -- {issuer} {TERMINAL} '{key}'"),
            clock: format!("curl -s {issuer}/dev/clock -d advance="),
        }
    }

    /// As the terminal shows them.
    fn told(&self) -> String {
        let Self {
            begin,
            fetch,
            filings,
            device,
            ..
        } = self;
        format!(
            "8. A screen without a keyboard. The first line prints an address, at which you allow it as on your phone;\n     \
                the second, ended by the `device_code` that the first printed, then prints the screen's tokens. The third,\n     \
                with the access token in the place of TOKEN, asks the business registration what you have filed. It\n     \
                wants to be surer who you are (RFC 9470): allow the screen after you have signed a filing, and it says.\n     \
                {begin}\n     \
                {fetch}\n     \
                {filings}\n  \
             9. A terminal in the hall, which does the same with the SDK (from the clone, in another terminal of yours)\n     \
                {device}"
        )
    }
}

pub(super) fn greet(
    output: &Output,
    issuer: &str,
    departments: &[Department; 2],
    counterparts: &str,
    hall: &Hall,
    file: &Path,
) {
    let [first, second] = departments.each_ref().map(|department| &department.url);
    let lines = Lines::of(issuer, second, hall);
    let ready = json!({
        "provider": issuer,
        "departments": [first, second],
        "outbox": format!("{issuer}/dev/outbox"),
        "authority": counterparts,
        "people": PEOPLE.iter().map(|person| json!({
            "name": person.name,
            "number": person.number,
            "certificate": person.app,
            "outcome": person.outcome().1,
        })).collect::<Vec<_>>(),
        "kiosk": { "name": hall.kiosk, "open": hall.open },
        "screen": { "client_id": SCREEN, "begin": lines.begin, "fetch": lines.fetch, "filings": lines.filings },
        "terminal": { "client_id": TERMINAL, "key": hall.terminal_key, "run": lines.device },
        "operator": { "name": hall.operator, "link": hall.enrol },
        "recycled": RECYCLED,
        "clock": lines.clock,
        "config": file,
    });
    output.say(&ready, || {
        format!(
            "Yimen is open.\n\n  \
             1. Social security      {first}\n     \
                Press the sign-in button; any mobile number will do, such as 13800000001.\n  \
             2. The message arrives  {issuer}/dev/outbox\n  \
             3. Business registration {second}\n     \
                Open it: you are known there without signing in again. \"Use my social-security record\" asks you once,\n     \
                and reads there what it need not ask you to hand in.\n  \
             4. Your account         {issuer}/account\n  \
             5. Real names           {counterparts}\n     \
                The authority of this demo. When your name is to be verified, such as to sign a filing\n     \
                at the business registration, sign in with a number that is not yet anybody's, such as 13800000004,\n     \
                and be one of its people:\n{}  \
             6. A number that changed hands  {RECYCLED}\n     \
                Sign in with it: its carrier says that it was given to somebody else. Are you 何晓梅, or its new owner?\n  \
             7. A kiosk\n     \
                {}\n     \
                Sign in there, leave a page of a department's on the screen, and come back in two minutes.\n  \
             {}\n  \
             10. The service window, as {}, who makes a passkey first\n     \
                {}\n  \
             11. Two accounts of one person\n     \
                Sign in with a number that is not yet anybody's, such as 13800000005, and be {}, whose number is {}:\n     \
                what you verify there offers to make them one.\n  \
             12. Days to wait\n     \
                {}3d\n     \
                moves the time of all this. 3d: a number that was given up is gone; 15d: so is an account that was left;\n     \
                30d: a passkey is offered again; 90d: it is asked whose a silent number is.\n  \
             {}\n\n\
             Other commands work on this demo with --config {}\n\
             Ctrl-C ends it.",
            people(),
            kiosk(issuer, hall),
            lines.told(),
            hall.operator,
            hall.enrol,
            RESIDENTS[1].1,
            RESIDENTS[1].0,
            lines.clock,
            joining(first, file),
            file.display()
        )
    });
}

fn joining(department: &str, file: &Path) -> String {
    let file = file.display();
    format!(
        "13. Who may join\n     \
            No department is registered here: each states who it is, and joins when the first resident comes from there.\n     \
            yimen department list --config {file}\n     \
            yimen department show {department} --config {file}\n     \
            One of your own, which docs/department.md makes in ten lines, is let in by\n     \
            yimen department allow http://localhost:8003 --name 社保卡查询 --organisation 社保大厅 --config {file}"
    )
}

/// How to try the kiosk.
fn kiosk(issuer: &str, hall: &Hall) -> String {
    match &hall.open {
        Some(open) => format!(
            "Open in a browser of its own, which becomes the kiosk {}:\n     {open}",
            hall.kiosk
        ),
        None => format!(
            "{issuer}/kiosk/rest in the browser that is {} already",
            hall.kiosk
        ),
    }
}

/// The authority's people, a line each.
fn people() -> String {
    let line = |person: &Person| {
        let phone = RESIDENTS.iter().find(|(_, name)| *name == person.name);
        let phone = phone.map(|(phone, _)| format!(": {phone}"));
        format!(
            "     {}  {}  {}{}\n",
            person.number,
            person.name,
            person.outcome().1,
            phone.unwrap_or_default()
        )
    };
    PEOPLE.iter().map(line).collect()
}
