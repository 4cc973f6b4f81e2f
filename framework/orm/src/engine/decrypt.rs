//! Encrypted attributes on their way out.

use serde_json::Value;

use crate::{Orm, Record, error::Result, executor::Context, model::ModelDef};

/// Decrypts the records and what is populated in them, where the query asks for it.
pub(crate) fn decrypt(cx: &Context<'_>, def: &ModelDef, records: &mut [Record]) -> Result<()> {
    if cx.meta.decrypt {
        for record in records {
            whole(cx.orm, def, record)?;
        }
    }
    Ok(())
}

fn whole(orm: &Orm, def: &ModelDef, record: &mut Record) -> Result<()> {
    orm.ciphers().open(def, record)?;
    for attr in def.associations() {
        let (Some(value), Some(association)) = (record.get_mut(&attr.name), &attr.association) else {
            continue;
        };
        let populated = match value {
            Value::Object(one) => std::slice::from_mut(one).iter_mut().collect(),
            Value::Array(many) => many.iter_mut().filter_map(Value::as_object_mut).collect(),
            _ => vec![],
        };
        let target = orm.require_model(&association.target)?;
        for one in populated {
            whole(orm, target, one)?;
        }
    }
    Ok(())
}
