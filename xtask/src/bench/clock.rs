//! CPU time of this thread, which other jobs on the machine do not count in.

use std::fs;
use std::time::Instant;

/// Where Linux keeps the nanoseconds that this thread ran.
const SCHEDSTAT: &str = "/proc/thread-self/schedstat";

/// Seconds of several runs, the shortest first.
pub(crate) struct Times(Vec<f64>);

impl Times {
    /// Does `work` once unmeasured, then `runs` times. Without CPU times, wall times are taken.
    pub(crate) fn of(runs: usize, mut work: impl FnMut()) -> Self {
        work();
        let run = |_| {
            let (wall, before) = (Instant::now(), nanoseconds());
            work();
            let cpu = nanoseconds()
                .zip(before)
                .map(|(after, before)| after - before);
            cpu.map_or(wall.elapsed().as_secs_f64(), |cpu| cpu as f64 / 1e9)
        };
        Self::new((0..runs.max(1)).map(run).collect())
    }

    /// Of at least one run.
    pub(crate) fn new(mut seconds: Vec<f64>) -> Self {
        seconds.sort_by(f64::total_cmp);
        Self(seconds)
    }

    pub(crate) fn best(&self) -> f64 {
        self.0[0]
    }

    pub(crate) fn median(&self) -> f64 {
        self.0[self.0.len() / 2]
    }
}

fn nanoseconds() -> Option<u64> {
    let fields = fs::read_to_string(SCHEDSTAT).ok()?;
    fields.split_whitespace().next()?.parse().ok()
}
