//! The route table: what leads where, in the documented order, as data.

mod address;
mod config;
mod dispatch;
mod order;
mod pattern;
mod table;
mod target;

pub use address::{Address, AddressError};
pub use config::{RouteOptions, RoutesConfig};
pub(crate) use dispatch::handle;
pub(crate) use table::Binder;
pub use table::{Origin, Route, RouteError, RouteTable};
pub use target::Target;
