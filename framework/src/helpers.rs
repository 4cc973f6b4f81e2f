//! Helpers: reusable functions with declared inputs, called as they are from Rust and by name from tools.

use crate::{App, BoxFuture, FromParams, Params, Result};
use serde::Serialize;
use serde_json::Value;

/// What `#[helper]` registers.
pub struct HelperDef {
    /// `module_path!()` of the function.
    pub module: &'static str,
    /// The function's name.
    pub name: &'static str,
    /// Its file.
    pub file: &'static str,
    /// Its line.
    pub line: u32,
    /// The function, erased.
    pub call: fn(App, Params) -> BoxFuture<'static, Result<Value>>,
}
inventory::collect!(HelperDef);

/// Reads the inputs, runs the helper, serialises what it gives.
#[doc(hidden)]
pub fn help<I, T, F>(app: App, params: Params, f: F) -> BoxFuture<'static, Result<Value>>
where
    I: FromParams + Send + 'static,
    T: Serialize + 'static,
    F: AsyncHelper<I, T> + Send + 'static,
{
    Box::pin(async move {
        let input = I::from_params(&params)?;
        let given = f.call(&app, input).await?;
        Ok(serde_json::to_value(given)?)
    })
}

/// `async fn(&App, I) -> Result<T>` whose future can be sent; closures over `&App` have no nameable form.
#[doc(hidden)]
pub trait AsyncHelper<I, T> {
    fn call<'a>(self, app: &'a App, input: I) -> BoxFuture<'a, Result<T>>;
}

impl<I, T, F> AsyncHelper<I, T> for F
where
    F: for<'a> FnOnce(&'a App, I) -> BoxFuture<'a, Result<T>>,
{
    fn call<'a>(self, app: &'a App, input: I) -> BoxFuture<'a, Result<T>> {
        self(app, input)
    }
}
