//! Pages of a list and what is told of them, beyond Sails.

use super::{Doors, bad, both, ids};
use crate::support::{Answer, app};
use serde_json::json;
use topsail::AppBuilder;

/// An app whose `find` does this; cursors of both doors are sealed alike.
fn paged(switches: &'static [&'static str]) -> impl Fn() -> AppBuilder {
    move || {
        let app = app().config("session.secret", "0123456789abcdef0123456789abcdef");
        switches.iter().fold(app, |app, key| app.config(&format!("blueprints.{key}"), true))
    }
}

async fn categories(server: &Doors, number: usize) {
    for n in 1..=number {
        server.create("category", json!({ "title": format!("c{n}") })).await;
    }
}

impl Answer {
    /// The target of a `Link` with this relation.
    fn link(&self, relation: &str) -> Option<String> {
        let links = self.header("link")?.split(", ");
        let (target, _) = links
            .filter_map(|link| link.split_once("; "))
            .find(|(_, rel)| *rel == format!("rel=\"{relation}\""))?;
        Some(target.trim_matches(['<', '>']).to_owned())
    }

    fn relations(&self) -> Vec<&'static str> {
        ["first", "prev", "next", "last"].into_iter().filter(|rel| self.link(rel).is_some()).collect()
    }
}

#[tokio::test]
async fn the_total_stands_beside_a_page_where_asked_for() {
    let server = both(paged(&["total_count"])).await;
    categories(&server, 5).await;
    let page = server.get("/category?limit=2").await;
    assert_eq!((page.header("x-total-count"), page.header("link"), page.count()), (Some("5"), None, 2));
    assert_eq!(server.get("/category?title=c1").await.header("x-total-count"), Some("1"));
    assert_eq!(server.get("/category?limit=0").await.header("x-total-count"), Some("5"));
    assert_eq!(server.get("/category?skip=9").await.header("x-total-count"), Some("5"));
    assert_eq!(server.get("/category/1").await.header("x-total-count"), None);
    let head = server.request("HEAD", "/category").send().await.unwrap();
    assert_eq!(head.headers()["x-total-count"], "5");
}

#[tokio::test]
async fn links_lead_through_a_list_in_both_directions() {
    let server = both(paged(&["link_header"])).await;
    categories(&server, 5).await;
    let mut page = server.get("/category?sort=title DESC&limit=2&populate=false").await;
    assert_eq!(page.link("next").unwrap(), "/category?sort=title%20DESC&limit=2&populate=false&skip=2");
    assert_eq!(page.relations(), ["first", "next"]);
    let mut seen = ids(&page.json());
    while let Some(next) = page.link("next") {
        page = server.get(&next).await;
        seen.extend(ids(&page.json()));
    }
    assert_eq!(seen, [5, 4, 3, 2, 1]);
    assert_eq!(page.relations(), ["first", "prev"]);
    page = server.get(&page.link("prev").unwrap()).await;
    assert_eq!(ids(&page.json()), [3, 2]);
    assert_eq!(ids(&server.get(&page.link("first").unwrap()).await.json()), [5, 4]);
    assert_eq!(server.get("/category?limit=5").await.relations(), ["first"]);
}

#[tokio::test]
async fn with_the_total_a_link_leads_to_the_last_page() {
    let server = both(paged(&["link_header", "total_count"])).await;
    categories(&server, 5).await;
    let page = server.get("/category?limit=2").await;
    assert_eq!(page.relations(), ["first", "next", "last"]);
    assert_eq!(ids(&server.get(&page.link("last").unwrap()).await.json()), [5]);
    assert_eq!(server.get("/category?title=none").await.relations(), ["first"]);
}

#[tokio::test]
async fn parameters_of_a_body_are_in_the_links() {
    let server = both(paged(&["link_header"])).await;
    server.users(&["ann", "bob", "ann"]).await;
    let data = json!({ "name": "ann", "score": null, "limit": 1, "populate": false });
    let ack = server.over_socket("GET", "/user", data).await;
    let link = ack["headers"]["link"].as_str().unwrap();
    let next = link.split(", ").find(|link| link.contains("\"next\"")).unwrap();
    let target = next.split(['<', '>']).nth(1).unwrap();
    let page = server.get(target).await;
    assert_eq!((ids(&page.json()), page.relations()), (vec![3], vec!["first", "prev"]), "{target}");
}

#[tokio::test]
async fn pages_have_numbers_where_asked_for() {
    let server = both(paged(&["page_params", "link_header", "total_count"])).await;
    categories(&server, 5).await;
    let page = server.get("/category?page=2&page_size=2").await;
    assert_eq!((ids(&page.json()), page.header("x-total-count")), (vec![3, 4], Some("5")));
    assert_eq!(page.link("prev").unwrap(), "/category?page_size=2&page=1");
    assert_eq!(ids(&server.get(&page.link("next").unwrap()).await.json()), [5]);
    assert_eq!(page.link("last").unwrap(), "/category?page_size=2&page=3");
    assert_eq!(server.get("/category?page=1").await.count(), 5);
    assert_eq!(server.get("/category?page=9007199254740991&page_size=1000").await.json(), json!([]));
    for query in
        ["page=0", "page=x", "page=-1", "page[]=1", "page=1&skip=2", "page_size=0", "page_size=2&limit=2"]
    {
        let refused = server.get(&format!("/category?{query}")).await;
        assert_eq!(refused.brief(), bad("E_INVALID_CRITERIA"), "{query}");
    }
    let off = both(paged(&[])).await;
    assert_eq!(
        off.get("/category?page=1").await.brief(),
        bad("E_INVALID_CRITERIA"),
        "an attribute like any other"
    );
}

