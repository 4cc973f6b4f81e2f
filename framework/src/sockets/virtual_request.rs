//! From a frame to a request, and through the one path.

use super::{
    Socket,
    attachments::Attachments,
    frame::Frame,
    lifecycle::peer_of,
    seat::{NOSESSION, Seat},
};
use crate::{App, Req, req::ParsedBody};
use ::http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header, request::Parts, uri::PathAndQuery,
};
use axum::{body::Body, extract::DefaultBodyLimit, response::Response};
use bytes::Bytes;
use std::{
    borrow::Cow,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};
use tracing::Span;

/// Headers that belong to the connection and never to a request on it.
const NEVER: [HeaderName; 8] = [
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::UPGRADE,
    header::ACCEPT_ENCODING,
    header::EXPECT,
    header::TE,
    HeaderName::from_static("x-real-ip"),
];
/// Headers that only the handshake may give, and that it gives to every virtual request.
const HANDSHAKE_ONLY: [HeaderName; 6] = [
    header::HOST,
    header::ORIGIN,
    header::FORWARDED,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-forwarded-host"),
];

/// A message of this length has no data that is longer than 2 MB when it is written anew, not even in numbers.
const WITHIN_AXUMS_LIMIT: usize = 256 << 10;

/// The `url` of a virtual request as the client wrote it; [`Req::uri`] holds what of it is routed.
#[derive(Clone, Debug)]
pub(crate) struct GivenUrl(pub(crate) String);

/// Makes the request that a frame asks for, and the span that it runs in; `None` if there cannot be one with its url.
///
/// `length` is that of the message.
pub(super) fn request(
    app: &App,
    seat: &Seat,
    handshake: &Parts,
    socket: Socket,
    frame: Frame,
    attachments: Option<Attachments>,
    length: usize,
) -> Option<(Request<Body>, Span)> {
    let kept = seat.kept();
    let mut request = Request::new(());
    *request.method_mut() = frame.method;
    *request.uri_mut() = uri(&frame.url)?;
    *request.headers_mut() = headers(seat, &handshake.headers, kept.cookie, frame.headers);
    let (mut parts, ()) = request.into_parts();
    let req = Req::new(app.clone(), &parts, peer_of(handshake), Some(socket), seat.next_request());
    let span = tracing::info_span!("virtual_request", id = req.id(), method = %parts.method, path = parts.uri.path());
    req.set_body(ParsedBody::Value(frame.data));
    if let Some(attachments) = attachments {
        req.put(attachments);
    }
    if let Some(session) = kept.session {
        req.set_known_session(session);
    }
    if parts.uri.path_and_query().is_none_or(|routed| routed.as_str() != frame.url) {
        req.put(GivenUrl(frame.url));
    }
    // What axum's own body extractors look for; the action's headers do not show it.
    parts.headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
    parts.extensions.insert(req.clone());
    if parts.method == Method::HEAD {
        // axum takes the body of every answer to HEAD away, but an ack has one. Routes are found by the method of `Req`.
        parts.method = Method::GET;
    }
    let mut request = Request::from_parts(parts, Body::new(Rendered(Some(req))));
    if length > WITHIN_AXUMS_LIMIT {
        // What came is within our own limit; axum's smaller one would win silently.
        DefaultBodyLimit::disable().apply(&mut request);
    }
    Some((request, span))
}

/// The socket keeps the cookies that an answer sets.
pub(super) fn keep_cookies(app: &App, seat: &Seat, response: &Response) {
    let set = response.headers().get_all(header::SET_COOKIE).iter();
    if seat.remember(set, |cookie| app.sessions().id_in(cookie)) {
        app.sockets.follow_session(seat);
    }
}

/// What is routed of a url: its path and query.
///
/// A fragment is not, nor are blanks around it; an absolute url is, without its host; what does not begin with a slash
/// gets a path that no named route has. `None` if it is longer than an address can be.
pub(super) fn uri(url: &str) -> Option<Uri> {
    let url = url.trim();
    let url = url.split('#').next().unwrap_or_default();
    let absolute = ["http://", "https://", "ws://", "wss://"]
        .iter()
        .find_map(|scheme| {
            url.get(..scheme.len()).filter(|start| start.eq_ignore_ascii_case(scheme)).map(str::len)
        })
        .map(|len| &url[len..]);
    let local: Cow<'_, str> = match absolute {
        Some(rest) => match rest.find(['/', '?']) {
            Some(at) if rest.as_bytes()[at] == b'/' => rest[at..].into(),
            Some(at) => format!("/{}", &rest[at..]).into(),
            None => "/".into(),
        },
        None if url.starts_with('/') => url.into(),
        None => format!("//{url}").into(),
    };
    let path = PathAndQuery::try_from(&*crate::http::encode_url(&local)).ok()?;
    Some(Uri::from(path))
}

