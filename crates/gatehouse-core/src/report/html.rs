//! One self-contained HTML page: no script, no request to anywhere, light and dark.

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Colours follow the reader's system; every text has at least 4.5:1 contrast on its ground.
const STYLE: &str = "
:root{color-scheme:light dark;--bg:#fff;--fg:#1f2328;--muted:#59636e;--line:#d1d9e0;--panel:#f6f8fa;--worse:#c01c28;--better:#116329;--unsure:#8a5a00;--same:#57606a;--focus:#0969da}
@media (prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;--muted:#9198a1;--line:#3d444d;--panel:#151b23;--worse:#ff7b72;--better:#56d364;--unsure:#e3b341;--same:#9198a1;--focus:#4493f8}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}
main{max-width:80rem;margin:0 auto;padding:1.5rem 1rem 4rem}
h1{font-size:1.6rem;margin:0 0 .25rem}h2{font-size:1.2rem;margin:2.5rem 0 .5rem}h3{font-size:1rem;margin:1.5rem 0 .25rem;overflow-wrap:anywhere}
p{margin:.5rem 0}.muted{color:var(--muted)}
.verdict{display:inline-block;padding:.1rem .6rem;border-radius:1rem;border:1.5px solid currentColor;font-weight:600}
.worse{color:var(--worse)}.better{color:var(--better)}.unsure{color:var(--unsure)}.same{color:var(--same)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.875rem;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .45rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
th{font-weight:600;color:var(--muted)}td.n,th.n{text-align:right;white-space:nowrap}td.id{overflow-wrap:anywhere;min-width:12rem}
details{border:1px solid var(--line);border-radius:.4rem;padding:.5rem .8rem;margin:.6rem 0;background:var(--panel)}
summary{cursor:pointer}a{color:var(--focus)}:focus-visible{outline:2px solid var(--focus);outline-offset:2px}
svg{display:block;max-width:100%;height:auto}svg text{fill:var(--fg);font:12px system-ui,sans-serif}svg text.muted{fill:var(--muted)}
svg .axis{stroke:var(--line)}svg .zero{stroke:var(--muted)}svg .band{fill:var(--muted);opacity:.12}
svg .worse{stroke:var(--worse);fill:var(--worse)}svg .better{stroke:var(--better);fill:var(--better)}svg .unsure{stroke:var(--unsure);fill:var(--unsure)}svg .same{stroke:var(--same);fill:var(--same)}
svg .range{stroke-width:2.5;stroke-linecap:round}svg .cloud{opacity:.55;stroke:none}
code{font-family:ui-monospace,SFMono-Regular,Menlo,monospace;font-size:.9em;overflow-wrap:anywhere}
@media print{details{break-inside:avoid}}
";

/// What something means, for its colour. Colour is never the only sign: words stand beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// A change for the worse.
    Worse,
    /// A change for the better.
    Better,
    /// Not known.
    Unsure,
    /// No change worth a colour.
    Same,
}

impl Tone {
    /// The class in the page's style sheet.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::Better => "better",
            Self::Unsure => "unsure",
            Self::Same => "same",
        }
    }
}

/// A whole page. The policy in its head forbids scripts and requests, whatever the body holds.
#[must_use]
pub fn page(title: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (body) } }
        }
    };
    page.into_string() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_titles_are_text_and_nothing_is_fetched() {
        let text = page(
            "</title><script>alert(1)</script>",
            &html! { p { ("<b>") } },
        );
        assert!(!text.contains("<script"));
        assert!(text.contains("&lt;b&gt;"));
        assert!(!text.contains("http://") && !text.contains("https://"));
    }
}
