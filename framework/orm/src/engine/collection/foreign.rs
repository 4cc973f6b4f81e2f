//! One-to-many: the child holds the key of its one parent.

use std::{collections::HashSet, sync::Arc};

use serde_json::Value;

use super::{
    super::{images::images, keys::Key, update::set},
    Edit, Side,
};
use crate::{
    Record,
    change::{Change, ChangeVerb, LinkCause, LinkVia},
    criteria::Where,
    error::{Code, OrmError, Result},
    model::{AttrDef, Auto},
    tx::Unit,
    values::clock,
};

pub(super) async fn edit(
    unit: &mut Unit<'_>,
    side: &Side,
    back: &str,
    parents: &[Value],
    children: &[Value],
    how: Edit,
    condition: &Where,
) -> Result<Vec<Change>> {
    let back = side.target.attr(back).ok_or(OrmError::Closed)?.clone();
    let mut changes = vec![];
    if how != Edit::Add {
        let leaving = leaving(unit, side, &back, parents, children, how, condition).await?;
        if !leaving.is_empty() && back.required {
            return Err(required(side, &back, how));
        }
        changes.extend(write(unit, side, &back, leaving, &Value::Null).await?);
    }
    if let (Edit::Add | Edit::Replace, [parent]) = (how, parents)
        && !children.is_empty()
    {
        let mut joining = vec![];
        for children in children.chunks(unit.dialect.chunk()) {
            let which = Where::one_of(side.target.primary_key.clone(), children.to_vec());
            joining.extend(images(unit, &side.target, which, None).await?);
        }
        // A child that is a member already is left as it is.
        joining.retain(|c| c.get(&back.name) != Some(parent));
        changes.extend(write(unit, side, &back, joining, parent).await?);
    }
    Ok(changes)
}

/// The members that are to be so no longer, in statements that every database takes.
async fn leaving(
    unit: &mut Unit<'_>,
    side: &Side,
    back: &AttrDef,
    parents: &[Value],
    children: &[Value],
    how: Edit,
    condition: &Where,
) -> Result<Vec<Record>> {
    let (def, chunk) = (&side.target, unit.dialect.chunk());
    let pk = || def.primary_key.clone();
    let mut leaving = vec![];
    for parents in parents.chunks(chunk) {
        let members = Where::one_of(back.name.clone(), parents.to_vec()).and_also(condition.clone());
        if how == Edit::Remove {
            for children in children.chunks(chunk) {
                let which = members.clone().and_also(Where::one_of(pk(), children.to_vec()));
                leaving.extend(images(unit, def, which, None).await?);
            }
        } else if children.len() <= chunk {
            let which = members.and_also(Where::none_of(pk(), children.to_vec()));
            leaving.extend(images(unit, def, which, None).await?);
        } else {
            let staying: HashSet<_> = children.iter().filter_map(Key::of).collect();
            let mut found = images(unit, def, members, None).await?;
            found.retain(|member| Key::of(&def.key_of(member)).is_none_or(|key| !staying.contains(&key)));
            leaving.extend(found);
        }
    }
    Ok(leaving)
}

/// Gives the children this parent, or none.
async fn write(
    unit: &mut Unit<'_>,
    side: &Side,
    back: &AttrDef,
    children: Vec<Record>,
    parent: &Value,
) -> Result<Vec<Change>> {
    if children.is_empty() {
        return Ok(vec![]);
    }
    let mut row = Record::new();
    row.insert(back.name.clone(), parent.clone());
    for attr in side.target.attributes.iter().filter(|a| a.auto == Some(Auto::UpdatedAt)) {
        row.insert(attr.name.clone(), clock::stamp(attr.kind, clock::now()));
    }
    let mut afters = set(unit, &side.target, &row, &Record::new(), &children).await?;
    let mut changes = vec![];
    for before in children {
        let child = side.target.key_of(&before);
        let former = before.get(&back.name).cloned().unwrap_or(Value::Null);
        let after = Key::of(&child).and_then(|k| afters.remove(&k));
        super::paired(unit, &side.target, Some(&before), after.as_ref())?;
        let update = Change {
            model: Arc::clone(&side.target),
            verb: ChangeVerb::Update,
            pk: child.clone(),
            before: Some(before),
            after,
            submitted_keys: vec![back.name.clone()],
            via: Some(LinkVia {
                attr: back.name.clone(),
                inverse: Some(side.attr.name.clone()),
                other_model: side.model.identity.clone(),
                other_pk: if parent.is_null() { former.clone() } else { parent.clone() },
                cause: LinkCause::Collection,
            }),
            bulk: None,
        };
        if parent.is_null() {
            changes.extend([side.membership(ChangeVerb::Unlink, &former, &child), update]);
        } else {
            changes.extend([side.membership(ChangeVerb::Link, parent, &child), update]);
            if !former.is_null() {
                changes.push(side.membership(ChangeVerb::Unlink, &former, &child));
            }
        }
    }
    for change in &changes {
        unit.note(change.clone())?;
    }
    Ok(changes)
}

fn required(side: &Side, back: &AttrDef, how: Edit) -> OrmError {
    if how == Edit::Remove {
        return OrmError::usage(
            Code::InvalidValuesToSet,
            &side.target.identity,
            Some(&back.name),
            "required",
            format!(
                "`{}` of model `{}` is required, so its records cannot be without a parent",
                back.name, side.target.identity
            ),
        );
    }
    OrmError::RequiredBackReference { model: side.target.identity.clone(), attr: back.name.clone() }
}
