use super::{bad, ids, server};
use serde_json::{Value, json};

#[tokio::test]
async fn bp_01_02_80_find_answers_a_bare_list_and_so_does_its_shortcut() {
    let server = server().await;
    server.users(&["ann", "bob"]).await;
    let rest = server.get("/user").await;
    assert_eq!((rest.status, rest.names()), (200, vec!["ann".to_owned(), "bob".to_owned()]));
    assert_eq!(rest.header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(server.get("/user/find").await.json(), rest.json());
    for header in ["link", "content-range", "x-total-count"] {
        assert_eq!(rest.header(header), None, "bp_80 {header}");
    }
}

#[tokio::test]
async fn bp_41_to_46_dev_10_thirty_records_unless_a_limit_says_more() {
    let server = server().await;
    for n in 0..31 {
        server.create("category", json!({ "title": format!("c{n}") })).await;
    }
    assert_eq!(server.get("/category").await.count(), 30);
    assert_eq!(server.get("/category?limit=100").await.count(), 31);
    assert_eq!(server.get("/category?limit=0").await.json(), json!([]), "bp_43");
    assert_eq!(server.get("/category?skip=30").await.count(), 1, "bp_45");
    assert_eq!(server.get("/category?limit=abc").await.brief(), bad("E_INVALID_CRITERIA"), "bp_44");
    assert_eq!(server.get("/category?skip=-1").await.brief(), bad("E_INVALID_CRITERIA"), "bp_46");
    assert_eq!(server.get("/category?limit=-1").await.brief(), bad("E_INVALID_CRITERIA"), "dev_10");
}

#[tokio::test]
async fn bp_47_to_60_conditions() {
    let server = server().await;
    for (name, age, score) in [("ann", 5, None), ("bob", 4, Some(1)), ("anna", 9, Some(2))] {
        server
            .create("user", json!({ "name": name, "age": age, "score": score, "active": name != "bob" }))
            .await;
    }
    let find = async |query: &str| server.get(&format!("/user?{query}")).await;
    assert_eq!(find("name=none").await.json(), json!([]), "bp_47");
    assert_eq!(find("name=ann&age=5").await.names(), ["ann"], "bp_48");
    assert_eq!(find("age[>]=4&age[<]=6").await.names(), ["ann"], "bp_49");
    assert_eq!(find("age[>=]=5&age[<=]=8").await.names(), ["ann"], "the modifiers that end with `=` too");
    assert_eq!(find("name[!=]=ann").await.names(), ["bob", "anna"]);
    assert_eq!(find("where={\"name\":{\"contains\":\"nn\"}}").await.names(), ["ann", "anna"], "bp_50");
    assert_eq!(
        find("where={\"or\":[{\"name\":\"ann\"},{\"age\":9}]}").await.names(),
        ["ann", "anna"],
        "bp_51"
    );
    assert_eq!(find("where={\"not\":{\"name\":\"ann\"}}").await.brief(), bad("E_INVALID_CRITERIA"), "bp_52");
    assert_eq!(ids(&find("id=1&id=2").await.json()), [1, 2], "bp_53");
    assert_eq!(ids(&find("where=[1,2]").await.json()), [1, 2], "bp_54");
    assert_eq!(find("where={\"age\":5}&name=zzz").await.names(), ["ann"], "bp_55");
    assert_eq!(find("age=abc").await.brief(), bad("E_INVALID_CRITERIA"), "bp_56");
    assert_eq!(find("score=null").await.brief(), bad("E_INVALID_CRITERIA"), "bp_57");
    assert_eq!(find("where={\"score\":null}").await.names(), ["ann"], "bp_58");
    assert_eq!(find("active=false").await.names(), ["bob"], "bp_59");
    assert_eq!(find("active=no").await.brief(), bad("E_INVALID_CRITERIA"), "bp_60");
}

#[tokio::test]
async fn bp_61_62_63_dev_06_27_what_cannot_be_asked_is_named() {
    let server = server().await;
    let refused = server.get("/user?nosuch=1").await;
    assert_eq!(refused.brief(), bad("E_INVALID_CRITERIA"));
    let body = refused.json();
    assert!(body["details"].as_str().unwrap().contains("`nosuch`"), "{body}");
    assert!(body["message"].as_str().unwrap().contains("GET /user"), "{body}");
    assert_eq!(body["problems"][0]["attr"], "nosuch");
    assert_eq!(server.get("/user?pets=1").await.brief(), bad("E_INVALID_CRITERIA"), "bp_62");
    assert_eq!(server.get("/user?where={bad").await.brief(), bad("E_INVALID_CRITERIA"), "bp_63");
    assert_eq!(server.get("/user?password=x").await.brief(), bad("E_INVALID_CRITERIA"), "dev_27");
}

#[tokio::test]
async fn bp_64_to_68_dev_09_order() {
    let server = server().await;
    for (name, age) in [("ann", 2), ("cy", 1), ("bob", 2)] {
        server.create("user", json!({ "name": name, "age": age })).await;
    }
    let find = async |sort: &str| server.get(&format!("/user?sort={sort}")).await;
    assert_eq!(find("name DESC").await.names(), ["cy", "bob", "ann"], "bp_64");
    assert_eq!(find("[{\"age\":\"desc\"},{\"name\":\"asc\"}]").await.names(), ["ann", "bob", "cy"], "bp_65");
    assert_eq!(find("name DESC, age ASC").await.brief(), bad("E_INVALID_CRITERIA"), "bp_66");
    assert_eq!(find("-name").await.brief(), bad("E_INVALID_CRITERIA"), "bp_67");
    server.send("PATCH", "/user/1", json!({ "age": 3 })).await;
    assert_eq!(ids(&server.get("/user").await.json()), [1, 2, 3], "bp_68");
}

#[tokio::test]
async fn bp_69_to_73_select_and_omit() {
    let server = server().await;
    server.users(&["ann"]).await;
    let find = async |query: &str| server.get(&format!("/user?{query}")).await;
    assert_eq!(find("select=name&populate=false").await.json(), json!([{ "id": 1, "name": "ann" }]), "bp_69");
    assert_eq!(
        find("select=name").await.json(),
        json!([{ "id": 1, "name": "ann", "boss": null, "pets": [], "friends": [], "teams": [] }]),
        "bp_70"
    );
    assert_eq!(find("omit=id").await.brief(), bad("E_INVALID_CRITERIA"), "bp_71");
    assert_eq!(find("omit=boss").await.brief(), bad("E_INVALID_POPULATES"), "bp_72");
    assert_eq!(find("select=nosuch").await.brief(), bad("E_INVALID_CRITERIA"), "bp_73");
}

#[tokio::test]
async fn bp_74_to_79_dev_11_populate() {
    let server = server().await;
    server.users(&["boss", "ann"]).await;
    server.send("PATCH", "/user/2", json!({ "boss": 1 })).await;
    for n in 0..33 {
        server.create("pet", json!({ "name": format!("p{n}"), "owner": 2 })).await;
    }
    let bare = server.get("/user?populate=false&name=ann").await.json();
    assert_eq!((&bare[0]["boss"], bare[0].get("pets")), (&json!(1), None), "bp_74");
    let chosen = server.get("/user?populate=pets&name=ann").await.json();
    assert_eq!((ids(&chosen[0]["pets"]).len(), chosen[0].get("teams")), (30, None), "bp_75 and dev_11");
    for bad_name in ["nosuch", "true", "name"] {
        let refused = server.get(&format!("/user?populate={bad_name}")).await;
        assert_eq!(refused.brief(), bad("E_INVALID_POPULATES"), "bp_76, bp_77 {bad_name}");
    }
    let all = server.get("/user/2").await.json();
    assert_eq!(ids(&all["pets"]).len(), 30, "bp_78");
    assert_eq!(all["pets"][0]["owner"], 2, "bp_79");
    assert_eq!(all["boss"]["name"], "boss");
    assert_eq!((all["boss"].get("pets"), &all["boss"]["boss"]), (None, &Value::Null), "one level only");
}

#[tokio::test]
async fn bp_81_a_known_etag_is_a_304_unless_the_client_insists() {
    let server = server().await;
    server.users(&["ann"]).await;
    let first = server.get("/user/1").await;
    let tag = first.header("etag").unwrap_or_else(|| panic!("{:?}", first.headers)).to_owned();
    let known = || server.request("GET", "/user/1").header("if-none-match", tag.clone());
    assert_eq!(known().send().await.unwrap().status(), 304);
    assert_eq!(known().header("cache-control", "no-cache").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn bp_82_browsers_get_json_too() {
    let server = server().await;
    let page = server.page("/user").await;
    assert_eq!((page.status, page.json()), (200, json!([])));
}

#[tokio::test]
async fn bp_107_what_a_model_hides_is_in_no_answer() {
    let server = server().await;
    server.create("badge", json!({ "title": "one", "code": "x1" })).await;
    server.create("badge", json!({ "title": "two", "code": "x2", "twin": 1 })).await;
    server.create("user", json!({ "name": "ann", "password": "p" })).await;
    for path in ["/badge", "/badge/2", "/badge/2/twin", "/user", "/user/1"] {
        let text = server.get(path).await.text;
        assert!(
            !text.contains("code") && !text.contains("x1") && !text.contains("password"),
            "{path}: {text}"
        );
    }
    let changed = server.send("PATCH", "/badge/2", json!({ "title": "zwei" })).await.text;
    assert!(changed.contains("zwei") && !changed.contains("code"), "{changed}");
}
