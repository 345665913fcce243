//! `dashboard`: the history as a static site.
//!
//! The site is a page, a style sheet, two scripts and data files; it asks nobody for anything, and
//! works from a folder as well as from a server. Data files are scripts that hand their content to the
//! page, since a page from a folder may load scripts and nothing else. [`model`] says what they hold.

pub mod health;
mod lttb;
pub mod model;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use gatehouse_core::diagnostic::{Diagnostic, Place};
use gatehouse_core::exit::Exit;
use gatehouse_core::files::{read_bounded, write_atomic};
use gatehouse_core::ledger::{Entry, Ledger};
use gatehouse_core::runner::Runner;
use maud::{DOCTYPE, html};
use rayon::prelude::*;
use serde::Serialize;

use self::model::{Card, Detail, Overview, Runs};
use crate::alert::journal::is_journal;
use crate::cli::history as cli;
use crate::history::commands::commit_sha;
use crate::history::findings::Asked;
use crate::history::record::Suite;
use crate::history::recorded;
use crate::{Failure, print, show};

/// The files of the site that are the same for everybody.
const ASSETS: [(&str, &str); 3] = [
    ("style.css", include_str!("assets/style.css")),
    ("chart.js", include_str!("assets/chart.js")),
    ("app.js", include_str!("assets/app.js")),
];
/// What tells our page from anybody else's.
const GENERATOR: &str = "gatehouse dashboard";
/// The most that is read of a page that is there already.
const PAGE_LIMIT: u64 = 1024 * 1024;

/// `dashboard`.
pub(crate) fn dashboard(runner: &Runner<'_>, options: &cli::Dashboard) -> Result<Exit, Failure> {
    check_place(&options.out)?;
    let suites = suites(runner, options)?;
    if suites.iter().all(|suite| suite.tracks.is_empty()) {
        return Err(Failure::usage(vec![
            Diagnostic::error("there is no series to show")
                .help("record runs first, or check --ledger, --suite and --branch"),
        ]));
    }
    let release = options.release.as_deref().map(commit_sha).transpose()?;
    let asked = Asked {
        at_least: options.min_change_percent / 100.0,
        release: release.as_ref(),
    };
    let mut series: Vec<(Card, Detail)> = suites
        .par_iter()
        .enumerate()
        .flat_map(|(place, suite)| {
            suite
                .tracks
                .par_iter()
                .map(move |track| model::series(track, suite, place, &asked))
        })
        .collect();
    series.sort_by(|(a, _), (b, _)| {
        let name = |card: &Card| (card.suite, card.benchmark.clone(), card.metric.clone());
        (a.health, name(a)).cmp(&(b.health, name(b)))
    });
    let overview = Overview {
        title: options.title.clone(),
        generated: runner.system().now(),
        repository: address(runner, options),
        suites: suites.iter().map(Runs::of).collect(),
        series: series.iter().map(|(card, _)| card.clone()).collect(),
    };
    write_site(&options.out, &overview, &series)
        .map_err(|error| Failure::world(Diagnostic::error(error)))?;
    let index = options.out.join("index.html");
    let index = std::path::absolute(&index).unwrap_or(index);
    runner
        .outputs()
        .set("report-html", &index.display().to_string())
        .map_err(|error| Failure::world(Diagnostic::error(error.to_string())))?;
    let mut states: BTreeMap<health::Health, usize> = BTreeMap::new();
    for (card, _) in &series {
        *states.entry(card.health).or_default() += 1;
    }
    let states: Vec<String> = states
        .iter()
        .map(|(health, count)| format!("{count} {}", health.word()))
        .collect();
    print(
        runner,
        &format!(
            "{} series ({}) in {}\n",
            series.len(),
            states.join(", "),
            index.display()
        ),
    )?;
    Ok(Exit::Pass)
}

/// Nothing of anybody else's is written over.
fn check_place(out: &Path) -> Result<(), Failure> {
    let index = out.join("index.html");
    let ours = !index.exists()
        || read_bounded(&index, PAGE_LIMIT).is_ok_and(|bytes| {
            String::from_utf8_lossy(&bytes).contains(&format!("content=\"{GENERATOR}\""))
        });
    if ours {
        return Ok(());
    }
    Err(
        Diagnostic::error("this page is no dashboard and would be lost")
            .at(Place::file(index.display().to_string()))
            .help("give an empty folder with --out")
            .into(),
    )
}

/// The repository's address for links to commits.
fn address(runner: &Runner<'_>, options: &cli::Dashboard) -> Option<String> {
    options
        .repository_url
        .clone()
        .or_else(|| runner.repository_url())
        .map(|address| address.trim_end_matches('/').to_owned())
        // A link is followed with a click: no other scheme may stand there.
        .filter(|address| address.starts_with("https://") || address.starts_with("http://"))
}

