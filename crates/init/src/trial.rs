//! Trying a proposal before anybody reads it.

use storyline_manifest::Manifest;
use storyline_stamp::{Direction, Tree, plan};
use storyline_text::{Diagnostic, RelPath};

use crate::proposal::{Proposal, Rule, Template};
use crate::render;

/// The environment that rules are tried with.
const TRIAL: &str = "storyline-trial";

/// The most rules that are tried one by one; each is a plan of the whole project.
const MAX_ALONE: usize = 32;

/// Reads `text` as a manifest.
fn parse(text: &str) -> Option<Manifest> {
    let path = RelPath::new(b"storyline.toml").expect("a plain path");
    Manifest::parse(&[(path, text)]).ok()
}

/// Whether a manifest may hold `section`.
pub(crate) fn is_accepted(section: &str) -> bool {
    parse(section).is_some()
}

/// The first reason why `tree` cannot be stamped by `template`; `None` when it can.
fn refusal(tree: &Tree, template: &Template) -> Option<Diagnostic> {
    let proposal = Proposal {
        template: template.clone(),
        is_needed: true,
        ..Proposal::default()
    };
    let text = format!(
        "{}\n[environment.{TRIAL}]\ntemplate = \"developer\"\nuser = \"{TRIAL}\"\n",
        render::manifest(&proposal)
    );
    let Some(manifest) = parse(&text) else {
        return Some(Diagnostic::error("not-accepted", "no manifest may say so"));
    };
    let environment = manifest.environment(TRIAL).ok()?;
    let refused = plan(tree, &manifest, environment, Direction::Stamp).err()?;
    refused.diagnostics.into_iter().next()
}

/// Makes comments of those rules that the project refuses. What is wrong with the project whatever
/// the rules is returned: then none was tried.
pub(crate) fn try_rules(tree: &Tree, template: &mut Template) -> Option<String> {
    if let Some(broken) = refusal(tree, &Template::default()) {
        return Some(told(&broken));
    }
    refusal(tree, template)?;
    let alone = |rule: &Rule, is_constant: bool| {
        let mut template = Template::default();
        let rules = match is_constant {
            true => &mut template.constants,
            false => &mut template.rules,
        };
        rules.push(rule.clone());
        refusal(tree, &template)
    };
    let rules = template.rules.iter_mut().map(|rule| (rule, false));
    let constants = template.constants.iter_mut().map(|rule| (rule, true));
    let live = rules.chain(constants).filter(|(rule, _)| rule.is_live);
    for (index, (rule, is_constant)) in live.enumerate() {
        if index >= MAX_ALONE {
            rule.is_live = false;
            rule.about = "not tried".into();
        } else if let Some(reason) = alone(rule, is_constant) {
            rule.is_live = false;
            rule.about = format!("refused: {}", told(&reason));
        }
    }
    None
}

fn told(diagnostic: &Diagnostic) -> String {
    match diagnostic.labels.first() {
        Some(label) => format!("{} ({})", diagnostic.title, label.file),
        None => diagnostic.title.clone(),
    }
}
