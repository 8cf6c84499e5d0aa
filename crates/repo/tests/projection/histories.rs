//! Histories made at random: what happens to commits, trees and manifests in real ones, and what nobody
//! should do.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use storyline_repo::{Kind, ObjectId, PackWriter, TreeEntry, write_tree};
use storyline_stamp::{EntryKind, FileSet};

use crate::files::Files;
use crate::place::{Entries, Node, Place, add, write_entries};
use crate::trees::{PLAIN, RULES, SITES, trees};

/// Commits, each after its parents.
#[derive(Clone, Debug)]
pub(crate) struct History {
    /// What trees are made of.
    trees: [Files; 2],
    /// What the environment says, at first and later.
    rules: [&'static str; 2],
    commits: Vec<Commit>,
}

#[derive(Clone, Debug)]
struct Commit {
    /// Numbers of commits before, counted round and round.
    parents: Vec<u16>,
    /// The tree as that of the first parent.
    is_empty: bool,
    tree: TreeOf,
    head: Head,
}

#[derive(Clone, Debug)]
struct TreeOf {
    /// Which of the history's.
    base: bool,
    /// A file is left out where this says so.
    without: u64,
    manifest: ManifestOf,
    extras: Vec<Extra>,
    odd: Option<Odd>,
}

#[derive(Clone, Copy, Debug)]
enum ManifestOf {
    First,
    Second,
    InFile,
    Missing,
    Broken,
    OfOthers,
    Link,
}

/// What stands in a tree besides.
#[derive(Clone, Copy, Debug)]
enum Extra {
    Executable,
    OddMode,
    OddFolderMode,
    UnknownMode,
    Link,
    Submodule,
    NoText,
    EmptyFolder,
    Stray,
    OtherCase,
}

/// What Git would not write.
#[derive(Clone, Copy, Debug)]
enum Odd {
    Unsorted,
    Twice,
    FileAndFolder,
    Dots,
    Below,
}

/// What a commit says besides tree and parents.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Head {
    Plain,
    Encoding,
    Tag,
    Signed,
    SignedTwice,
    SetAside,
    BeforeChrist,
    FarFuture,
    Nobody,
    Nul,
    Bare,
    Unknown,
}

pub(crate) fn histories() -> impl Strategy<Value = History> {
    let rules = || prop_oneof![3 => select(PLAIN).prop_map(|n| RULES[n]), 1 => select(RULES)];
    let trees = (
        trees(true, None),
        prop_oneof![trees(true, None), trees(false, None)],
    );
    let commit = (
        vec(any::<u16>(), 0..5),
        prop::bool::weighted(0.1),
        tree(),
        select(&HEADS[..]),
    );
    let commit = commit.prop_map(|(parents, is_empty, tree, head)| Commit {
        parents,
        is_empty,
        tree,
        head,
    });
    (trees, [rules(), rules()], vec(commit, 1..8)).prop_map(|((a, b), rules, commits)| History {
        trees: [a, b],
        rules,
        commits,
    })
}

/// Histories that `git fsck --strict` has nothing to say against.
pub(crate) fn sound_histories() -> impl Strategy<Value = History> {
    histories().prop_map(|mut history| {
        for commit in &mut history.commits {
            let (tree, head) = (&mut commit.tree, &mut commit.head);
            tree.odd = None;
            let is_sound = |extra: &Extra| {
                !matches!(
                    extra,
                    Extra::OddMode | Extra::OddFolderMode | Extra::UnknownMode
                )
            };
            tree.extras.retain(is_sound);
            let odd = [
                Head::BeforeChrist,
                Head::FarFuture,
                Head::Nobody,
                Head::Nul,
                Head::Bare,
            ];
            if odd.contains(head) {
                *head = Head::Signed;
            }
        }
        history
    })
}

