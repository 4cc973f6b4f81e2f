//! The one path over HTTP: routes, parameters, policies, answers.

use crate::support::{Answer, app, lift};
use axum::extract::{Json, MatchedPath};
use serde_json::{Value, json};
use topsail::prelude::*;

async fn echo(req: Req) -> Outcome {
    ok(json!({
        "method": req.method().as_str(), "path": req.path(), "params": req.path_params(), "query": req.query(),
        "body": req.body(), "all": req.params(), "wantsJSON": req.wants_json(), "action": req.action(),
    }))
}

fn echoing() -> topsail::AppBuilder {
    app().action("echo", echo)
}

#[tokio::test]
async fn ht_10_a_get_has_no_body_and_ht_75_path_beats_body_beats_query() {
    let server = lift(echoing().route("/e/:x", "echo")).await;
    let got = Answer::of(server.request("GET", "/e/1?y=2").json(&json!({ "z": 3 })).send().await.unwrap())
        .await
        .json();
    assert_eq!(got["body"], Value::Null);
    assert_eq!(got["all"], json!({ "y": "2", "x": "1" }));
    let got = server
        .send("POST", "/e/path?x=query&q=query&b=query", json!({ "x": "body", "b": "body" }))
        .await
        .json();
    assert_eq!(got["all"], json!({ "x": "path", "b": "body", "q": "query" }));
    server.lifted.lower().await;
}

#[tokio::test]
async fn ht_12_dev_05_malformed_json_is_a_400_with_a_code_and_no_stack() {
    let server = lift(echoing().route("/e", "echo")).await;
    let sent =
        server.request("POST", "/e").header("content-type", "application/json").body("{\"a\":").send().await;
    let got = Answer::of(sent.unwrap()).await;
    assert_eq!((got.status, &got.json()["code"]), (400, &json!("E_BODY_PARSE")));
    assert!(!got.text.contains("src/"), "{}", got.text);
    server.lifted.lower().await;
}

#[tokio::test]
async fn ht_13_an_oversize_body_is_a_400() {
    let server = lift(echoing().route("/e", "echo")).await;
    let got = server.send("POST", "/e", json!({ "a": "x".repeat(2 << 20) })).await;
    assert_eq!((got.status, &got.json()["code"]), (400, &json!("E_BODY_PARSE")));
    server.lifted.lower().await;
}

#[tokio::test]
async fn ht_14_urlencoded_bodies_nest() {
    let server = lift(echoing().route("/e", "echo")).await;
    let form = "a[b]=1&c[]=2&c[]=3";
    let sent =
        server.request("POST", "/e").header("content-type", "application/x-www-form-urlencoded").body(form);
    let got = Answer::of(sent.send().await.unwrap()).await.json();
    assert_eq!(got["body"], json!({ "a": { "b": "1" }, "c": ["2", "3"] }));
    server.lifted.lower().await;
}

#[tokio::test]
async fn deep_json_is_refused() {
    let server = lift(echoing().route("/e", "echo")).await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let sent =
        server.request("POST", "/e").header("content-type", "application/json").body(deep).send().await;
    assert_eq!(Answer::of(sent.unwrap()).await.status, 400);
    server.lifted.lower().await;
}

#[tokio::test]
async fn ht_27_get_answers_head_and_ht_28_any_case_and_one_slash() {
    let server = lift(echoing().route("GET /Some/Where", "echo")).await;
    assert_eq!(server.get("/some/WHERE/").await.status, 200);
    let head = Answer::of(server.request("HEAD", "/some/where").send().await.unwrap()).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    assert_eq!(server.send("POST", "/some/where", json!({})).await.status, 404);
    server.lifted.lower().await;
}

#[tokio::test]
async fn ht_33_an_undecodable_parameter_is_a_400() {
    let server = lift(echoing().route("GET /p/:x", "echo")).await;
    assert_eq!(server.get("/p/%E0%A4%A").await.status, 400);
    server.lifted.lower().await;
}

