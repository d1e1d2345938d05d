//! Splits Rust source into tokens and comments, well enough to count and to compare words.
//!
//! A search over raw text cannot tell `TODO` in a string from one in a comment, nor a brace in a character literal
//! from one that ends a function. A full parser (`syn`) could, at the price of the gate's only dependency. This is the
//! middle: comments, strings of every kind, characters against lifetimes, identifiers, and single-character
//! punctuation. It never fails: what it does not know becomes punctuation.

/// What a token is; only identifiers carry their text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An identifier or keyword, without a raw prefix.
    Ident(String),
    /// One character of punctuation.
    Punct(char),
    /// A string, character or number.
    Literal(String),
    /// A lifetime or loop label.
    Lifetime,
}

/// One token and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// Line, from 1, of its first character.
    pub(crate) line: usize,
    /// Inside a `#[cfg(test)]` item or a `#[test]` function.
    pub(crate) in_test: bool,
}

impl Token {
    /// The text of an identifier, or `""`.
    pub(crate) fn ident(&self) -> &str {
        match &self.kind {
            Kind::Ident(text) => text,
            _ => "",
        }
    }

    pub(crate) fn is_punct(&self, wanted: char) -> bool {
        self.kind == Kind::Punct(wanted)
    }
}

/// One comment, or one line of a block comment.
#[derive(Debug, Clone)]
pub(crate) struct Comment {
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// A file, lexed.
#[derive(Debug, Default)]
pub(crate) struct Lexed {
    pub(crate) tokens: Vec<Token>,
    pub(crate) comments: Vec<Comment>,
}

/// Lexes `text` and marks the tokens of test items.
pub(crate) fn lex(text: &str) -> Lexed {
    let mut lexer = Lexer {
        chars: text.chars().collect(),
        at: 0,
        line: 1,
        out: Lexed::default(),
    };
    while lexer.at < lexer.chars.len() {
        lexer.step();
    }
    mark_tests(&mut lexer.out.tokens);
    lexer.out
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    line: usize,
    out: Lexed,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> char {
        self.chars.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn bump(&mut self) -> char {
        let c = self.peek(0);
        self.at += 1;
        if c == '\n' {
            self.line += 1;
        }
        c
    }

    fn push(&mut self, kind: Kind, line: usize) {
        self.out.tokens.push(Token {
            kind,
            line,
            in_test: false,
        });
    }

    fn step(&mut self) {
        let (c, next) = (self.peek(0), self.peek(1));
        match c {
            '/' if next == '/' => self.line_comment(),
            '/' if next == '*' => self.block_comment(),
            '"' => self.string(),
            '\'' => self.quote(),
            _ if c.is_alphabetic() || c == '_' => self.word(),
            _ if c.is_ascii_digit() => self.number(),
            _ => {
                let line = self.line;
                self.bump();
                if !c.is_whitespace() {
                    self.push(Kind::Punct(c), line);
                }
            }
        }
    }

    fn line_comment(&mut self) {
        let (line, start) = (self.line, self.at);
        while self.at < self.chars.len() && self.peek(0) != '\n' {
            self.at += 1;
        }
        let text = self.chars[start..self.at].iter().collect();
        self.out.comments.push(Comment { line, text });
    }

    fn block_comment(&mut self) {
        let (line, start, mut depth) = (self.line, self.at, 0_usize);
        while self.at < self.chars.len() {
            match (self.peek(0), self.peek(1)) {
                ('/', '*') => {
                    depth += 1;
                    self.at += 2;
                }
                ('*', '/') => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        break;
                    }
                }
                _ => {
                    self.bump();
                }
            }
        }
        let text: String = self.chars[start..self.at.min(self.chars.len())].iter().collect();
        for (offset, row) in text.lines().enumerate() {
            self.out.comments.push(Comment {
                line: line + offset,
                text: row.to_string(),
            });
        }
    }

    fn string(&mut self) {
        let line = self.line;
        self.bump();
        let start = self.at;
        while self.at < self.chars.len() && self.peek(0) != '"' {
            if self.peek(0) == '\\' {
                self.bump();
            }
            self.bump();
        }
        let text = self.slice(start);
        self.bump();
        self.push(Kind::Literal(text), line);
    }

    /// The text from `start` to here; an unended literal may have run past the end.
    fn slice(&self, start: usize) -> String {
        let end = self.at.min(self.chars.len());
        self.chars[start.min(end)..end].iter().collect()
    }

    /// A raw string, standing at its first `#` or `"`.
    fn raw_string(&mut self) {
        let line = self.line;
        let mut hashes = 0;
        while self.peek(0) == '#' {
            hashes += 1;
            self.bump();
        }
        self.bump();
        let start = self.at;
        let ends = |lexer: &Self| lexer.peek(0) == '"' && (1..=hashes).all(|i| lexer.peek(i) == '#');
        while self.at < self.chars.len() && !ends(self) {
            self.bump();
        }
        let text = self.slice(start);
        self.at += 1 + hashes;
        self.push(Kind::Literal(text), line);
    }

