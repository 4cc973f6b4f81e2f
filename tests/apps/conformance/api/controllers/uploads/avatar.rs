//! `/uploads/avatar`

use axum::{extract::Multipart, http::StatusCode};
use topsail::prelude::*;

/// Bytes that all files of the field may have together.
const MAX_BYTES: usize = 200_000;

/// Takes the files of the field `avatar` and says what they were; their bytes are counted and forgotten.
#[action]
pub async fn avatar(req: Req, form: Option<Multipart>) -> Outcome {
    if req.is_socket() || req.body().is_none() {
        return server_error("Files come with the body of an HTTP request.");
    }
    let mut caption = req.param("caption").cloned().unwrap_or_default();
    let (mut files, mut written) = (Vec::new(), 0);
    if let Some(mut form) = form {
        while let Some(mut field) = form.next_field().await? {
            match (field.name(), field.file_name()) {
                (Some("avatar"), Some(_)) => {}
                // A text after the first file is no parameter.
                (Some("caption"), None) if caption.is_null() => {
                    caption = field.text().await?.into();
                    continue;
                }
                _ => continue,
            }
            let (filename, kind) =
                (field.file_name().map(str::to_owned), field.content_type().map(str::to_owned));
            let mut size = 0;
            while let Some(chunk) = field.chunk().await? {
                size += chunk.len();
                written += chunk.len();
                if written >= MAX_BYTES {
                    return refuse(
                        StatusCode::PAYLOAD_TOO_LARGE,
                        json!({ "code": "E_EXCEEDS_UPLOAD_LIMIT" }),
                    );
                }
            }
            files.push(json!({ "filename": filename, "type": kind, "size": size, "field": "avatar" }));
        }
    }
    ok(json!({ "caption": caption, "files": files }))
}
