//! `[environment.NAME.dbt]`: the target of a `profiles.yml` that dbt uses for an environment.

use storyline_dbt::is_secret;
use storyline_text::{Diagnostic, RelPath, Visible};

use crate::error::Place;
use crate::file::{DbtTable, DbtValue, Spanned, Text};
use crate::pattern::Pattern;
use crate::resolve::Fill;
use crate::settings::{HOME, Located, Reader, refused};
use crate::value::{check_key, check_line, check_plain};

/// The target of a `profiles.yml` that dbt uses for an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DbtTarget {
    /// The file.
    pub file: Option<RelPath>,
    /// The profile in it.
    pub profile: Option<String>,
    /// The target's name.
    pub target: Option<String>,
    /// The target that it is a copy of, but for its settings.
    pub like: Option<String>,
    /// Its settings, in the order of the manifest. Those that are secret take their value from
    /// `env_var`.
    pub settings: Vec<(String, DbtSetting)>,
    /// Where the manifest declares it.
    pub place: Place,
}

/// The value of a target's setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DbtSetting {
    /// Text, which may hold Jinja.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// True or false.
    Boolean(bool),
}

/// The same as it stands in a file, patterns not filled.
pub(crate) struct DbtSettings {
    place: Place,
    file: Option<RelPath>,
    profile: Option<String>,
    target: Option<Located<Pattern>>,
    like: Option<String>,
    settings: Vec<(String, Setting)>,
}

enum Setting {
    Text(Located<Pattern>),
    Integer(i64),
    Boolean(bool),
}

impl Reader<'_> {
    pub(crate) fn dbt(&mut self, dbt: &Spanned<DbtTable>) -> DbtSettings {
        let table = &dbt.value;
        let mut settings: Vec<_> = table.settings.iter().collect();
        settings.sort_by_key(|(key, _)| key.span);
        let settings = settings
            .into_iter()
            .filter_map(|(key, value)| Some((key.value.clone(), self.setting(key, value)?)));
        DbtSettings {
            settings: settings.collect(),
            place: self.place(dbt.span),
            file: table.file.as_ref().and_then(|file| self.file(file)),
            profile: self.checked(&table.profile, "profile", check_line),
            target: self.optional(&table.target, HOME),
            like: self.checked(&table.like, "target", check_line),
        }
    }

    fn file(&mut self, text: &Text) -> Option<RelPath> {
        let path = RelPath::new(text.value.as_bytes());
        if let Err(reason) = &path {
            let label = self.place(text.span).label("");
            let reason = reason.to_string();
            self.report
                .push(refused("file", &text.value, label, &reason));
        }
        path.ok()
    }

    fn setting(&mut self, key: &Text, value: &Spanned<DbtValue>) -> Option<Setting> {
        self.check(key, "setting", check_key);
        if is_secret(&key.value) && !comes_from_environment(&value.value) {
            self.report
                .push(literal_secret(&key.value, &self.place(key.span)));
            return None;
        }
        match &value.value {
            DbtValue::Integer(number) => Some(Setting::Integer(*number)),
            DbtValue::Boolean(value) => Some(Setting::Boolean(*value)),
            DbtValue::Text(text) => {
                let text = Text {
                    span: value.span,
                    value: text.clone(),
                };
                let pattern = Pattern::parse_jinja(&text.value, HOME);
                self.parsed(&text, pattern).map(Setting::Text)
            }
        }
    }
}

/// Whether a value is Jinja that reads a variable of dbt's environment.
fn comes_from_environment(value: &DbtValue) -> bool {
    let DbtValue::Text(text) = value else {
        return false;
    };
    let mut opened = text.split("{{").skip(1);
    opened.any(
        |jinja| matches!(jinja.split_once("}}"), Some((jinja, _)) if jinja.contains("env_var(")),
    )
}

/// The value is never shown.
fn literal_secret(key: &str, place: &Place) -> Diagnostic {
    let key = Visible(key.as_bytes());
    let variable = key.to_string().to_ascii_uppercase().replace('-', "_");
    let title = format!("the secret `{key}` stands in the manifest");
    Diagnostic::error("literal-secret", title)
        .label(place.label("its value is not shown here").masked())
        .help(format!(
            "write `{key} = \"{{{{ env_var('DBT_ENV_SECRET_{variable}') }}}}\"`, and set that variable where dbt runs"
        ))
        .help("whoever could read this file knows the secret: change it")
}

impl Fill<'_> {
    pub(crate) fn dbt(&mut self, dbt: &DbtSettings) -> DbtTarget {
        let settings = dbt.settings.iter().map(|(key, setting)| {
            let setting = match setting {
                Setting::Text(text) => DbtSetting::Text(self.checked(text, "setting", check_plain)),
                Setting::Integer(number) => DbtSetting::Integer(*number),
                Setting::Boolean(value) => DbtSetting::Boolean(*value),
            };
            (key.clone(), setting)
        });
        DbtTarget {
            settings: settings.collect(),
            file: dbt.file.clone(),
            profile: dbt.profile.clone(),
            target: dbt
                .target
                .as_ref()
                .map(|t| self.checked(t, "target", check_key)),
            like: dbt.like.clone(),
            place: dbt.place.clone(),
        }
    }
}
