//! Numbers that stand for what is compared and looked up all the time: paths, places, what files say.

use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::FxHashMap;

/// A number that stands for one thing of a sort, counted from 0.
pub(super) trait Number: Copy {
    fn new(at: usize) -> Self;

    fn at(self) -> usize;
}

/// A type for numbers of one sort of thing.
macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(super) struct $name(u32);

        impl $crate::projection::numbers::Number for $name {
            fn new(at: usize) -> Self {
                Self(u32::try_from(at).expect("fewer than bytes of memory"))
            }

            fn at(self) -> usize {
                self.0 as usize
            }
        }
    };
}

pub(super) use number;

/// Values of one sort, each kept once. Number 0 is the one that says nothing.
pub(super) struct Shared<N, T> {
    values: Vec<Arc<T>>,
    numbers: FxHashMap<Arc<T>, N>,
}

impl<N: Number, T: Eq + Hash> Shared<N, T> {
    /// The number of a value, from now on if it had none.
    pub(super) fn number(&mut self, value: T) -> N {
        if let Some(known) = self.numbers.get(&value) {
            return *known;
        }
        let value = Arc::new(value);
        let number = N::new(self.values.len());
        self.values.push(value.clone());
        self.numbers.insert(value, number);
        number
    }

    pub(super) fn get(&self, number: N) -> &Arc<T> {
        &self.values[number.at()]
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.values.len()
    }
}

impl<N: Number, T: Default + Eq + Hash> Default for Shared<N, T> {
    fn default() -> Self {
        let (values, numbers) = (Vec::new(), FxHashMap::default());
        let mut shared = Self { values, numbers };
        shared.number(T::default());
        shared
    }
}
