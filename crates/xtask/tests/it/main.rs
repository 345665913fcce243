//! What no linter sees in an action.yml: that it and the binary mean the same inputs and outputs.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::CommandFactory as _;
use perf_regression_check::{OUTPUTS, cli};
use serde_json::Value;

/// What an action's binary reads and writes, in the modes that the action offers.
struct Binary {
    /// The environment variables of its options.
    variables: BTreeSet<String>,
    /// The outputs it sets.
    outputs: BTreeSet<String>,
}

/// The actions, with the subcommands that their `mode` names and what is read besides options.
const ACTIONS: [(&str, &[&str], &[&str]); 2] = [
    (
        "perf-regression-check",
        &["compare", "run", "parse", "explain"],
        &[],
    ),
    (
        "perf-gate",
        &[
            "gate",
            "check",
            "record",
            "detect",
            "alert",
            "dashboard",
            "metrics",
            "report",
            "compact",
        ],
        &["GATEHOUSE_TOKEN"],
    ),
];

fn binaries() -> BTreeMap<&'static str, Binary> {
    let command = cli::Cli::command();
    let of = |(name, modes, besides): &(&'static str, &[&str], &[&str])| {
        let mut variables = BTreeSet::from(["GATEHOUSE_MODE".to_owned()]);
        variables.extend(besides.iter().map(|&variable| variable.to_owned()));
        for mode in *modes {
            let names = command
                .find_subcommand(mode)
                .unwrap()
                .get_arguments()
                .filter_map(|arg| arg.get_env());
            variables.extend(names.map(|name| name.to_string_lossy().into_owned()));
        }
        let outputs = OUTPUTS.into_iter().map(str::to_owned).collect();
        (*name, Binary { variables, outputs })
    };
    ACTIONS.iter().map(of).collect()
}

fn actions() -> Vec<(String, Value)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../actions");
    let mut actions = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        if let Ok(text) = std::fs::read_to_string(path.join("action.yml")) {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            actions.push((name, yaml_serde::from_str(&text).unwrap()));
        }
    }
    assert!(!actions.is_empty());
    actions
}

fn keys(value: &Value) -> BTreeSet<String> {
    value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key.clone())
        .collect()
}

fn variable(input: &str) -> String {
    format!("GATEHOUSE_{}", input.to_uppercase().replace('-', "_"))
}

#[test]
fn scripts_hold_no_expression_and_name_their_shell() {
    for (name, action) in actions() {
        for step in action["runs"]["steps"].as_array().unwrap() {
            assert!(step.get("uses").is_none(), "{name} uses another action");
            let run = step["run"].as_str().unwrap();
            assert!(
                !run.contains("${{"),
                "{name} interpolates into its script: {run}"
            );
            assert!(
                run.contains("\"$GITHUB_ACTION_PATH/../_lib/run.sh\""),
                "{name}: {run}"
            );
            assert_eq!(step["shell"], "bash", "{name}");
        }
    }
}

#[test]
fn every_input_is_mapped_to_its_variable_and_read() {
    let binaries = binaries();
    for (name, action) in actions() {
        let step = &action["runs"]["steps"][0];
        let mapped: BTreeMap<String, String> = serde_json::from_value(step["env"].clone()).unwrap();
        let declared = keys(&action["inputs"]);
        let expected: BTreeMap<String, String> = declared
            .iter()
            .map(|input| (variable(input), format!("${{{{ inputs.{input} }}}}")))
            .collect();
        assert_eq!(mapped, expected, "{name}");
        for variable in mapped.keys() {
            assert!(
                binaries[name.as_str()].variables.contains(variable),
                "{name}: nobody reads {variable}"
            );
        }
        for (input, meaning) in action["inputs"].as_object().unwrap() {
            assert!(
                meaning["description"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{name}: {input}"
            );
        }
    }
}

#[test]
fn every_option_is_an_input() {
    for (name, action) in actions() {
        let declared: BTreeSet<String> = keys(&action["inputs"])
            .iter()
            .map(|input| variable(input))
            .collect();
        let binary = &binaries()[name.as_str()];
        let left_out: Vec<&String> = binary.variables.difference(&declared).collect();
        assert!(left_out.is_empty(), "{name} has no input for {left_out:?}");
    }
}

#[test]
fn every_output_is_declared_and_written() {
    for (name, action) in actions() {
        let declared = keys(&action["outputs"]);
        assert_eq!(declared, binaries()[name.as_str()].outputs, "{name}");
        for output in &declared {
            let value = action["outputs"][output]["value"].as_str().unwrap();
            assert_eq!(
                value,
                format!("${{{{ steps.gate.outputs.{output} }}}}"),
                "{name}"
            );
        }
        assert_eq!(action["runs"]["steps"][0]["id"], "gate", "{name}");
    }
}
