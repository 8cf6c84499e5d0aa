//! Patterns such as `{name}_{env:snake}`: text with holes.

use std::ops::Range;

use crate::error::{did_you_mean, listed, nearest};

/// What a hole stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variable {
    Name,
    Env,
    User,
    Id,
}

impl Variable {
    const ALL: [Self; 4] = [Self::Name, Self::Env, Self::User, Self::Id];

    fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Env => "env",
            Self::User => "user",
            Self::Id => "id",
        }
    }
}

/// How a hole's value is changed. ASCII alone, since Unicode's tables grow with compilers and the
/// output of a rules edition is frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    Snake,
    Kebab,
    Upper,
    Lower,
}

impl Filter {
    const WORDS: [(&'static str, Self); 4] = [
        ("snake", Self::Snake),
        ("kebab", Self::Kebab),
        ("upper", Self::Upper),
        ("lower", Self::Lower),
    ];

    fn apply(self, text: &str) -> String {
        let keep = |extra: char| {
            let lower = text.chars().map(|c| c.to_ascii_lowercase());
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            lower.map(|c| if plain(c) { c } else { extra }).collect()
        };
        match self {
            Self::Snake => keep('_'),
            Self::Kebab => keep('-'),
            Self::Upper => text.to_ascii_uppercase(),
            Self::Lower => text.to_ascii_lowercase(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Hole(Variable, Option<Filter>),
}

/// Text with holes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Piece>);

/// What is wrong with a pattern; `at` are bytes of the pattern's text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PatternProblem {
    pub(crate) at: Range<usize>,
    pub(crate) id: &'static str,
    pub(crate) title: String,
    pub(crate) help: String,
}

impl Pattern {
    /// Reads `text`, in which the `allowed` variables make sense. `{{` and `}}` are single braces.
    pub(crate) fn parse(text: &str, allowed: &[Variable]) -> Result<Self, PatternProblem> {
        Self::parse_with(text, allowed, &[("{{", "{"), ("}}", "}")])
    }

    /// The same for a text that may hold Jinja, whose braces stay as they are.
    pub(crate) fn parse_jinja(text: &str, allowed: &[Variable]) -> Result<Self, PatternProblem> {
        let jinja = ["{{", "}}", "{%", "%}", "{#", "#}"];
        Self::parse_with(text, allowed, &jinja.map(|braces| (braces, braces)))
    }

    /// Reads `text`; in it, the left side of each of `escapes` stands for its right side.
    fn parse_with(
        text: &str,
        allowed: &[Variable],
        escapes: &[(&str, &str)],
    ) -> Result<Self, PatternProblem> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(brace) = rest.find(['{', '}']) {
            let escape = escapes.iter().find_map(|(written, meant)| {
                let from = brace.checked_sub(written.find(['{', '}'])?)?;
                let after = rest.get(from..)?.strip_prefix(written)?;
                Some((&rest[..from], meant, after))
            });
            if let Some((before, meant, after)) = escape {
                literal.push_str(before);
                literal.push_str(meant);
                rest = after;
                continue;
            }
            literal.push_str(&rest[..brace]);
            let at = text.len() - rest.len() + brace;
            rest = &rest[brace..];
            let (inside, after) = rest
                .strip_prefix('{')
                .and_then(|r| r.split_once('}'))
                .ok_or_else(|| lone_brace(at, &rest[..1]))?;
            if !literal.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut literal)));
            }
            pieces.push(hole(inside, at + 1, allowed)?);
            rest = after;
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Text(literal));
        }
        Ok(Self(pieces))
    }

    /// Whether `variable` has a hole.
    pub(crate) fn uses(&self, variable: Variable) -> bool {
        self.holes(variable).next().is_some()
    }

    fn holes(&self, variable: Variable) -> impl Iterator<Item = Option<Filter>> {
        self.0.iter().filter_map(move |piece| match piece {
            Piece::Hole(v, filter) if *v == variable => Some(*filter),
            _ => None,
        })
    }

    /// Fills the holes of those variables that `value` knows.
    pub(crate) fn bind<'v>(&self, value: impl Fn(Variable) -> Option<&'v str>) -> Self {
        let fill = |piece: &Piece| match piece {
            Piece::Hole(variable, filter) => match (value(*variable), filter) {
                (Some(text), Some(filter)) => Piece::Text(filter.apply(text)),
                (Some(text), None) => Piece::Text(text.into()),
                (None, _) => piece.clone(),
            },
            Piece::Text(_) => piece.clone(),
        };
        Self(self.0.iter().map(fill).collect())
    }

    /// The text, with nothing in holes that are still open.
    pub(crate) fn text(&self) -> String {
        let texts = self.0.iter().map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Hole(..) => "",
        });
        texts.collect()
    }

    /// Whether the name can be taken out again: it has exactly one hole, and no filter there.
    pub(crate) fn check_reversible(&self) -> Result<(), (&'static str, &'static str)> {
        let holes: Vec<_> = self.holes(Variable::Name).collect();
        match *holes {
            [None] => Ok(()),
            [] => Err((
                "pattern-without-name",
                "a pattern without `{name}` would give all names one value",
            )),
            [Some(_)] => Err((
                "pattern-not-reversible",
                "a filter on `{name}` cannot be undone",
            )),
            _ => Err(("pattern-not-reversible", "`{name}` stands there twice")),
        }
    }

    /// What stands before and after the first hole of `variable`.
    pub(crate) fn around(&self, variable: Variable) -> (String, String) {
        let is_hole = |p: &Piece| matches!(p, Piece::Hole(v, _) if *v == variable);
        let at = self.0.iter().position(is_hole).unwrap_or(self.0.len());
        let (before, after) = self.0.split_at(at);
        (Self(before.into()).text(), Self(after.into()).text())
    }
}

