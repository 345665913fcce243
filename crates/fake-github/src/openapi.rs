//! Holds what was asked and answered against GitHub's description of its API: OpenAPI 3.0, with all
//! references resolved, cut to the paths in use.

use std::path::Path;

use serde_json::{Value, json};

use crate::Exchange;

/// The description.
#[derive(Debug)]
pub struct Description {
    paths: Value,
}

impl Description {
    /// Reads a description.
    ///
    /// # Errors
    /// When the file cannot be read, or has no paths.
    pub fn read(path: &Path) -> Result<Self, String> {
        let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut whole: Value = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
        match whole["paths"].take() {
            Value::Object(paths) => Ok(Self {
                paths: Value::Object(paths),
            }),
            _ => Err("the description has no paths".to_owned()),
        }
    }

    /// What an exchange has that the description does not allow.
    #[must_use]
    pub fn complaints(&self, exchange: &Exchange) -> Vec<String> {
        let Some((template, operation)) = self.operation(exchange) else {
            return vec![format!(
                "{} {} is not described",
                exchange.method, exchange.path
            )];
        };
        let mut complaints = Vec::new();
        let request = operation.pointer("/requestBody/content/application~1json/schema");
        match (request, &exchange.request) {
            (Some(schema), body) if !body.is_null() => complaints.extend(check(
                schema,
                body,
                &format!("{} {template}: request", exchange.method),
            )),
            (None, body) if !body.is_null() => {
                complaints.push(format!("{} {template} takes no body", exchange.method));
            }
            _ => {}
        }
        // Failures of the server itself, and limits, are not part of each operation's description.
        if exchange.status < 500
            && exchange.status != 429
            && exchange.status != 401
            && exchange.status != 403
        {
            let response = &operation["responses"][exchange.status.to_string()];
            match response.pointer("/content/application~1json/schema") {
                Some(schema) => complaints.extend(check(
                    schema,
                    &exchange.response,
                    &format!("{} {template}: answer {}", exchange.method, exchange.status),
                )),
                None => complaints.push(format!(
                    "{} {template} has no answer {}",
                    exchange.method, exchange.status
                )),
            }
        }
        complaints
    }

    fn operation(&self, exchange: &Exchange) -> Option<(&str, &Value)> {
        let asked: Vec<&str> = exchange.path.split('/').collect();
        let matches = |template: &str| {
            let parts: Vec<&str> = template.split('/').collect();
            // The path of a file has slashes of its own.
            let long = parts.last() == Some(&"{path}") && asked.len() > parts.len();
            (parts.len() == asked.len() || long)
                && parts
                    .iter()
                    .zip(&asked)
                    .all(|(part, text)| part.starts_with('{') || part == text)
        };
        // A template with fewer holes fits better: issues/comments/1 is no issue named comments.
        let holes = |template: &str| template.matches('{').count();
        let templates = self
            .paths
            .as_object()?
            .iter()
            .filter(|(template, _)| matches(template));
        let (template, operations) = templates.min_by_key(|(template, _)| holes(template))?;
        Some((template, operations.get(exchange.method.to_lowercase())?))
    }
}

fn check(schema: &Value, value: &Value, what: &str) -> Vec<String> {
    let schema = modern(schema);
    match jsonschema::draft202012::options()
        .should_validate_formats(false)
        .build(&schema)
    {
        Ok(validator) => validator
            .iter_errors(value)
            .map(|error| format!("{what}: {} at {}", error, error.instance_path()))
            .collect(),
        Err(error) => vec![format!("{what}: the description cannot be used: {error}")],
    }
}

/// OpenAPI 3.0's `nullable` in the words of JSON Schema.
fn modern(schema: &Value) -> Value {
    match schema {
        Value::Array(parts) => parts.iter().map(modern).collect(),
        Value::Object(parts) => {
            let mut new: serde_json::Map<String, Value> = parts
                .iter()
                .filter(|(key, _)| {
                    !matches!(
                        key.as_str(),
                        "example" | "examples" | "default" | "nullable"
                    )
                })
                .map(|(key, value)| (key.clone(), modern(value)))
                .collect();
            if parts.get("nullable") == Some(&json!(true)) {
                return json!({"anyOf": [{"type": "null"}, Value::Object(std::mem::take(&mut new))]});
            }
            Value::Object(new)
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(request: Value, status: u16, response: Value) -> Vec<String> {
        let text = json!({"type": "string"});
        let content = |schema: Value| json!({"content": {"application/json": {"schema": schema}}});
        let post = json!({
            "requestBody": content(json!({"type": "object", "required": ["body"], "properties": {"body": text}})),
            "responses": {"201": content(json!({"type": "object", "required": ["note"], "properties": {"note": {"type": "string", "nullable": true}}}))},
        });
        let description = Description {
            paths: json!({"/x/{id}": {"get": {}}, "/x/new": {"post": post}}),
        };
        description.complaints(&Exchange {
            method: "POST".to_owned(),
            path: "/x/new".to_owned(),
            request,
            status,
            response,
        })
    }

    #[test]
    fn requests_and_answers_are_held_against_the_description() {
        assert_eq!(
            complaints(json!({"body": "b"}), 201, json!({"note": null})),
            [""; 0]
        );
        assert_eq!(
            complaints(json!({"body": 1}), 201, json!({"note": "n"})).len(),
            1
        );
        assert_eq!(complaints(json!({"body": "b"}), 201, json!({})).len(), 1);
        assert_eq!(
            complaints(json!({"body": "b"}), 299, json!({})).len(),
            1,
            "an answer that is not described"
        );
    }
}
