//! What became of some histories, for good: the first edition of the rules makes these commits, on every
//! machine and in every version. A change here is a new edition, never a new expectation.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use storyline_repo::{Kind, NewCommit, ObjectId, PackWriter, Repository, signature};
use storyline_stamp::Direction;

use crate::histories::fixed;
use crate::place::{Entries, Node, Place, add, read_commit, write_entries};

/// What environments say, by the names that `golden.txt` has for it: a suffix for one kind, for all, and
/// names that trade places or are parts of each other.
const MAPS: [(&str, &str); 3] = [
    ("connections", "connections = \"{name}_dev1\"\n"),
    (
        "everything",
        r#"connections = "{name}_dev1"
models = "{name}_dev1"
projects = "{name}-dev1"
labels = "{name} (dev1)"
schemas = "{name}_dev1"
databases = "{name}_dev1"
profiles = "{name}_dev1"
dbt_projects = "{name}_dev1"
"#,
    ),
    (
        "swaps",
        r#"connections = { telemetry = "warehouse", warehouse = "telemetry", "*" = "{name}.x" }
models = { orders = "orders_history", orders_history = "orders", fenix = "firefox_desktop", firefox_desktop = "fenix", "*" = "{name}x" }
projects = { hub = "acme_hub", "*" = "{name}" }
"#,
    ),
];

fn manifest(rules: &str) -> String {
    format!("[storyline]\nrules = 1\n\n[environment.dev1]\n{rules}")
}

/// A commit by nobody, at a time of no meaning.
fn commit(writer: &PackWriter<'_>, entries: &Entries) -> ObjectId {
    let who = signature("A", "a@example.com", 1_000_000_000, 0);
    let commit = NewCommit {
        tree: write_entries(writer, entries),
        parents: &[],
        author: &who,
        committer: &who,
        message: b"A change\n",
    };
    add(writer, Kind::Commit, &commit.to_bytes())
}

/// The files of a folder.
fn read(writer: &PackWriter<'_>, folder: &Path) -> Entries {
    let found = fs::read_dir(folder).expect("a folder");
    let nodes = found.map(|entry| {
        let entry = entry.expect("readable");
        let name = entry.file_name().into_encoded_bytes();
        let node = match entry.path().is_dir() {
            true => Node::Folder(b"40000".into(), read(writer, &entry.path())),
            false => {
                let bytes = fs::read(entry.path()).expect("readable");
                Node::Leaf(b"100644".into(), add(writer, Kind::Blob, &bytes))
            }
        };
        (name, node)
    });
    nodes.collect()
}

/// What becomes of a fixture, with its own manifest and with others.
fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures")
        .join(name);
    let place = Place::new();
    let own = place.write(|writer| read(writer, &folder));
    let mut commits = vec![("own", place.write(|writer| commit(writer, &own)))];
    for (name, rules) in MAPS {
        commits.push((
            name,
            place.write(|writer| {
                let blob = add(writer, Kind::Blob, manifest(rules).as_bytes());
                let mut entries = own.clone();
                entries.insert(b"storyline.toml".into(), Node::Leaf(b"100644".into(), blob));
                commit(writer, &entries)
            }),
        ));
    }
    let mut told = String::new();
    for (map, id) in commits {
        let (made, opaque) = place
            .project(&[id], Direction::Stamp)
            .expect("it is possible");
        let back = place
            .project(&made, Direction::Unstamp)
            .expect("it comes back");
        assert_eq!(back.0, [id]);
        let (_, tree, _) = read_commit(&place.objects(), made[0]);
        let note = if opaque.is_empty() { "" } else { ", as it is" };
        let _ = writeln!(
            told,
            "{map}: {id} becomes {} with tree {tree}{note}",
            made[0]
        );
    }
    told
}