/// A history with everything in it that can be fixed, always the same.
pub(crate) fn fixed() -> History {
    let shop = "=== orders.model.lkml\nconnection: \"lake\"\ninclude: \"/views/*.view\"\n\
        === models/order.model.lkml\nlabel: \"Sales\"\nconnection: \"warehouse\"\n\
        === views/orders.view.lkml\nview: o { dimension: d { html: <a href='/explore/order/x'> ;; } }\n\
        === d.dashboard.lookml\n- dashboard: d\n  elements:\n  - model: orders\n    explore: x\n\
        === link libraries/order.model.lkml\n\
        === module other\n";
    let renamed = shop
        .replace("orders.model", "sales.model")
        .replace("model: orders", "model: sales");
    let extras = [
        Extra::Executable,
        Extra::OddMode,
        Extra::Link,
        Extra::Submodule,
        Extra::NoText,
    ];
    let manifests = [
        ManifestOf::Missing,
        ManifestOf::First,
        ManifestOf::First,
        ManifestOf::Second,
        ManifestOf::InFile,
        ManifestOf::Broken,
        ManifestOf::OfOthers,
        ManifestOf::Second,
        ManifestOf::First,
    ];
    let commits = (0..48_u16).map(|number| {
        let extra = extras[usize::from(number) % extras.len()];
        Commit {
            parents: match number % 6 {
                // A root, a merge, one of many, and one that looks like its first parent.
                5 if number > 40 => vec![],
                3 => vec![number - 1, number / 2],
                4 => vec![number - 1, number - 2, number / 3],
                _ => vec![number.saturating_sub(1)],
            },
            is_empty: number % 11 == 10,
            tree: TreeOf {
                base: number > 20,
                without: u64::from(number % 5 == 1) << (number % 4),
                manifest: manifests[usize::from(number) % manifests.len()],
                extras: vec![extra],
                odd: (number == 33).then_some(Odd::Unsorted),
            },
            head: HEADS[usize::from(number) % HEADS.len()],
        }
    });
    History {
        trees: [Files::parse(shop), Files::parse(&renamed)],
        rules: [RULES[0], RULES[3]],
        commits: commits.collect(),
    }
}

fn tree() -> impl Strategy<Value = TreeOf> {
    use ManifestOf::*;
    let manifest = prop_oneof![
        8 => Just(First),
        2 => Just(Second),
        1 => select(vec![InFile, Missing, Broken, OfOthers, Link]),
    ];
    let extra = prop_oneof![
        9 => select(vec![
            Extra::Executable,
            Extra::OddMode,
            Extra::OddFolderMode,
            Extra::UnknownMode,
            Extra::Link,
            Extra::Submodule,
            Extra::NoText,
            Extra::EmptyFolder,
        ]),
        1 => select(vec![Extra::Stray, Extra::OtherCase]),
    ];
    let odd = select(vec![
        Odd::Unsorted,
        Odd::Twice,
        Odd::FileAndFolder,
        Odd::Dots,
        Odd::Below,
    ]);
    let without = (any::<u64>(), any::<u64>()).prop_map(|(a, b)| a & b);
    let odd = proptest::option::weighted(0.05, odd);
    (any::<bool>(), without, manifest, vec(extra, 0..3), odd).prop_map(
        |(base, without, manifest, extras, odd)| TreeOf {
            base,
            without,
            manifest,
            extras,
            odd,
        },
    )
}

const HEADS: [Head; 12] = [
    Head::Plain,
    Head::Encoding,
    Head::Tag,
    Head::Signed,
    Head::SignedTwice,
    Head::SetAside,
    Head::BeforeChrist,
    Head::FarFuture,
    Head::Nobody,
    Head::Nul,
    Head::Bare,
    Head::Unknown,
];

impl History {
    /// Writes all commits, and tells their names in their order.
    pub(crate) fn write(&self, place: &Place) -> Vec<ObjectId> {
        place.write(|writer| {
            let mut made: Vec<(ObjectId, ObjectId)> = Vec::new();
            for (number, commit) in self.commits.iter().enumerate() {
                let parents = commit.parents.iter().filter(|_| number > 0);
                let mut parents: Vec<_> = parents.map(|p| made[usize::from(*p) % number]).collect();
                parents.dedup();
                let tree = match parents.first() {
                    Some((_, tree)) if commit.is_empty => *tree,
                    _ => self.write_tree(writer, &commit.tree),
                };
                let parents: Vec<_> = parents.iter().map(|(id, _)| *id).collect();
                let bytes = commit.head.commit(tree, &parents, number);
                made.push((add(writer, Kind::Commit, &bytes), tree));
            }
            made.into_iter().map(|(id, _)| id).collect()
        })
    }

