use std::fmt::Display;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde_json::json;

use crate::cli::failure::Failure;
use crate::cli::output::Output;

/// The SDK's example, which is compiled with the SDK; what stands before its first empty line is about the example.
const EXAMPLE: &str = include_str!("../../../../sdk/rust/examples/department.rs");

/// Writes a department that runs.
pub(super) fn write(dir: &Path, sdk: &Path, output: &Output) -> Result<(), Failure> {
    let fault = |fault: &dyn Display| Failure::new(format!("{}: {fault}", dir.display()));
    match fs::read_dir(dir).map(|mut entries| entries.next().is_some()) {
        Ok(false) => {}
        Ok(true) => return Err(fault(&"it is there already, and not empty; name another folder")),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(fault(&error)),
    }
    fs::create_dir_all(dir.join("src")).map_err(|error| fault(&error))?;
    let name = name_of(dir);
    let files = files(&name, sdk);
    for (path, text) in &files {
        fs::write(dir.join(path), text).map_err(|error| fault(&error))?;
    }
    let written: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
    output.say(&json!({ "dir": dir, "name": name, "files": written }), || {
        format!(
            "{} is a department: `cd {} && cargo run`; README.md says how it joins",
            name,
            dir.display()
        )
    });
    Ok(())
}

fn files(name: &str, sdk: &Path) -> [(&'static str, String); 4] {
    let main = EXAMPLE.split_once("\n\n").map_or(EXAMPLE, |(_, code)| code);
    let sdk = toml::Value::from(sdk.display().to_string());
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n[dependencies]\n\
         axum = \"0.8\"\ntokio = {{ version = \"1\", features = [\"full\"] }}\nyimen-sdk = {{ path = {sdk} }}\n"
    );
    let readme = format!(
        "# {name}\n\nA department's system. It signs residents in at the city's provider on http://localhost:8000.\n\n\
         ```sh\ncargo run\n```\n\nOnce, the provider's operator lets it join, under the names that residents read:\n\n\
         ```sh\nyimen department allow http://localhost:8003 --name '社保卡查询' --organisation '云川市人力资源和社会保障局' \
         --scopes openid\n```\n\nThen open <http://localhost:8003>. Both addresses stand in `src/main.rs`. The first run \
         makes the keys by which the city knows it, `yimen-*.pem`: keep them, and keep them secret.\n"
    );
    [
        ("Cargo.toml", manifest),
        ("src/main.rs", main.to_owned()),
        ("README.md", readme),
        (".gitignore", "target/\nyimen-*\n".to_owned()),
    ]
}

/// A package's name, as near to the folder's as one may be.
fn name_of(dir: &Path) -> String {
    let folder = dir
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    let is_good = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    let name: String = folder.chars().filter(|letter| is_good(*letter)).collect();
    if name.starts_with(|letter: char| letter.is_ascii_lowercase()) {
        name
    } else {
        "department".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK_START: &str = include_str!("../../../../docs/department.md");

    fn without_spaces(text: &str) -> String {
        text.split_whitespace().collect()
    }

    #[test]
    fn it_is_the_quick_starts_lines_and_a_page() {
        let lines = QUICK_START
            .split_once("```rust,no_run\n")
            .and_then(|(_, rest)| rest.split_once("```"))
            .map(|(lines, _)| without_spaces(lines))
            .unwrap();
        let lines = lines.replace("async|p:SignedIn|p.sub().to_owned()", "hello");
        let [manifest, main, readme, _] =
            files("pension", Path::new("../yimen/sdk/rust")).map(|(_, text)| text);
        assert!(without_spaces(&main).starts_with(&lines), "{main}");
        let manifest: toml::Table = manifest.parse().unwrap();
        assert_eq!(
            manifest["dependencies"]["yimen-sdk"]["path"].as_str(),
            Some("../yimen/sdk/rust")
        );
        assert_eq!(readme.matches("```sh").count(), 2);
        let allow = readme.lines().find(|line| line.starts_with("yimen ")).unwrap();
        let flat = QUICK_START.replace(" \\\n  ", " ");
        assert!(flat.contains(allow), "{allow}");
    }

    #[test]
    fn what_is_there_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("Pension 养老");
        let output = Output::new(true);
        write(&dir, Path::new("/sdk"), &output).unwrap();
        let manifest = fs::read_to_string(dir.join("Cargo.toml")).unwrap();
        assert!(manifest.contains("name = \"pension\""), "{manifest}");
        assert!(dir.join("src/main.rs").exists());
        fs::write(dir.join("README.md"), "mine").unwrap();
        let again = write(&dir, Path::new("/sdk"), &output).unwrap_err().to_string();
        assert!(again.contains("not empty"), "{again}");
        assert_eq!(fs::read_to_string(dir.join("README.md")).unwrap(), "mine");
        for (folder, name) in [
            ("/", "department"),
            ("养老", "department"),
            ("a.b", "ab"),
            ("9a", "department"),
        ] {
            assert_eq!(name_of(Path::new(folder)), name);
        }
    }
}
