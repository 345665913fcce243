//! One contract, every store: folder, git over file:// and smart HTTP, S3, Azure.

use std::collections::BTreeMap;
use std::path::Path;

use gatehouse_core::ids::CommitSha;
use gatehouse_core::ledger::{Compacted, Created, Entry, EntryKey, Ledger, Machine, Run};
use gatehouse_core::system::FakeSystem;
use jiff::Timestamp;
use serde_json::json;

use crate::servers;

fn entry(suite: &str, time: &str, commit: char, value: f64) -> Entry {
    Entry {
        suite: suite.to_owned(),
        run: Run {
            commit: CommitSha::try_from(commit.to_string().repeat(40)).unwrap(),
            parent: None,
            branch: Some("main".to_owned()),
            time: time.parse::<Timestamp>().unwrap(),
            run_id: 7,
            attempt: 1,
            machine: Machine::default(),
            tools: BTreeMap::new(),
        },
        columns: BTreeMap::from([
            (
                "benchmark".to_owned(),
                vec![json!("a"), json!("b \u{1f680}")],
            ),
            ("median".to_owned(), vec![json!(value), json!(0.1 + 0.2)]),
        ]),
    }
}

fn load(ledger: &Ledger, suite: Option<&str>) -> Vec<Entry> {
    let loaded = ledger.load(suite).unwrap();
    assert_eq!(loaded.problems, []);
    loaded.entries
}

/// What every store must do.
fn contract(open: &dyn Fn() -> Ledger) {
    let ledger = open();
    assert_eq!(
        load(&ledger, None),
        [],
        "a ledger that is not there yet is empty"
    );
    let [one, two, three] = [
        entry("Suite/A", "2026-01-02T03:04:05.678Z", 'a', 1.0),
        entry("Suite/A", "2026-01-09T00:00:00Z", 'b', 2.0),
        entry("Suite/A", "2026-02-01T00:00:00Z", 'c', 3.0),
    ];
    let other = entry("suite/a", "2026-01-03T00:00:00Z", 'd', 4.0);
    for entry in [&three, &one, &two, &other] {
        assert_eq!(ledger.append(entry).unwrap(), Created::New);
    }
    assert_eq!(
        ledger.append(&two).unwrap(),
        Created::Known,
        "twice is once"
    );
    // A namesake with another content loses nothing.
    let mut namesake = two.clone();
    namesake
        .columns
        .insert("median".to_owned(), vec![json!(9.0), json!(9.0)]);
    assert_eq!(open().append(&namesake).unwrap(), Created::New);
    namesake.run.time += jiff::SignedDuration::from_millis(1);
    let all = [one.clone(), two, namesake, three];
    assert_eq!(load(&open(), Some("Suite/A")), all);
    assert_eq!(load(&open(), Some("suite/a")), [other]);
    assert_eq!(load(&open(), None).len(), 5);
    let february = jiff::civil::date(2026, 2, 28);
    assert_eq!(
        open().compact(february).unwrap(),
        Compacted {
            months: 1,
            files: 3
        }
    );
    assert_eq!(
        open().compact(february).unwrap(),
        Compacted::default(),
        "nothing is left to do"
    );
    assert_eq!(load(&open(), Some("Suite/A")), all);
    assert_eq!(
        open().append(&one).unwrap(),
        Created::New,
        "a run that is in a month already"
    );
    assert_eq!(load(&open(), Some("Suite/A")), all, "is still one run");
    assert_eq!(
        open()
            .import(&[entry("old", "2020-01-01T00:00:00Z", 'e', 5.0)])
            .unwrap()
            .months,
        1
    );
    assert_eq!(load(&open(), Some("old")).len(), 1);
    assert!(open().size().unwrap() > 100);
}

#[test]
fn a_folder_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("ledger");
    contract(&|| Ledger::open(root.to_str().unwrap(), &FakeSystem::new()).unwrap());
}

#[test]
fn a_git_branch_keeps_the_contract_over_a_path() {
    let repository = servers::bare_repository();
    let location = format!("git+file://{}#perf-ledger", repository.path().display());
    contract(&|| Ledger::open(&location, &FakeSystem::new()).unwrap());
    let log = servers::git(
        repository.path(),
        &["log", "--format=%an %s", "perf-ledger"],
    );
    assert!(
        log.lines().count() >= 7 && log.lines().all(|line| line.starts_with("gatehouse Add ")),
        "{log}"
    );
}

#[test]
fn a_git_branch_keeps_the_contract_over_smart_http() {
    let repository = servers::bare_repository();
    let Some(server) = servers::git_http(repository.path()) else {
        return;
    };
    let location = format!("git+{}#perf-ledger", server.url);
    contract(&|| Ledger::open(&location, &FakeSystem::new()).unwrap());
}

