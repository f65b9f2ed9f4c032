//! A filter is built, found whole, and asked.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;
use tempfile::TempDir;

use super::filter::Filter;
use super::format::{BLOCK, Digest, digest};
use super::*;

/// A folder with lists, and room for a filter.
struct Ground {
    folder: TempDir,
    lists: Vec<PathBuf>,
}

impl Ground {
    fn new(lists: &[&[u8]]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |(number, list): (usize, &&[u8])| {
            let path = folder.path().join(format!("list{number}.txt"));
            fs::write(&path, list).expect("a list");
            path
        };
        let lists = lists.iter().enumerate().map(write).collect();
        Self { folder, lists }
    }

    fn output(&self) -> PathBuf {
        self.folder.path().join("leaked.filter")
    }

    fn build(&self, at_least: u64) -> Result<Built, BuildError> {
        self.build_until(at_least, |_, _| {})
    }

    fn build_until(
        &self,
        at_least: u64,
        mut report: impl FnMut(Progress, &AtomicBool),
    ) -> Result<Built, BuildError> {
        let order = Order {
            lists: self.lists.clone(),
            output: self.output(),
            at_least,
        };
        let stop = AtomicBool::new(false);
        build(&order, &stop, |progress| report(progress, &stop))
    }

    fn filter(&self) -> Filter {
        let filter = Filter::open(&self.output()).expect("a filter");
        filter.verify().expect("it is whole");
        filter
    }

    /// The names of all that is in the folder.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).expect("the folder");
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        let mut names: Vec<_> = entries
            .map(|entry| name(entry.expect("an entry")))
            .collect();
        names.sort();
        names
    }
}

