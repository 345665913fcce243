//! How results are shown: Markdown for GitHub, one self-contained HTML file, accessible charts.

pub mod chart;
pub mod html;
pub mod markdown;
