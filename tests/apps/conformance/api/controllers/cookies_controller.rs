//! `/cookies/…`

use topsail::{cookies::Cookie, prelude::*};

/// Sets a plain and a signed cookie and clears a third.
#[action]
pub async fn set(app: App) -> Outcome {
    ok(json!({ "ok": true }))?
        .with_cookie(Cookie::new("flavour", "oat & raisin").path("/cookies").http_only())?
        .with_cookie(Cookie::new("signedone", "v1").signed(&app))?
        .with_cookie(Cookie::clear("gone"))
}

/// What the browser has sent.
#[action]
pub async fn read(app: App, req: Req) -> Outcome {
    let of_session = &app.config().session.name;
    let (mut cookies, mut signed) = (req.cookies().all().clone(), req.cookies().all_signed().clone());
    cookies.remove(of_session);
    signed.remove(of_session);
    ok(json!({ "cookies": cookies, "signed": signed }))
}
