//! Writing rows into a file, tasks or entries of the audit log: CSV, JSON or an Excel workbook. They go to the disk as they come,
//! however many there are.
//!
//! Must not know: where rows come from and where the file goes.

use model::Instant;
use rust_xlsxwriter::{Format as Style, Workbook, XlsxError};
use serde_json::json;
use std::{
    borrow::Cow,
    fs::File,
    io::{self, BufWriter, Write as _},
};

use super::{Format, rows::Told};

const COLUMNS: [&str; 14] = [
    "Task",
    "Title",
    "Status",
    "Category",
    "Priority",
    "Assignees",
    "Labels",
    "Due",
    "Part of",
    "Project",
    "Description",
    "Created by",
    "Created",
    "Archived",
];
/// The most characters that a cell of a workbook holds.
const MOST_IN_CELL: usize = 32_767;
const CUT: &str = "… (cut here: an export as CSV or JSON has all of it)";

/// What is a row of a file.
pub(super) trait Line {
    /// What the list of them is called in JSON.
    const NAME: &'static str;
    /// What a sheet of them is called.
    const TITLE: &'static str;
    /// The heads of the columns.
    const COLUMNS: &'static [&'static str];
    /// Which columns hold much.
    const WIDE: &'static [usize];

    /// A cell for each column.
    fn cells(&self) -> Vec<Cow<'_, str>>;

    /// The same as an object, with what fits in no cell.
    fn object(&self) -> serde_json::Value;
}

/// A file that is being written.
pub(super) enum Sheet {
    Csv(Box<csv::Writer<File>>),
    Json { file: BufWriter<File>, n: u64 },
    Xlsx { book: Box<Workbook>, file: File, n: u32 },
}

impl Sheet {
    /// Begins one.
    pub(super) fn begin<L: Line>(format: Format, file: File, at: Instant) -> io::Result<Self> {
        Ok(match format {
            Format::Xlsx => {
                let mut book = Workbook::new();
                let sheet = book.add_worksheet_with_constant_memory().map_err(not_written)?;
                let head = Style::new().set_bold();
                sheet.set_name(L::TITLE).map_err(not_written)?.set_freeze_panes(1, 0).map_err(not_written)?;
                for (place, name) in (0..).zip(L::COLUMNS) {
                    let wide = if L::WIDE.contains(&usize::from(place)) { 48 } else { 16 };
                    sheet.set_column_width(place, wide).map_err(not_written)?;
                    sheet.write_with_format(0, place, *name, &head).map_err(not_written)?;
                }
                Self::Xlsx { book: Box::new(book), file, n: 0 }
            }
            Format::Csv => {
                // RFC 4180: lines end in CR and LF.
                let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(file);
                writer.write_record(L::COLUMNS)?;
                Self::Csv(Box::new(writer))
            }
            Format::Json | Format::JsonLines => {
                let mut file = BufWriter::new(file);
                write!(file, "{{\"exported_at\":{},\"{}\":[", json!(at.rfc3339()), L::NAME)?;
                Self::Json { file, n: 0 }
            }
        })
    }

    /// Writes rows.
    pub(super) fn write<L: Line>(&mut self, lines: &[L]) -> io::Result<()> {
        for line in lines {
            match self {
                Self::Csv(writer) => writer.write_record(line.cells().iter().map(|cell| safe(cell).into_owned()))?,
                Self::Json { file, n } => {
                    file.write_all(if *n == 0 { b"\n" } else { b",\n" })?;
                    serde_json::to_writer(&mut *file, &line.object())?;
                    *n += 1;
                }
                Self::Xlsx { book, n, .. } => {
                    *n += 1;
                    let sheet = book.worksheet_from_index(0).map_err(not_written)?;
                    for (place, cell) in (0..).zip(line.cells()) {
                        // Always as a text: nothing that somebody typed is computed.
                        sheet.write_string(*n, place, fitting(&cell)).map_err(not_written)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Ends it.
    pub(super) fn end(self) -> io::Result<File> {
        match self {
            Self::Csv(writer) => writer.into_inner().map_err(|error| io::Error::other(error.to_string())),
            Self::Json { mut file, .. } => {
                file.write_all(b"\n]}\n")?;
                file.into_inner().map_err(|error| io::Error::other(error.to_string()))
            }
            Self::Xlsx { mut book, mut file, .. } => {
                book.save_to_writer(&mut file).map_err(not_written)?;
                Ok(file)
            }
        }
    }
}

fn not_written(error: XlsxError) -> io::Error {
    io::Error::other(error)
}

/// A cell that no spreadsheet computes: what begins like a formula gets an apostrophe (OWASP, CSV injection).
fn safe(cell: &str) -> Cow<'_, str> {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if is_formula { format!("'{cell}").into() } else { cell.into() }
}

fn fitting(cell: &str) -> Cow<'_, str> {
    if cell.chars().count() <= MOST_IN_CELL {
        return cell.into();
    }
    let kept: String = cell.chars().take(MOST_IN_CELL - CUT.chars().count()).collect();
    (kept + CUT).into()
}

impl Line for Told {
    const NAME: &'static str = "tasks";
    const TITLE: &'static str = "Tasks";
    const COLUMNS: &'static [&'static str] = &COLUMNS;
    /// The title and the description.
    const WIDE: &'static [usize] = &[1, 10];

    fn cells(&self) -> Vec<Cow<'_, str>> {
        vec![
            (&*self.reference).into(),
            (&*self.title).into(),
            (&*self.status).into(),
            self.category.into(),
            self.priority.into(),
            self.assignees.join(", ").into(),
            self.labels.join(", ").into(),
            (&*self.due).into(),
            (&*self.parent).into(),
            (&*self.project).into(),
            (&*self.description).into(),
            (&*self.by).into(),
            self.at.rfc3339().into(),
            if self.is_archived { "yes" } else { "no" }.into(),
        ]
    }

    fn object(&self) -> serde_json::Value {
        let comment = |said: &super::rows::Said| json!({ "by": said.by, "at": said.at.rfc3339(), "text": said.text });
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        json!({
            "task": self.reference,
            "title": self.title,
            "description": self.description,
            "status": self.status,
            "category": self.category,
            "priority": some(self.priority),
            "assignees": self.assignees,
            "labels": self.labels,
            "due": some(&self.due),
            "part_of": some(&self.parent),
            "project": self.project,
            "created_by": self.by,
            "created_at": self.at.rfc3339(),
            "archived": self.is_archived,
            "comments": self.comments.iter().map(comment).collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_formula_is_a_text() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"] {
            assert_eq!(safe(text), format!("'{text}"));
        }
        assert_eq!(safe("Paint the fence = done"), "Paint the fence = done");
    }

    #[test]
    fn what_is_too_long_for_a_cell_says_that_it_was_cut() {
        let cell = fitting(&"ü".repeat(40_000)).into_owned();
        assert_eq!(cell.chars().count(), MOST_IN_CELL);
        assert!(cell.ends_with(CUT));
    }
}
