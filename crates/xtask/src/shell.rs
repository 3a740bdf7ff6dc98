//! Starting other programs: one way to run them, to show what is run, and to read what they print.
//!
//! Must not know: which programs there are.

use std::{
    env,
    ffi::OsStr,
    fmt::Write as _,
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
};

use anyhow::{Context, Result, bail};

/// A command without what `cargo run` put into the environment for xtask alone.
///
/// Build scripts watch some of these variables: with them, a build started from here and one started by hand would keep
/// undoing each other's work.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let of_xtask = text.starts_with("CARGO_PKG_")
            || text.starts_with("CARGO_MANIFEST_")
            || ["CARGO_BIN_NAME", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "OUT_DIR"].contains(&text.as_ref());
        if of_xtask {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs a command in the open: its line first, then whatever it prints.
///
/// # Errors
///
/// When the program cannot be started or ends with anything but success.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    announce(command);
    let status = command.status().with_context(|| format!("could not start {}", line_of(command)))?;
    expect_success(command, status)
}

/// Runs a command in silence and returns what it printed to its standard output.
///
/// # Errors
///
/// When the program cannot be started or fails; then what it printed to its standard error is in the message.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("could not start {}", line_of(command)))?;
    if !output.status.success() {
        bail!("{} failed:\n{}", line_of(command), String::from_utf8_lossy(&output.stderr).trim_end());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a command in the open and also hands over each line it prints (both outputs, colours removed).
///
/// # Errors
///
/// When the program cannot be started or fails. All its lines have been handed over by then.
pub(crate) fn run_and_listen(command: &mut Command, mut hear: impl FnMut(&str)) -> Result<()> {
    announce(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("could not start {}", line_of(command)))?;
    let outputs: [Option<Box<dyn Read + Send>>; 2] =
        [child.stdout.take().map(|o| Box::new(o) as _), child.stderr.take().map(|e| Box::new(e) as _)];
    let status = thread::scope(|scope| {
        // Bounded: a program that prints faster than we read waits, as it would on a slow terminal.
        let (lines, printed) = mpsc::sync_channel::<Vec<u8>>(256);
        for output in outputs.into_iter().flatten() {
            let lines = lines.clone();
            scope.spawn(move || {
                let mut reader = BufReader::new(output);
                let mut line = Vec::new();
                while reader.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
                    if lines.send(std::mem::take(&mut line)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(lines);
        let mut terminal = std::io::stdout().lock();
        for line in printed {
            // Nobody is left to read when this fails; the program itself still has to be waited for.
            let _ = terminal.write_all(&line);
            let _ = terminal.flush();
            hear(plain(&String::from_utf8_lossy(&line)).trim_end());
        }
        child.wait()
    })?;
    expect_success(command, status)
}

/// Where `program` is on the search path, if it is.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(program)).find(|path| is_program(path))
}

/// Whether there is a file that may be executed.
pub(crate) fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// The search path with `first` put before everything else.
///
/// # Errors
///
/// When a folder's name contains the separator.
pub(crate) fn path_with(first: &[PathBuf]) -> Result<std::ffi::OsString> {
    let rest = env::var_os("PATH").unwrap_or_default();
    Ok(env::join_paths(first.iter().cloned().chain(env::split_paths(&rest)))?)
}

/// Whether this process may do everything.
pub(crate) fn is_root() -> bool {
    read(command("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Installs Debian packages, where that is possible without asking anybody: as root, with `apt-get`.
///
/// # Errors
///
/// When it is not possible, with a sentence that says what to install by hand; or when `apt-get` fails.
pub(crate) fn install_packages(names: &[&str], purpose: &str) -> Result<()> {
    let wanted = names.join(" ");
    if !is_root() || on_path("apt-get").is_none() {
        bail!("{purpose}: please install {wanted} with the package manager of this system, and run this again");
    }
    say(&format!("{purpose}: installing {wanted} with apt-get"));
    let apt = || {
        let mut apt = command("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
        apt
    };
    run(apt().args(["update", "-qq"]))?;
    run(apt().args(["install", "-y", "-qq", "--no-install-recommends"]).args(names))
}

/// Tells the person at the terminal what is going on.
pub(crate) fn say(sentence: &str) {
    println!("==> {sentence}");
}

fn announce(command: &Command) {
    println!("  $ {}", line_of(command));
}

fn line_of(command: &Command) -> String {
    let mut line = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    for argument in command.get_args() {
        let argument = argument.to_string_lossy();
        let quote = if argument.contains(' ') { "'" } else { "" };
        let _ = write!(line, " {quote}{argument}{quote}");
    }
    line
}

fn expect_success(command: &Command, status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("{} failed ({status})", line_of(command));
    }
    Ok(())
}

/// The text without terminal colours (CSI sequences, ECMA-48 section 5.4).
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        if c == '\u{1b}' {
            // ESC [ parameters final: the final byte is the first one in '@'..='~' after the bracket.
            if characters.next() == Some('[') {
                characters.by_ref().find(|c| ('@'..='~').contains(c));
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_removed_and_the_words_stay() {
        assert_eq!(plain("\u{1b}[1m\u{1b}[32m  5 passed\u{1b}[39m (2s)\u{1b}[0m"), "  5 passed (2s)");
    }

    #[test]
    fn every_line_of_both_outputs_is_heard_even_when_the_program_fails() {
        let mut heard = Vec::new();
        let result = run_and_listen(command("sh").args(["-c", "echo one; echo two >&2; exit 3"]), |line| {
            heard.push(line.to_owned());
        });
        heard.sort();
        assert_eq!(heard, ["one", "two"]);
        assert!(result.is_err());
    }

    #[test]
    fn a_failed_question_carries_what_the_program_complained_about() {
        let error = read(command("sh").args(["-c", "echo no such flower >&2; exit 1"])).unwrap_err();
        assert!(error.to_string().contains("no such flower"), "{error}");
    }

    #[test]
    fn the_announced_line_can_be_pasted_into_a_shell() {
        let mut c = command("/usr/bin/git");
        c.args(["commit", "-m", "two words"]);
        assert_eq!(line_of(&c), "git commit -m 'two words'");
    }
}
