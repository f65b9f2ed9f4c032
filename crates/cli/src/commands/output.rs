//! How answers are printed: to standard output, for as long as somebody reads them.

use std::io::{ErrorKind, Write, stdout};

use countersign_domain::Timestamp;
use serde_json::{Value, json};

use crate::Error;

/// What stands where nothing is.
pub(super) const NOTHING: &str = "-";

/// Prints an answer: for people, or with `--json` one object on one line.
pub(super) fn print(json: bool, text: &str, object: impl FnOnce() -> Value) -> Result<(), Error> {
    let written = if json {
        writeln!(stdout(), "{}", object())
    } else {
        writeln!(stdout(), "{text}")
    };
    match written {
        // Whoever reads has seen enough, such as `head`.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Prints whether something was changed.
pub(super) fn print_changed(
    json: bool,
    changed: bool,
    (done, nothing): (&str, &str),
) -> Result<(), Error> {
    let text = if changed { done } else { nothing };
    print(json, text, || json!({ "changed": changed }))
}

/// Rows below a line of titles, each column as wide as what is in it.
pub(super) fn table(titles: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let widths = cells.map(|cell| cell.chars().count());
        widths.chain([titles[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..titles.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let cells = cells.zip(&widths);
        let line: String = cells
            .map(|(cell, width)| format!("{cell:width$}  "))
            .collect();
        line.trim_end().to_owned()
    };
    let rows = rows
        .iter()
        .map(|row| line(&mut row.iter().map(String::as_str)));
    let lines: Vec<_> = [line(&mut titles.iter().copied())]
        .into_iter()
        .chain(rows)
        .collect();
    lines.join("\n")
}

/// A moment to the second, as a person reads it in a table.
pub(super) fn second(at: Timestamp) -> String {
    let text = at.to_string();
    match text.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let rows = [row(["a", "M\u{fc}nchen"]), row(["a longer one", "-"])];
        let expected = "ID            NAME\na             M\u{fc}nchen\na longer one  -";
        assert_eq!(table(&["ID", "NAME"], &rows), expected);
        assert_eq!(table(&["ID", "NAME"], &[]), "ID  NAME");
    }

    #[test]
    fn a_moment_is_shown_to_the_second() {
        let at = Timestamp::from_micros(1_666_621_438_045_641);
        assert_eq!(second(at), "2022-10-24T14:23:58Z");
    }
}
