//! The JSON Schema of the manifest, for editors and for the check of shapes.

use std::sync::LazyLock;

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use serde_json::Value;

use crate::file::ManifestFile;

/// The JSON Schema of `storyline.toml`: indented, keys sorted, with a line end.
pub fn json_schema() -> String {
    let mut text = format!("{:#}", *MANIFEST);
    text.push('\n');
    text
}

/// The same as data. Environments, also in files of their own, are `definitions/Environment`.
pub(crate) static MANIFEST: LazyLock<Value> = LazyLock::new(|| {
    // The draft that TOML editors know. Nulls go first: what remains may be a bare reference.
    let settings = SchemaSettings::draft07().with(|s| {
        s.transforms
            .insert(0, Box::new(RecursiveTransform(without_null)))
    });
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<ManifestFile>()
        .to_value();
    // Another crate of a build may turn on a feature that keeps keys in order of insertion.
    schema.sort_all_objects();
    schema
});

/// TOML has no null: a key that is optional is left out.
fn without_null(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|t| t != "null");
        if let [one] = &types[..] {
            let one = one.clone();
            object.insert("type".into(), one);
        }
    }
    if let Some(Value::Array(options)) = object.get_mut("anyOf") {
        options.retain(|o| o.get("type").is_none_or(|t| t != "null"));
        if let [Value::Object(one)] = &mut options[..] {
            let mut one = std::mem::take(one);
            object.remove("anyOf");
            object.append(&mut one);
        }
    }
}
