//! A proposal as TOML for people: what it says, and comments on what it could say.

use std::fmt::Write as _;

use storyline_text::Visible;

use crate::evidence::Quiet;
use crate::proposal::{DbtRule, Environment, Proposal, Rule, Template};

/// What stands above everything.
const HEAD: &str = include_str!("../../../templates/storyline.toml");

/// Comments are wrapped at this column.
const WIDTH: usize = 100;

/// How many names a list in a comment shows.
const MAX_LISTED: usize = 6;

/// The file's text.
pub(crate) fn manifest(proposal: &Proposal) -> String {
    let mut out = String::from(HEAD);
    for line in &proposal.found {
        comment(&mut out, "# - ", "#   ", line);
    }
    if let Some(broken) = &proposal.broken {
        comment(
            &mut out,
            "#\n# ",
            "# ",
            &format!("Nothing can be stamped yet: {broken}. `storyline check` tells more."),
        );
    }
    canonical(&mut out, proposal);
    looker(&mut out, proposal);
    uses(&mut out, proposal);
    template(&mut out, &proposal.template);
    developers(&mut out, proposal);
    for environment in &proposal.environments {
        stage(&mut out, environment, proposal);
    }
    pipeline(&mut out, &proposal.stages);
    quiet(&mut out, &proposal.quiet);
    out
}

/// One environment and its template, as a manifest of their own.
pub(crate) fn environment(environment: &Environment, own: &Template) -> String {
    let mut out = String::new();
    template(&mut out, own);
    section(&mut out, environment);
    out
}

fn canonical(out: &mut String, proposal: &Proposal) {
    let home = [
        ("repository", &proposal.repository),
        ("branch", &proposal.branch),
    ];
    let home = home.map(|(key, value)| (key, value.as_ref()));
    if home.iter().any(|(_, value)| value.is_some()) {
        out.push_str("\n# The form that everybody shares and reviews.\n[canonical]\n");
        lines(out, &home, quoted);
    }
    if !proposal.constants.is_empty() {
        out.push_str("\n# What constants say in canonical form.\n[canonical.constants]\n");
        for (name, value) in &proposal.constants {
            let _ = writeln!(out, "{} = {}", key(name), quoted(value));
        }
    }
}

fn looker(out: &mut String, proposal: &Proposal) {
    if proposal.hosts.is_empty() {
        return;
    }
    out.push_str(
        "\n# Looker, as links to this project's models call it. Take out what is not yours.\n",
    );
    out.push_str("[looker]\nhosts = [\n");
    for (host, links) in &proposal.hosts {
        let _ = writeln!(out, "  {}, # {}", quoted(host), counted(*links, "link"));
    }
    out.push_str("]\n");
}

fn uses(out: &mut String, proposal: &Proposal) {
    for (project, models) in &proposal.uses {
        let whose = match project {
            Some(project) => format!("Models of `{project}` are named here."),
            None => "Models that this project does not define are named here.".into(),
        };
        let what = "If its repository has the same environments, its names are stamped along:";
        comment(out, "\n# ", "# ", &format!("{whose} {what}"));
        let project = project.as_deref().unwrap_or("PROJECT");
        let models: Vec<_> = models.iter().map(|model| quoted(model)).collect();
        let _ = writeln!(
            out,
            "# [uses.{}]\n# models = [{}]",
            key(project),
            models.join(", ")
        );
    }
}

fn template(out: &mut String, template: &Template) {
    out.push_str(
        "\n# What all developers have in common: {name} is the canonical name, {env} the\n\
         # environment's; `:snake` makes an identifier of it.\n[template.developer]\n",
    );
    if let Some((pattern, is_live)) = &template.repository {
        let mark = if *is_live { "" } else { "# " };
        let _ = writeln!(out, "{mark}repository  = {}", quoted(pattern));
    }
    rules(out, &template.rules);
    if !template.constants.is_empty() {
        out.push_str("\n[template.developer.constants]\n");
        rules(out, &template.constants);
    }
    if let Some(rule) = &template.dbt {
        dbt(out, rule);
    }
}

fn dbt(out: &mut String, rule: &DbtRule) {
    let about = format!(
        "A target of a developer's own in `{}`, a copy of `{}` but for these settings: `storyline \
         profile` writes it.",
        rule.file, rule.like
    );
    comment(out, "\n# ", "# ", &about);
    let target = "{env:snake}".to_owned();
    out.push_str("[template.developer.dbt]\n");
    let settings = [
        ("file", Some(&rule.file)),
        ("profile", Some(&rule.profile)),
        ("target", Some(&target)),
        ("like", Some(&rule.like)),
    ];
    lines(out, &settings, quoted);
    if let Some((key, pattern)) = &rule.schema {
        let _ = writeln!(out, "settings = {{ {key} = {} }}", quoted(pattern));
    }
}

fn rules(out: &mut String, rules: &[Rule]) {
    let width = |rule: &Rule| rule.key.len() + if rule.is_live { 0 } else { 2 };
    let longest = rules.iter().map(width).max().unwrap_or_default();
    for rule in rules {
        let mark = if rule.is_live { "" } else { "# " };
        let key = format!("{mark}{}", rule.key);
        let about = visible(&rule.about);
        let _ = writeln!(
            out,
            "{key:longest$} = {:22} # {about}",
            quoted(&rule.pattern)
        );
    }
}

