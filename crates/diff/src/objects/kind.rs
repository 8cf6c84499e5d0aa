//! What kinds of objects there are, and what people call them.

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $one:literal $many:literal,)*) => {
        /// What an object is. In the order in which a table of kinds is read: what holds others first.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum ObjectKind {
            $($(#[$doc])* $kind,)*
        }

        impl ObjectKind {
            /// What one is called: `dimension group`.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$kind => $one,)*
                }
            }

            /// What several are called: `dimension groups`.
            pub fn words(self) -> &'static str {
                match self {
                    $(Self::$kind => $many,)*
                }
            }
        }
    };
}

kinds! {
    /// A file whose parameters belong to nothing else; its name is its path.
    File "file" "files",
    /// `manifest.lkml`; its name is the project's, or empty.
    Manifest "manifest" "manifests",
    /// `NAME.model.lkml`.
    Model "model" "models",
    /// `include: "…"`; its name is the pattern.
    Include "include" "includes",
    /// `explore: x`
    Explore "explore" "explores",
    /// `explore: +x`; its name begins with `+`.
    ExploreRefinement "explore refinement" "explore refinements",
    /// `join: x`
    Join "join" "joins",
    /// `aggregate_table: x`
    AggregateTable "aggregate table" "aggregate tables",
    /// `query: x` of an explore.
    Query "query" "queries",
    /// `view: x`
    View "view" "views",
    /// `view: +x`; its name begins with `+`.
    ViewRefinement "view refinement" "view refinements",
    /// `dimension: x`
    Dimension "dimension" "dimensions",
    /// `dimension_group: x`
    DimensionGroup "dimension group" "dimension groups",
    /// `measure: x`
    Measure "measure" "measures",
    /// `filter: x` of a view.
    Filter "filter" "filters",
    /// `parameter: x`
    Parameter "parameter" "parameters",
    /// `set: x`
    Set "set" "sets",
    /// `datagroup: x`
    Datagroup "datagroup" "datagroups",
    /// `access_grant: x`
    AccessGrant "access grant" "access grants",
    /// `named_value_format: x`
    ValueFormat "value format" "value formats",
    /// `map_layer: x`
    MapLayer "map layer" "map layers",
    /// `test: x`
    Test "test" "tests",
    /// `constant: x`
    Constant "constant" "constants",
    /// `local_dependency: { … }` or `remote_dependency: x`.
    Dependency "dependency" "dependencies",
    /// `application: x`
    Application "application" "applications",
    /// `visualization: x`
    Visualization "visualization" "visualizations",
    /// A LookML dashboard.
    Dashboard "dashboard" "dashboards",
    /// An element of a dashboard.
    Tile "tile" "tiles",
    /// A filter of a dashboard.
    DashboardFilter "dashboard filter" "dashboard filters",
    /// `dbt_project.yml`
    DbtProject "dbt project" "dbt projects",
    /// A file of dbt's that selects: SQL or Python.
    DbtModel "dbt model" "dbt models",
    /// What YAML says of a model of dbt's.
    ModelProperties "model description" "model descriptions",
    /// A source of dbt's.
    Source "source" "sources",
    /// A table of a source.
    SourceTable "source table" "source tables",
    /// A column of a model, source table, seed or snapshot.
    Column "column" "columns",
    /// A seed of dbt's.
    Seed "seed" "seeds",
    /// A snapshot of dbt's.
    Snapshot "snapshot" "snapshots",
    /// A test of dbt's: of a column or table, for units, or a file that selects what is wrong.
    DataTest "data test" "data tests",
    /// A macro of dbt's, and what YAML says of one.
    Macro "macro" "macros",
    /// An exposure of dbt's.
    Exposure "exposure" "exposures",
    /// A metric of dbt's.
    Metric "metric" "metrics",
    /// A semantic model of dbt's.
    SemanticModel "semantic model" "semantic models",
    /// Any other item of a list in dbt's YAML: groups, saved queries, analyses.
    DbtItem "dbt item" "dbt items",
    /// A profile of dbt's.
    Profile "profile" "profiles",
    /// A target of a profile.
    ProfileTarget "profile target" "profile targets",
}

impl ObjectKind {
    /// Whether the order among objects of the kind that stand together changes what they mean:
    /// later refinements win, and includes decide which is later; joins stand in SQL in their order,
    /// filters at the top of a dashboard in theirs.
    pub fn is_ordered(self) -> bool {
        use ObjectKind::{DashboardFilter, ExploreRefinement, Include, Join, ViewRefinement};
        matches!(
            self,
            Include | ExploreRefinement | ViewRefinement | Join | DashboardFilter
        )
    }
}