#[test]
fn s3_keeps_the_contract() {
    let Some(server) = servers::moto() else {
        return;
    };
    let system = FakeSystem::new()
        .with_var("AWS_ENDPOINT_URL", &server.url)
        .with_var("AWS_ALLOW_HTTP", "true")
        .with_var("AWS_ACCESS_KEY_ID", "test")
        .with_var("AWS_SECRET_ACCESS_KEY", "test")
        .with_var("AWS_REGION", "us-east-1");
    contract(&|| Ledger::open("s3://ledger/perf", &system).unwrap());
}

#[test]
fn azure_keeps_the_contract() {
    let Some(server) = servers::azurite() else {
        return;
    };
    // The emulator's well-known account.
    let system = FakeSystem::new()
        .with_var("AZURE_STORAGE_ACCOUNT_NAME", servers::AZURITE_ACCOUNT)
        .with_var("AZURE_STORAGE_ACCOUNT_KEY", servers::AZURITE_KEY)
        .with_var(
            "AZURE_STORAGE_ENDPOINT",
            format!("{}/{}", server.url, servers::AZURITE_ACCOUNT),
        )
        .with_var("AZURE_ALLOW_HTTP", "true");
    contract(&|| Ledger::open("az://ledger/perf", &system).unwrap());
}

#[test]
fn a_broken_file_is_named_skipped_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_str().unwrap();
    let ledger = Ledger::open(root, &FakeSystem::new()).unwrap();
    let (whole, cut) = (
        entry("s", "2026-01-02T00:00:00Z", 'a', 1.0),
        entry("s", "2026-01-03T00:00:00Z", 'b', 1.0),
    );
    let third = entry("s", "2026-01-04T00:00:00Z", 'c', 1.0);
    for entry in [&whole, &cut, &third] {
        ledger.append(entry).unwrap();
    }
    let path = folder.path().join(EntryKey::of(&cut).path());
    let bytes = std::fs::read(&path).unwrap();
    for length in 0..bytes.len() {
        servers::overwrite(&path, &bytes[..length]);
        let loaded = ledger.load(None).unwrap();
        assert_eq!(
            loaded.entries,
            [whole.clone(), third.clone()],
            "cut at {length}"
        );
        assert!(
            loaded.problems[0]
                .place
                .as_ref()
                .unwrap()
                .file
                .ends_with("-7-1.json.gz")
        );
    }
    servers::overwrite(&path, b"not gzip");
    assert_eq!(
        ledger.append(&cut).unwrap(),
        Created::New,
        "kept beside it, a millisecond later"
    );
    assert_eq!(
        ledger.compact(jiff::civil::date(2026, 3, 1)).unwrap().files,
        3
    );
    assert_eq!(std::fs::read(&path).unwrap(), b"not gzip");
    assert_eq!(ledger.load(None).unwrap().problems.len(), 1);
    assert_eq!(ledger.load(None).unwrap().entries.len(), 3);
}

#[test]
fn a_small_file_cannot_unpack_to_gigabytes() {
    use std::io::Write as _;
    let folder = tempfile::tempdir().unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let block = vec![b' '; 1 << 20];
    for _ in 0..600 {
        gzip.write_all(&block).unwrap();
    }
    let path = folder.path().join("s/2026/01/bomb.json.gz");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    servers::overwrite(&path, &gzip.finish().unwrap());
    let loaded = Ledger::open(folder.path().to_str().unwrap(), &FakeSystem::new())
        .unwrap()
        .load(None)
        .unwrap();
    assert!(
        loaded.problems[0].message.contains("unpacks to more than"),
        "{:?}",
        loaded.problems
    );
}

#[test]
fn a_location_that_makes_no_sense_is_refused() {
    for location in [
        "http://x/y",
        "git+file:///x",
        "git+--upload-pack=x#b",
        "git+file:///x#a..b",
        "git+file:///x#-b",
        "s3://",
    ] {
        let refused = Ledger::open(location, &FakeSystem::new())
            .err()
            .map(|error| error.to_string());
        assert!(refused.is_some(), "{location}");
    }
}

#[test]
fn an_unreachable_store_is_an_error_not_an_empty_history() {
    let nowhere = Path::new("/nonexistent/repository.git");
    let ledger = Ledger::open(
        &format!("git+file://{}#b", nowhere.display()),
        &FakeSystem::new(),
    )
    .unwrap();
    assert!(
        ledger
            .load(None)
            .unwrap_err()
            .to_string()
            .contains("cannot fetch")
    );
}
