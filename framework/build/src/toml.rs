//! TOML as a tree in which everything knows its place.

use crate::{
    report::{Place, Report},
    walk::ConfigFile,
};
use std::ops::Range;
use toml_edit::{Item, TableLike, Value};

/// A value and where it stands.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) value: Tree,
}

/// A value.
#[derive(Debug)]
pub(crate) enum Tree {
    Text(String),
    Integer,
    Float,
    Boolean,
    Moment,
    List(Vec<Node>),
    Table(Vec<Entry>),
}

/// One key of a table.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) place: Place,
    pub(crate) node: Node,
}

impl Node {
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Tree::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn table(&self) -> &[Entry] {
        match &self.value {
            Tree::Table(entries) => entries,
            _ => &[],
        }
    }

    /// The type in a sentence: `a text`.
    pub(crate) fn noun(&self) -> &'static str {
        match &self.value {
            Tree::Text(_) => "a text",
            Tree::Integer => "a whole number",
            Tree::Float => "a number with a fraction",
            Tree::Boolean => "true or false",
            Tree::Moment => "a date",
            Tree::List(_) => "a list",
            Tree::Table(_) => "a table",
        }
    }
}

/// Parses a file; a malformed one is reported.
pub(crate) fn parse(file: &ConfigFile, report: &mut Report) -> Option<Node> {
    let reader = Reader { file: &file.path, text: &file.text };
    match toml_edit::Document::parse(file.text.as_str()) {
        Ok(document) => {
            Some(Node { place: Place::start(&file.path), value: reader.table(document.as_table()) })
        }
        Err(error) => {
            let message = error.message().lines().collect::<Vec<_>>().join("; ");
            report.error(reader.place(error.span()), format!("malformed TOML: {message}"));
            None
        }
    }
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
}

impl Reader<'_> {
    fn place(&self, span: Option<Range<usize>>) -> Place {
        Place::in_text(self.file, self.text, span.map_or(0, |span| span.start))
    }

    fn table(&self, table: &dyn TableLike) -> Tree {
        let mut entries: Vec<Entry> = table
            .iter()
            .filter_map(|(name, item)| {
                let key = table.key(name)?;
                let place = self.place(key.span().or_else(|| item.span()));
                let value = self.item(item)?;
                let node =
                    Node { place: item.span().map_or_else(|| place.clone(), |s| self.place(Some(s))), value };
                Some(Entry { key: name.to_owned(), place, node })
            })
            .collect();
        entries.sort_by(|a, b| a.place.cmp(&b.place));
        Tree::Table(entries)
    }

    fn item(&self, item: &Item) -> Option<Tree> {
        match item {
            Item::None => None,
            Item::Value(value) => Some(self.value(value)),
            Item::Table(table) => Some(self.table(table)),
            Item::ArrayOfTables(tables) => Some(Tree::List(
                tables
                    .iter()
                    .map(|table| Node { place: self.place(table.span()), value: self.table(table) })
                    .collect(),
            )),
        }
    }

    fn value(&self, value: &Value) -> Tree {
        match value {
            Value::String(text) => Tree::Text(text.value().clone()),
            Value::Integer(_) => Tree::Integer,
            Value::Float(_) => Tree::Float,
            Value::Boolean(_) => Tree::Boolean,
            Value::Datetime(_) => Tree::Moment,
            Value::Array(items) => Tree::List(
                items
                    .iter()
                    .map(|item| Node { place: self.place(item.span()), value: self.value(item) })
                    .collect(),
            ),
            Value::InlineTable(table) => self.table(table),
        }
    }
}