    fn write_tree(&self, writer: &PackWriter<'_>, of: &TreeOf) -> ObjectId {
        let files = &self.trees[usize::from(of.base)];
        let mut root = Entries::new();
        for (number, entry) in files.entries().iter().enumerate() {
            if of.without >> (number % 64) & 1 == 1 {
                continue;
            }
            let bytes = files.bytes(&entry.path).unwrap_or(b"target");
            let mode = match entry.kind {
                EntryKind::File => "100644",
                EntryKind::Symlink => "120000",
                EntryKind::Submodule => "160000",
            };
            put(writer, &mut root, entry.path.as_bytes(), (mode, bytes));
        }
        self.put_manifest(writer, &mut root, of.manifest);
        for extra in &of.extras {
            extra.put(writer, &mut root);
        }
        match of.odd {
            None => write_entries(writer, &root),
            Some(odd) => odd.write(writer, &root),
        }
    }

    fn put_manifest(&self, writer: &PackWriter<'_>, root: &mut Entries, manifest: ManifestOf) {
        let main = |rules: &str| format!("[environment.dev1]\n{rules}\n{SITES}");
        let text = match manifest {
            ManifestOf::First => main(self.rules[0]),
            ManifestOf::Second => main(self.rules[1]),
            ManifestOf::Missing => return,
            ManifestOf::Broken => "[environment.dev1\n".into(),
            ManifestOf::OfOthers => "[environment.dev2]\nmodels = \"{name}_{env}\"\n".into(),
            ManifestOf::Link => "environments/dev1.toml".into(),
            ManifestOf::InFile => "[template.developer]\nmodels = \"{name}_{env}\"\n".into(),
        };
        let mode = match manifest {
            ManifestOf::Link => "120000",
            _ => "100644",
        };
        put(writer, root, b"storyline.toml", (mode, text.as_bytes()));
        if let ManifestOf::InFile = manifest {
            let text = b"template = \"developer\"\nconnections = \"{env}_{name}\"\n";
            put(writer, root, b"environments/dev1.toml", ("100644", text));
        }
    }
}

/// Puts an entry into a tree, with the folders above it.
fn put(writer: &PackWriter<'_>, root: &mut Entries, path: &[u8], (mode, bytes): (&str, &[u8])) {
    let mut names: Vec<_> = path.split(|byte| *byte == b'/').collect();
    let name = names.pop().expect("a path has a name");
    let mut folder = root;
    for name in names {
        let inside = folder.entry(name.to_vec());
        let inside = inside.or_insert_with(|| Node::Folder(b"40000".into(), Entries::new()));
        match inside {
            Node::Folder(_, inside) => folder = inside,
            Node::Leaf(..) => return,
        }
    }
    let id = match mode {
        "160000" => ObjectId::from_bytes([7; 20]),
        _ => add(writer, Kind::Blob, bytes),
    };
    folder.insert(name.to_vec(), Node::Leaf(mode.as_bytes().to_vec(), id));
}

impl Extra {
    fn put(self, writer: &PackWriter<'_>, root: &mut Entries) {
        let mut put =
            |path: &[u8], mode: &str, bytes: &[u8]| put(writer, root, path, (mode, bytes));
        match self {
            Self::Executable => put(b"run.model.lkml", "100755", b"connection: \"lake\"\n"),
            Self::OddMode => put(b"odd/old.model.lkml", "100664", b"connection: \"lake\"\n"),
            Self::UnknownMode => put(b"odd/x.model.lkml", "140000", b"connection: \"lake\"\n"),
            Self::Link => put(
                b"models/orders.view.lkml",
                "120000",
                b"../orders.model.lkml",
            ),
            Self::Submodule => put(b"libraries/orders.model.lkml", "160000", b""),
            Self::NoText => put(b"caf\xe9\n/\xff.view.lkml", "100644", b"view: x {}\n"),
            Self::Stray => {
                let text =
                    b"view: s { dimension: d { html: <a href='/explore/orders_dev1/x'> ;; } }\n";
                put(b"stray.view.lkml", "100644", text);
            }
            Self::OtherCase => put(b"ORDERS.model.lkml", "100644", b"connection: \"lake\"\n"),
            Self::EmptyFolder => {
                let none = Node::Folder(b"40000".into(), Entries::new());
                root.entry(b"empty".into()).or_insert(none);
            }
            Self::OddFolderMode => root.values_mut().for_each(|node| {
                if let Node::Folder(mode, _) = node {
                    *mode = b"040000".into();
                }
            }),
        }
    }
}