/// How a developer is added: an example where none was found.
fn developers(out: &mut String, proposal: &Proposal) {
    let is_known = proposal.environments.iter().any(|e| e.is_developer);
    if is_known || !proposal.is_needed {
        return;
    }
    out.push_str("\n# A new developer, without the `#`:\n");
    out.push_str("# [environment.dev1]\n# template = \"developer\"\n");
    if proposal.template.repository.is_some() {
        out.push_str("# user     = \"dev1\"\n");
    }
}

fn stage(out: &mut String, environment: &Environment, proposal: &Proposal) {
    out.push('\n');
    section(out, environment);
    if let (Some(target), Some(rule)) = (&environment.target, &proposal.template.dbt) {
        let DbtRule { file, profile, .. } = rule;
        let parts = [("file", file), ("profile", profile), ("target", target)];
        let parts = parts.map(|(key, value)| format!("{key} = {}", quoted(value)));
        let _ = writeln!(out, "dbt = {{ {} }}", parts.join(", "));
    }
    if !environment.is_developer && !proposal.connections.is_empty() {
        let suffix = environment.name.replace(['-', '.'], "_");
        let table: Vec<_> = proposal.connections.iter().take(MAX_LISTED + 1).collect();
        let connections = match table.len() > MAX_LISTED {
            true => quoted(&format!("{{name}}_{suffix}")),
            false => {
                let entry = |name: &&String| {
                    format!("{} = {}", key(name), quoted(&format!("{name}_{suffix}")))
                };
                let entries: Vec<_> = table.iter().map(entry).collect();
                format!("{{ {} }}", entries.join(", "))
            }
        };
        let _ = writeln!(out, "# connections = {connections}");
    }
}

fn section(out: &mut String, environment: &Environment) {
    let _ = writeln!(out, "[environment.{}]", key(&environment.name));
    let template = environment.is_developer.then(|| "developer".to_owned());
    let settings = [
        ("template", template.as_ref()),
        ("user", environment.user.as_ref()),
        ("repository", environment.repository.as_ref()),
        ("branch", environment.branch.as_ref()),
    ];
    // In an environment these are patterns, in which braces mean something.
    lines(out, &settings, |value| {
        quoted(&value.replace('{', "{{").replace('}', "}}"))
    });
}

/// The settings that have a value, one below the other.
fn lines(out: &mut String, settings: &[(&str, Option<&String>)], show: fn(&str) -> String) {
    let set: Vec<_> = settings
        .iter()
        .filter_map(|(key, value)| Some((*key, (*value)?)))
        .collect();
    let longest = set.iter().map(|(key, _)| key.len()).max();
    let longest = longest.unwrap_or_default();
    for (key, value) in set {
        let _ = writeln!(out, "{key:longest$} = {}", show(value));
    }
}

fn pipeline(out: &mut String, stages: &[String]) {
    if stages.len() < 2 {
        return;
    }
    let stages: Vec<_> = stages.iter().map(|stage| quoted(stage)).collect();
    out.push_str("\n# The way of a story through the stages, if this is it:\n");
    let _ = writeln!(out, "# [pipeline]\n# stages = [{}]", stages.join(", "));
}

fn quiet(out: &mut String, quiet: &[Quiet]) {
    if quiet.is_empty() {
        return;
    }
    out.push_str("\n# Nothing has to be stamped for:\n");
    for quiet in quiet {
        comment(out, "# - ", "#   ", &quiet.to_string());
    }
}

/// Adds a comment, wrapped between words; `first` and `next` are what its lines begin with.
fn comment(out: &mut String, first: &str, next: &str, text: &str) {
    out.push_str(first);
    let mut column = first.rsplit('\n').next().unwrap_or(first).len();
    let start = column;
    for word in visible(text).split(' ') {
        let width = word.chars().count();
        if column > start && column + 1 + width > WIDTH {
            let _ = write!(out, "\n{next}");
            column = next.len();
        } else if column > start {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out.push('\n');
}

fn visible(text: &str) -> String {
    Visible(text.as_bytes()).to_string()
}

/// A string of TOML, in which nothing acts on a terminal.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        let _ = match c {
            '"' | '\\' => write!(out, "\\{c}"),
            c if Visible::hides(c) => write!(out, "\\U{:08X}", u32::from(c)),
            c => write!(out, "{c}"),
        };
    }
    out.push('"');
    out
}

/// A key of TOML.
pub(crate) fn key(text: &str) -> String {
    let bare = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    match !text.is_empty() && text.bytes().all(bare) {
        true => text.into(),
        false => quoted(text),
    }
}

/// `1 link`, `2 links`.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

/// Names in code marks; of many the first ones.
pub(crate) fn listed<'n>(names: impl ExactSizeIterator<Item = &'n str>) -> String {
    let more = names.len().saturating_sub(MAX_LISTED);
    let mut shown: Vec<_> = names
        .take(MAX_LISTED)
        .map(|name| format!("`{name}`"))
        .collect();
    if more > 0 {
        shown.push(format!("and {more} more"));
    }
    shown.join(", ")
}
