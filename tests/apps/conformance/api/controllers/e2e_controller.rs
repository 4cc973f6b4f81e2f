//! `/e2e/…`: what the end-to-end tests ask for beside the contract of the scenarios.

use crate::{
    models::{Order, Pet, User},
    services::given,
};
use axum::{
    body::Bytes,
    http::{HeaderName, HeaderValue, header},
};
use topsail::{prelude::*, sockets::SocketsError};

/// A text as it is.
#[action]
pub async fn text() -> Outcome {
    send("plain")
}

/// A text as JSON.
#[action]
pub async fn quoted() -> Outcome {
    ok("abc")
}

/// The data that is asked for, as it is.
#[action]
pub async fn data(req: Req) -> Outcome {
    send(req.param("data"))
}

/// A status and nothing else.
#[action]
pub async fn nothing() -> StatusCode {
    StatusCode::OK
}

/// Bytes that are no text.
#[action]
pub async fn bytes() -> Bytes {
    Bytes::from_static(&[0, 159, 255])
}

/// The bytes of a parameter, the other way round, and those of a list in another.
#[action]
pub async fn reversed(req: Req) -> Result<Bytes> {
    let Some(mut bytes) = req.bytes("bytes").map(Vec::from) else {
        return bad_request("`bytes` must be bytes");
    };
    bytes.reverse();
    let list = req.param("list").and_then(Value::as_array);
    for more in list.into_iter().flatten().filter_map(|one| req.bytes_of(one)) {
        bytes.extend_from_slice(&more);
    }
    Ok(bytes.into())
}

/// Elsewhere.
#[action]
pub async fn away() -> Outcome {
    redirect("/e2e/text")
}

/// A header of the app's own, and a cookie.
#[action]
pub async fn header() -> Outcome {
    Ok(ok(json!({ "header": true }))?
        .with_header(HeaderName::from_static("x-my"), HeaderValue::from_static("seen"))
        .with_header(header::SET_COOKIE, HeaderValue::from_static("hidden=1; Path=/")))
}

/// Fails.
#[action]
pub async fn broken() -> Outcome {
    Err(Error::new("the inside of the app"))
}

/// Never answers.
#[action]
pub async fn never() -> Outcome {
    std::future::pending().await
}

/// The headers and the addresses of the request, and whether it has a session.
#[action]
pub async fn seen(req: Req) -> Outcome {
    let headers: serde_json::Map<String, Value> = req
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()))
        .collect();
    let custom = ["X-CUSTOM", "x-custom", "X-Custom"].map(|name| req.header(name));
    ok(json!({
        "headers": headers, "custom": custom, "ip": req.ip(), "ips": req.ips(), "session": req.session().is_some(),
    }))
}

/// The handle of a socket by its id.
#[action]
pub async fn get(app: App, req: Req) -> Outcome {
    match app.sockets.get(given::text(&req, "id")) {
        Ok(socket) => ok(json!({ "id": socket.id(), "connected": socket.is_connected() })),
        Err(error) => ok(failure(&error)),
    }
}

/// The handle of the asking socket.
#[action]
pub async fn get_mine(app: App, req: Req) -> Outcome {
    match app.sockets.get(&req) {
        Ok(socket) => ok(json!({ "id": socket.id() })),
        Err(error) => ok(failure(&error)),
    }
}

fn failure(error: &SocketsError) -> Value {
    json!({ "code": error.code(), "status": error.status().as_u16(), "message": error.to_string() })
}

/// The names of the room API in earlier versions of Sails.
#[action]
#[allow(deprecated)]
pub async fn formerly(app: App, req: Req) -> Outcome {
    let sockets = &app.sockets;
    if let Some(event) = req.param("event").and_then(Value::as_str) {
        sockets.emit(given::texts(&req, "id"), event, req.param("data")).await?;
    }
    ok(json!({
        "id": sockets.id(&req),
        "parsed": sockets.parse_socket(&req).map(|socket| socket.id()),
        "rooms": sockets.socket_rooms(&req).ok(),
    }))
}

/// The data that is asked for, as JSON, null included.
#[action]
pub async fn json(req: Req) -> Outcome {
    ok(req.param("data").cloned().unwrap_or_default())
}

/// The names of resourceful pub/sub in earlier versions of Sails.
#[action]
#[allow(deprecated)]
pub async fn told(app: App, req: Req) -> Outcome {
    let order = Order::find_one(&app, given::key(&given::text(&req, "id"))?).await?.or_not_found()?;
    match req.param("data") {
        Some(data) => Order::message(&app, &order, data).omit(&req).await?,
        None => Order::publish_create(&app, &order).omit(&req).await?,
    }
    ok(order)
}

/// What models published by hand before Sails 1.0.
#[action]
#[allow(deprecated)]
pub async fn announced(app: App, req: Req) -> Outcome {
    let id = given::key(&given::text(&req, "id"))?;
    let data = req.param("data").cloned().unwrap_or_default();
    let previous = req.param("previous");
    let members: Vec<Id> = req
        .param("members")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_i64)
        .collect();
    let announcement = match &*given::text(&req, "verb") {
        "created" => Pet::publish_create(&app, &Pet::find_one(&app, id).await?.or_not_found()?),
        "updated" => Pet::publish_update(&app, id, data),
        "destroyed" => User::publish_destroy(&app, id),
        "addedTo" => User::publish_add(&app, id, User::PETS, members),
        "removedFrom" => User::publish_remove(&app, id, User::PETS, members),
        _ => return bad_request("`verb` is one of the five"),
    };
    let announcement = match previous {
        Some(previous) => announcement.previous(previous),
        None => announcement,
    };
    let announcement = if given::flag(&req, "noReverse") { announcement.no_reverse() } else { announcement };
    announcement.omit(&req).await?;
    ok(())
}

/// Who follows and who watches, and the class room of a model.
#[action]
#[allow(deprecated)]
pub async fn followers(app: App, req: Req) -> Outcome {
    let id = given::key(&given::text(&req, "id"))?;
    match &*given::text(&req, "do") {
        "introduce" => User::introduce(&app, id).await?,
        "retire" => User::retire(&app, id).await?,
        _ => {}
    }
    ok(json!({
        "room": User::class_room(), "subscribers": User::subscribers(&app, id), "watchers": User::watchers(&app),
        "rooms": app.sockets.rooms(),
    }))
}

/// Ends the connections of sockets, or of all that have the asker's session.
#[action]
pub async fn disconnect(app: App, req: Req) -> Outcome {
    if given::flag(&req, "session") {
        let Some(id) = req.session().id() else { return bad_request("no session") };
        return ok(json!({ "ended": app.sockets.disconnect_session(&id).await }));
    }
    app.sockets.disconnect(given::texts(&req, "id")).await?;
    ok(())
}

/// Strips the members of a room, with the options that Sails does not document.
#[action]
pub async fn strip(app: App, req: Req) -> Outcome {
    let stripping = app.sockets.leave_all(given::text(&req, "room"));
    let stripping = if given::flag(&req, "keep") { stripping.keep_source_room() } else { stripping };
    let stripping = if given::flag(&req, "own") { stripping.with_own_rooms() } else { stripping };
    stripping.await?;
    ok(())
}

/// Sends the asker ten events and then its answer.
#[action]
pub async fn ten(app: App, req: Req) -> Outcome {
    for n in 0..10 {
        app.sockets.broadcast(app.sockets.get_id(&req).or_not_found()?, "e", n).await?;
    }
    ok(())
}
