#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::process::Command;

use super::*;

fn options(name: &str) -> NewApp {
    NewApp { name: name.into(), path: ".".into(), topsail_path: None, no_frontend: false, force: false }
}

fn made(options: &NewApp, here: &Path) -> Result<String, String> {
    let mut out = Vec::new();
    new_app(options, here, &mut out).map_err(|e| e.to_string())?;
    Ok(String::from_utf8(out).unwrap())
}

/// Every file below `root` by its path; `.git` left out.
fn tree(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if !path.ends_with(".git") {
                    folders.push(path);
                }
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn checkout_of_topsail() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

#[test]
fn a_new_app_has_the_files_of_the_template() {
    let dir = tempfile::tempdir().unwrap();
    let out = made(&options("MyShop"), dir.path()).unwrap();
    assert!(out.contains("cd my-shop"), "{out}");
    let files = tree(&dir.path().join("my-shop"));
    for path in [
        "Cargo.toml",
        "build.rs",
        "src/lib.rs",
        "src/main.rs",
        "config/routes.toml",
        "config/env/production.toml",
        "config/local.toml",
        "views/layouts/layout.html",
        "views/pages/homepage.html",
        "views/404.html",
        "views/500.html",
        "assets/robots.txt",
        "tests/app.rs",
        "README.md",
        ".gitignore",
    ] {
        assert!(files.contains_key(Path::new(path)), "{path} is missing");
    }
    assert!(!files.keys().any(|path| path.ends_with("cargo-generate.toml")));
    assert!(!files.keys().any(|path| path.extension().is_some_and(|e| e == "liquid")));
    let main = String::from_utf8(files[Path::new("src/main.rs")].clone()).unwrap();
    assert!(main.contains("my_shop::app()"), "{main}");
}

#[test]
fn every_generated_rust_and_toml_file_parses() {
    let dir = tempfile::tempdir().unwrap();
    let with_checkout = NewApp { topsail_path: Some(checkout_of_topsail()), ..options("with") };
    for options in [options("without"), with_checkout, NewApp { no_frontend: true, ..options("api") }] {
        made(&options, dir.path()).unwrap();
        for (path, content) in tree(&dir.path().join(&options.name)) {
            let text = || String::from_utf8(content.clone()).unwrap();
            match path.extension().and_then(|e| e.to_str()) {
                Some("rs") => {
                    drop(syn::parse_file(&text()).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
                }
                Some("toml") => {
                    let parsed = text().parse::<toml_edit::DocumentMut>();
                    drop(parsed.unwrap_or_else(|e| panic!("{}: {e}", path.display())));
                }
                _ => {}
            }
        }
    }
}

#[test]
fn the_manifest_depends_on_the_release_or_on_the_checkout() {
    let dir = tempfile::tempdir().unwrap();
    made(&options("released"), dir.path()).unwrap();
    let manifest = fs::read_to_string(dir.path().join("released/Cargo.toml")).unwrap();
    assert!(manifest.contains(&format!("topsail = \"{}\"", env!("CARGO_PKG_VERSION"))), "{manifest}");
    assert!(manifest.contains("\n[workspace]\n"), "{manifest}");

    made(&NewApp { topsail_path: Some(checkout_of_topsail()), ..options("local") }, dir.path()).unwrap();
    let manifest = fs::read_to_string(dir.path().join("local/Cargo.toml")).unwrap();
    let path = checkout_of_topsail().join("framework").display().to_string();
    assert!(manifest.contains(&format!("topsail = {{ path = '{path}'")), "{manifest}");
}

#[test]
fn a_folder_that_is_no_checkout_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let options = NewApp { topsail_path: Some(dir.path().to_owned()), ..options("x") };
    assert!(made(&options, dir.path()).unwrap_err().contains("no checkout of Topsail"));
    assert!(!dir.path().join("x").exists());
}

#[test]
fn ap_71_a_folder_that_is_not_empty_is_refused_unless_forced() {
    let dir = tempfile::tempdir().unwrap();
    made(&options("a"), dir.path()).unwrap();
    let extra = dir.path().join("a/notes.txt");
    fs::write(&extra, "mine").unwrap();
    let secret = fs::read(dir.path().join("a/config/local.toml")).unwrap();
    let message = made(&options("a"), dir.path()).unwrap_err();
    assert!(message.contains("not empty") && message.contains("--force"), "{message}");
    made(&NewApp { force: true, ..options("a") }, dir.path()).unwrap();
    assert_eq!(fs::read_to_string(extra).unwrap(), "mine");
    assert_eq!(fs::read(dir.path().join("a/config/local.toml")).unwrap(), secret, "the secret is kept");
}

#[test]
fn ap_73_two_apps_differ_only_in_name_and_secret() {
    let dir = tempfile::tempdir().unwrap();
    for path in ["one", "two"] {
        made(&NewApp { path: path.into(), ..options("app") }, dir.path()).unwrap();
    }
    let (one, two) = (tree(&dir.path().join("one/app")), tree(&dir.path().join("two/app")));
    let differing: Vec<_> = one.keys().filter(|path| one[*path] != two[*path]).collect();
    assert_eq!(differing, [Path::new("config/local.toml")]);
}

#[test]
fn ap_74_without_a_front_end_there_are_no_views_and_assets_and_the_rest_is_the_same() {
    let dir = tempfile::tempdir().unwrap();
    made(&NewApp { path: "web".into(), ..options("x") }, dir.path()).unwrap();
    made(&NewApp { path: "api".into(), no_frontend: true, ..options("x") }, dir.path()).unwrap();
    let (web, api) = (tree(&dir.path().join("web/x")), tree(&dir.path().join("api/x")));
    let only_web: Vec<_> = web.keys().filter(|path| !api.contains_key(*path)).collect();
    for path in &only_web {
        assert!(
            path.starts_with("views") || path.starts_with("assets") || path.ends_with("views.toml"),
            "{}",
            path.display()
        );
    }
    let own = [
        "README.md",
        "api/models/message.rs",
        "config/local.toml",
        "config/policies.toml",
        "config/routes.toml",
        "config/security.toml",
        "tests/app.rs",
    ];
    for (path, content) in &api {
        assert!(web.contains_key(path), "{} is in the API alone", path.display());
        assert!(
            own.iter().any(|own| path == Path::new(own)) || web[path] == *content,
            "{} differs",
            path.display()
        );
    }
}

#[test]
fn cargo_generate_makes_the_same_app() {
    let installed = Command::new("cargo").args(["generate", "--version"]).output();
    if !installed.is_ok_and(|output| output.status.success()) {
        eprintln!(
            "skipped: cargo-generate is not installed (cargo install cargo-generate --version 0.23.14 --locked)"
        );
        return;
    }
    let checkout = checkout_of_topsail();
    let cases =
        [("app", None), ("app", Some(checkout.clone())), ("api", None), ("api", Some(checkout.clone()))];
    for (template, topsail_path) in cases {
        let dir = tempfile::tempdir().unwrap();
        let ours = NewApp {
            topsail_path: topsail_path.clone(),
            path: "ours".into(),
            no_frontend: template == "api",
            ..options("my-shop")
        };
        made(&ours, dir.path()).unwrap();
        fs::create_dir(dir.path().join("theirs")).unwrap();
        let mut command = Command::new("cargo");
        command.args(["generate", "--silent", "--vcs", "none", "--name", "my-shop", "--path"]);
        command
            .arg(checkout.join("templates").join(template))
            .arg("--destination")
            .arg(dir.path().join("theirs"));
        if let Some(path) = &topsail_path {
            command.args(["-d", &format!("topsail_path={}", path.display())]);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut expected = tree(&dir.path().join("ours/my-shop"));
        expected.remove(Path::new("config/local.toml"));
        let theirs = tree(&dir.path().join("theirs/my-shop"));
        assert_eq!(theirs.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        for (path, content) in &theirs {
            assert_eq!(
                String::from_utf8_lossy(content),
                String::from_utf8_lossy(&expected[path]),
                "{}",
                path.display()
            );
        }
    }
}
