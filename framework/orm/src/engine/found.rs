//! Records that are only sent on: written as JSON straight from the rows, without a record between.

use serde::{Serialize, Serializer, ser::SerializeMap, ser::SerializeSeq};
use serde_json::Value;

use super::{
    find,
    find::{more_than_one, only_one, rows_in},
    find_one,
    source::Source,
};
use crate::{
    criteria::Criteria,
    datastore::Row,
    error::Result,
    executor::Context,
    model::{AttrDef, ModelDef},
    output::to_json,
};

/// What [`find`](super::find) gives, in its output form, to be serialised and nothing else.
///
/// It serialises to the same JSON as [`to_json`](crate::to_json) of each record. Where no association is populated and the
/// model has no output form of its own and is no archive, that is written straight from the rows, which spares most of the work.
pub struct Found<'d>(Shape<'d>);

enum Shape<'d> {
    Rows { rows: Vec<Row>, columns: Columns<'d> },
    Shown(Vec<Value>),
}

/// The records that satisfy the criteria, to be sent on.
///
/// # Errors
/// As [`find`](super::find); a value that cannot be read is an error of the serialisation.
pub async fn find_to_send<'d>(
    cx: &Context<'_>,
    def: &'d ModelDef,
    mut criteria: Criteria,
) -> Result<Found<'d>> {
    if !is_plain(cx, def, &criteria) {
        let records = find(cx, def, criteria).await?;
        let shown = records.into_iter().map(|record| to_json(cx.orm, def, record)).collect();
        return Ok(Found(Shape::Shown(shown)));
    }
    criteria.check(cx, def)?;
    let (columns, rows) = shown_rows(cx, def, &criteria).await?;
    Ok(Found(Shape::Rows { rows, columns }))
}

/// What [`find_one`](super::find_one) gives, in its output form, to be serialised and nothing else.
pub struct FoundOne<'d>(ShapeOfOne<'d>);

enum ShapeOfOne<'d> {
    Row { row: Row, columns: Columns<'d> },
    Shown(Value),
}

/// The one record that satisfies the criteria, or none, to be sent on.
///
/// # Errors
/// As [`find_one`](super::find_one); a value that cannot be read is an error of the serialisation.
pub async fn find_one_to_send<'d>(
    cx: &Context<'_>,
    def: &'d ModelDef,
    mut criteria: Criteria,
) -> Result<Option<FoundOne<'d>>> {
    if !is_plain(cx, def, &criteria) {
        let record = find_one(cx, def, criteria).await?;
        return Ok(record.map(|record| FoundOne(ShapeOfOne::Shown(to_json(cx.orm, def, record)))));
    }
    only_one(cx, def, &mut criteria)?;
    let (columns, mut rows) = shown_rows(cx, def, &criteria).await?;
    if rows.len() > 1 {
        return Err(more_than_one(def));
    }
    Ok(rows.pop().map(|row| FoundOne(ShapeOfOne::Row { row, columns })))
}

/// The attributes that are shown, and the places of their columns.
type Columns<'d> = Vec<(usize, &'d AttrDef)>;

fn is_plain(cx: &Context<'_>, def: &ModelDef, criteria: &Criteria) -> bool {
    criteria.populate.is_empty() && def.to_json.is_none() && !def.is_archive && !cx.meta.decrypt
}

async fn shown_rows<'d>(
    cx: &Context<'_>,
    def: &'d ModelDef,
    criteria: &Criteria,
) -> Result<(Columns<'d>, Vec<Row>)> {
    let mut source = Source::of(cx).await?;
    let (attributes, rows) = rows_in(&mut source, def, criteria).await?;
    let columns = attributes.into_iter().enumerate().filter(|(_, attr)| !attr.protect).collect();
    Ok((columns, rows))
}

impl Serialize for Found<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (rows, columns) = match &self.0 {
            Shape::Shown(records) => return records.serialize(serializer),
            Shape::Rows { rows, columns } => (rows, columns),
        };
        let mut list = serializer.serialize_seq(Some(rows.len()))?;
        for row in rows {
            list.serialize_element(&Shown { row, columns })?;
        }
        list.end()
    }
}

impl Serialize for FoundOne<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            ShapeOfOne::Shown(record) => record.serialize(serializer),
            ShapeOfOne::Row { row, columns } => Shown { row, columns }.serialize(serializer),
        }
    }
}

/// One record.
struct Shown<'r> {
    row: &'r Row,
    columns: &'r [(usize, &'r AttrDef)],
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.columns.len()))?;
        for &(index, attr) in self.columns {
            let cell = self.row.cell(index).map_err(serde::ser::Error::custom)?;
            match cell.written_as(attr.value_kind()) {
                Some(cell) => map.serialize_entry(&attr.name, &cell)?,
                None => {
                    let value = self.row.attribute(index, attr).map_err(serde::ser::Error::custom)?;
                    map.serialize_entry(&attr.name, &value)?;
                }
            }
        }
        map.end()
    }
}
