//! Which record of a list a unique index refused.

use std::collections::HashSet;

use serde_json::Value;

use super::{find::find_in, populate::Form, source::Source};
use crate::{
    Record,
    criteria::{Criteria, Name, Where},
    error::{OrmError, Result},
    executor::Context,
    model::ModelDef,
    values::Prepared,
};

/// Records that are looked for at once where an index has several attributes.
const TOGETHER: usize = 100;

/// Says in a clash of unique values which of the records it is, where that can be known.
///
/// No database tells. So the list is compared with itself, and then with what is stored, after the write was undone; a record that
/// clashed and is gone again by then stays unknown.
pub(super) async fn located(
    cx: &Context<'_>,
    def: &ModelDef,
    records: &[Prepared],
    mut error: OrmError,
) -> OrmError {
    if let OrmError::Unique { attrs, index, .. } = &mut error
        && !attrs.is_empty()
        && records.len() > 1
    {
        *index = place(cx, def, records, attrs).await.unwrap_or_else(|e| {
            tracing::debug!("which record of a list clashes cannot be told: {e}");
            None
        });
    }
    error
}

/// The first record whose values another one has: one before it in the list, or one that is stored.
async fn place(
    cx: &Context<'_>,
    def: &ModelDef,
    records: &[Prepared],
    attrs: &[String],
) -> Result<Option<usize>> {
    let values: Vec<_> = records.iter().map(|record| values(&record.row, attrs)).collect();
    let mut taken: HashSet<_> = stored(cx, def, attrs, &values).await?.into_iter().collect();
    // Bytes that are equal for equal values.
    let mut is_taken = |values: &Vec<Value>| !taken.insert(same(attrs, values).canonical());
    Ok(values.iter().position(|values| values.as_ref().is_some_and(&mut is_taken)))
}

/// The values that have to be unique together; none where one of them is null, which clashes with nothing.
fn values(row: &Record, attrs: &[String]) -> Option<Vec<Value>> {
    attrs.iter().map(|attr| row.get(attr).filter(|value| !value.is_null()).cloned()).collect()
}

/// What is stored of these values, as bytes.
async fn stored(
    cx: &Context<'_>,
    def: &ModelDef,
    attrs: &[String],
    values: &[Option<Vec<Value>>],
) -> Result<Vec<Vec<u8>>> {
    let mut source = Source::of(cx).await?;
    let chunk = if attrs.len() == 1 { source.dialect(def)?.chunk() } else { TOGETHER };
    let given: Vec<&Vec<Value>> = values.iter().flatten().collect();
    let mut found = vec![];
    for given in given.chunks(chunk) {
        let where_ = match attrs {
            [attr] => Where::one_of(attr.clone(), given.iter().flat_map(|v| v.iter().cloned()).collect()),
            _ => Where::any_of(given.iter().map(|values| same(attrs, values))),
        };
        let select = attrs.iter().map(|attr| Name::from(attr.clone())).collect();
        let criteria = Criteria { select: Some(select), ..Criteria::new(where_) };
        let records = find_in(&mut source, def, &criteria, Form::Wire).await?;
        found.extend(records.iter().filter_map(|r| Some(same(attrs, &self::values(r, attrs)?).canonical())));
    }
    Ok(found)
}

fn same(attrs: &[String], values: &[Value]) -> Where {
    Where::all_of(attrs.iter().zip(values).map(|(attr, value)| Where::eq(attr.clone(), value.clone())))
}