    /// A character literal, a lifetime or a label.
    fn quote(&mut self) {
        let line = self.line;
        let is_char = self.peek(1) == '\\' || self.peek(2) == '\'';
        self.bump();
        if !is_char {
            while self.peek(0).is_alphanumeric() || self.peek(0) == '_' {
                self.bump();
            }
            self.push(Kind::Lifetime, line);
            return;
        }
        let start = self.at;
        if self.peek(0) == '\\' {
            self.bump();
        }
        self.bump();
        while self.at < self.chars.len() && self.peek(0) != '\'' {
            self.bump();
        }
        let text = self.slice(start);
        self.bump();
        self.push(Kind::Literal(text), line);
    }

    /// An identifier, or a literal with a prefix (`b"`, `r#"`, `br"`, `c"`, `b'`).
    fn word(&mut self) {
        let (line, start) = (self.line, self.at);
        while self.peek(0).is_alphanumeric() || self.peek(0) == '_' {
            self.at += 1;
        }
        let text = self.slice(start);
        let raw = matches!(text.as_str(), "r" | "br" | "cr");
        match self.peek(0) {
            '"' if raw => self.raw_string(),
            '#' if raw && matches!(self.peek(1), '"' | '#') => self.raw_string(),
            // A raw identifier: the next step reads its name.
            '#' if text == "r" => self.at += 1,
            '"' if matches!(text.as_str(), "b" | "c") => self.string(),
            '\'' if text == "b" => self.quote(),
            _ => self.push(Kind::Ident(text), line),
        }
    }

    fn number(&mut self) {
        let (line, start) = (self.line, self.at);
        while self.peek(0).is_alphanumeric() || self.peek(0) == '_' {
            self.at += 1;
        }
        let text = self.slice(start);
        self.push(Kind::Literal(text), line);
    }
}

/// Marks the items under `#[cfg(test)]`, `#[cfg(all(test, ...))]` and `#[test]` (also `#[tokio::test]`).
fn mark_tests(tokens: &mut [Token]) {
    let mut at = 0;
    while at < tokens.len() {
        if !(tokens[at].is_punct('#') && tokens.get(at + 1).is_some_and(|t| t.is_punct('['))) {
            at += 1;
            continue;
        }
        let end = closing(tokens, at + 1);
        let attribute = &tokens[at + 1..end];
        let names_test = attribute.iter().any(|t| t.ident() == "test");
        let negated = attribute.iter().any(|t| t.ident() == "not");
        if names_test && !negated {
            let item_end = item_end(tokens, end + 1);
            for token in &mut tokens[at..item_end] {
                token.in_test = true;
            }
            at = item_end;
        } else {
            at = end + 1;
        }
    }
}

/// One past the end of the item that starts at `from`: its closing brace, or its semicolon.
fn item_end(tokens: &[Token], from: usize) -> usize {
    let mut at = from;
    while at < tokens.len() {
        match tokens[at].kind {
            Kind::Punct(';') => return at + 1,
            Kind::Punct('{') => return (closing(tokens, at) + 1).min(tokens.len()),
            Kind::Punct('(' | '[') => at = closing(tokens, at) + 1,
            _ => at += 1,
        }
    }
    tokens.len()
}

/// Index of the bracket that closes the one at `open`, or of the last token if none does.
pub(crate) fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.kind {
            Kind::Punct('(' | '[' | '{') => depth += 1,
            Kind::Punct(')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at;
                }
            }
            _ => {}
        }
    }
    tokens.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idents(text: &str) -> Vec<String> {
        lex(text)
            .tokens
            .iter()
            .map(|t| t.ident().to_string())
            .filter(|t| !t.is_empty())
            .collect()
    }

    #[test]
    fn strings_comments_and_characters_are_not_code() {
        let text =
            "fn a() { let x = \"b { // c\"; let y = '{'; /* d /* e */ f */ g(r#\"h \" i\"#, b'\\'', b\"j\"); } // k";
        assert_eq!(
            idents(text),
            ["fn", "a", "let", "x", "let", "y", "g"],
            "only code becomes identifiers"
        );
        assert_eq!(
            lex(text).comments.len(),
            2,
            "a nested block comment is one comment, and a line comment another"
        );
    }

    #[test]
    fn a_lifetime_is_not_an_open_character_literal() {
        assert_eq!(
            idents("fn f<'a>(x: &'a str) -> &'a str { x }"),
            ["fn", "f", "x", "str", "str", "x"]
        );
    }

    #[test]
    fn lines_are_counted_through_strings_and_comments() {
        let lexed = lex("/* a\nb */\n\"c\nd\" e");
        let last = lexed.tokens.last().map(|t| t.line);
        assert_eq!(last, Some(4), "newlines inside comments and strings count");
        assert_eq!(
            lexed.comments[1].line, 2,
            "each line of a block comment has its own number"
        );
    }

    #[test]
    fn tokens_of_test_items_are_marked_and_others_are_not() {
        let lexed = lex(
            "fn a() {} #[cfg(test)] mod tests { fn b() {} } #[cfg(not(test))] fn c() {} #[tokio::test] async fn d() {}",
        );
        let in_test = |name: &str| lexed.tokens.iter().find(|t| t.ident() == name).map(|t| t.in_test);
        assert_eq!(
            ["a", "b", "c", "d"].map(in_test),
            [Some(false), Some(true), Some(false), Some(true)]
        );
    }

    #[test]
    fn unended_input_of_any_kind_ends() {
        for text in ["\"a", "r#\"a", "/* a", "'\\", "#[test", "fn f( {", "b'", "r#"] {
            lex(text);
        }
    }
}