#[tokio::test]
async fn ht_35_the_static_route_wins_whatever_the_order() {
    let server = lift(echoing().route("/a/:x", "echo").route("/a/b", "/elsewhere")).await;
    let got = server.get("/a/b").await;
    assert_eq!((got.status, got.header("location")), (302, Some("/elsewhere")));
    assert_eq!(server.get("/a/c").await.status, 200);
    server.lifted.lower().await;
}

#[tokio::test]
async fn ht_36_parameters_at_the_end_leave_assets_alone() {
    let server = lift(echoing().route("GET /slug/:slug", "echo")).await;
    assert_eq!(server.get("/slug/a.png").await.status, 404);
    assert_eq!(server.get("/slug/a").await.status, 200);
    server.lifted.lower().await;
    let all = json!({ "action": "echo", "skipAssets": false });
    let server = lift(echoing().route("GET /slug/:slug", all)).await;
    assert_eq!(server.get("/slug/a.png").await.status, 200);
    server.lifted.lower().await;
}

#[tokio::test]
async fn ht_39_a_route_to_an_unknown_action_is_ignored_and_answers_404() {
    let server = lift(echoing().route("GET /x", "no/such")).await;
    assert_eq!(server.get("/x").await.status, 404);
    server.lifted.lower().await;
}

#[tokio::test]
async fn ht_41_a_route_to_an_unknown_policy_stops_the_lift() {
    let error =
        echoing().route("GET /x", json!([{ "policy": "nope" }, "echo"])).lift_for_test().await.err().unwrap();
    assert!(error.to_string().contains("`nope`"), "{error}");
}

#[tokio::test]
async fn ht_43_options_lists_the_verbs() {
    let server = lift(echoing().route("PUT /x", "echo").route("GET /x", "echo")).await;
    let got = Answer::of(server.request("OPTIONS", "/x").send().await.unwrap()).await;
    assert_eq!((got.status, got.header("allow")), (200, Some("PUT,GET,HEAD")));
    assert_eq!(Answer::of(server.request("OPTIONS", "/none").send().await.unwrap()).await.status, 404);
    server.lifted.lower().await;
}

#[tokio::test]
async fn ht_44_other_keys_of_a_target_are_options() {
    async fn shows(req: Req) -> Outcome {
        ok(&req.options().extra)
    }
    let server =
        lift(app().action("shows", shows).route("GET /x", json!({ "action": "shows", "deep": { "a": 1 } })))
            .await;
    assert_eq!(server.get("/x").await.json(), json!({ "deep": { "a": 1 } }));
    server.lifted.lower().await;
}

#[tokio::test]
async fn axum_extractors_work_behind_the_table() {
    async fn typed(
        axum::extract::Path((a, b)): axum::extract::Path<(i64, String)>,
        matched: MatchedPath,
        Json(body): Json<Value>,
    ) -> Outcome {
        ok(json!({ "a": a, "b": b, "matched": matched.as_str(), "body": body }))
    }
    let server = lift(app().action("typed", typed).route("POST /t/:a/in/:b", "typed")).await;
    let got = server.send("POST", "/t/7/in/x", json!({ "n": 1 })).await.json();
    assert_eq!(got, json!({ "a": 7, "b": "x", "matched": "/t/{a}/in/{b}", "body": { "n": 1 } }));
    server.lifted.lower().await;
}

#[tokio::test]
async fn our_path_works_behind_wildcards_and_regular_expressions() {
    async fn rest(Path(rest): Path<String>) -> Outcome {
        ok(rest)
    }
    async fn number(Path(params): Path<std::collections::HashMap<String, String>>) -> Outcome {
        ok(&params["n"])
    }
    let app = app().action("rest", rest).action("number", number);
    let server = lift(app.route("GET /w/*", "rest").route(r"GET r|^/n/(\d+)$|n", "number")).await;
    assert_eq!(server.get("/w/a/b").await.json(), json!("a/b"));
    assert_eq!(server.get("/n/12").await.json(), json!("12"));
    server.lifted.lower().await;
}

