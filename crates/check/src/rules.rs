//! Every id that a finding may have, with the page that explains it.

/// What a finding's id stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The id.
    pub id: &'static str,
    /// Its page, Markdown: a heading, what is wrong, why it matters, how to mend it.
    pub page: &'static str,
}

impl Rule {
    /// The rule of an id.
    pub fn find(id: &str) -> Option<&'static Self> {
        let at = RULES.binary_search_by(|rule| rule.id.cmp(id)).ok()?;
        Some(&RULES[at])
    }

    /// The page's first sentence after the heading: what is wrong.
    pub fn summary(&self) -> &'static str {
        let mut lines = self.page.lines().skip(1).filter(|line| !line.is_empty());
        lines.next().unwrap_or(self.id)
    }
}

macro_rules! rules {
    ($($id:literal)*) => {
        &[$(Rule { id: $id, page: include_str!(concat!("../../../docs/checks/", $id, ".md")) }),*]
    };
}

/// All rules, by id.
pub const RULES: &[Rule] = rules! {
    "already-canonical"
    "already-stamped"
    "include-changes"
    "include-unresolved"
    "label-missing"
    "legacy-lookml"
    "lookml-cut-off"
    "lookml-missing-colon"
    "lookml-missing-comma"
    "lookml-missing-value"
    "lookml-repeated"
    "lookml-runs-on"
    "lookml-stray-close"
    "lookml-too-deep"
    "lookml-too-long"
    "lookml-too-many-errors"
    "lookml-unclosed-block"
    "lookml-unclosed-list"
    "lookml-unexpected"
    "lookml-unterminated-string"
    "lookml-unterminated-value"
    "looks-stamped"
    "model-entry"
    "model-twice"
    "not-injective"
    "path-taken"
    "secret-literal"
    "site-behind-alias"
    "site-matches-nothing"
    "site-not-text"
    "site-unreadable"
    "site-without-language"
    "sites-disagree"
    "stamped-name"
    "stray-name"
    "unknown-name"
    "unsafe-name"
    "yaml-duplicate-key"
    "yaml-syntax"
    "yaml-too-deep"
    "yaml-too-large"
    "yaml-unknown-anchor"
    "yaml-utf16"
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_sorted_and_have_pages() {
        assert!(RULES.is_sorted_by_key(|rule| rule.id));
        for rule in RULES {
            assert_eq!(rule.page.lines().next(), Some(&*format!("# `{}`", rule.id)));
            assert!(rule.summary().ends_with('.'), "{}", rule.id);
        }
    }
}
