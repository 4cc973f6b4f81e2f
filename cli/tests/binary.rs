//! The built `topsail`, run as a user runs it.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::process::Output;

fn topsail(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_topsail")).current_dir(folder).args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn ap_65_the_version_alone_is_printed() {
    let dir = tempfile::tempdir().unwrap();
    let output = topsail(dir.path(), &["--version"]);
    assert_eq!(stdout(&output), format!("topsail {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_word_that_is_no_command_is_refused_with_a_suggestion() {
    let dir = tempfile::tempdir().unwrap();
    let output = topsail(dir.path(), &["generat"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("'generate'"), "{}", stderr(&output));
}

#[test]
fn ap_76_without_a_thing_the_usage_is_printed() {
    let dir = tempfile::tempdir().unwrap();
    for (arguments, expected) in [(&[][..], "generate"), (&["generate"], "controller")] {
        let output = topsail(dir.path(), arguments);
        assert_eq!(output.status.code(), Some(0));
        assert!(stdout(&output).contains(expected), "{}", stdout(&output));
    }
}

#[test]
fn ap_71_a_second_app_of_one_name_ends_with_1() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(topsail(dir.path(), &["new", "a"]).status.code(), Some(0));
    let again = topsail(dir.path(), &["new", "a"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).starts_with("error: "), "{}", stderr(&again));
    assert_eq!(topsail(dir.path(), &["new", "a", "--force"]).status.code(), Some(0));
}

#[test]
fn a_generated_app_is_one_to_generate_into() {
    let dir = tempfile::tempdir().unwrap();
    topsail(dir.path(), &["new", "shop"]);
    let inside = dir.path().join("shop/views/pages");
    let output = topsail(&inside, &["generate", "api", "order", "total:number:min=0"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(dir.path().join("shop/api/models/order.rs").exists());
    let again = topsail(&inside, &["generate", "model", "order"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(
        stderr(&again).contains("Something else already exists at api/models/order.rs"),
        "{}",
        stderr(&again)
    );
    assert_eq!(topsail(&inside, &["generate", "model", "order", "--force"]).status.code(), Some(0));
}

#[test]
fn outside_an_app_what_needs_one_ends_with_1() {
    let dir = tempfile::tempdir().unwrap();
    for command in ["lift", "routes", "migrate"] {
        let output = topsail(dir.path(), &[command]);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains("not inside a Topsail app"), "{}", stderr(&output));
    }
}

/// A stand-in for cargo that tells its folder and arguments and ends with a status of its own.
#[cfg(unix)]
#[test]
fn lift_and_routes_run_cargo_in_the_apps_root_and_give_its_status_back() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tempfile::tempdir().unwrap();
    let cargo = dir.path().join("cargo");
    fs::write(&cargo, "#!/bin/sh\npwd -P\necho \"$@\"\nexit 7\n").unwrap();
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
    topsail(dir.path(), &["new", "shop"]);
    let root = dir.path().join("shop").canonicalize().unwrap();
    let cases: [(&[&str], &str); 2] = [
        (&["lift", "--port", "4002", "--log.level=warn"], "run -- lift --port 4002 --log.level=warn"),
        (&["routes"], "run -q -- routes"),
    ];
    for (arguments, expected) in cases {
        let output = Command::new(env!("CARGO_BIN_EXE_topsail"))
            .current_dir(root.join("config"))
            .args(arguments)
            .env("CARGO", &cargo)
            .output()
            .unwrap();
        assert_eq!(stdout(&output), format!("{}\n{expected}\n", root.display()));
        assert_eq!(output.status.code(), Some(7));
    }
}