#[tokio::test]
async fn a_page_behind_a_cursor_stays_when_records_come_and_go() {
    let server = both(paged(&["cursors"])).await;
    for (name, age) in [("a", 1), ("b", 2), ("c", 2), ("d", 3), ("e", 3)] {
        server.create("user", json!({ "name": name, "age": age })).await;
    }
    let first = server.get("/user?sort=age DESC&limit=2&select=name").await;
    assert_eq!(
        (first.names(), first.relations()),
        (vec!["d".to_owned(), "e".to_owned()], vec!["first", "next", "last"])
    );
    assert_eq!(first.json()[0].get("age"), None, "what the cursor is made of is not shown");
    server.create("user", json!({ "name": "new", "age": 9 })).await;
    server.send("DELETE", "/user/5", json!({})).await;
    let second = server.get(&first.link("next").unwrap()).await;
    assert_eq!(second.names(), ["b", "c"], "with skip it would be c and a");
    let third = server.get(&second.link("next").unwrap()).await;
    assert_eq!((third.names(), third.relations()), (vec!["a".to_owned()], vec!["first", "prev", "last"]));
    let back = server.get(&third.link("prev").unwrap()).await;
    assert_eq!(back.names(), ["b", "c"]);
    assert_eq!(server.get(&back.link("prev").unwrap()).await.names(), ["new", "d"]);
    assert_eq!(server.get(&back.link("last").unwrap()).await.names(), ["c", "a"]);
    assert_eq!(server.get(&back.link("first").unwrap()).await.names(), ["new", "d"]);
}

#[tokio::test]
async fn nulls_have_their_place_in_both_directions() {
    let server = both(paged(&["cursors"])).await;
    for score in [json!(null), json!(2), json!(null), json!(1), json!(2)] {
        server.create("user", json!({ "name": "x", "score": score })).await;
    }
    for (sort, expected) in [("score", [1, 3, 4, 2, 5]), ("score DESC", [2, 5, 4, 1, 3])] {
        let mut page = server.get(&format!("/user?sort={sort}&limit=1&populate=false")).await;
        let mut seen = ids(&page.json());
        while let Some(next) = page.link("next") {
            page = server.get(&next).await;
            seen.extend(ids(&page.json()));
        }
        assert_eq!(seen, expected, "{sort}");
        while let Some(previous) = page.link("prev") {
            page = server.get(&previous).await;
            seen.extend(ids(&page.json()));
        }
        let mut back = expected;
        back.reverse();
        assert_eq!(seen[5..], back[1..], "{sort}");
    }
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_list_alone() {
    let server = both(paged(&["cursors"])).await;
    server.users(&["ann", "bob"]).await;
    let next = server.get("/user?sort=name&limit=1").await.link("next").unwrap();
    let cursor = next.split("after=").nth(1).unwrap().to_owned();
    assert_eq!(server.get(&format!("/user?sort=name&after={cursor}")).await.names(), ["bob"]);
    let (text, seal) = cursor.split_once('.').unwrap();
    for query in [
        format!("sort=name DESC&after={cursor}"),
        format!("after={cursor}"),
        format!("sort=name&after={text}"),
        format!("sort=name&after=x{cursor}"),
        format!("sort=name&after={text}.{}", seal.to_lowercase()),
        format!("sort=name&after={cursor}&before={cursor}"),
        format!("sort=name&after={cursor}&skip=1"),
        "after[]=1".to_owned(),
        "sort=meta".to_owned(),
        "sort=password".to_owned(),
    ] {
        assert_eq!(server.get(&format!("/user?{query}")).await.brief(), bad("E_INVALID_CRITERIA"), "{query}");
    }
    let other = server.get(&format!("/pet?sort=name&after={cursor}")).await;
    assert_eq!(other.brief(), bad("E_INVALID_CRITERIA"));
    assert_eq!(server.get("/user?skip=1").await.names(), ["bob"], "`skip` goes on to work");
}

#[tokio::test]
async fn a_cursor_tells_nothing_that_the_model_hides() {
    let server = both(paged(&["cursors"])).await;
    for code in ["x1", "x2"] {
        server.create("badge", json!({ "title": "t", "code": code })).await;
    }
    let refused = server.get("/badge?sort=code&limit=1&populate=false").await;
    assert_eq!(refused.brief(), bad("E_INVALID_CRITERIA"));
    assert!(!refused.text.contains("x1") && refused.header("link").is_none(), "{}", refused.text);
}

#[tokio::test]
async fn a_route_has_what_it_says_and_the_parser_of_the_app_has_its_way() {
    let server = both(|| {
        app()
            .route("GET /all", json!({ "action": "category/find", "totalCount": true, "page_params": true }))
            .blueprint_parser(|_, mut options| {
                options.criteria.limit = options.criteria.limit.map(|limit| limit.min(2));
                Ok(options)
            })
    })
    .await;
    categories(&server, 5).await;
    assert_eq!(server.get("/category").await.header("x-total-count"), None);
    let page = server.get("/all?page=2&page_size=50").await;
    assert_eq!((ids(&page.json()), page.header("x-total-count")), (vec![3, 4], Some("5")));
}
