//! `generate page`: a view with its action, style sheet and script.

use super::GenerateError;
use super::action;
use super::plan::Plan;
use crate::names::Name;

pub(super) fn plan(text: &str) -> Result<Plan, GenerateError> {
    let page = Name::parse(text)?;
    if let Some(rest) = page.snake().strip_prefix("view_") {
        let without = page.with_last(rest).identity();
        return Err(GenerateError::PageWithPrefix(page.identity(), without));
    }
    let identity = page.identity();
    let shown_by = page.with_last(&format!("view_{}", page.snake()));
    let files = Plan::default()
        .file(format!("views/pages/{identity}.html"), view(&page, &identity))
        .file(format!("assets/styles/pages/{identity}.css"), format!("/* The page {identity}. */\n"))
        .file(format!("assets/js/pages/{identity}.page.js"), script(&identity));
    Ok(files.and(action::showing(&shown_by, &page)))
}

fn view(page: &Name, identity: &str) -> String {
    let title = page.title();
    format!(
        "{{% extends \"layouts/layout.html\" %}}

{{% block title %}}{title}{{% endblock %}}

{{% block styles %}}<link rel=\"stylesheet\" href=\"/styles/pages/{identity}.css\">{{% endblock %}}

{{% block body %}}
<h1>{title}</h1>
{{% endblock %}}

{{% block scripts %}}<script src=\"/js/pages/{identity}.page.js\"></script>{{% endblock %}}
"
    )
}

fn script(identity: &str) -> String {
    format!(
        "// The page {identity}. `io.socket` is connected already: io.socket.get('/…', (body, jwr) => {{ … }})
'use strict';
"
    )
}
