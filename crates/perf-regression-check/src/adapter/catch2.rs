//! Catch2's benchmarks: the XML reporter, and the console table for those who kept only that.
//!
//! Both give a mean with its interval, no samples.

use gatehouse_core::diagnostic::{Diagnostic, Place};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{Parsed, Source, number};
use crate::model::{Series, Unit};

pub(super) fn sniff_xml(text: &str) -> bool {
    text.trim_start().starts_with('<')
        && (text.contains("<Catch") || text.contains("<BenchmarkResults"))
}

pub(super) fn parse_xml(source: Source<'_>) -> Parsed {
    let mut parsed = Parsed::default();
    let mut reader = Reader::from_str(source.text);
    let (mut case, mut benchmark) = (String::new(), None::<String>);
    let mut open = 0_usize;
    loop {
        let offset = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let problem = |message: String| {
            Diagnostic::error(message).at(Place::at_offset(source.path, source.text, offset))
        };
        match reader.read_event() {
            Err(error) => {
                parsed
                    .problems
                    .push(problem(format!("the XML is broken here: {error}")));
                break;
            }
            Ok(Event::Eof) => {
                if open > 0 {
                    parsed.problems.push(problem(
                        "the XML ends before its elements do: the run was cut short".to_owned(),
                    ));
                }
                break;
            }
            Ok(event @ (Event::Start(_) | Event::Empty(_))) => {
                open += usize::from(matches!(event, Event::Start(_)));
                let (Event::Start(element) | Event::Empty(element)) = &event else {
                    continue;
                };
                match element.name().as_ref() {
                    "TestCase" => case = attribute(element, "name").unwrap_or_default(),
                    "BenchmarkResults" => benchmark = attribute(element, "name"),
                    "mean" => {
                        let value = attribute(element, "value").as_deref().and_then(number);
                        match (benchmark.take(), value) {
                            (Some(name), Some(mean)) => {
                                let name = if case.is_empty() {
                                    name
                                } else {
                                    format!("{case}/{name}")
                                };
                                parsed.series.push(
                                    Series::new(name, "time", Unit::nanoseconds(), vec![mean])
                                        .summary("mean"),
                                );
                            }
                            (name, _) => parsed
                                .problems
                                .push(problem(format!("{} has no mean", name.unwrap_or_default()))),
                        }
                    }
                    "failed" => {
                        let why = attribute(element, "message").unwrap_or_default();
                        parsed
                            .problems
                            .push(problem(format!("a benchmark of {case} failed: {why}")));
                    }
                    _ => {}
                }
            }
            Ok(Event::End(_)) => open = open.saturating_sub(1),
            Ok(_) => {}
        }
    }
    parsed
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = element.try_get_attribute(name).ok()??;
    let raw = attribute.value.as_ref();
    Some(
        quick_xml::escape::unescape(raw)
            .map_or_else(|_| raw.to_owned(), std::borrow::Cow::into_owned),
    )
}

pub(super) fn sniff_console(text: &str) -> bool {
    text.contains("benchmark name") && text.contains("low mean")
}

/// Reads blocks of three lines: name with sample and iteration counts, means, deviations.
pub(super) fn parse_console(source: Source<'_>) -> Parsed {
    let mut parsed = Parsed::default();
    let mut case = "";
    let lines: Vec<&str> = source.text.lines().collect();
    let mut index = 0;
    while index < lines.len() {
        let line = lines[index];
        if is_rule(line) && lines.get(index + 2).is_some_and(|line| is_rule(line)) {
            case = lines[index + 1].trim();
            index += 3;
            continue;
        }
        if let Some(name) = heading(line) {
            let mean = lines.get(index + 1).and_then(|line| first_time(line));
            match mean {
                Some((value, unit)) => {
                    let name = if case.is_empty() {
                        name.to_owned()
                    } else {
                        format!("{case}/{name}")
                    };
                    parsed.series.push(
                        Series::new(name, "time", Unit::of(unit), vec![value]).summary("mean"),
                    );
                }
                None => parsed
                    .problems
                    .push(source.line_error(index, format!("no mean follows for {name}"))),
            }
            index += 2;
            continue;
        }
        index += 1;
    }
    parsed
}

fn is_rule(line: &str) -> bool {
    line.len() > 20 && line.bytes().all(|byte| byte == b'-')
}

/// `NAME   100   208   7.1968 ms`: a name, two counts and a time.
fn heading(line: &str) -> Option<&str> {
    if line.starts_with(char::is_whitespace) {
        return None;
    }
    let mut rest = line.trim_end();
    for field in 0..4 {
        let (before, last) = rest.rsplit_once(char::is_whitespace)?;
        let fits = if field == 0 {
            Unit::of(last).name == "ns"
        } else {
            number(last).is_some()
        };
        if !fits {
            return None;
        }
        rest = before.trim_end();
    }
    (!rest.is_empty()).then_some(rest)
}

fn first_time(line: &str) -> Option<(f64, &str)> {
    let mut fields = line.split_whitespace();
    let value = number(fields.next()?)?;
    fields
        .next()
        .filter(|unit| Unit::of(unit).name == "ns")
        .map(|unit| (value, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_xml_keeps_what_came_before() {
        let text = r#"<Catch2TestRun><TestCase name="A &amp; B"><BenchmarkResults name="x"><mean value="5"/></BenchmarkResults><BenchmarkResults name="y"><me"#;
        let parsed = parse_xml(Source { path: "x", text });
        assert_eq!(parsed.series[0].benchmark, "A & B/x");
        assert_eq!(parsed.problems.len(), 1);
    }
}