#[tokio::test]
async fn ht_70_to_72_policies_guard_actions_in_order() {
    async fn first(req: Req) -> Verdict {
        req.put(vec!["first"]);
        proceed()
    }
    async fn second(req: Req) -> Verdict {
        if req.param("stop").is_some() {
            return topsail::refuse(http_status(409), json!({ "stopped": req.get::<Vec<&str>>() }));
        }
        proceed()
    }
    async fn never() -> Verdict {
        panic!("a policy after one that refuses does not run")
    }
    fn http_status(code: u16) -> axum::http::StatusCode {
        axum::http::StatusCode::from_u16(code).unwrap()
    }
    let app = echoing()
        .policy("first", first)
        .policy("second", second)
        .policy("never", never)
        .config("policies", json!({ "*": "never", "echo": ["first", "second"], "shut": false, "open": true }))
        .action("shut", echo)
        .action("open", echo)
        .action("guarded", echo)
        .route("/echo", "echo")
        .route("/shut", "shut")
        .route("/open", "open");
    let server = lift(app).await;
    assert_eq!(server.get("/echo").await.status, 200);
    let stopped = server.get("/echo?stop=1").await;
    assert_eq!((stopped.status, stopped.json()), (409, json!({ "stopped": ["first"] })));
    let shut = server.get("/shut").await;
    assert_eq!((shut.status, shut.text.as_str()), (403, "Forbidden"));
    assert_eq!(server.get("/open").await.status, 200);
    server.lifted.lower().await;
}

#[tokio::test]
async fn ht_42_a_chain_goes_on_only_if_its_policy_proceeds() {
    async fn gate(req: Req) -> Verdict {
        if req.param("open").is_some() { proceed() } else { forbidden() }
    }
    let server =
        lift(echoing().policy("gate", gate).route("GET /x", json!([{ "policy": "gate" }, "echo"]))).await;
    assert_eq!(server.get("/x").await.status, 403);
    assert_eq!(server.get("/x?open=1").await.status, 200);
    server.lifted.lower().await;
}

#[tokio::test]
async fn ht_49_an_error_is_a_500_whose_cause_production_hides() {
    #[derive(Debug)]
    struct Broken;
    impl std::fmt::Display for Broken {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("the pump is broken")
        }
    }
    impl std::error::Error for Broken {}
    async fn breaks() -> Outcome {
        Err(Broken)?;
        ok(())
    }
    for (environment, shown) in [("development", true), ("production", false)] {
        let app = app()
            .action("breaks", breaks)
            .route("GET /x", "breaks")
            .config("environment", environment)
            .config("session.secret", "a-secret-for-this-test-only-0123456789");
        let server = lift(app).await;
        let got = server.get("/x").await;
        assert_eq!(got.status, 500);
        assert_eq!(got.text.contains("the pump is broken"), shown, "{}", got.text);
        server.lifted.lower().await;
    }
}

#[tokio::test]
async fn a_panic_is_one_500_and_the_others_go_on() {
    async fn panics() -> Outcome {
        panic!("on purpose")
    }
    for (environment, shown) in [("development", true), ("production", false)] {
        let app = echoing()
            .action("panics", panics)
            .route("GET /p", "panics")
            .route("GET /e", "echo")
            .config("environment", environment)
            .config("session.secret", "a-secret-for-this-test-only-0123456789");
        let server = lift(app).await;
        for _ in 0..3 {
            let got = server.get("/p").await;
            assert_eq!((got.status, got.text.contains("on purpose")), (500, shown), "{}", got.text);
            assert_eq!(server.get("/e").await.status, 200);
        }
        server.lifted.lower().await;
    }
}

