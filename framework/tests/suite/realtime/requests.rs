//! Virtual requests and their acks.

use super::{
    client::{Client, Handshake, SDK},
    lifted, talking,
};
use crate::support::lift;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use topsail::prelude::*;

#[tokio::test]
async fn rt_10_11_an_unknown_sdk_connects_and_hears_but_is_not_served() {
    let server = lifted().await;
    let old = Handshake { query: Some("x=1".to_owned()), ..Handshake::default() };
    let mut client = Client::with(&server.lifted.url(), old).await.unwrap();
    let refused = client.get("/ping").await;
    assert_eq!(refused["code"], "SAILS:HOOK:SOCKETS:PARSE_VIRTUAL_REQ");
    assert_eq!((&refused["status"], &refused["statusCode"]), (&json!(400), &json!(400)));
    server.lifted.app().sockets.blast("news", json!({ "a": 1 })).await.unwrap();
    assert_eq!(client.event().await, ("news".to_owned(), json!({ "a": 1 })));
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_12_15_16_17_18_a_request_is_what_the_client_says() {
    let server = lifted().await;
    let mut client = Client::connect(&server.lifted.url()).await;
    for verb in ["get", "post", "put", "delete", "patch", "options", "head"] {
        let echo = client.request(verb, "/echo?q=1", json!({ "a": 1 })).await;
        assert_eq!(echo["statusCode"], 200, "{echo}");
        let body = &echo["body"];
        assert_eq!(body["method"], verb.to_uppercase(), "{echo}");
        assert_eq!(body["query"], json!({ "q": "1" }));
        assert_eq!(body["body"], json!({ "a": 1 }));
        assert_eq!(body["a"], 1);
        assert_eq!(
            (&body["socket"], &body["protocol"], &body["json"]),
            (&json!(true), &json!("ws"), &json!(true))
        );
        assert_eq!(body["type"], Value::Null, "nothing but what the client sends");
        assert_eq!(body["ip"], "127.0.0.1");
        assert_eq!(echo["headers"], json!({}));
    }
    assert_eq!(client.request("put", "/echo", json!([1, 2])).await["body"]["body"], json!([1, 2]));
    assert_eq!(client.request("get", "/echo", json!([1])).await["body"]["body"], json!({ "0": 1 }));
    let over_http = server.get("/echo").await.json();
    assert_eq!((&over_http["socket"], &over_http["protocol"]), (&json!(false), &json!("http")));
    server.lifted.lower().await;
}

#[tokio::test]
async fn odd_urls_are_answered() {
    let server = lifted().await;
    let mut client = Client::connect(&server.lifted.url()).await;
    for (url, path) in [
        ("/echo#frag", "/echo"),
        ("/ECHO", "/ECHO"),
        ("/echo?", "/echo"),
        ("http://127.0.0.1/echo", "/echo"),
        (" /echo ", "/echo"),
    ] {
        let echo = client.get(url).await;
        assert_eq!((&echo["body"]["path"], &echo["body"]["url"]), (&json!(path), &json!(url)), "{echo}");
    }
    for url in ["echo", "//echo", "/echo//", "?a=1", "/nowhere", "/robots.txt"] {
        let answer = client.get(url).await;
        assert_eq!((&answer["statusCode"], &answer["body"]), (&json!(404), &json!("Not Found")), "{url}");
    }
    let undecodable = client.get("/echo/%E0%A4%A").await;
    assert_eq!(undecodable["statusCode"], 400);
    assert!(undecodable["body"].is_string());
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_13_27_28_what_is_not_heard_is_not_answered() {
    let server = lifted().await;
    let mut client = Client::connect(&server.lifted.url()).await;
    client.raw(r#"421["GET",{"url":"/ping"}]"#).await;
    client.raw(r#"422["foo",{}]"#).await;
    client.raw(r#"42["get",{"url":"/ping"}]"#).await;
    client.raw(r#"4299["get",{"url":"/ping"}]"#).await;
    let first = client.frame().await.unwrap();
    assert!(first.starts_with("4399["), "only the last one is answered: {first}");
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_19_to_25_acks_are_those_of_sails() {
    let server = lifted().await;
    let mut client = Client::connect(&server.lifted.url()).await;
    assert_eq!(client.get("/ping").await, json!({ "body": "pong", "headers": {}, "statusCode": 200 }));
    let twice =
        json!({ "body": "\"abc\"", "headers": { "content-type": "application/json" }, "statusCode": 200 });
    assert_eq!(client.get("/text").await, twice);
    assert_eq!(client.get("/nothing").await, json!({ "headers": {}, "statusCode": 204 }));
    let away = client.get("/away").await;
    assert_eq!((&away["statusCode"], &away["headers"]["Location"]), (&json!(302), &json!("/str")));
    assert_eq!(away["headers"]["location"], "/str");
    for broken in ["/panic", "/fail"] {
        assert_eq!(client.get(broken).await["statusCode"], 500, "{broken}");
    }
    assert!(client.settled().await.is_empty());
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_22_bytes_arrive_as_bytes() {
    let server = lifted().await;
    let mut client = Client::connect(&server.lifted.url()).await;
    client.begin("get", json!({ "url": "/bytes" })).await;
    let envelope = client.frame().await.unwrap();
    assert!(envelope.starts_with("461-1[") && envelope.contains("_placeholder"), "{envelope}");
    assert_eq!(
        client.frame().await.unwrap(),
        format!("binary {:?}", bytes::Bytes::from_static(&[0, 159, 255]))
    );
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_29_30_malformed_messages_are_told_and_hurt_nobody() {
    let server = lifted().await;
    let mut client = Client::connect(&server.lifted.url()).await;
    let mut bystander = Client::connect(&server.lifted.url()).await;
    for bad in [json!({ "url": "" }), json!({ "url": 5 }), json!(null), json!(5), json!([1]), json!("x")] {
        let told = client.message("get", bad.clone()).await;
        assert_eq!(told["code"], "SAILS:HOOK:SOCKETS:PARSE_VIRTUAL_REQ", "{bad}");
        assert_eq!(told["name"], "Error (SAILS:HOOK:SOCKETS:PARSE_VIRTUAL_REQ):");
    }
    client.raw(r#"42["get"]"#).await;
    assert_eq!(client.event().await.0, "sails:parseError");
    client.raw(r#"427["get",{"url":"/ping"},"x"]"#).await;
    assert_eq!(client.event().await.0, "sails:parseError");
    assert!(client.settled().await.is_empty() && bystander.settled().await.is_empty());
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_31_to_33_headers_of_a_request_do_not_replace_those_of_the_handshake() {
    let server = lifted().await;
    let headers = vec![("origin", "http://page".to_owned()), ("cookie", "plain=1".to_owned())];
    let handshake = Handshake { headers, ..Handshake::default() };
    let mut client = Client::with(&server.lifted.url(), handshake).await.unwrap();
    let given = json!({ "Origin": "http://evil", "cookie": "sails.sid=x", "X-Custom": 5, "x-forwarded-for": "9.9.9.9" });
    let echo = client.message("get", json!({ "url": "/echo", "headers": given })).await;
    assert_eq!(echo["body"]["origin"], "http://page");
    let cookie = echo["body"]["cookie"].as_str().unwrap();
    assert!(cookie.contains("plain=1") && !cookie.contains("sails.sid=x"), "{cookie}");
    assert_eq!(echo["body"]["custom"], "5");
    assert_eq!(echo["body"]["ip"], "127.0.0.1");
    server.lifted.lower().await;
}

#[tokio::test]
async fn axums_body_extractors_read_the_data() {
    let server = lifted().await;
    let mut client = Client::connect(&server.lifted.url()).await;
    assert_eq!(client.post("/read", json!({ "a": [1, "x"] })).await["body"], json!({ "a": [1, "x"] }));
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_36_37_status_and_headers_can_be_switched_off() {
    let app =
        talking().config("sockets.send_status_code", false).config("sockets.send_response_headers", false);
    let server = lift(app).await;
    let mut client = Client::connect(&server.lifted.url()).await;
    assert_eq!(client.get("/ping").await, json!({ "body": "pong" }));
    assert_eq!(client.get("/nowhere").await, json!({ "body": "Not Found" }));
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_42_to_47_sessions_of_sockets() {
    let server = lifted().await;
    let url = server.lifted.url();
    // A browser's session, both ways.
    let seen = server.get("/count").await;
    assert_eq!(seen.json(), json!({ "count": 1 }));
    let cookie = seen.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let shared =
        |cookie: &str| Handshake { headers: vec![("cookie", cookie.to_owned())], ..Handshake::default() };
    let mut one = Client::with(&url, shared(&cookie)).await.unwrap();
    let mut two = Client::with(&url, shared(&cookie)).await.unwrap();
    assert_eq!(one.get("/count").await["body"], json!({ "count": 2 }));
    assert_eq!(two.get("/count").await["body"], json!({ "count": 3 }));
    assert_eq!(server.get("/count").await.json(), json!({ "count": 4 }));
    // Without a cookie, or with one that is worth nothing: a session as long as the socket.
    for handshake in [Handshake::default(), shared("sails.sid=s%3Aforged.signature"), shared("other=1")] {
        let mut alone = Client::with(&url, handshake).await.unwrap();
        assert_eq!(alone.get("/count").await["body"], json!({ "count": 1 }));
        let again = alone.get("/count").await;
        assert_eq!(again["body"], json!({ "count": 2 }));
        assert_eq!(again["headers"], json!({}), "cookies never reach the client");
    }
    // By header or by query: none.
    let mut refused = shared(&cookie);
    refused.headers.push(("nosession", "true".to_owned()));
    for handshake in [refused, Handshake { query: Some(format!("{SDK}&nosession=true")), ..shared(&cookie) }]
    {
        let mut none = Client::with(&url, handshake).await.unwrap();
        assert_eq!(none.get("/has-session").await["body"], false);
    }
    server.lifted.lower().await;
}

#[tokio::test]
async fn many_requests_at_once_each_get_their_own_answer() {
    let server = lifted().await;
    let mut client = Client::connect(&server.lifted.url()).await;
    let mut ids = Vec::new();
    for n in 0..300 {
        ids.push((client.begin("post", json!({ "url": "/echo", "data": { "a": n } })).await, n));
    }
    let mut answers = std::collections::HashMap::new();
    while answers.len() < ids.len() {
        let frame = client.frame().await.unwrap();
        let (id, rest) = frame.strip_prefix("43").unwrap().split_once('[').unwrap();
        let answer: Value = serde_json::from_str(&rest[..rest.len() - 1]).unwrap();
        answers.insert(id.parse::<u64>().unwrap(), answer["body"]["a"].as_i64().unwrap());
    }
    assert!(ids.iter().all(|(id, n)| answers[id] == *n));
    server.lifted.lower().await;
}

#[tokio::test]
async fn rt_38_a_slow_request_does_not_delay_a_later_one() {
    let server = lifted().await;
    let mut client = Client::connect(&server.lifted.url()).await;
    client.begin("get", json!({ "url": "/never" })).await;
    assert_eq!(client.get("/ping").await["body"], "pong");
    client.close().await;
}

#[tokio::test]
async fn a_flood_of_requests_ends_the_connection() {
    let server = lift(talking().config("sockets.max_in_flight", 1).config("sockets.max_pending", 1)).await;
    let mut client = Client::connect(&server.lifted.url()).await;
    for _ in 0..3 {
        client.begin("get", json!({ "url": "/never" })).await;
    }
    assert_eq!(client.frame().await.as_deref(), Some("41"));
    assert!(Client::connect(&server.lifted.url()).await.settled().await.is_empty());
    server.lifted.lower().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rt_38_requests_of_one_socket_begin_in_the_order_in_which_they_came() {
    let begun = Arc::new(Mutex::new(Vec::new()));
    let (seen, free) = (begun.clone(), Arc::new(tokio::sync::Semaphore::new(1000)));
    let begin = move |req: Req| {
        let (seen, free) = (seen.clone(), free.clone());
        async move {
            let n = req.param("n").and_then(Value::as_u64).unwrap();
            // What is there is no reason to wait, however much was taken before.
            for _ in 0..10 {
                drop(free.acquire().await.unwrap());
            }
            seen.lock().unwrap().push(n);
            // Some go on at once and some later, in tasks of their own.
            if n.is_multiple_of(3) {
                tokio::task::yield_now().await;
            }
            ok::<topsail::Any, _>(n)
        }
    };
    let server = lift(talking().action("begin", begin).route("/begin", "begin")).await;
    let mut client = Client::connect(&server.lifted.url()).await;
    for n in 0..500 {
        client.raw(&format!(r#"42{n}["get",{{"url":"/begin","data":{{"n":{n}}}}}]"#)).await;
    }
    let mut answered: Vec<u64> = Vec::new();
    while answered.len() < 500 {
        let frame = client.frame().await.unwrap();
        let ack = frame.strip_prefix("43").unwrap();
        answered.push(ack[..ack.find('[').unwrap()].parse().unwrap());
    }
    assert_eq!(*begun.lock().unwrap(), (0..500).collect::<Vec<u64>>());
    answered.sort_unstable();
    assert_eq!(answered, (0..500).collect::<Vec<u64>>());
    server.lifted.lower().await;
}