fn hexadecimal(digest: &Digest) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn number(number: u64) -> Digest {
    digest(&number.to_be_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// None that is in it is taken for one that is not, however many there are and in whatever
    /// order and form they come.
    #[test]
    fn what_was_put_in_is_found(
        digests in prop::collection::vec(any::<Digest>(), 1..400),
        counts in prop::collection::vec(prop::option::of(1u64..100), 400),
        upper: bool,
        ends in prop::sample::select(vec!["\n", "\r\n"]),
    ) {
        let lines = digests.iter().zip(&counts).map(|(digest, count)| {
            let mut line = hexadecimal(digest);
            if upper {
                line.make_ascii_uppercase();
            }
            match count {
                Some(count) => format!("{line}:{count}{ends}"),
                None => format!("{line}{ends}"),
            }
        });
        let ground = Ground::new(&[lines.collect::<String>().as_bytes()]);
        let built = ground.build(1).expect("a filter");
        prop_assert_eq!(built.entries, digests.len() as u64);
        let filter = ground.filter();
        for digest in &digests {
            prop_assert!(filter.has(digest).expect("it can be read"));
        }
    }
}

/// 300,000 in it, 300,000 that are not: about one in 1,700 of these is taken for one, and never
/// one in 1,000.
#[test]
fn few_that_were_not_put_in_are_found() {
    const COUNT: u64 = 300_000;
    let list: String = (0..COUNT)
        .map(|n| hexadecimal(&number(n)) + ":1\n")
        .collect();
    let ground = Ground::new(&[list.as_bytes()]);
    let built = ground.build(1).expect("a filter");
    assert_eq!(built.entries, COUNT);
    let blocks = (COUNT * BYTES_PER_ENTRY).div_ceil(BLOCK as u64);
    assert_eq!(built.bytes, (blocks + 1) * BLOCK as u64);
    let filter = ground.filter();
    let found = |range: std::ops::Range<u64>| {
        let found = range.filter(|n| filter.has(&number(*n)).expect("it can be read"));
        found.count() as u64
    };
    assert_eq!(found(0..COUNT), COUNT);
    let wrongly = found(COUNT..2 * COUNT);
    println!("{wrongly} of {COUNT} were taken wrongly");
    assert!(wrongly * 1_000 < COUNT, "{wrongly}");
    assert!(
        wrongly * 10_000 > COUNT,
        "{wrongly}: more bytes are spent than are needed"
    );
}

#[test]
fn plain_passwords_are_hashed_as_they_are_when_they_are_chosen() {
    let list = "\u{feff}seven lemons\r\ncafe\u{301} mit zitronen\n\nshort\n".to_owned();
    let mut list = list.into_bytes();
    list.extend_from_slice(b"not \xff text at all\n");
    list.extend_from_slice(&[b'x'; 1025]);
    list.extend_from_slice(b"\nlast without an end");
    let ground = Ground::new(&[&list]);
    let built = ground.build(1).expect("a filter");
    assert_eq!((built.entries, built.left_out), (3, 3));
    let filter = ground.filter();
    for text in [
        "seven lemons",
        "caf\u{e9} mit zitronen",
        "last without an end",
    ] {
        assert!(
            filter
                .has(&digest(text.as_bytes()))
                .expect("it can be read"),
            "{text}"
        );
    }
    assert!(!filter.has(&digest(b"short")).expect("it can be read"));
}

#[test]
fn what_leaked_seldom_can_be_left_out() {
    let [often, seldom, uncounted] = [1, 2, 3].map(number);
    let lines = [
        format!("{}:10\n", hexadecimal(&often)),
        format!("{}:9\n", hexadecimal(&seldom)),
        format!("{}\n", hexadecimal(&uncounted)),
    ];
    let ground = Ground::new(&[lines.concat().as_bytes()]);
    let built = ground.build(10).expect("a filter");
    assert_eq!((built.entries, built.left_out), (2, 1));
    let filter = ground.filter();
    assert_eq!(filter.header().at_least, 10);
    for (digest, expected) in [(often, true), (seldom, false), (uncounted, true)] {
        assert_eq!(filter.has(&digest).expect("it can be read"), expected);
    }
}

#[test]
fn several_lists_of_both_forms_make_one_filter() {
    let hashes = hexadecimal(&number(1)) + "\n";
    let ground = Ground::new(&[hashes.as_bytes(), b"seven lemons\n", b"", b"\n\n"]);
    assert_eq!(ground.build(1).expect("a filter").entries, 2);
    let filter = ground.filter();
    for digest in [number(1), digest(b"seven lemons")] {
        assert!(filter.has(&digest).expect("it can be read"));
    }
}

#[test]
fn a_list_that_is_none_is_refused_and_nothing_is_left() {
    let sha1 = hexadecimal(&number(1));
    let ntlm = &sha1[..32];
    let sha256 = format!("{sha1}{}", &sha1[..24]);
    let long = vec![b'x'; 70_000];
    let cases: [(&[u8], &str); 8] = [
        (format!("{sha1}:1\nseven lemons\n").as_bytes(), "line 2 of"),
        (format!("{sha1}:1\n{sha1}:many\n").as_bytes(), "no SHA-1"),
        (format!("{sha1}:1\n{sha1};1\n").as_bytes(), "no SHA-1"),
        (format!("{ntlm}:1\n").as_bytes(), "NTLM"),
        (format!("{sha256}\n").as_bytes(), "NTLM"),
        (&long, "longer than 64 KiB"),
        (b"", "no password"),
        (b"short\n", "no password"),
    ]
    .map(|(list, expected)| (list.to_vec().leak() as &[u8], expected));
    for (list, expected) in cases {
        let ground = Ground::new(&[list]);
        fs::write(ground.output(), "what was there").expect("a file");
        let refused = ground.build(1).expect_err("it is none").to_string();
        assert!(refused.contains(expected), "{refused}");
        assert!(!refused.contains("lemons"), "{refused}");
        assert_eq!(ground.names(), ["leaked.filter", "list0.txt"]);
        let kept = fs::read(ground.output()).expect("the file");
        assert_eq!(kept, b"what was there");
    }
}

#[test]
fn a_list_or_an_output_that_is_not_there_is_named() {
    let mut ground = Ground::new(&[b"seven lemons\n"]);
    fs::create_dir(ground.output()).expect("a folder");
    let refused = ground.build(1).expect_err("a folder").to_string();
    assert!(refused.contains("leaked.filter"), "{refused}");
    fs::remove_dir(ground.output()).expect("it is empty");
    for list in [
        ground.folder.path().join("none.txt"),
        ground.folder.path().to_owned(),
    ] {
        ground.lists = vec![list.clone()];
        let refused = ground.build(1).expect_err("no list").to_string();
        assert!(refused.contains(&*list.display().to_string()), "{refused}");
    }
    assert_eq!(ground.names(), ["list0.txt"]);
}

/// Whoever stops it while it counts, fills or writes finds what was there before.
#[test]
fn one_that_is_stopped_leaves_nothing() {
    let list: String = (0..60_000)
        .map(|n| hexadecimal(&number(n)) + "\n")
        .collect();
    let ground = Ground::new(&[list.as_bytes()]);
    for stage in [Stage::Counting, Stage::Filling, Stage::Writing] {
        let stopped = ground.build_until(1, |progress, stop| {
            if progress.stage == stage {
                stop.store(true, Ordering::Relaxed);
            }
        });
        assert!(matches!(stopped, Err(BuildError::Stopped)), "{stage:?}");
        assert_eq!(ground.names(), ["list0.txt"]);
    }
    ground.build(1).expect("a filter");
    assert_eq!(ground.names(), ["leaked.filter", "list0.txt"]);
}

/// A list that is written to meanwhile would make a filter of another size than it needs.
#[test]
fn a_list_that_grows_meanwhile_is_refused() {
    let ground = Ground::new(&[b"seven lemons\n"]);
    let grown = ground.build_until(1, |progress, _| {
        if progress.stage == Stage::Counting {
            fs::write(&ground.lists[0], "seven lemons\neight lemons\n").expect("a list");
        }
    });
    assert!(matches!(grown, Err(BuildError::Changed)));
}

#[test]
fn it_says_how_far_it_is() {
    let list: String = (0..60_000)
        .map(|n| hexadecimal(&number(n)) + "\n")
        .collect();
    let ground = Ground::new(&[list.as_bytes()]);
    let mut seen = Vec::new();
    ground
        .build_until(1, |progress, _| seen.push(progress))
        .expect("a filter");
    for stage in [Stage::Counting, Stage::Filling, Stage::Writing] {
        let of_it: Vec<_> = seen
            .iter()
            .filter(|progress| progress.stage == stage)
            .collect();
        let last = of_it.last().expect("it was said");
        assert!(last.done <= last.all || stage == Stage::Writing);
        assert!(of_it.windows(2).all(|pair| pair[0].done <= pair[1].done));
    }
}

fn refusal(path: &Path) -> String {
    let opened = Breached::open(path).and_then(|filter| filter.verify());
    opened.expect_err("it is not whole").to_string()
}

#[test]
fn a_file_that_is_no_whole_filter_is_refused() {
    let ground = Ground::new(&[b"seven lemons\n"]);
    ground.build(1).expect("a filter");
    let path = ground.output();
    let whole = fs::read(&path).expect("the filter");
    for length in [0, 16, 59, 60, 4095, 4096, whole.len() - 1] {
        fs::write(&path, &whole[..length]).expect("a file");
        let refused = refusal(&path);
        let expected = if length < 60 {
            "is no filter"
        } else {
            "damaged or cut short"
        };
        assert!(refused.contains(expected), "{length}: {refused}");
    }
    fs::write(&path, [&whole[..], b"x"].concat()).expect("a file");
    assert!(refusal(&path).contains("damaged"));
    for place in (0..60).chain([4096, 5000, whole.len() - 1]) {
        let mut changed = whole.clone();
        changed[place] ^= 0x10;
        fs::write(&path, &changed).expect("a file");
        let refused = refusal(&path);
        let expected = match place {
            0..16 => "is no filter",
            16..20 => "in the format",
            _ => "damaged",
        };
        assert!(refused.contains(expected), "{place}: {refused}");
    }
    fs::write(&path, "PK\u{3}\u{4}, as others begin\n".repeat(900)).expect("a file");
    assert!(refusal(&path).contains("is no filter"));
    assert!(refusal(ground.folder.path()).contains("is no filter"));
    fs::remove_file(&path).expect("the filter");
    assert!(refusal(&path).contains("cannot read"));
}
