//! Runs the double on a port: `fake-github 127.0.0.1:8901 7:org:change:SHA`, each further argument an open
//! pull request as number, owner, branch and tip.

use std::process::ExitCode;

use fake_github::FakeGitHub;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().and_then(|text| text.parse().ok());
    let Some(github) = address.and_then(|address| FakeGitHub::listen(address).ok()) else {
        return ExitCode::FAILURE;
    };
    for pull in arguments {
        let parts: Vec<&str> = pull.split(':').collect();
        let [number, owner, branch, sha] = parts.as_slice() else {
            return ExitCode::FAILURE;
        };
        let Ok(number) = number.parse() else {
            return ExitCode::FAILURE;
        };
        github.state().open_pull(number, owner, branch, sha);
    }
    loop {
        std::thread::park();
    }
}
