//! A new app with one of everything that can be generated: it builds, its tests pass, it lifts and it lowers.
//!
//! Builds a whole app, so it runs only when it is named, as continuous integration does: `cargo test -p topsail-cli --test generated_app`. It shares the
//! workspace's target folder and lock file, so that little is compiled that the workspace has not compiled already.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// What goes into the app's own tests: every generated part is there in the lifted app.
const LOADED: &str = r#"
use topsail::prelude::*;

#[tokio::test]
async fn ap_80_everything_generated_is_loaded() {
    let lifted = shop::app().config("security.csrf", false).lift_for_test().await.expect("the app lifts");
    let app = lifted.app();
    let actions: Vec<&str> = app.actions().collect();
    for identity in [
        "account/view-billing", "admin/dog/bark", "admin/dog/index", "order/count", "order/find", "user/sign-up",
    ] {
        assert!(actions.contains(&identity), "{identity} is missing in {actions:?}");
    }
    for identity in ["customer", "message", "order"] {
        assert!(app.model(identity).is_some(), "{identity}");
    }
    let greeting = shop::helpers::mail::send_template::SendTemplate { name: "Ann".to_owned() };
    let said = shop::helpers::mail::send_template::send_template(app, greeting).await.expect("it greets");
    assert_eq!(said, "Hello, Ann!");
    let get = async |path: &str| reqwest::get(format!("{}{path}", lifted.url())).await.expect("an answer");
    assert_eq!(get("/orders/count").await.json::<Value>().await.expect("JSON"), json!({ "count": 0 }));
    assert_eq!(get("/billing").await.status(), 200);
    assert_eq!(get("/bark").await.status(), 403);
    assert_eq!(get("/no/such").await.status(), 404);
    // The compiler follows what a query holds as deep as its limit is in an app that has set none.
    let all = || topsail::orm::Where::All;
    let gone = shop::models::Order::archive(app, all()).await.expect("they are kept in the archive");
    let away = shop::models::Order::destroy(app, all()).await.expect("there are none");
    assert!(gone.is_empty() && away.is_empty());
    lifted.lower().await;
}
"#;

#[test]
fn ap_01_an_app_with_one_of_everything_builds_passes_its_tests_and_lifts() {
    let dir = tempfile::tempdir().unwrap();
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
    let app = App { root: dir.path().join("shop"), target: target() };

    let path = checkout.to_str().unwrap();
    run(topsail(dir.path()).args(["new", "shop", "--topsail-path", path]));
    fs::copy(checkout.join("Cargo.lock"), app.root.join("Cargo.lock")).unwrap();
    for words in [
        &[
            "api",
            "order",
            "total:number:min=0",
            "status:string:default=new:is_in=new,paid",
            "buyer:model:customer",
        ][..],
        &[
            "model",
            "customer",
            "name:string:required",
            "email:string:unique:is_email:max_length=200",
            "age:integer",
            "note:text:nullable",
            "orders:collection:order.buyer",
            "prefs:json:protect",
        ],
        &["action", "user/sign-up"],
        &["controller", "admin/dog", "index", "bark"],
        &["policy", "is-logged-in"],
        &["helper", "mail/send-template"],
        &["hook", "clock"],
        &["response", "not-found"],
        &["page", "account/billing"],
    ] {
        run(topsail(&app.root).arg("generate").args(words));
    }
    app.append(
        "config/routes.toml",
        "\"GET /orders/count\" = \"order/count\"\n\"GET /billing\" = \"account/view-billing\"\n\"GET /bark\" = \"admin/dog/bark\"\n",
    );
    app.append("config/policies.toml", "\"admin/dog/*\" = \"is-logged-in\"\n");
    fs::write(app.root.join("tests/loaded.rs"), LOADED).unwrap();

    run(app.command("cargo").arg("test"));

    let routes = app.command(env!("CARGO_BIN_EXE_topsail")).arg("routes").output().unwrap();
    let routes = String::from_utf8_lossy(&routes.stdout).into_owned();
    assert!(routes.contains("/message") && routes.contains("/orders/count"), "{routes}");

    let mut lifted = app.lift();
    let page = lifted.get("/");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("Your new app is afloat"), "{page}");
    assert!(lifted.get("/styles/app.css").starts_with("HTTP/1.1 200"));
    assert_eq!(lifted.end(), Some(0), "AP-11");
    assert!(app.root.join("data/app.db").exists());

    migrations_are_written_and_run(&app);
    each_change_is_one_rebuild(&app);
    a_mistake_fails_the_build_at_its_line(&app);
}

