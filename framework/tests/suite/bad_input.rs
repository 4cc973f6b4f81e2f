//! Whatever comes in from outside is answered or named, and nothing else suffers from it.

use crate::{
    realtime::client::{Client, Handshake},
    support::{Answer, Server, app, lift},
};
use serde_json::{Value, json};
use std::path::Path;
use topsail::{AppBuilder, Discovered, prelude::*};

async fn echo(req: Req) -> Outcome {
    ok(json!({ "all": req.params() }))
}

async fn count(req: Req) -> Outcome {
    let count = req.session().get::<i64>("count").await?.unwrap_or(0) + 1;
    req.session().set("count", count).await?;
    ok(count)
}

async fn panics() -> Outcome {
    panic!("on purpose")
}

async fn ping() -> Outcome {
    send("pong")
}

async fn server() -> Server {
    let app = app()
        .action("echo", echo)
        .action("count", count)
        .action("panics", panics)
        .action("ping", ping)
        .route("/echo", "echo")
        .route("/count", "count")
        .route("/panics", "panics")
        .route("/ping", "ping");
    lift(app).await
}

impl Server {
    /// It still answers, over HTTP and over a socket that was connected before.
    async fn goes_on(&self, client: &mut Client) {
        assert_eq!(self.get("/ping").await.status, 200);
        assert_eq!(client.get("/ping").await["body"], "pong");
    }
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_400_and_hurt_nobody() {
    let server = server().await;
    let mut client = Client::connect(&server.lifted.url()).await;
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let large = json!({ "a": "x".repeat(2 << 20) }).to_string();
    for (kind, body) in [
        ("application/json", "{\"a\":"),
        ("application/json", "\u{0}"),
        ("application/json", "nul"),
        ("application/json", "\"text\""),
        ("application/json", "{\"a\":1}{"),
        ("application/json", deep.as_str()),
        ("application/json", large.as_str()),
        ("application/vnd.api+json", "["),
        ("multipart/form-data", "no boundary"),
    ] {
        let sent = server.request("POST", "/echo").header("content-type", kind).body(body.to_owned());
        let got = Answer::of(sent.send().await.unwrap()).await;
        let shown = &body[..body.len().min(20)];
        assert_eq!((got.status, &got.json()["code"]), (400, &json!("E_BODY_PARSE")), "{kind} {shown}");
    }
    let invalid =
        server.request("POST", "/echo").header("content-type", "application/json").body(vec![0xff, 0xfe]);
    assert_eq!(Answer::of(invalid.send().await.unwrap()).await.status, 400);
    server.goes_on(&mut client).await;
    server.lifted.lower().await;
}

#[tokio::test]
async fn unknown_routes_and_ids_are_404_over_both() {
    let server = server().await;
    let mut client = Client::connect(&server.lifted.url()).await;
    for url in ["/no/such", "/user/99", "/user/99/pets", "/tag/none", "/", "//", "/user/0"] {
        assert_eq!(server.get(url).await.status, 404, "{url}");
        assert_eq!(client.get(url).await["statusCode"], 404, "{url}");
    }
    for (verb, url) in [("patch", "/user/99"), ("delete", "/user/99"), ("put", "/user/99/pets/1")] {
        let body = json!({ "name": "x" });
        assert_eq!(server.send(&verb.to_uppercase(), url, body.clone()).await.status, 404, "{verb} {url}");
        assert_eq!(client.request(verb, url, body).await["statusCode"], 404, "{verb} {url}");
    }
    server.goes_on(&mut client).await;
    server.lifted.lower().await;
}

#[tokio::test]
async fn ids_that_are_objects_or_lists_reach_no_other_record() {
    let server = server().await;
    let mut client = Client::connect(&server.lifted.url()).await;
    for name in ["ann", "bob"] {
        assert_eq!(server.send("POST", "/user", json!({ "name": name })).await.status, 200);
    }
    let hostile = [
        json!({ ">": 0 }),
        json!({ "!=": null }),
        json!([1, 2]),
        json!([[1]]),
        json!({ "in": [1, 2] }),
        json!({}),
    ];
    for id in &hostile {
        for (verb, url) in
            [("delete", "/user"), ("delete", "/user/1/pets"), ("put", "/user/1/pets"), ("get", "/user/1")]
        {
            let body = json!({ "id": id, "childid": id, "parentid": id });
            let http = server.send(&verb.to_uppercase(), url, body.clone()).await.status;
            let socket = client.request(verb, url, body).await["statusCode"].as_u64().unwrap();
            assert!(http < 500 && socket < 500, "{verb} {url} {id}: {http} {socket}");
            assert!(
                verb == "get" || (http >= 400 && socket >= 400) || url.ends_with("pets"),
                "{verb} {url} {id}"
            );
        }
        let patch = json!({ "id": id, "name": "cat" });
        server.send("PATCH", "/user/1", patch.clone()).await;
        client.request("patch", "/user/1", patch).await;
    }
    let mut names: Vec<_> =
        server.get("/user").await.json().as_array().unwrap().iter().map(|u| u["name"].clone()).collect();
    names.sort_by_key(ToString::to_string);
    assert_eq!(names.len(), 2, "nothing was destroyed");
    assert!(names.contains(&json!("bob")), "only the record of the path may change: {names:?}");
    server.lifted.lower().await;
}

#[tokio::test]
async fn unknown_attributes_in_where_are_named_over_both() {
    let server = server().await;
    let mut client = Client::connect(&server.lifted.url()).await;
    let got = server.get("/user?where={\"naem\":1}").await;
    assert_eq!(got.status, 400);
    assert!(got.text.contains("naem"), "{}", got.text);
    let ack = client.request("get", "/user", json!({ "where": { "naem": 1 } })).await;
    assert_eq!(ack["statusCode"], 400);
    assert!(ack["body"].to_string().contains("naem"), "{ack}");
    let deep = (0..200).fold(json!({ "name": "x" }), |inner, _| json!({ "or": [inner] }));
    let ack = client.request("get", "/user", json!({ "where": deep })).await;
    assert!(ack["statusCode"] == 400 || ack["status"] == 400, "{ack}");
    server.goes_on(&mut client).await;
    server.lifted.lower().await;
}

#[tokio::test]
async fn numbers_that_no_database_holds_are_refused_not_bound() {
    let server = server().await;
    let mut client = Client::connect(&server.lifted.url()).await;
    let huge = json!(u64::MAX);
    for data in [
        json!({ "where": { "age": huge } }),
        json!({ "where": { "id": { "in": [1, huge] } } }),
        json!({ "age": huge }),
        json!({ "limit": huge }),
        json!({ "skip": huge }),
        json!({ "id": huge }),
    ] {
        let ack = client.request("get", "/user", data.clone()).await;
        assert!(ack["statusCode"].as_u64().unwrap() < 500, "{data}: {ack}");
    }
    for data in [
        json!({ "name": "x", "age": huge }),
        json!({ "name": "x", "boss": huge }),
        json!({ "name": "x", "score": -1e300 }),
    ] {
        assert_eq!(server.send("POST", "/user", data.clone()).await.status, 400, "{data}");
        assert_eq!(client.post("/user", data.clone()).await["statusCode"], 400, "{data}");
    }
    assert!(server.get("/user/18446744073709551615").await.status < 500);
    server.goes_on(&mut client).await;
    server.lifted.lower().await;
}

#[tokio::test]
async fn frames_that_are_no_requests_are_told_and_the_socket_goes_on() {
    let server = server().await;
    let mut client = Client::connect(&server.lifted.url()).await;
    for bad in [
        Value::Null,
        json!({}),
        json!({ "url": null }),
        json!({ "url": ["/ping"] }),
        json!({ "url": { "a": 1 } }),
    ] {
        assert_eq!(
            client.message("post", bad.clone()).await["code"],
            "SAILS:HOOK:SOCKETS:PARSE_VIRTUAL_REQ",
            "{bad}"
        );
    }
    // Without an ack nobody waits; the request runs all the same.
    client.raw(r#"42["get",{"url":"/count"}]"#).await;
    client.raw(r#"42["get",{"url":"/panics"}]"#).await;
    server.goes_on(&mut client).await;
    for nonsense in ["42[]", "42", "4", "9", "42{", "45-", "459999999999-[\"get\"]", "\u{0}"] {
        let mut other = Client::connect(&server.lifted.url()).await;
        other.raw(nonsense).await;
        server.goes_on(&mut client).await;
    }
    server.lifted.lower().await;
}

#[tokio::test]
async fn a_bad_or_foreign_session_cookie_starts_another_session() {
    let (mine, other) = (server().await, server().await);
    let cookie_of =
        |answer: &Answer| answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let known = cookie_of(&mine.get("/count").await);
    let unsigned = format!("sails.sid={}", known.rsplit_once("s%3A").unwrap().1.split('.').next().unwrap());
    let foreign = {
        let foreign = app().config("session.secret", "another-secret-that-is-long-enough-0123456789");
        let server = lift(foreign.action("count", count).route("/count", "count")).await;
        let cookie = cookie_of(&server.get("/count").await);
        server.lifted.lower().await;
        cookie
    };
    let bad = [
        foreign,
        unsigned,
        known[..known.len() - 2].to_owned(),
        "sails.sid=".to_owned(),
        "sails.sid=%E0%A4%A".to_owned(),
        "sails.sid=s%3A..".to_owned(),
        format!("sails.sid={}", "x".repeat(8_000)),
        "; ;=;sails.sid".to_owned(),
    ];
    for cookie in bad {
        let client = reqwest::Client::new();
        let sent = client.get(mine.url("/count")).header("cookie", &cookie).send().await.unwrap();
        let got = Answer::of(sent).await;
        assert_eq!((got.status, got.json()), (200, json!(1)), "{cookie}");
        assert!(got.header("set-cookie").unwrap().starts_with("sails.sid=s%3A"), "{cookie}");
        let handshake = Handshake { headers: vec![("cookie", cookie.clone())], ..Handshake::default() };
        let mut socket = Client::with(&mine.lifted.url(), handshake).await.unwrap();
        assert_eq!(socket.get("/count").await["body"], 1, "{cookie}");
        assert_eq!(socket.get("/count").await["body"], 2, "{cookie}");
    }
    mine.lifted.lower().await;
    other.lifted.lower().await;
}

#[tokio::test]
async fn a_panic_is_one_500_over_both_and_the_session_and_the_others_go_on() {
    let server = server().await;
    let mut client = Client::connect(&server.lifted.url()).await;
    for _ in 0..3 {
        assert_eq!(server.get("/panics").await.status, 500);
        assert_eq!(client.get("/panics").await["statusCode"], 500);
        server.goes_on(&mut client).await;
    }
    server.lifted.lower().await;
}

#[tokio::test]
async fn an_error_that_quotes_its_input_is_no_page() {
    async fn quotes(req: Req) -> Outcome {
        Err(std::io::Error::other(format!("no {:?}", req.param("name"))))?;
        ok(())
    }
    let server = lift(app().action("quotes", quotes).route("/quotes", "quotes")).await;
    let got = server.page("/quotes?name=%3Cscript%3Ealert(1)%3C/script%3E").await;
    assert_eq!(got.status, 500);
    assert!(got.text.contains("&lt;script&gt;") && !got.text.contains("<script>"), "{}", got.text);
    server.lifted.lower().await;
}

fn app_of(folder: &Path) -> AppBuilder {
    let root: &'static str = Box::leak(folder.display().to_string().into_boxed_str());
    let discovered = Box::leak(Box::new(Discovered { root, crate_name: "nobody", ..Discovered::EMPTY }));
    AppBuilder::new(discovered).config("log.level", "silent")
}

#[tokio::test]
async fn invalid_toml_stops_the_lift_with_file_and_line() {
    for (file, text, expected) in [
        ("config/http.toml", "body_limit = 1\npowered_by = = true\n", "config/http.toml"),
        ("config/http.toml", "body_limit = 1\npowered = true\n", "config/http.toml:2"),
        ("config/local.toml", "[session]\nidle_time = \"long\"\n", "config/local.toml:2"),
        ("config/env/development.toml", "hook_timeout = \"soon\"\n", "config/env/development.toml:1"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("config/env")).unwrap();
        std::fs::write(folder.path().join(file), text).unwrap();
        let error = app_of(folder.path()).lift_for_test().await.err().unwrap().to_string();
        assert!(error.contains(expected), "{file}: {error}");
    }
}

#[tokio::test]
async fn a_database_file_that_is_none_stops_the_lift_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.db");
    std::fs::write(&file, "this is no database, however long it may be".repeat(100)).unwrap();
    let app = app().config("datastores.default.url", format!("sqlite://{}", file.display()));
    let error = app.lift_for_test().await.err().unwrap().to_string();
    assert!(error.contains("notes.db") && error.contains("datastores.default.url"), "{error}");
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("this is no database"), "it is left alone");
}
