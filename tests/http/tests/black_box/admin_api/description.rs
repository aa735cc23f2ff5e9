use std::collections::BTreeSet;

use yimen_http_tests::TestApp;

use super::API;
use crate::bad_input::methods::PATHS;

/// Another test holds that list to the routes.
#[tokio::test]
async fn every_path_and_method_is_described_and_nothing_else() {
    let app = TestApp::start().await;
    let answer = app.get(&format!("{API}/openapi.json")).await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, "application/json")
    );
    let described = answer.json();
    assert_eq!(described["openapi"], "3.1.0");
    let mut found = BTreeSet::new();
    for (path, item) in described["paths"].as_object().unwrap() {
        for method in [
            "get", "put", "post", "delete", "patch", "head", "options", "trace",
        ] {
            let Some(operation) = item.get(method) else {
                continue;
            };
            found.insert((path.replace("{pattern}", "x"), method.to_uppercase()));
            assert!(operation["responses"]["200"].is_object(), "{method} {path}");
        }
    }
    let served = PATHS.iter().filter(|(path, _)| path.starts_with("/api/"));
    let served: BTreeSet<_> = served
        .flat_map(|(path, methods)| {
            methods
                .iter()
                .map(|method| ((*path).to_owned(), (*method).to_owned()))
        })
        .collect();
    assert_eq!(found, served);
    // What is referred to is there.
    let text = answer.body;
    for reference in text.split("\"$ref\":").skip(1) {
        let pointer = reference.split('"').nth(1).unwrap().trim_start_matches('#');
        assert!(described.pointer(pointer).is_some(), "{pointer}");
    }
}
