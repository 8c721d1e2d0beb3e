//! Changes a JSON document in every place of every class of places: leaves get other values, arrays other lengths and orders, objects
//! other keys. A class is a path without its indices; of each class a few places are changed.

use std::collections::BTreeMap;

use serde_json::{json, Value};

pub type Path = Vec<Step>;

#[derive(Clone)]
pub enum Step {
    Key(String),
    Index(usize),
}

/// The paths of all places, by class.
pub fn collect(document: &Value) -> BTreeMap<String, Vec<Path>> {
    let mut places = BTreeMap::new();
    visit(document, &mut Vec::new(), &mut String::new(), &mut places);
    places
}

fn visit(value: &Value, path: &mut Path, class: &mut String, places: &mut BTreeMap<String, Vec<Path>>) {
    let length = class.len();
    places.entry(class.clone()).or_default().push(path.clone());
    match value {
        Value::Array(items) => {
            class.push_str("[]");
            for (i, item) in items.iter().enumerate() {
                path.push(Step::Index(i));
                visit(item, path, class, places);
                path.pop();
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                path.push(Step::Key(key.clone()));
                class.push('.');
                class.push_str(key);
                visit(field, path, class, places);
                class.truncate(length);
                path.pop();
            }
        }
        _ => (),
    }
    class.truncate(length);
}

/// None if the document has no such place.
pub fn at<'a>(document: &'a mut Value, path: &Path) -> Option<&'a mut Value> {
    path.iter().try_fold(document, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(i) => value.get_mut(*i),
    })
}

/// Other values for a place.
pub fn variants(value: &Value) -> Vec<Value> {
    const P: u64 = (1 << 31) - 1;
    let mut variants = vec![Value::Null, json!("text"), json!([]), json!({}), json!(-1), json!(0.5)];
    match value {
        Value::Number(number) => {
            let number = number.as_u64().unwrap_or_default();
            variants.extend([number ^ 1, number.wrapping_add(P), P, 0, u64::from(u32::MAX), u64::MAX].map(Value::from));
        }
        Value::Array(items) => {
            for change in [
                |items: &mut Vec<Value>| drop(items.pop()),
                |items: &mut Vec<Value>| items.truncate(items.len().min(1)),
                |items: &mut Vec<Value>| items.extend(items.last().cloned()),
                |items: &mut Vec<Value>| items.reverse(),
                |items: &mut Vec<Value>| {
                    let by = items.len().min(1);
                    items.rotate_left(by);
                },
            ] {
                let mut items = items.clone();
                change(&mut items);
                variants.push(Value::Array(items));
            }
        }
        Value::Object(fields) => {
            for key in fields.keys() {
                let mut fewer = fields.clone();
                fewer.remove(key);
                variants.push(Value::Object(fewer));
            }
            let mut more = fields.clone();
            more.insert("more".into(), json!(0));
            variants.push(Value::Object(more));
        }
        Value::Null => variants.push(json!(0)),
        _ => (),
    }
    variants.retain(|variant| variant != value);
    variants
}

/// Calls `check(place, changed document)` for every change.
pub fn for_each_change(document: &Value, mut check: impl FnMut(&str, &Value)) -> usize {
    let mut count = 0;
    for (class, paths) in collect(document) {
        let mut chosen = vec![0, paths.len() / 2, paths.len() - 1];
        chosen.dedup();
        for i in chosen {
            let mut changed = document.clone();
            let original = at(&mut changed, &paths[i]).expect("a place").clone();
            for variant in variants(&original) {
                *at(&mut changed, &paths[i]).expect("a place") = variant;
                check(&class, &changed);
                count += 1;
            }
        }
    }
    count
}
