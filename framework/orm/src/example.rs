//! The surroundings of the examples in this crate's documentation.

/// An example that runs: `orm` has the users Ann (31, with the pets Rex and Ida) and Bob (17).
macro_rules! example {
    ($($line:literal)+) => {
        concat!(
            "\n```\n",
            "# use serde_json::json;\n",
            "# use topsail_macros::model;\n",
            "# use topsail_orm::*;\n",
            "# #[model(crate = topsail_orm)] pub struct User { #[attr(required)] pub name: String, ",
            "#[attr(unique, is_email)] pub email: Option<String>, pub age: Option<i64>, #[attr(min = 0)] pub visits: i64, ",
            "#[attr(via = owner)] pub pets: Collection<Pet> }\n",
            "# #[model(crate = topsail_orm)] pub struct Pet { pub name: String, pub age: i64, pub owner: Option<One<User>> }\n",
            "# #[tokio::main(flavor = \"current_thread\")]\n",
            "# async fn main() -> Result<()> {\n",
            "# let defs = vec![User::define(), Pet::define()];\n",
            "# let orm = Orm::connect(OrmConfig::sqlite(\"sqlite::memory:\"), defs).await?;\n",
            "# orm.auto_migrate(Migrate::Alter).await?;\n",
            "# User::create_each(&orm, [json!({ \"name\": \"Ann\", \"email\": \"ann@x.io\", \"age\": 31 }), ",
            "json!({ \"name\": \"Bob\", \"age\": 17 })]).await?;\n",
            "# Pet::create_each(&orm, [json!({ \"name\": \"Rex\", \"age\": 4, \"owner\": 1 }), ",
            "json!({ \"name\": \"Ida\", \"age\": 9, \"owner\": 1 })]).await?;\n",
            $($line, "\n",)+
            "# Ok(())\n",
            "# }\n",
            "```\n",
        )
    };
}

pub(crate) use example;
