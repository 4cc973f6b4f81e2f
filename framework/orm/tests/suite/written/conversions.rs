//! Columns of another type: every value is converted, or nothing is.

use serde_json::{Value, json};
use topsail_orm::{AttrDef, Diff, Kind, Up};

use crate::support::{find, seed};

use super::{Project, destructive, model, of, step};

#[tokio::test]
async fn values_are_converted_by_the_rules_for_values_that_a_caller_gives() {
    let samples: [(Kind, &[Value]); 5] = [
        (Kind::Int, &[json!(1), json!(0), json!(9_007_199_254_740_991_i64)]),
        (Kind::Float, &[json!(1.0), json!(0), json!(1.5)]),
        (Kind::Bool, &[json!(true), json!(false)]),
        (Kind::Text, &[json!("1"), json!("0"), json!("true"), json!("{\"a\":1}"), json!("it's \\")]),
        (Kind::Json, &[json!(1), json!(0), json!("true"), json!({ "a": [1] }), json!("it's \\")]),
    ];
    let fits = |to: Kind, value: &Value| match to {
        Kind::Text | Kind::Json => true,
        Kind::Int | Kind::Float => match value {
            Value::Number(n) => {
                to == Kind::Float || n.is_i64() || n.as_f64().is_some_and(|f| f.fract() == 0.0)
            }
            Value::String(s) => s.parse::<f64>().is_ok(),
            other => other.is_boolean(),
        },
        _ => {
            [json!(1), json!(0), json!(1.0), json!("1"), json!("0"), json!("true"), json!(true), json!(false)]
                .contains(value)
        }
    };
    let kinds = samples.iter().map(|(kind, _)| *kind).collect::<Vec<_>>();
    let (mut before, mut after, mut row) = (vec![], vec![], serde_json::Map::new());
    for (from, values) in &samples {
        for to in kinds.iter().filter(|to| *to != from) {
            for (i, value) in values.iter().enumerate().filter(|(_, v)| fits(*to, v)) {
                let name = format!("{from:?}_{to:?}_{i}").to_lowercase();
                before.push(AttrDef::new(&name, *from).allow_null());
                after.push(AttrDef::new(&name, *to).allow_null());
                row.insert(name, value.clone());
            }
        }
    }
    assert!(row.len() > 40);
    let project = Project::new().await;
    let orm = project.open(vec![model("Thing", before)]).await;
    step(&orm, "before", Diff::default()).await;
    seed(&orm, "thing", [Value::Object(row.clone()), json!({})]).await;
    orm.close().await;
    let orm = project.open(vec![model("Thing", after.clone())]).await;
    step(&orm, "after", destructive()).await;
    let rows = find(&orm, "thing", json!({ "sort": "id" })).await.unwrap();
    for attr in &after {
        let (name, given) = (attr.name.as_str(), &row[&attr.name]);
        let number = || match given {
            Value::String(s) => s.parse().unwrap(),
            Value::Bool(b) => f64::from(u8::from(*b)),
            n => n.as_f64().unwrap(),
        };
        let got = &rows[0][name];
        match (attr.kind, given) {
            (Kind::Text, Value::Object(_)) => {
                assert_eq!(&serde_json::from_str::<Value>(got.as_str().unwrap()).unwrap(), given, "{name}");
            }
            (Kind::Text, Value::Number(n)) => {
                assert_eq!(
                    got,
                    &n.as_i64().map_or(n.to_string(), |n| n.to_string()).replace(".0", ""),
                    "{name}"
                );
            }
            (Kind::Text, Value::Bool(b)) => assert_eq!(got, &b.to_string(), "{name}"),
            (Kind::Json, Value::String(s)) => {
                assert_eq!(got, &serde_json::from_str(s).unwrap_or_else(|_| given.clone()), "{name}");
            }
            (Kind::Int | Kind::Float, Value::Number(n)) if n.is_i64() => assert_eq!(got, given, "{name}"),
            (Kind::Int | Kind::Float, _) => assert_eq!(got.as_f64(), Some(number()), "{name}"),
            (Kind::Bool, Value::String(s)) => assert_eq!(got, s == "1" || s == "true", "{name}"),
            (Kind::Bool, _) => assert_eq!(got, (number() != 0.0), "{name}"),
            (Kind::Json, Value::Number(n)) => assert_eq!(got.as_f64(), n.as_f64(), "{name}"),
            _ => assert_eq!(got, given, "{name}"),
        }
        assert_eq!(rows[1][name], Value::Null, "{name}");
    }
}

#[tokio::test]
async fn values_that_cannot_be_converted_stop_the_migration_with_nothing_lost() {
    let bad = [
        (Kind::Text, Kind::Int, json!("five")),
        (Kind::Text, Kind::Float, json!("five")),
        (Kind::Text, Kind::Bool, json!("maybe")),
        (Kind::Int, Kind::Bool, json!(2)),
        (Kind::Float, Kind::Int, json!(1.5)),
        (Kind::Json, Kind::Int, json!({ "a": 1 })),
    ];
    for (from, to, value) in bad {
        let project = Project::new().await;
        let orm = project.open(vec![model("Thing", vec![AttrDef::new("v", from)])]).await;
        step(&orm, "before", Diff::default()).await;
        seed(&orm, "thing", [json!({ "v": value })]).await;
        let other = project.open(vec![model("Thing", vec![AttrDef::new("v", to)])]).await;
        of(&other).diff("after", &destructive()).unwrap();
        let e = of(&other).up(&other, &Up { allow_destructive: true, ..Up::default() }).await.unwrap_err();
        assert_eq!(e.code(), "E_MIGRATION", "{from:?} {to:?} {e}");
        assert!(e.to_string().contains("_after: "), "{e}");
        assert_eq!(find(&orm, "thing", json!({})).await.unwrap()[0]["v"], value, "{from:?} {to:?}");
    }
}
