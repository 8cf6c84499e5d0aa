//! Whatever happens to a stage, in whatever order: it holds what a list of stories says.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::shop::{Shop, VIEW};

/// The lines of the view, one a story.
const LINES: [char; 4] = ['a', 'b', 'c', 'd'];

#[derive(Clone, Copy, Debug)]
enum Happens {
    /// A story lands in a new revision.
    Lands(usize),
    /// It goes again.
    Goes(usize),
    /// Somebody changes the stage itself.
    Foreign,
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        4 => (0..LINES.len()).prop_map(Happens::Lands),
        3 => (0..LINES.len()).prop_map(Happens::Goes),
        1 => Just(Happens::Foreign),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn a_stage_holds_its_stories_and_nothing_else(all in prop::collection::vec(happens(), 1..10)) {
        let mut shop = Shop::new();
        let mut on = BTreeMap::new();
        let mut foreign = 0;
        for (nth, what) in all.into_iter().enumerate() {
            match what {
                Happens::Lands(at) => {
                    let name = LINES[at];
                    let (from, to) = (format!("{name} {{}}"), format!("{name}{nth} {{}}"));
                    let landed = shop.story(&format!("S{at}"), &[(VIEW, &from, &to)]);
                    shop.land(&landed);
                    on.insert(at, format!("{name}{nth}"));
                }
                Happens::Goes(at) if on.remove(&at).is_some() => {
                    shop.back_out(&format!("S{at}"), None);
                }
                Happens::Goes(_) => {}
                Happens::Foreign => {
                    foreign += 1;
                    let path = format!("views/{nth}.view.lkml");
                    shop.on_stage(&[(&path, "", &format!("view: v{nth} {{}}\n"))], "Foreign");
                }
            }
        }
        let expected = LINES.iter().enumerate().map(|(at, name)| {
            on.get(&at).cloned().unwrap_or_else(|| name.to_string())
        });
        let expected = expected.collect::<Vec<_>>().join(" ");
        prop_assert_eq!(shop.lines(), format!("{expected} e f g h"));
        prop_assert_eq!(shop.audit().foreign.len(), foreign);
    }
}
