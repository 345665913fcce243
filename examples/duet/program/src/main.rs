//! Times three small pieces of work and prints the samples as benchmark-results/v1 JSON.
//!
//! How much text the parser gets is read from `workload.txt` in the current folder: that is the
//! one thing in which the checkouts beside this program differ.

use std::collections::HashMap;
use std::hint::black_box;
use std::time::Instant;

/// Repetitions of each piece of work within one run.
const SAMPLES: usize = 60;

fn main() {
    let words: usize = std::fs::read_to_string("workload.txt")
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .expect("workload.txt holds a number of words");
    let text = text(words);
    let numbers = numbers(30_000);
    let work: [(&str, &dyn Fn() -> u64); 3] = [
        ("count words", &|| count(black_box(&text))),
        ("sort numbers", &|| sorted(black_box(&numbers))),
        ("checksum", &|| checksum(black_box(&numbers))),
    ];
    let results: Vec<String> = work.iter().zip(measure(work.map(|(_, run)| run))).map(render).collect();
    println!("{{\"schema\":\"benchmark-results/v1\",\"results\":[{}]}}", results.join(","));
}

/// The times of each piece of work in nanoseconds. The pieces take turns, so that a slow moment
/// of the machine falls on all of them.
fn measure(work: [&dyn Fn() -> u64; 3]) -> [Vec<u128>; 3] {
    let mut samples = [const { Vec::new() }; 3];
    for _ in 0..SAMPLES {
        for (run, samples) in work.iter().zip(&mut samples) {
            let begun = Instant::now();
            black_box(run());
            samples.push(begun.elapsed().as_nanos());
        }
    }
    samples
}

fn render(((name, _), samples): (&(&str, &dyn Fn() -> u64), Vec<u128>)) -> String {
    let samples: Vec<String> = samples.iter().map(u128::to_string).collect();
    format!(
        "{{\"benchmark\":\"{name}\",\"metric\":\"time\",\"unit\":\"ns\",\"direction\":\"lower-is-better\",\"samples\":[{}]}}",
        samples.join(",")
    )
}

/// The same pseudo-random numbers in every run (xorshift).
fn numbers(count: usize) -> Vec<u64> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    (0..count)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        })
        .collect()
}

fn text(words: usize) -> String {
    numbers(words).iter().map(|number| format!("w{} ", number % 500)).collect()
}

fn count(text: &str) -> u64 {
    let mut counts: HashMap<&str, u64> = HashMap::new();
    for word in text.split_whitespace() {
        *counts.entry(word).or_default() += 1;
    }
    counts.values().copied().max().unwrap_or(0)
}

fn sorted(numbers: &[u64]) -> u64 {
    let mut numbers = numbers.to_vec();
    numbers.sort();
    numbers[numbers.len() / 2]
}

fn checksum(numbers: &[u64]) -> u64 {
    numbers.iter().fold(17, |sum, number| (sum ^ number).wrapping_mul(0x0100_0000_01b3).rotate_left(5))
}