impl Odd {
    /// Writes `entries` in a way that Git would not.
    fn write(self, writer: &PackWriter<'_>, entries: &Entries) -> ObjectId {
        let blob = add(writer, Kind::Blob, b"odd\n");
        let inside = write_entries(writer, entries);
        let tree = |entries: &[(&str, &str, ObjectId)]| {
            let entries: Vec<_> = entries
                .iter()
                .map(|(mode, name, id)| TreeEntry {
                    mode: mode.as_bytes(),
                    name: name.as_bytes(),
                    id: *id,
                })
                .collect();
            add(writer, Kind::Tree, &write_tree(&entries))
        };
        match self {
            Self::Unsorted => tree(&[("100644", "b", blob), ("40000", "a", inside)]),
            Self::Twice => tree(&[("100644", "a", blob), ("100644", "a", blob)]),
            Self::FileAndFolder => tree(&[
                ("100644", "a", blob),
                ("100644", "a.b", blob),
                ("40000", "a", inside),
            ]),
            Self::Dots => tree(&[("40000", "..", inside)]),
            Self::Below => {
                let odd = tree(&[("100644", "b", blob), ("100644", "a", blob)]);
                let mut entries = entries.clone();
                // As a leaf, it is written as it is.
                entries.insert(b"odd".into(), Node::Leaf(b"40000".into(), odd));
                write_entries(writer, &entries)
            }
        }
    }
}

impl Head {
    /// The bytes of a commit, the `number`th of its history.
    fn commit(self, tree: ObjectId, parents: &[ObjectId], number: usize) -> Vec<u8> {
        let parents = parents.iter().map(|id| format!("parent {id}\n"));
        let ids = format!("tree {tree}\n{}", parents.collect::<String>());
        let date = 1_000_000_000 + number;
        let who = format!(
            "author A <a@example.com> {date} +0000\ncommitter A <a@example.com> {date} +0000\n"
        );
        let message: &[u8] = b"\nA change\n";
        let plain = [ids.as_bytes(), who.as_bytes()].concat();
        let signature = "-----BEGIN PGP SIGNATURE-----\n \n iQ==\n -----END PGP SIGNATURE-----\n";
        match self {
            Self::Plain => [&plain, message].concat(),
            Self::Encoding => {
                [&plain[..], b"encoding ISO-8859-1\n\ncaf\xe9\n\nparent x\n"].concat()
            }
            Self::Tag => {
                let tag = format!("mergetag object {tree}\n type commit\n tag v1\n \n gpgsig no\n");
                [&plain, tag.as_bytes(), message].concat()
            }
            Self::Signed => [&plain, format!("gpgsig {signature}").as_bytes(), message].concat(),
            Self::SignedTwice => {
                let both = format!("gpgsig {signature}gpgsig-sha256 {signature}");
                [&plain, both.as_bytes(), b"\ngpgsig as a message\n"].concat()
            }
            Self::SetAside => {
                let aside = format!("x-storyline-gpgsig {signature}gpgsig {signature}");
                [&plain, aside.as_bytes(), message].concat()
            }
            Self::BeforeChrist => {
                let who = "author <> -99999999999 +9999\ncommitter A <a> -1 -0000\n";
                [ids.as_bytes(), who.as_bytes(), message].concat()
            }
            Self::FarFuture => {
                let who = "author A <a> 99999999999999999999999 +0000\ncommitter A <a> 1\n";
                [ids.as_bytes(), who.as_bytes(), message].concat()
            }
            Self::Nobody => [ids.as_bytes(), message].concat(),
            Self::Nul => [&plain[..], b"\nbefore\0after"].concat(),
            Self::Bare => plain,
            Self::Unknown => [&plain, "x-number 7\n goes on\n".as_bytes(), message].concat(),
        }
    }
}
