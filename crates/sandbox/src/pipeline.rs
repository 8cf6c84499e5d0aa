//! What the shop's pipeline needs: a manifest with stages, and stories to take through them.

/// The stages that stories are promoted to, in order. Each has a repository of its own.
pub const STAGES: [&str; 2] = ["acceptance", "production"];

/// Where the repositories are, in the manifest below.
const TOP: &str = "[TOP]";

const MANIFEST: &str = r#"[storyline]
rules = 1

[canonical]
repository = "[TOP]/canonical.git"
branch     = "main"
constants  = { SCHEMA = "analytics" }

[uses.hub]
models = ["hub_metrics"]

[environment.acceptance]
repository  = "[TOP]/acceptance.git"
connections = "{name}_acc"
models      = "{name}_acc"

[environment.production]
repository  = "[TOP]/production.git"
connections = { warehouse = "redshift_production", warehouse_archive = "redshift_archive" }
constants   = { SCHEMA = "prod" }

[pipeline]
stages = ["acceptance", "production"]
"#;

/// The shop's manifest when canonical and the stages are bare repositories in the folder `top`.
#[must_use]
pub fn pipeline_manifest(top: &str) -> String {
    let top = top.replace('\\', "\\\\").replace('"', "\\\"");
    MANIFEST.replace(TOP, &top)
}

/// A piece of a file, and what a developer puts there.
#[derive(Clone, Copy, Debug)]
pub struct Edit {
    /// The file, in the shop.
    pub path: &'static str,
    /// What the file holds once.
    pub old: &'static str,
    /// What stands there afterwards.
    pub new: &'static str,
}

/// A story, as it is handed in first.
#[derive(Clone, Copy, Debug)]
pub struct Story {
    /// Its id.
    pub id: &'static str,
    /// What it is about.
    pub title: &'static str,
    /// All that it changes.
    pub edit: Edit,
    /// What becomes of it when it has failed somewhere: the reason, and the cure.
    pub mend: Option<(&'static str, Edit)>,
}

/// Three stories. The first two change the same file.
pub const STORIES: [Story; 3] = [
    Story {
        id: "SHOP-1",
        title: "Count live orders",
        edit: Edit {
            path: "views/orders.view.lkml",
            old: "  measure: count {\n",
            new: "  measure: live { type: count filters: [source: \"archive\"] }\n\n  measure: count {\n",
        },
        mend: Some((
            "it counts the archive",
            Edit {
                path: "views/orders.view.lkml",
                old: "filters: [source: \"archive\"]",
                new: "filters: [source: \"live\"]",
            },
        )),
    },
    Story {
        id: "SHOP-2",
        title: "Tell large orders",
        edit: Edit {
            path: "views/orders.view.lkml",
            old: "  dimension_group: created {\n",
            new: "  dimension: is_large { type: yesno sql: ${TABLE}.items > 10 ;; }\n\n  dimension_group: created {\n",
        },
        mend: None,
    },
    Story {
        id: "SHOP-3",
        title: "Orders as a line",
        edit: Edit {
            path: "dashboards/overview.dashboard.lookml",
            old: "type: looker_column",
            new: "type: looker_line",
        },
        mend: Some((
            "nobody can read it on the wall",
            Edit {
                path: "dashboards/overview.dashboard.lookml",
                old: "type: looker_line",
                new: "type: looker_area",
            },
        )),
    },
];

impl Edit {
    /// The file's text with the edit made, if it has its place there and no other.
    #[must_use]
    pub fn made(&self, text: &str) -> Option<String> {
        let fits = text.matches(self.old).count() == 1;
        fits.then(|| text.replace(self.old, self.new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PROJECTS;

    #[test]
    fn each_story_fits_and_so_does_its_mend() {
        let [_, shop] = PROJECTS;
        for story in STORIES {
            let file = shop.files.iter().find(|(path, _)| *path == story.edit.path);
            let (_, bytes) = file.expect("the shop has it");
            let text = str::from_utf8(bytes).expect("text");
            let text = story.edit.made(text).expect("it fits");
            if let Some((_, mend)) = story.mend {
                assert_eq!(mend.path, story.edit.path);
                mend.made(&text).expect("it fits");
            }
        }
    }

    #[test]
    fn the_manifest_names_every_stage() {
        let manifest = pipeline_manifest("/a \"b\"");
        for stage in STAGES {
            assert!(manifest.contains(&format!("\"/a \\\"b\\\"/{stage}.git\"")));
        }
    }
}
