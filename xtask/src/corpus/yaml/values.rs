//! Which values are replaced, and by what.

use storyline_yaml::{Scalar, Style};

/// Words that have to be quoted to stay text, or are no plain text for another reason.
const WORDS: [&str; 22] = [
    "true",
    "null",
    "1e3",
    "012",
    "~",
    "2024-01-01",
    "",
    "- x",
    "@x",
    "%x",
    "1:30",
    "No",
    "=",
    "<<",
    "0x1f",
    ".inf",
    " x ",
    "a\nb",
    "&a b",
    "*a",
    "!x",
    "---",
];

/// A new value.
pub(crate) struct Wish {
    pub(crate) value: String,
    /// Text, whatever it looks like; otherwise what YAML takes it for.
    pub(crate) is_text: bool,
}

/// What an unquoted value is taken for.
enum Sort {
    Text,
    Integer(i64),
    Bool(bool),
    Nothing,
    /// Fractions, dates, and all that is not plain.
    Other,
}

/// The new values that one is tried with: of the same sort, one that needs quotes, and one that
/// looks like something else than text. `number` tells the value from others of its file.
pub(crate) fn wishes(scalar: &Scalar<'_>, number: usize) -> Vec<Wish> {
    let old = scalar.value();
    let body = match scalar.style().is_block() {
        true => old.trim_end_matches('\n'),
        false => &old,
    };
    let ending = &old[body.len()..];
    let text = |value: String| Wish {
        value: value + ending,
        is_text: true,
    };
    let quotes = format!("it's: a \"new\" #{number}, [of] {{two}} \\ words");
    let mut wishes = vec![text(quotes)];
    let alike = match sort(scalar, &old) {
        Sort::Text => {
            wishes.push(text(WORDS[number % WORDS.len()].into()));
            text(format!("{body}_dev1"))
        }
        Sort::Nothing => text("dev1".into()),
        Sort::Integer(old) => typed(old.wrapping_add(1).to_string()),
        Sort::Bool(old) => typed((!old).to_string()),
        Sort::Other => return wishes,
    };
    wishes.push(alike);
    wishes
}

fn typed(value: String) -> Wish {
    let is_text = false;
    Wish { value, is_text }
}

fn sort(scalar: &Scalar<'_>, old: &str) -> Sort {
    if scalar.style() != Style::Plain || scalar.node().tag().is_some() {
        return Sort::Text;
    }
    if let Ok(number) = old.parse::<i64>()
        && number.to_string() == old
    {
        return Sort::Integer(number);
    }
    match &*old.to_ascii_lowercase() {
        "" | "~" | "null" => Sort::Nothing,
        "true" => Sort::Bool(true),
        "false" => Sort::Bool(false),
        "yes" | "no" | "on" | "off" | "y" | "n" => Sort::Other,
        word if word.starts_with(char::is_alphabetic) => Sort::Text,
        _ => Sort::Other,
    }
}
