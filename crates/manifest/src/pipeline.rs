//! The pipeline's stages and the steps that promotions run.

use std::collections::BTreeMap;
use std::time::Duration;

use storyline_text::{Diagnostic, Visible};

use crate::error::Place;
use crate::file::{Map, Spanned, StageTable, StepTable, Text, Texts};
use crate::manifest::{Environment, Step};
use crate::settings::Reader;
use crate::value::{check_identifier, duration};

impl Reader<'_> {
    pub(crate) fn pipeline(
        &mut self,
        groups: &[Spanned<Texts>],
        environments: &BTreeMap<String, Environment>,
    ) -> Vec<Vec<String>> {
        let mut seen = BTreeMap::new();
        let mut pipeline = Vec::new();
        for group in groups {
            let stages = group.texts();
            if stages.is_empty() {
                let diagnostic = Diagnostic::error("empty-group", "a group without a stage")
                    .label(self.place(group.span).label(""))
                    .help("name stages in it, or take it away");
                self.report.push(diagnostic);
            }
            for stage in &stages {
                self.once("duplicate-stage", "stage", stage, &mut seen);
                if !environments.contains_key(&stage.value) {
                    let known: Vec<&str> = environments.keys().map(String::as_str).collect();
                    self.unknown(stage, "environment", "environments", &known);
                }
            }
            pipeline.push(stages.into_iter().map(|stage| stage.value).collect());
        }
        pipeline
    }

    pub(crate) fn steps(
        &mut self,
        table: &Map<StageTable>,
        pipeline: &[Vec<String>],
    ) -> BTreeMap<String, Vec<Step>> {
        let known: Vec<&str> = pipeline.iter().flatten().map(String::as_str).collect();
        let mut steps = BTreeMap::new();
        for (stage, table) in table {
            if !known.contains(&stage.value.as_str()) {
                self.unknown(stage, "stage", "stages in `pipeline.stages`", &known);
            }
            let mut seen = BTreeMap::new();
            let mut of_stage = Vec::new();
            for step in &table.value.step {
                self.once("duplicate-step", "step", &step.name, &mut seen);
                of_stage.push(self.step(step));
            }
            of_stage.sort_by_key(|step| (step.phase, step.wave));
            steps.insert(stage.value.clone(), of_stage);
        }
        steps
    }

    fn step(&mut self, table: &StepTable) -> Step {
        self.check(&table.name, "the step's name", check_identifier);
        let run = &table.run;
        if run.value.first().is_none_or(String::is_empty) {
            let diagnostic = Diagnostic::error("empty-run", "the step names no program")
                .label(self.place(run.span).label(""))
                .help("write the program and its arguments, as in `run = [\"dbt\", \"build\"]`");
            self.report.push(diagnostic);
        }
        Step {
            name: table.name.value.clone(),
            phase: table.phase,
            wave: table.wave,
            run: run.value.clone(),
            timeout: self.duration(&table.timeout),
            place: self.place(table.name.span),
        }
    }

    pub(crate) fn duration(&mut self, text: &Option<Text>) -> Option<Duration> {
        let text = text.as_ref()?;
        let duration = duration(&text.value);
        if duration.is_none() {
            let shown = Visible(text.value.as_bytes());
            let title = format!("`{shown}` is no length of time");
            let diagnostic = Diagnostic::error("bad-duration", title)
                .label(self.place(text.span).label(""))
                .help("write a number and `s`, `m`, `h` or `d`, as in `90s`, `30m` or `2h`");
            self.report.push(diagnostic);
        }
        duration
    }

    /// Sees to it that no two have one name.
    pub(crate) fn once(
        &mut self,
        id: &'static str,
        what: &str,
        name: &Text,
        seen: &mut BTreeMap<String, Place>,
    ) {
        let place = self.place(name.span);
        if let Some(first) = seen.insert(name.value.clone(), place.clone()) {
            let shown = Visible(name.value.as_bytes());
            let diagnostic = Diagnostic::error(id, format!("{what} `{shown}` is there twice"))
                .label(place.label("again"))
                .label(first.label("first"))
                .help("take one of them away, or give it another name");
            self.report.push(diagnostic);
        }
    }
}