fn headers(
    seat: &Seat,
    handshake: &HeaderMap,
    cookie: Option<HeaderValue>,
    given: Vec<(String, String)>,
) -> HeaderMap {
    // Few handshakes have more than two of them; the content type is set later.
    let mut headers = HeaderMap::with_capacity(given.len() + 4);
    for (name, value) in given {
        let Ok(name) = HeaderName::try_from(name) else { continue };
        let Ok(value) = HeaderValue::try_from(value) else { continue };
        let refused = NEVER.contains(&name)
            || HANDSHAKE_ONLY.contains(&name)
            || (name == header::COOKIE && cookie.is_some());
        if !refused {
            headers.insert(name, value);
        }
    }
    for name in &HANDSHAKE_ONLY {
        for value in handshake.get_all(name) {
            headers.append(name.clone(), value.clone());
        }
    }
    if seat.without_session {
        headers.append(NOSESSION, HeaderValue::from_static("true"));
    }
    if let Some(cookie) = cookie {
        headers.insert(header::COOKIE, cookie);
    }
    headers
}

/// The data as JSON text, written only if somebody reads the body.
struct Rendered(Option<Req>);

impl http_body::Body for Rendered {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        let text = self.0.take().and_then(|req| serde_json::to_vec(req.body()?).ok());
        Poll::Ready(text.map(|text| Ok(http_body::Frame::data(text.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::sockets::{SocketsConfig, seat::Kept};

    fn routed(url: &str) -> String {
        uri(url).unwrap().to_string()
    }

    #[test]
    fn odd_urls_are_routed_as_in_sails() {
        assert_eq!(routed("/echo?a=1&a=2"), "/echo?a=1&a=2");
        assert_eq!(routed("/echo#frag"), "/echo");
        assert_eq!(routed("/echo?"), "/echo?");
        assert_eq!(routed(" /echo "), "/echo");
        assert_eq!(routed("http://127.0.0.1/echo?x"), "/echo?x");
        assert_eq!(routed("HTTPS://h"), "/");
        assert_eq!(routed("http://h?x=1"), "/?x=1");
        assert_eq!(routed("//echo"), "//echo");
        assert_eq!(routed("echo"), "//echo", "is no route");
        assert_eq!(routed("?a=1"), "//?a=1", "is no route");
        assert_eq!(routed("/a b/ä"), "/a%20b/%C3%A4");
        assert_eq!(routed("/%E0%A4%A"), "/%E0%A4%A");
        assert_eq!(routed("/x\r\nSet-Cookie: a"), "/x%0D%0ASet-Cookie:%20a");
        assert!(uri(&"/x".repeat(40_000)).is_none());
    }

    #[test]
    fn rt_31_32_the_handshake_cannot_be_replaced() {
        let handshake = Request::get("/socket.io/")
            .header("origin", "http://good")
            .header("host", "h")
            .header("x-forwarded-for", "1.1.1.1")
            .body(())
            .unwrap()
            .into_parts()
            .0;
        let id = "AAAAAAAAAAAAAAAA".parse().unwrap();
        let seat = Seat::new(id, &handshake, Kept::default(), &SocketsConfig::default());
        let cookie = Some(HeaderValue::from_static("sails.sid=a"));
        let given = [
            "origin",
            "host",
            "cookie",
            "x-forwarded-for",
            "x-forwarded-host",
            "content-length",
            "x-custom",
            "bad name",
        ];
        let headers = headers(
            &seat,
            &handshake.headers,
            cookie,
            given.map(|n| (n.to_owned(), "evil".to_owned())).into(),
        );
        assert_eq!(headers.get("origin").unwrap(), "http://good");
        assert_eq!(headers.get("host").unwrap(), "h");
        assert_eq!(headers.get("cookie").unwrap(), "sails.sid=a");
        assert_eq!(headers.get_all("x-forwarded-for").iter().count(), 1);
        assert_eq!(headers.get("x-forwarded-for").unwrap(), "1.1.1.1");
        assert!(headers.get("x-forwarded-host").is_none() && headers.get("content-length").is_none());
        assert_eq!(headers.get("x-custom").unwrap(), "evil");
    }
}