fn lone_brace(at: usize, brace: &str) -> PatternProblem {
    PatternProblem {
        at: at..at + 1,
        id: "pattern-brace",
        title: format!("`{brace}` stands alone in a pattern"),
        help: format!("write `{brace}{brace}` for the character itself"),
    }
}

/// Reads what stands between the braces of a hole; `start` is where in the pattern that is.
fn hole(inside: &str, start: usize, allowed: &[Variable]) -> Result<Piece, PatternProblem> {
    let (word, filter) = match inside.split_once(':') {
        Some((word, filter)) => (word, Some(filter)),
        None => (inside, None),
    };
    let words: Vec<&str> = allowed.iter().map(|v| v.word()).collect();
    let known = Variable::ALL.into_iter().find(|v| v.word() == word);
    let Some(variable) = known.filter(|v| allowed.contains(v)) else {
        let reason = if known.is_some() {
            "makes no sense here"
        } else {
            "is no placeholder"
        };
        return Err(PatternProblem {
            at: start..start + word.len(),
            id: "pattern-placeholder",
            title: format!("`{{{word}}}` {reason}"),
            help: match nearest(word, words.iter().copied()) {
                Some(near) => format!("did you mean `{{{near}}}`?"),
                None => format!(
                    "placeholders here: {}; `{{{{` stands for a brace",
                    listed(&words.iter().map(|w| format!("{{{w}}}")).collect::<Vec<_>>())
                ),
            },
        });
    };
    let Some(filter) = filter else {
        return Ok(Piece::Hole(variable, None));
    };
    let names = Filter::WORDS.map(|(name, _)| name);
    match Filter::WORDS.iter().find(|(name, _)| *name == filter) {
        Some((_, filter)) => Ok(Piece::Hole(variable, Some(*filter))),
        None => Err(PatternProblem {
            at: start + word.len() + 1..start + inside.len(),
            id: "pattern-filter",
            title: format!("`:{filter}` is no filter"),
            help: did_you_mean(nearest(filter, names), "filters", &names),
        }),
    }
}
