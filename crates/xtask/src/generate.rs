//! The generated files, and the check that they are what would be generated.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::CommandFactory as _;
use gatehouse_core::evidence::Evidence;
use gatehouse_core::files::write_atomic;
use gatehouse_core::report::markdown::cell;
use perf_regression_check::adapter::ADAPTERS;
use perf_regression_check::{cli, config, model};
use serde::Deserialize;

use crate::process::say;

/// The parts of an action.yml that its README shows.
#[derive(Deserialize)]
struct Action {
    description: String,
    #[serde(default)]
    inputs: BTreeMap<String, Input>,
    #[serde(default)]
    outputs: BTreeMap<String, Output>,
}

#[derive(Deserialize)]
struct Input {
    description: String,
    default: Option<String>,
}

#[derive(Deserialize)]
struct Output {
    description: String,
}

/// Writes every generated file, or with `check` fails if one differs.
pub(crate) fn generate(check: bool) -> Result<()> {
    let files = files()?;
    let mut stale = Vec::new();
    for (path, text) in &files {
        let current = std::fs::read_to_string(path).unwrap_or_default();
        if current != *text {
            stale.push(path.display().to_string());
            if !check {
                write_atomic(path, text.as_bytes())?;
            }
        }
    }
    match (check, stale.is_empty()) {
        (true, false) => bail!("not what `cargo xtask gen` writes: {}", stale.join(", ")),
        (true, true) => say(&format!("{} generated files are up to date", files.len())),
        (false, _) => say(&format!(
            "{} of {} generated files changed",
            stale.len(),
            files.len()
        )),
    }
    Ok(())
}

fn files() -> Result<Vec<(PathBuf, String)>> {
    let root = crate::root()?;
    let mut files = Vec::new();
    let schemas = [
        ("evidence", Evidence::schema()),
        (
            "benchmark-results",
            schemars::schema_for!(model::Document).to_value(),
        ),
        (
            "perf-report",
            schemars::schema_for!(perf_regression_check::report::document::Document).to_value(),
        ),
        ("perf-toml", schemars::schema_for!(config::File).to_value()),
    ];
    for (name, schema) in schemas {
        files.push((
            root.join(format!("docs/schemas/{name}.schema.json")),
            serde_json::to_string_pretty(&schema)? + "\n",
        ));
    }
    files.push((
        root.join("docs/cli/perf-regression-check.md"),
        command_line_page(),
    ));

    let mut actions = Vec::new();
    for entry in std::fs::read_dir(root.join("actions"))? {
        let folder = entry?.path();
        let metadata = folder.join("action.yml");
        if metadata.exists() {
            let action: Action = yaml_serde::from_str(&std::fs::read_to_string(&metadata)?)
                .with_context(|| format!("cannot read {}", metadata.display()))?;
            let name = folder
                .file_name()
                .context("a folder has a name")?
                .to_string_lossy()
                .into_owned();
            actions.push((name, folder, action));
        }
    }
    actions.sort_by(|a, b| a.0.cmp(&b.0));
    for (_, folder, action) in &actions {
        let readme = folder.join("README.md");
        let text = std::fs::read_to_string(&readme)
            .with_context(|| format!("{} is missing", readme.display()))?;
        let text = replace(&text, "inputs", &inputs_table(action))?;
        files.push((readme, replace(&text, "outputs", &outputs_table(action))?));
    }
    let readme = root.join("README.md");
    let text = std::fs::read_to_string(&readme)?;
    files.push((readme, replace(&text, "actions", &actions_table(&actions))?));
    let page = root.join("docs/perf-regression-check.md");
    let text = std::fs::read_to_string(&page)?;
    files.push((page, replace(&text, "formats", &formats_table())?));
    Ok(files)
}

/// Replaces what stands between `<!-- gen:NAME -->` and the next `<!-- /gen -->`.
fn replace(text: &str, name: &str, with: &str) -> Result<String> {
    let open = format!("<!-- gen:{name} -->\n");
    let start = text
        .find(&open)
        .with_context(|| format!("no marker {}", open.trim()))?
        + open.len();
    let end = start
        + text[start..]
            .find("<!-- /gen -->")
            .context("no closing marker")?;
    Ok(format!("{}{with}{}", &text[..start], &text[end..]))
}

fn inputs_table(action: &Action) -> String {
    let mut table = "| input | meaning | default |\n| --- | --- | --- |\n".to_owned();
    for (name, input) in &action.inputs {
        let default = input
            .default
            .as_ref()
            .map_or_else(String::new, |default| format!("`{default}`"));
        let _ = writeln!(
            table,
            "| `{name}` | {} | {default} |",
            input.description.trim()
        );
    }
    table
}

fn outputs_table(action: &Action) -> String {
    let mut table = "| output | meaning |\n| --- | --- |\n".to_owned();
    for (name, output) in &action.outputs {
        let _ = writeln!(table, "| `{name}` | {} |", output.description.trim());
    }
    table
}

fn actions_table(actions: &[(String, PathBuf, Action)]) -> String {
    let mut table = "| action | what it does |\n| --- | --- |\n".to_owned();
    for (name, _, action) in actions {
        let _ = writeln!(
            table,
            "| [`{name}`](actions/{name}/README.md) | {} |",
            action.description.trim()
        );
    }
    table
}

fn formats_table() -> String {
    let mut table = "| `--format` | reads |\n| --- | --- |\n".to_owned();
    for adapter in ADAPTERS {
        let _ = writeln!(table, "| `{}` | {} |", adapter.name, cell(adapter.about));
    }
    table
}

/// The help of every subcommand, at a fixed width and without the reader's environment.
fn command_line_page() -> String {
    let mut command = cli::Cli::command().term_width(100);
    command.build();
    let mut page =
        "# perf-regression-check on the command line\n\nWritten by `cargo xtask gen`.\n".to_owned();
    let top = command
        .clone()
        .mut_args(|arg| arg.hide_env_values(true))
        .render_long_help();
    let _ = write!(page, "\n```text\n{}\n```\n", trimmed(&top.to_string()));
    for sub in command
        .get_subcommands()
        .filter(|sub| sub.get_name() != "help")
    {
        let help = sub
            .clone()
            .term_width(100)
            .mut_args(|arg| arg.hide_env_values(true))
            .render_long_help();
        let _ = write!(
            page,
            "\n## {}\n\n```text\n{}\n```\n",
            sub.get_name(),
            trimmed(&help.to_string())
        );
    }
    page
}

fn trimmed(text: &str) -> String {
    text.lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
        .trim()
        .to_owned()
}