/// Into a database that `alter` made, where nothing is to be run, and into an empty one.
fn migrations_are_written_and_run(app: &App) {
    let migrate = |words: &[&str], status: i32| {
        let output = app.command(env!("CARGO_BIN_EXE_topsail")).arg("migrate").args(words).output().unwrap();
        let told = [&*output.stdout, &*output.stderr].concat();
        let told = String::from_utf8_lossy(&told).into_owned();
        assert_eq!(output.status.code(), Some(status), "{words:?}: {told}");
        told
    };
    let has = |told: &str, part: &str| assert!(told.contains(part), "{part} is not in: {told}");
    has(&migrate(&["status"], 0), "There are no migrations");
    let told = migrate(&["diff", "init"], 0);
    has(&told, "wrote migrations/");
    has(&told, "_init.up.sql");
    has(&migrate(&["diff", "init"], 0), "nothing was written");
    has(&migrate(&["diff", "../init"], 1), "cannot be the name of a migration");
    has(&migrate(&["up"], 1), "topsail migrate baseline");
    has(&migrate(&["baseline"], 0), "recorded ");
    has(&migrate(&["status"], 0), "applied   init");
    let empty = "--datastores.default.url=sqlite://data/empty.db";
    has(&migrate(&["status", empty], 0), "pending   init");
    has(&migrate(&["up", empty], 0), "applied ");
    has(&migrate(&["down", empty], 1), "drops the table `order`");
    has(&migrate(&["down", "--allow-destructive", empty], 0), "undid ");
    has(&migrate(&["up", "--to", "7", empty], 1), "there is no migration 7");
    assert!(app.root.join("data/empty.db").exists());
}

/// A file that comes, moves or goes below `api/` or `config/` is noticed once; views are not watched.
fn each_change_is_one_rebuild(app: &App) {
    let (action, moved) = ("api/controllers/extra.rs", "api/controllers/deep/extra.rs");
    app.is_rebuilt();
    assert!(!app.is_rebuilt(), "nothing has changed");
    fs::write(
        app.root.join(action),
        "use topsail::prelude::*;\n\n#[action]\npub async fn extra() -> Outcome {\n    ok(())\n}\n",
    )
    .unwrap();
    app.is_rebuilt_once("an action has come");
    fs::create_dir(app.root.join("api/controllers/deep")).unwrap();
    fs::rename(app.root.join(action), app.root.join(moved)).unwrap();
    app.is_rebuilt_once("it has moved");
    fs::remove_file(app.root.join(moved)).unwrap();
    app.is_rebuilt_once("it has gone");
    fs::write(app.root.join("config/extra.toml"), "answer = 42\n").unwrap();
    app.is_rebuilt_once("a section has come");
    fs::remove_file(app.root.join("config/extra.toml")).unwrap();
    app.is_rebuilt_once("it has gone");
    app.append("views/pages/homepage.html", "\n");
    assert!(!app.is_rebuilt(), "a view has changed");
}

fn a_mistake_fails_the_build_at_its_line(app: &App) {
    let before = fs::read_to_string(app.root.join("config/routes.toml")).unwrap();
    app.append("config/routes.toml", "\"GET /wrong\" = \"order/cuont\"\n");
    let line = before.lines().count() + 1;
    let build = app.command("cargo").arg("build").output().unwrap();
    let told = String::from_utf8_lossy(&build.stderr).into_owned();
    assert!(!build.status.success());
    assert!(
        told.contains(&format!("config/routes.toml:{line}:")) && told.contains("`order/count`"),
        "{told}"
    );
    fs::write(app.root.join("config/routes.toml"), before).unwrap();
    assert!(app.is_rebuilt());
}

struct App {
    root: PathBuf,
    target: PathBuf,
}

impl App {
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        command
    }

    /// Builds, and tells whether the app was compiled.
    fn is_rebuilt(&self) -> bool {
        let build = self.command("cargo").args(["build", "--color=never"]).output().unwrap();
        let told = String::from_utf8_lossy(&build.stderr).into_owned();
        assert!(build.status.success(), "{told}");
        told.contains("Compiling shop ")
    }

    fn is_rebuilt_once(&self, why: &str) {
        assert!(self.is_rebuilt(), "{why}");
        assert!(!self.is_rebuilt(), "{why}, once");
    }

    fn append(&self, file: &str, text: &str) {
        let path = self.root.join(file);
        let before = fs::read_to_string(&path).unwrap();
        fs::write(path, before + text).unwrap();
    }

    fn lift(&self) -> Running {
        let mut child = self
            .command(env!("CARGO_BIN_EXE_topsail"))
            .args(["lift", "--port", "0", "--explicit_host=127.0.0.1"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut running = Running { child, address: String::new() };
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some((_, address)) = line.split_once("http://") {
                    // Only the first address is waited for; the rest is read so that the app can go on writing.
                    let _ = tell.send(address.trim().trim_end_matches('/').to_owned());
                }
            }
        });
        running.address = told.recv_timeout(Duration::from_secs(300)).expect("the app tells its address");
        running
    }
}

/// A lifted app; ended when it is dropped, also by a failed assertion.
struct Running {
    child: Child,
    address: String,
}

impl Running {
    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAccept: text/html\r\n\r\n",
            self.address
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Asks it to end, as a supervisor does.
    fn end(&mut self) -> Option<i32> {
        run(Command::new("kill").arg(self.child.id().to_string()));
        self.child.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already when the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn topsail(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_topsail"));
    command.current_dir(folder);
    command
}

/// `target` of this build: the binary is in `target/debug`.
fn target() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_topsail")).ancestors().nth(2).unwrap().to_owned()
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}\n{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