#[tokio::test]
async fn ht_78_to_81_refusals_have_sails_bodies() {
    async fn refuses(req: Req) -> Outcome {
        match req.param("how").and_then(Value::as_str) {
            Some("bad") => bad_request(()),
            Some("bad-data") => bad_request(json!({ "a": 1 })),
            Some("lost") => not_found(),
            Some("shut") => forbidden(),
            Some("broken") => server_error("the secret reason"),
            Some("text") => ok("text"),
            Some("sent") => send("text"),
            Some("sent-null") => send(Value::Null),
            Some("sent-nothing") => send(()),
            _ => ok(()),
        }
    }
    let server = lift(app().action("refuses", refuses).route("GET /x", "refuses")).await;
    for (how, status, text) in [
        ("bad", 400, "Bad Request"),
        ("lost", 404, "Not Found"),
        ("shut", 403, "Forbidden"),
        ("text", 200, "\"text\""),
        ("sent", 200, "text"),
        ("sent-null", 200, "null"),
        ("sent-nothing", 200, ""),
        ("ok", 200, "OK"),
    ] {
        let got = server.get(&format!("/x?how={how}")).await;
        assert_eq!((got.status, got.text.as_str()), (status, text), "{how}");
    }
    assert_eq!(server.page("/x?how=bad-data").await.json(), json!({ "a": 1 }));
    assert!(server.get("/x?how=broken").await.text.contains("the secret reason"));
    server.lifted.lower().await;
}

#[tokio::test]
async fn ht_02_json_is_indented_in_development_and_compact_in_production() {
    let body = |environment| async move {
        let app = echoing()
            .route("GET /x", "echo")
            .config("environment", environment)
            .config("session.secret", "a-secret-for-this-test-only-0123456789");
        let server = lift(app).await;
        let text = server.get("/x").await.text;
        server.lifted.lower().await;
        text
    };
    assert!(body("development").await.contains("\n  \"method\""));
    assert!(!body("production").await.contains('\n'));
}

#[tokio::test]
async fn ht_01_one_header_names_the_framework() {
    let server = lift(echoing().route("GET /x", "echo")).await;
    assert_eq!(
        server.get("/x").await.headers.get_all("x-powered-by").iter().collect::<Vec<_>>(),
        ["Topsail"]
    );
    server.lifted.lower().await;
}

#[tokio::test]
async fn every_answer_names_its_request() {
    let server = lift(echoing().route("GET /x", "echo")).await;
    let mine =
        Answer::of(server.request("GET", "/x").header("x-request-id", "mine-1").send().await.unwrap()).await;
    assert_eq!(mine.header("topsail-request-id"), Some("mine-1"));
    assert_eq!(server.get("/x").await.header("topsail-request-id").map(str::len), Some(25));
    server.lifted.lower().await;
}

#[tokio::test]
async fn a_mounted_axum_router_stands_beside_the_table_and_takes_req() {
    async fn beside(req: Req) -> String {
        format!("beside {}", req.path())
    }
    let router = axum::Router::new().route("/beside", axum::routing::get(beside));
    let server = lift(echoing().route("GET /x", "echo").mount(router)).await;
    assert_eq!(server.get("/beside").await.text, "beside /beside");
    assert_eq!(server.get("/x").await.status, 200);
    assert_eq!(server.get("/nothing").await.status, 404);
    server.lifted.lower().await;
}

#[tokio::test]
async fn two_apps_live_in_one_process() {
    async fn one() -> Outcome {
        ok("one")
    }
    async fn two() -> Outcome {
        ok("two")
    }
    let first = lift(app().action("who", one).route("GET /who", "who")).await;
    let second = lift(app().action("who", two).route("GET /who", "who")).await;
    assert_eq!(first.get("/who").await.json(), json!("one"));
    assert_eq!(second.get("/who").await.json(), json!("two"));
    first.lifted.lower().await;
    assert_eq!(second.get("/who").await.status, 200);
    second.lifted.lower().await;
}
