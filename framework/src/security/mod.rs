//! Security between sites: CORS headers and CSRF tokens.

mod config;
mod cors;
mod csrf;
mod origins;
#[cfg(test)]
mod requests;

pub use config::{CorsConfig, CorsOption, CorsOverride, SecurityConfig};
pub(crate) use cors::cors;
pub(crate) use csrf::{csrf, grant_csrf_token, token};
pub use origins::{OriginError, Origins};
