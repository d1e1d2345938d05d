//! `CLIENT CONSISTENCY [READ ONE|QUORUM|ALL|DEFAULT] [WRITE ONE|QUORUM|ALL|DEFAULT]`
//!
//! Circlet's own: how many owners must answer this connection's reads, and hold its writes before they are acknowledged. DEFAULT
//! gives the choice back to the key's prefix and the cluster. Without levels it answers what is chosen: a map of `read` and `write`.

use super::super::client::Client;
use crate::command::CommandError;
use circlet_core::quorum::Level;
use circlet_resp::{Args, ReplyBuf};

/// The word that gives the choice back.
const DEFAULT: &str = "default";

/// What was chosen for reads and for writes; `None` where nothing was said.
type Chosen = (Option<Option<Level>>, Option<Option<Level>>);

fn parse(args: Args<'_>) -> Result<Chosen, CommandError> {
    let mut chosen = (None, None);
    let mut at = 2;
    while let Some(what) = args.get(at) {
        let level = Some(level(args.get(at + 1).ok_or(CommandError::Syntax)?)?);
        if what.eq_ignore_ascii_case(b"read") {
            chosen.0 = level;
        } else if what.eq_ignore_ascii_case(b"write") {
            chosen.1 = level;
        } else {
            return Err(CommandError::Syntax);
        }
        at += 2;
    }
    Ok(chosen)
}

fn level(word: &[u8]) -> Result<Option<Level>, CommandError> {
    if word.eq_ignore_ascii_case(DEFAULT.as_bytes()) {
        return Ok(None);
    }
    let named = |level: &Level| word.eq_ignore_ascii_case(level.word().as_bytes());
    Level::ALL.into_iter().find(named).map(Some).ok_or(CommandError::Syntax)
}

fn word(level: Option<Level>) -> &'static str {
    level.map_or(DEFAULT, Level::word)
}

/// Runs CLIENT CONSISTENCY.
pub(super) fn consistency(client: &mut Client, args: Args<'_>, replies: &mut ReplyBuf) -> Result<(), CommandError> {
    let caller = &mut client.caller;
    if args.len() == 2 {
        replies.map(2);
        for (name, level) in [("read", caller.read), ("write", caller.write)] {
            replies.bulk(name.as_bytes());
            replies.bulk(word(level).as_bytes());
        }
        return Ok(());
    }
    let (read, write) = parse(args)?;
    caller.read = read.unwrap_or(caller.read);
    caller.write = write.unwrap_or(caller.write);
    replies.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::test_request::Line;
    use super::*;

    #[test]
    fn either_level_may_be_chosen_or_given_back() {
        let parse = |text| parse(Line::new(text).args());
        assert_eq!(parse("CLIENT CONSISTENCY read ONE"), Ok((Some(Some(Level::One)), None)));
        assert_eq!(
            parse("CLIENT CONSISTENCY WRITE all READ default"),
            Ok((Some(None), Some(Some(Level::All))))
        );
        for wrong in [
            "CLIENT CONSISTENCY read",
            "CLIENT CONSISTENCY read most",
            "CLIENT CONSISTENCY sometimes ONE",
        ] {
            assert_eq!(parse(wrong), Err(CommandError::Syntax), "{wrong}");
        }
    }
}
