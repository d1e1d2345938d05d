//! Lines from a terminal: editing, history, hints, completion.

use super::book::Book;
use super::{help, hint};
use crate::failure::Failure;
use crate::output;
use rustyline::completion::Completer;
use rustyline::config::{Behavior, CompletionType, Config};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::{Hint, Hinter};
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{Context, Editor, Helper};
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// Lines that are kept.
const HISTORY_LINES_MAX: usize = 1000;

/// The terminal.
pub(crate) struct Lines {
    editor: Editor<Assistant, FileHistory>,
    /// Where the history is kept, if it is.
    history: Option<PathBuf>,
}

impl Lines {
    /// Takes the terminal of standard input and output, and reads the history.
    ///
    /// # Errors
    /// When the terminal does not let it.
    pub(crate) fn open(book: Book) -> Result<Self, Failure> {
        let failed = |error| Failure::because("cannot use the terminal", error);
        let config = Config::builder()
            .max_history_size(HISTORY_LINES_MAX)
            .map_err(failed)?
            .completion_type(CompletionType::Circular)
            .behavior(Behavior::Stdio)
            .build();
        let mut editor = Editor::with_config(config).map_err(failed)?;
        editor.set_helper(Some(Assistant {
            book,
            hints: true,
            colours: output::has_colours(),
        }));
        let history = history_file(|name| std::env::var_os(name).map(PathBuf::from));
        if let Some(path) = &history {
            // The first time there is none.
            let _ = editor.load_history(path);
        }
        Ok(Lines { editor, history })
    }

    /// The next line; `None` at Ctrl-C or Ctrl-D, or when the terminal has gone.
    ///
    /// # Errors
    /// When the terminal cannot be read.
    pub(crate) fn next(&mut self, prompt: &str) -> Result<Option<String>, Failure> {
        match self.editor.readline(prompt) {
            Ok(line) => Ok(Some(line)),
            Err(ReadlineError::Eof | ReadlineError::Interrupted) => Ok(None),
            Err(error) => Err(Failure::because("cannot read the terminal", error)),
        }
    }

    /// Keeps a line in the history.
    pub(crate) fn remember(&mut self, line: &str) {
        // A history that cannot be written must not stand in the way.
        let _ = self.editor.add_history_entry(line);
        if let Some(path) = &self.history {
            let _ = path.parent().map(std::fs::create_dir_all);
            let _ = self.editor.append_history(path);
        }
    }

    pub(crate) fn clear_screen(&mut self) {
        // What cannot be cleared stays.
        let _ = self.editor.clear_screen();
    }

    pub(crate) fn show_hints(&mut self, wanted: bool) {
        if let Some(assistant) = self.editor.helper_mut() {
            assistant.hints = wanted;
        }
    }
}

/// Where the history is kept, by the environment; `None`: nowhere.
fn history_file(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    if let Some(path) = variable("CIRCLETCLI_HISTFILE") {
        let is_none = path.as_os_str().is_empty() || path == Path::new("/dev/null");
        return (!is_none).then_some(path);
    }
    let state = variable("XDG_STATE_HOME").filter(|path| path.is_absolute());
    let state = state.or_else(|| Some(variable("HOME")?.join(".local/state")))?;
    Some(state.join("circlet/cli_history"))
}

/// What helps while a line is typed.
struct Assistant {
    book: Book,
    hints: bool,
    colours: bool,
}

impl Completer for Assistant {
    type Candidate = String;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(help::completions(&self.book, line.get(..pos).unwrap_or(line)))
    }
}

impl Hinter for Assistant {
    type Hint = Syntax;

    fn hint(&self, line: &str, pos: usize, _: &Context<'_>) -> Option<Syntax> {
        let is_wanted = self.hints && pos == line.len();
        is_wanted.then(|| hint::hint(&self.book, line)).flatten().map(Syntax)
    }
}

/// What may follow: shown, and never taken into the line.
struct Syntax(String);

impl Hint for Syntax {
    fn display(&self) -> &str {
        &self.0
    }

    fn completion(&self) -> Option<&str> {
        None
    }
}

impl Highlighter for Assistant {
    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        if self.colours {
            Cow::Owned(format!("\x1b[90m{hint}\x1b[0m"))
        } else {
            Cow::Borrowed(hint)
        }
    }
}

impl Validator for Assistant {}

impl Helper for Assistant {}

#[cfg(test)]
mod tests {
    use super::*;
    use rustyline::history::DefaultHistory;

    #[test]
    fn the_history_is_where_the_environment_says() {
        let of = |variables: &[(&str, &str)]| {
            history_file(|name| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| PathBuf::from(value))
            })
        };
        let path = |text: &str| Some(PathBuf::from(text));
        let home = ("HOME", "/home/ann");
        assert_eq!(of(&[home]), path("/home/ann/.local/state/circlet/cli_history"));
        assert_eq!(of(&[home, ("XDG_STATE_HOME", "/s")]), path("/s/circlet/cli_history"));
        assert_eq!(of(&[home, ("XDG_STATE_HOME", "not/absolute")]), of(&[home]));
        assert_eq!(of(&[home, ("CIRCLETCLI_HISTFILE", "h")]), path("h"));
        for nowhere in ["", "/dev/null"] {
            assert_eq!(of(&[home, ("CIRCLETCLI_HISTFILE", nowhere)]), None);
        }
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn hints_are_shown_at_the_end_of_a_line_never_typed_and_can_be_switched_off() {
        let history = DefaultHistory::new();
        let context = Context::new(&history);
        let mut assistant = Assistant {
            book: Book::built_in(),
            hints: true,
            colours: false,
        };
        let hint = assistant.hint("get ", 4, &context).expect("a hint");
        assert_eq!((hint.display(), hint.completion()), ("key", None));
        assert!(assistant.hint("get ", 2, &context).is_none());
        assert_eq!(assistant.highlight_hint("key"), "key");
        assistant.colours = true;
        assert!(assistant.highlight_hint("key").contains("\x1b[90m"));
        assistant.hints = false;
        assert!(assistant.hint("get ", 4, &context).is_none());
        let completed = assistant.complete("getd", 4, &context).expect("completions");
        assert_eq!(completed, (0, vec!["GETDEL".to_owned()]));
    }
}
