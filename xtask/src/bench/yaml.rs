//! Reading dashboards, beside the YAML libraries of Python.

use std::path::Path;

use anyhow::Result;

use super::clock::Times;
use super::peers;
use super::report::{Goal, Report};
use super::{Source, size};
use crate::python;

/// The others are given files until they are this long together, or a run would take minutes.
const SAMPLE: usize = 256 << 10;
const SAMPLE_RUNS: usize = 3;

/// What each is called for the script, and in the report.
const PEERS: [(&str, &str); 3] = [
    ("pyyaml", "PyYAML 6.0.3, `SafeLoader` in pure Python"),
    (
        "pyyaml-c",
        "PyYAML 6.0.3, `CSafeLoader`, which is libyaml in C",
    ),
    ("ruamel", "ruamel.yaml 0.19.1, round trip"),
];

/// Measures all dashboards by ourselves, and a sample of them by the others.
pub(crate) fn measure(dashboards: &[Source], runs: usize, report: &mut Report) -> Result<()> {
    if dashboards.is_empty() {
        return Ok(());
    }
    let times = Times::of(runs, || {
        for source in dashboards {
            std::hint::black_box(storyline_yaml::read(&source.bytes));
        }
    });
    let megabytes = size(dashboards) as f64 / 1e6;
    let (median, best) = (megabytes / times.median(), megabytes / times.best());
    report.row(
        &format!(
            "YAML: read {} dashboards, {megabytes:.1} MB, one thread, sources in memory",
            dashboards.len()
        ),
        format!("{median:.0} MB/s, best {best:.0}"),
        Goal::least("100 MB/s (200 wished for)", median, 100.0),
    );
    let step = size(dashboards).div_ceil(SAMPLE);
    let sample = dashboards.iter().step_by(step);
    let sample: Vec<&Path> = sample.map(|source| source.path.as_path()).collect();
    let python = python::environment(&python::PEERS)?;
    for (peer, name) in PEERS {
        let Some(theirs) = peers::speed(&python, peer, SAMPLE_RUNS, &sample)? else {
            continue;
        };
        report.row(
            &format!("YAML: {name}, a sample: one dashboard in {step}"),
            theirs.to_string(),
            Goal::least("we are 50 times as fast", median / theirs.median, 50.0),
        );
    }
    Ok(())
}
