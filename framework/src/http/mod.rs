//! HTTP: the listener, the order of middleware, bodies.

mod body;
mod config;
mod door;
mod drain;
mod fresh;
mod line;
mod multipart;
mod panic;
mod server;
mod urls;

pub(crate) use body::{is_deeper, may_have_body, parse_json, read_body};
pub use config::{HttpConfig, TrustProxy};
pub(crate) use door::{AfterRoutes, http_service, request_id};
pub(crate) use panic::{Panicked, caught};
pub(crate) use server::Server;
pub(crate) use urls::{encode_url, escape_html, looks_like_asset, percent_decode, percent_decode_lossy};