fn suites(runner: &Runner<'_>, options: &cli::Dashboard) -> Result<Vec<Suite>, Failure> {
    if let Some(file) = &options.series {
        return Ok(vec![Suite {
            name: String::new(),
            runs: Vec::new(),
            tracks: recorded::read(file)?,
        }]);
    }
    let ledger = Ledger::open(&options.ledger, runner.system())?;
    let loaded = ledger.load(options.suite.as_deref())?;
    show(runner, &loaded.problems);
    let mut by_suite: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for entry in loaded.entries {
        let wanted = options.branch.is_none() || entry.run.branch == options.branch;
        if wanted && !is_journal(&entry.suite) {
            by_suite.entry(entry.suite.clone()).or_default().push(entry);
        }
    }
    Ok(by_suite
        .into_iter()
        .map(|(name, entries)| {
            let (suite, odd) = Suite::of(name, entries);
            show(runner, &odd);
            suite
        })
        .collect())
}

/// Writes everything, what the page begins with last, and removes series that are no more.
fn write_site(out: &Path, overview: &Overview, series: &[(Card, Detail)]) -> Result<(), String> {
    let data = out.join("data");
    std::fs::create_dir_all(&data)
        .map_err(|error| format!("cannot make {}: {error}", data.display()))?;
    let write =
        |path: &Path, bytes: &[u8]| write_atomic(path, bytes).map_err(|error| error.to_string());
    series.par_iter().try_for_each(|(card, detail)| {
        let name = format!("{}.js", card.key);
        write(
            &data.join(name),
            script("series", Some(&card.key), detail)?.as_bytes(),
        )
    })?;
    for (name, text) in ASSETS {
        write(&out.join(name), text.as_bytes())?;
    }
    // GitHub Pages would otherwise look through the files for templates.
    write(&out.join(".nojekyll"), b"")?;
    write(
        &data.join("overview.js"),
        script("overview", None, overview)?.as_bytes(),
    )?;
    write(&out.join("index.html"), page(&overview.title).as_bytes())?;
    remove_old(&data, series);
    Ok(())
}

/// Data of series that are no more. A file that cannot be removed is in nobody's way.
fn remove_old(data: &Path, series: &[(Card, Detail)]) {
    let known: HashSet<&str> = series.iter().map(|(card, _)| card.key.as_str()).collect();
    let files = std::fs::read_dir(data).into_iter().flatten().flatten();
    for file in files {
        let name = file.file_name();
        let Some(key) = name.to_str().and_then(|name| name.strip_suffix(".js")) else {
            continue;
        };
        let is_key = key.len() == 16 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_key && !known.contains(key) {
            let _ = std::fs::remove_file(file.path());
        }
    }
}

/// A value as a script that hands it to the page.
fn script(function: &str, key: Option<&str>, value: &impl Serialize) -> Result<String, String> {
    let json = serde_json::to_string(value).map_err(|error| error.to_string())?;
    // JSON is a script as it stands, but for what would end the script where it is pasted in a page.
    let json = json.replace('<', "\\u003c");
    let key = key.map_or_else(String::new, |key| format!("\"{key}\","));
    Ok(format!("gatehouse.{function}({key}{json});\n"))
}

/// The page that loads everything else.
fn page(title: &str) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content=(GENERATOR);
                meta name="referrer" content="no-referrer";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'";
                title { (title) }
                link rel="icon" href="data:,";
                link rel="stylesheet" href="style.css";
            }
            body {
                a .skip href="#content" { "To the content" }
                header {
                    h1 { a #home href="#/" { (title) } }
                    p #subtitle {}
                    button #theme type="button" { "Dark" }
                }
                main #content tabindex="-1" {
                    noscript { p { "This page draws its charts with a script of its own, and scripts are off." } }
                    p #loading { "Loading…" }
                }
                script src="chart.js" {}
                script src="app.js" {}
                script src="data/overview.js" {}
            }
        }
    };
    page.into_string() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_text() {
        let hostile = "</script><script>alert(1)</script>";
        let text = script("overview", None, &hostile).unwrap();
        assert!(!text.contains("</"), "{text}");
        let page = page(hostile);
        assert!(!page.contains("<script>"), "{page}");
    }

    #[test]
    fn somebody_elses_page_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        assert!(check_place(folder.path()).is_ok());
        write_atomic(&folder.path().join("index.html"), b"<p>mine").unwrap();
        assert!(check_place(folder.path()).is_err());
        write_atomic(&folder.path().join("index.html"), page("t").as_bytes()).unwrap();
        assert!(check_place(folder.path()).is_ok());
    }
}