#[test]
fn fixtures() {
    insta::assert_snapshot!(fixture("acme/shop"), @r#"
    own: 343781db393e0f7542d6eed215e6c6e319186a9c becomes c824e18afac8b4725476bafd1469cdc2c800baeb with tree d662a1896680437d80102720bcc055d6a7eac0da
    connections: ee036e53d7caac9b2b00d578b570b5bf9f3bbd6d becomes 036697fc43151cfce264f1b041997d648f9d5038 with tree 93524c17fb024d1dfb10325d61de5a72db06a390
    everything: 7e007d5fbf34582ab899011c9dff23816555323b becomes 62409d7cb8767ead90a096d5029bbd2415cf10c1 with tree 7e373d2601cc771c9500c2ef3ea0d67f64884bf4
    swaps: 6c2b5764bfe751d19040d1230cdda0ddf12132a8 becomes 6d5a6343f9067925d625fdadd7228ac7b3b4ea03 with tree 47e1fb2d710ed5d060006b369f17ca6b91143f39
    "#);
    insta::assert_snapshot!(fixture("acme/hub"), @r#"
    own: 5012daa67d2f874741f84aa91c3703f960637b3a becomes 7e281e1d7ef52da7c40d93b8689363aff64e19a6 with tree 808d7d30910551e689234fa2f66ec3ee8942c1e0
    connections: 37fbd10dabb428ec172ac4f3d1e6f60bc46adbc1 becomes cdb98cba547c48efb1baf3024c3ace8090842efd with tree 7448e6759e1f20dbf17595f32126c9e690dd14ee
    everything: e11008382b4923332b870de56b31e35777bf99f5 becomes bcec4567922f11b5d2f2d4415953007528728bb0 with tree b2627e56ee940e5637bc6aa0a4cb7032825e9e0b
    swaps: bddd2594267b56373dcfa2c74be19eb817b23009 becomes f9a87633540289d15e42df236443fc53fe5655da with tree a5df46da661eadbdaefa67c3f9e0bb2c6a732e48
    "#);
    insta::assert_snapshot!(fixture("acme-dbt"), @r#"
    own: 2bd814a1aac325822f2a3354e7633e8c94c40948 becomes 4d14085bb7b3c1e30dccda1f5a1e75a0c5eff23d with tree 27973a4145867e8ad85db401e2dab38932e740d1
    connections: f0347deecd85f386a44e868197a359024eb2c031 becomes f0347deecd85f386a44e868197a359024eb2c031 with tree d1f01c32898777269b68d5d663ea65d38592c7e4
    everything: b49b7f07d9ea56e6552e252a2a4c77cd55935abf becomes 2db5b8fba79646d519e7967a2cdd5a3cd0f36df6 with tree b498bc3a5e92235f3e483cf614ad76a3cdb306ce
    swaps: e6f70fc40416968f4ff7d2746afa9de4cf6b682f becomes e6f70fc40416968f4ff7d2746afa9de4cf6b682f with tree 84edebfbeb4470957fb5e89da480843bea8ef4fd
    "#);
}

#[test]
fn a_history_with_everything_in_it() {
    let place = Place::new();
    let commits = fixed().write(&place);
    let (made, opaque) = place
        .project(&commits, Direction::Stamp)
        .expect("it is possible");
    let mut told = format!("{} keep their trees\n", opaque.len());
    for (from, to) in commits.iter().zip(&made).skip(36) {
        let _ = writeln!(told, "{from} becomes {to}");
    }
    insta::assert_snapshot!(told, @r#"
    17 keep their trees
    8588ccfb62101c397f6c0f792b9ab0788c5293df becomes ca60ca03c881b26a073b99707d4663236cd30bc5
    67d6759cd86a6124a2b49a4849752e47b9742b32 becomes 35f63a15106720375af5874ccc8a72df2549102e
    5addc969285959d7a6702e9fc01499340eb82732 becomes 7e207f198ea4408a2ffa3d33bd6c183d9539625e
    3a2a1efdf04d51842446e14a95279e709cb1476d becomes 565a7be2faf8a5f7be7b46e76711fd4315e2e2fe
    11f8952143ba500333a1e06c19c73cd1e11c6b84 becomes e0a2d7a8909b512dc53804f1dc26035c2926c8b5
    3cc2f34a010ec7c7a2d0d267e882fbdad7875639 becomes 3cc2f34a010ec7c7a2d0d267e882fbdad7875639
    5909b75c718493089aa11f3d0517a683b146e5da becomes 5909b75c718493089aa11f3d0517a683b146e5da
    54dfd29816ed05f7b9fa893c60de8880c157bf8d becomes 54dfd29816ed05f7b9fa893c60de8880c157bf8d
    9f54243c91461c2013f2642d63428dac70f7dd6c becomes 98e2e429b5da876b8ba67911a20d4e290721735a
    c83bb58436a272193a23b7eb39ece813596ef1e3 becomes d1267d6b380ee2589bfa48f05d6c055287762e8e
    330ec3c926b0b69de93b7a14a986d1734d74f03c becomes 11cb7b8ec1322821950b2caa2d2b899ad9ae4619
    facd6902e6715274fb996a803d81fb1804a375d5 becomes 452735fa7c19a5c34b54cb471c232f5c7615f45f
    "#);
}

/// Projects a public history of which `objects` holds what is needed; `None` when its tip is not there.
fn public(objects: &Path, tip: ObjectId, map: &str) -> Option<ObjectId> {
    let place = Place::borrowing(objects);
    if !place.objects().contains(tip) {
        return None;
    }
    let (_, rules) = MAPS.iter().find(|(name, _)| *name == map).expect("a map");
    let lender = place.write(|writer| {
        let blob = add(writer, Kind::Blob, manifest(rules).as_bytes());
        let entries = [(
            b"storyline.toml".to_vec(),
            Node::Leaf(b"100644".into(), blob),
        )];
        commit(writer, &entries.into())
    });
    let take = |tip, way| {
        let made = place.project_with(&[tip], way, |projector| {
            projector
                .lend_manifest_of(lender)
                .expect("it was just made");
        });
        made.expect("it is possible").0[0]
    };
    let made = take(tip, Direction::Stamp);
    assert_eq!(take(made, Direction::Unstamp), tip);
    Some(made)
}

/// The folder of the objects of a clone or a mirror.
fn objects(folder: &Path) -> Option<PathBuf> {
    let repository = Repository::discover(folder).ok()??;
    Some(repository.common_dir().join("objects"))
}

#[test]
#[expect(clippy::print_stdout, reason = "a test that did not run has to say so")]
fn public_histories() {
    let Some(corpus) = std::env::var_os("STORYLINE_CORPUS") else {
        println!("skipped: what public histories become: STORYLINE_CORPUS is not set");
        return;
    };
    let lines = include_str!("golden.txt").lines();
    for line in lines.filter(|line| !line.starts_with('#')) {
        let words: Vec<_> = line.split(' ').collect();
        let [name, tip, map, expected] = words[..] else {
            panic!("four words: {line}");
        };
        let tip = tip.parse().expect("a commit");
        let folder = Path::new(&corpus).join(name.replace('/', "+"));
        match objects(&folder).and_then(|objects| public(&objects, tip, map)) {
            Some(made) => assert_eq!(made.to_string(), expected, "{line}"),
            None => println!("skipped: {name}: no commit {tip} below STORYLINE_CORPUS"),
        }
    }
}
