//! What is aimed at with two public histories.

use super::super::meter::Cost;
use super::super::report::Goal;

/// Seconds of CPU at most, and how many times as fast as git-filter-repo at least.
#[derive(Clone, Copy, Default)]
pub(super) struct Goals {
    there: Option<f64>,
    back: Option<f64>,
    more: Option<f64>,
    faster: Option<f64>,
}

impl Goals {
    /// Those of a history, by a part of its repository's name, and of what is mapped.
    pub(super) fn of(name: &str, mapped: &str) -> Self {
        let is_hub = name.contains("looker-hub");
        let is_spoke = name.contains("looker-spoke-default");
        match mapped == "connections" {
            true if is_hub => Self {
                there: Some(5.0),
                more: Some(0.05),
                faster: Some(25.0),
                back: None,
            },
            false if is_hub => Self {
                there: Some(40.0),
                more: Some(0.05),
                faster: Some(3.0),
                back: None,
            },
            false if is_spoke => Self {
                there: Some(1.5),
                back: Some(0.8),
                faster: Some(2.5),
                more: None,
            },
            _ => Self::default(),
        }
    }

    pub(super) fn there(self, cost: &Cost) -> Goal {
        most(self.there, cost)
    }

    pub(super) fn back(self, cost: &Cost) -> Goal {
        most(self.back, cost)
    }

    pub(super) fn more(self, cost: &Cost) -> Goal {
        most(self.more, cost)
    }

    pub(super) fn faster(self, ratio: f64) -> Goal {
        self.faster.map_or_else(Goal::none, |wanted| {
            Goal::least(&format!("{wanted} times as fast"), ratio, wanted)
        })
    }
}

fn most(wanted: Option<f64>, cost: &Cost) -> Goal {
    wanted.map_or_else(Goal::none, |wanted| {
        Goal::most(&format!("{wanted} s of CPU"), cost.cpu.median(), wanted)
    })
}
