//! Which foreign key a record breaks, where the database does not tell.

use sea_query::{Alias, Expr, ExprTrait, Query};

use crate::{
    Record,
    datastore::{Dialect, bind},
    error::{Broken, OrmError, Result},
    model::{Kind, ModelDef},
    tx::Unit,
};

/// Says in an error of SQLite which attribute points at nothing.
pub(super) async fn named<T>(
    unit: &mut Unit<'_>,
    def: &ModelDef,
    rows: &[&Record],
    outcome: Result<T>,
) -> Result<T> {
    if unit.dialect != Dialect::Sqlite
        || !matches!(&outcome, Err(OrmError::ForeignKey { broken: Broken::Dangling { attr: None }, .. }))
    {
        return outcome;
    }
    let found = dangling(unit, def, rows).await?;
    outcome.map_err(|error| match error {
        OrmError::ForeignKey { model, source, .. } => {
            let key_changes = rows.iter().any(|row| row.contains_key(&def.primary_key));
            let broken = match found {
                None if key_changes => Broken::Held { by: None },
                attr => Broken::Dangling { attr },
            };
            OrmError::ForeignKey { model, broken, source }
        }
        other => other,
    })
}

/// The first attribute whose value is no key of the other model.
async fn dangling(unit: &mut Unit<'_>, def: &ModelDef, rows: &[&Record]) -> Result<Option<String>> {
    for attr in def.associations().filter(|a| a.foreign_key.is_some() && a.kind == Kind::One) {
        let Some(association) = &attr.association else { continue };
        let target = unit.orm.require_model(&association.target)?;
        let column = || Alias::new(&target.pk().column);
        for value in rows.iter().filter_map(|row| row.get(&attr.name)).filter(|v| !v.is_null()) {
            let mut select = Query::select();
            select
                .column(column())
                .from(Alias::new(&target.table))
                .and_where(Expr::col(column()).eq(bind(attr.value_kind(), value)));
            if unit.fetch(target, &select).await?.is_empty() {
                return Ok(Some(attr.name.clone()));
            }
        }
    }
    Ok(None)
}
