//! Conditions on associated records, as SQL.

use sea_query::{Alias, Expr, ExprTrait, JoinType, Query};

use super::{Where, budget::no_association, sql::Scope};
use crate::{
    error::Result,
    model::{AttrDef, Storage},
};

impl Scope<'_> {
    /// At least one record of the association satisfies the condition. Never unknown.
    ///
    /// # Errors
    /// `E_INVALID_CRITERIA` for what is no association, and for one that leads into another datastore.
    pub(super) fn any(&self, name: &str, condition: &Where) -> Result<Expr> {
        let Some((attr, association)) = self.def.attr(name).and_then(|a| Some((a, a.association.as_ref()?)))
        else {
            return Err(no_association(self.def, name));
        };
        let target = self.orm.require_model(&association.target)?;
        if target.datastore != self.def.datastore {
            let why = format!(
                "leads into the datastore `{}`; ask there for the keys first, then for these",
                target.datastore
            );
            return Err(self.refuse(name, "where", &why));
        }
        // No table can be called so, a name with a blank being no identifier.
        let (records, pairs) = (format!("related {}", self.level + 1), format!("pairs {}", self.level + 1));
        let inner = Scope { def: target, table: Some(&records), level: self.level + 1, ..*self };
        let mut select = Query::select();
        select.expr(Expr::val(1)).from_as(Alias::new(&target.table), Alias::new(&records));
        match &association.storage {
            Storage::Column => {
                select.and_where(Expr::col(inner.own(target.pk())).equals(self.own(attr)));
            }
            Storage::Foreign { attr: back } => {
                let back = inner.attr(back, "where")?;
                select.and_where(Expr::col(inner.own(back)).equals(self.own(self.def.pk())));
            }
            Storage::Join { table, mine, theirs } => {
                let column = |name: &str| (Alias::new(&pairs), Alias::new(name));
                let on = Expr::col(column(theirs)).equals(inner.own(target.pk()));
                select
                    .join_as(JoinType::InnerJoin, Alias::new(table), Alias::new(&pairs), on)
                    .and_where(Expr::col(column(mine)).equals(self.own(self.def.pk())));
            }
        }
        if *condition != Where::All {
            select.and_where(inner.condition(condition)?);
        }
        Ok(Expr::exists(select))
    }

    /// The column with its table, since a subquery has columns of the same name.
    fn own(&self, attr: &AttrDef) -> (Alias, Alias) {
        (Alias::new(self.table.unwrap_or(&self.def.table)), Alias::new(&attr.column))
    }
}
