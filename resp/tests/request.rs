//! The request parser against a simple twin, at every split, on good and bad input.

use circlet_resp::{Batch, Limits, ProtocolError, ReplyBuf, RequestParser};
use proptest::prelude::*;

type Commands = Vec<Vec<Vec<u8>>>;

fn small_limits() -> Limits {
    Limits {
        bulk_bytes_max: 1000,
        args_max: 40,
        inline_bytes_max: 64,
        request_bytes_max: 2000,
        authenticated: true,
    }
}

/// Feeds `pieces` as reads, keeping unfinished bytes in front, as a connection does.
fn parse_pieces<'a>(limits: Limits, pieces: impl IntoIterator<Item = &'a [u8]>) -> (Commands, Option<ProtocolError>) {
    let mut parser = RequestParser::new(limits);
    let mut batch = Batch::new();
    let mut buf = Vec::new();
    let mut commands = Commands::new();
    for piece in pieces {
        buf.extend_from_slice(piece);
        loop {
            let result = parser.parse(&buf, &mut batch, 3);
            commands.extend(
                batch
                    .iter(&buf)
                    .map(|args| args.iter().map(<[u8]>::to_vec).collect::<Vec<_>>()),
            );
            match result {
                Ok(parsed) => {
                    let full = batch.len() == 3;
                    buf.drain(..parsed.consumed);
                    if !full {
                        break;
                    }
                }
                Err(error) => return (commands, Some(error)),
            }
        }
    }
    (commands, None)
}

fn parse_whole(limits: Limits, bytes: &[u8]) -> (Commands, Option<ProtocolError>) {
    parse_pieces(limits, [bytes])
}

/// The grammar again, as plainly as possible: looks for whole lines, begins anew for every request, never resumes.
mod twin {
    use super::*;

    pub(super) fn parse(limits: Limits, mut bytes: &[u8]) -> (Commands, Option<ProtocolError>) {
        let mut commands = Commands::new();
        while !bytes.is_empty() {
            match if bytes[0] == b'*' {
                multibulk(limits, bytes)
            } else {
                inline(limits, bytes)
            } {
                Ok(Some((args, rest))) => {
                    if !args.is_empty() {
                        commands.push(args);
                    }
                    bytes = rest;
                }
                Ok(None) => break,
                Err(error) => return (commands, Some(error)),
            }
        }
        (commands, None)
    }

    /// A number if it is one, and what follows its line; `None` if the line is not all there.
    type Number<'a> = Result<Option<(Option<i64>, &'a [u8])>, ProtocolError>;
    /// The arguments, and what follows them.
    type One<'a> = Result<Option<(Vec<Vec<u8>>, &'a [u8])>, ProtocolError>;

    fn number(bytes: &[u8], line_max: usize, too_big: ProtocolError) -> Number<'_> {
        let end = bytes.iter().position(|&byte| byte == b'\r').unwrap_or(bytes.len());
        if end > line_max {
            return Err(too_big);
        }
        if bytes.len() < end + 2 {
            return Ok(None);
        }
        let value = std::str::from_utf8(&bytes[1..end])
            .ok()
            .and_then(|text| text.parse::<i64>().ok().filter(|value| value.to_string() == text));
        Ok(Some((value, &bytes[end + 2..])))
    }

    fn multibulk(limits: Limits, bytes: &[u8]) -> One<'_> {
        let Some((count, mut rest)) = number(bytes, limits.inline_bytes_max, ProtocolError::TooBigMultibulkCount)?
        else {
            return Ok(None);
        };
        let count = count
            .filter(|&count| count <= limits.args_max as i64)
            .ok_or(ProtocolError::InvalidMultibulkLength)?;
        let mut args = Vec::new();
        for _ in 0..count.max(0) {
            match rest.first() {
                None => return Ok(None),
                Some(b'$') => {}
                Some(&other) => return Err(ProtocolError::ExpectedDollar(other)),
            }
            let Some((len, tail)) = number(rest, limits.inline_bytes_max, ProtocolError::TooBigBulkCount)? else {
                return Ok(None);
            };
            let len = len
                .filter(|len| (0..=limits.bulk_bytes_max as i64).contains(len))
                .ok_or(ProtocolError::InvalidBulkLength)? as usize;
            if bytes.len() - tail.len() + len > limits.request_bytes_max {
                return Err(ProtocolError::TooBigRequest);
            }
            if tail.len() < len + 2 {
                return Ok(None);
            }
            args.push(tail[..len].to_vec());
            rest = &tail[len + 2..];
        }
        Ok(Some((args, rest)))
    }

    fn inline(limits: Limits, bytes: &[u8]) -> One<'_> {
        let end = bytes.iter().position(|&byte| byte == b'\n');
        if end.unwrap_or(bytes.len()) > limits.inline_bytes_max {
            return Err(ProtocolError::TooBigInlineRequest);
        }
        let Some(end) = end else { return Ok(None) };
        Ok(Some((
            words(&bytes[..end]).ok_or(ProtocolError::UnbalancedQuotes)?,
            &bytes[end + 1..],
        )))
    }

    /// One character at a time, by state; `None` for unbalanced quotes.
    fn words(line: &[u8]) -> Option<Vec<Vec<u8>>> {
        enum In {
            Blank,
            Word,
            Double,
            Single,
            Closed,
        }
        let (mut state, mut words, mut i) = (In::Blank, Vec::<Vec<u8>>::new(), 0);
        while i < line.len() {
            let byte = line[i];
            let is_blank = b" \t\n\r\x0b\x0c".contains(&byte);
            let hex = line.get(i + 2..i + 4).and_then(|hex| std::str::from_utf8(hex).ok());
            let hex = hex.filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
            state = match state {
                In::Closed if !is_blank => return None,
                In::Closed => In::Blank,
                In::Blank if is_blank => In::Blank,
                In::Blank => {
                    words.push(Vec::new());
                    state = In::Word;
                    continue;
                }
                In::Word if b" \t\n\r".contains(&byte) => In::Blank,
                In::Word if byte == b'"' => In::Double,
                In::Word if byte == b'\'' => In::Single,
                In::Double if byte == b'"' => In::Closed,
                In::Single if byte == b'\'' => In::Closed,
                In::Double if byte == b'\\' && i + 1 < line.len() => {
                    i += 1;
                    let (value, more) = match (line[i], hex) {
                        (b'x', Some(hex)) => (u8::from_str_radix(hex, 16).ok()?, 2),
                        (b'n', _) => (b'\n', 0),
                        (b'r', _) => (b'\r', 0),
                        (b't', _) => (b'\t', 0),
                        (b'b', _) => (8, 0),
                        (b'a', _) => (7, 0),
                        (other, _) => (other, 0),
                    };
                    words.last_mut()?.push(value);
                    i += more;
                    In::Double
                }
                In::Single if byte == b'\\' && line.get(i + 1) == Some(&b'\'') => {
                    i += 1;
                    words.last_mut()?.push(b'\'');
                    In::Single
                }
                same => {
                    words.last_mut()?.push(byte);
                    same
                }
            };
            i += 1;
        }
        match state {
            In::Double | In::Single => None,
            _ => Some(words),
        }
    }
}

fn encode(command: &[Vec<u8>]) -> Vec<u8> {
    let mut out = ReplyBuf::default();
    out.array(command.len());
    for arg in command {
        out.bulk(arg);
    }
    out.take()
}

fn command() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..8)
}

/// Requests, good, odd and broken, one after the other.
fn traffic() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => command().prop_map(|command| encode(&command)),
        3 => "[a-c\"' \\\\xnr0-9\t\r\u{b}]{0,20}\r?\n".prop_map(String::into_bytes),
        1 => "\\*(-?[0-9]{1,3}|[0-9]{18,21})\r\n".prop_map(String::into_bytes),
        1 => "\\*1\r\n\\$(-?[0-9]{1,4}|[0-9]{18,21})\r\n".prop_map(String::into_bytes),
        1 => "\\*[12]\r\n[$X][0-9x]{0,2}\r\n".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..90),
        1 => "[*$a1]{60,70}".prop_map(String::into_bytes),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// A command of few names and lengths, so that many begin as others do.
fn alike() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let name = prop::sample::select(vec!["GET", "get", "GEX", "GETX", "SETRANGE"]);
    let values = prop::collection::vec("[a-c]{0,11}".prop_map(String::into_bytes), 0..3);
    (name, values).prop_map(|(name, values)| std::iter::once(name.as_bytes().to_vec()).chain(values).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_was_encoded_is_what_is_parsed(commands in prop::collection::vec(command(), 0..20)) {
        let bytes: Vec<u8> = commands.iter().flat_map(|command| encode(command)).collect();
        prop_assert_eq!(parse_whole(small_limits(), &bytes), (commands, None));
    }

    #[test]
    fn a_split_anywhere_changes_nothing(bytes in traffic()) {
        let whole = parse_whole(small_limits(), &bytes);
        for at in 0..=bytes.len() {
            let (head, tail) = bytes.split_at(at);
            prop_assert_eq!(&parse_pieces(small_limits(), [head, tail]), &whole, "split at {}", at);
        }
    }

    #[test]
    fn reads_of_any_size_change_nothing(bytes in traffic(), size in 1usize..20) {
        let whole = parse_whole(small_limits(), &bytes);
        prop_assert_eq!(&parse_pieces(small_limits(), bytes.chunks(size)), &whole);
        prop_assert_eq!(&parse_pieces(small_limits(), bytes.chunks(1)), &whole);
    }

    #[test]
    fn the_parser_agrees_with_its_simple_twin(bytes in traffic()) {
        prop_assert_eq!(parse_whole(small_limits(), &bytes), twin::parse(small_limits(), &bytes));
    }

    #[test]
    fn commands_that_begin_alike_are_told_from_those_that_do_not(commands in prop::collection::vec(alike(), 1..20)) {
        let bytes: Vec<u8> = commands.iter().flat_map(|command| encode(command)).collect();
        let mut batch = Batch::new();
        let parsed = RequestParser::new(small_limits()).parse(&bytes, &mut batch, usize::MAX);
        prop_assert_eq!(parsed.map(|parsed| parsed.consumed), Ok(bytes.len()));
        let found: Commands = batch.iter(&bytes).map(|args| args.iter().map(<[u8]>::to_vec).collect()).collect();
        prop_assert_eq!(&found, &commands);
        prop_assert!(!batch.is_like_last(0), "there is none before");
        for (at, pair) in commands.windows(2).enumerate() {
            let is_alike = pair[0][0] == pair[1][0] && pair[0].len() == pair[1].len();
            prop_assert!(is_alike || !batch.is_like_last(at + 1));
            // The last ones may be shorter than what is compared.
            let is_told = encode(&pair[1][..1]).len() <= 16 && at + 3 < commands.len();
            prop_assert!(!is_alike || !is_told || batch.is_like_last(at + 1));
        }
    }

    #[test]
    fn a_changed_byte_among_commands_that_begin_alike_is_not_passed_over(
        command in alike(),
        times in 2..6_usize,
        at in any::<prop::sample::Index>(),
        byte in prop_oneof![Just(b'\r'), Just(b'$'), Just(b'*'), Just(b'0'), Just(b'2'), any::<u8>()],
    ) {
        let mut bytes = encode(&command).repeat(times);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        prop_assert_eq!(parse_whole(small_limits(), &bytes), twin::parse(small_limits(), &bytes));
    }

    #[test]
    fn random_bytes_are_commands_or_an_error_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let result = parse_whole(small_limits(), &bytes);
        prop_assert_eq!(&result, &twin::parse(small_limits(), &bytes));
        prop_assert_eq!(&parse_pieces(small_limits(), bytes.chunks(1)), &result);
    }
}

/// Each was sent to redis-server 7.0.15, which answered with this text and closed.
#[test]
fn broken_requests_get_the_texts_of_redis() {
    let long = |head: &str| [head.as_bytes(), &[b'1'; 65_536]].concat();
    let table: &[(&[u8], &str)] = &[
        (b"*abc\r\n", "invalid multibulk length"),
        (b"*01\r\n$4\r\nPING\r\n", "invalid multibulk length"),
        (b"*-0\r\nPING\r\n", "invalid multibulk length"),
        (b"*+1\r\n", "invalid multibulk length"),
        (b"*\r\n", "invalid multibulk length"),
        (b"* 1\r\n", "invalid multibulk length"),
        (b"*2147483648\r\n", "invalid multibulk length"),
        (b"*9223372036854775808\r\n", "invalid multibulk length"),
        (b"*1\r\nX\r\n", "expected '$', got 'X'"),
        (b"*1\r\n\r\n", "expected '$', got ' '"),
        (b"*1\r\n$-1\r\n", "invalid bulk length"),
        (b"*1\r\n$abc\r\n", "invalid bulk length"),
        (b"*1\r\n$01\r\nA\r\n", "invalid bulk length"),
        (b"*1\r\n$10737418240\r\n", "invalid bulk length"),
        (b"ECHO \"abc\r\n", "unbalanced quotes in request"),
        (b"ECHO 'a'b\r\n", "unbalanced quotes in request"),
        (&[b'x'; 65_537], "too big inline request"),
        (&long("*"), "too big mbulk count string"),
        (&long("*1\r\n$"), "too big bulk count string"),
    ];
    for (bytes, text) in table {
        let (commands, error) = parse_whole(Limits::default(), bytes);
        assert!(commands.is_empty());
        assert_eq!(
            error.map(|error| error.to_string()),
            Some(format!("Protocol error: {text}"))
        );
    }
}

/// Odd, but no error for redis-server 7.0.15 either.
#[test]
fn requests_that_redis_takes_are_taken() {
    let ping = || vec![vec![b"PING".to_vec()]];
    let table: &[&[u8]] = &[
        b"*-1\r\n*1\r\n$4\r\nPING\r\n",
        b"*-9223372036854775808\r\nPING\r\n",
        b"*0\r\nPING\r\n",
        b"\r\n\nPING\r\n",
        b"PING\n",
        b"\rPING\r\r\n",
        b"*1\rX$4\r\nPING\r\n",
        b"*1\r\n$4\rXPINGxx",
    ];
    for bytes in table {
        assert_eq!(
            parse_whole(Limits::default(), bytes),
            (ping(), None),
            "{:?}",
            String::from_utf8_lossy(bytes)
        );
    }
}

#[test]
fn commands_before_a_fault_are_delivered_and_the_fault_stays() {
    let mut parser = RequestParser::new(Limits::default());
    let mut batch = Batch::new();
    let buf = b"PING\r\n*2\r\n$4\r\nECHO\r\n$x\r\n";
    assert_eq!(parser.parse(buf, &mut batch, 64), Err(ProtocolError::InvalidBulkLength));
    assert_eq!(
        batch.len(),
        1,
        "the complete command before the fault is to be executed"
    );
    assert_eq!(batch.args(0, buf).name(), b"PING");
    assert_eq!(
        parser.parse(b"PING\r\n", &mut batch, 64),
        Err(ProtocolError::InvalidBulkLength)
    );
    assert!(batch.is_empty(), "after a fault nothing more is read");
}

#[test]
fn a_batch_ends_at_the_number_of_commands_asked_for() {
    let mut parser = RequestParser::new(Limits::default());
    let mut batch = Batch::new();
    let buf = b"PING\r\nPING\r\n*1\r\n$4\r\nPING\r\n*1";
    let parsed = parser.parse(buf, &mut batch, 2).expect("good input");
    assert_eq!((batch.len(), parsed.consumed), (2, 12));
    let parsed = parser.parse(&buf[12..], &mut batch, 2).expect("good input");
    assert_eq!((batch.len(), parsed.consumed), (1, 14));
    assert!(parser.is_within_request(), "the last request has begun");
    assert_eq!(
        parser.parse(&buf[26..], &mut batch, 0).expect("good input").consumed,
        0,
        "none asked for, none read"
    );
}

#[test]
fn an_argument_and_a_request_may_be_as_long_as_the_limit_and_no_longer() {
    let request = |lens: &[usize]| encode(&lens.iter().map(|&len| vec![b'x'; len]).collect::<Vec<_>>());
    let overhead = request(&[900, 900, 100]).len() - 1900;
    let table = [
        (vec![1000], None),
        (vec![1001], Some(ProtocolError::InvalidBulkLength)),
        // The line end after the last argument does not count.
        (vec![900, 900, 202 - overhead], None),
        (vec![900, 900, 203 - overhead], Some(ProtocolError::TooBigRequest)),
    ];
    for (lens, error) in table {
        let bytes = request(&lens);
        let whole = parse_whole(small_limits(), &bytes);
        assert_eq!(whole.1, error, "arguments of {lens:?} bytes");
        assert_eq!(whole, twin::parse(small_limits(), &bytes));
        for at in 0..bytes.len() {
            let (head, tail) = bytes.split_at(at);
            assert_eq!(parse_pieces(small_limits(), [head, tail]), whole, "split at {at}");
        }
    }
}

#[test]
fn before_authentication_a_client_may_send_little() {
    let limits = Limits {
        authenticated: false,
        ..Limits::default()
    };
    assert_eq!(parse_whole(limits, b"*10\r\n$16384\r\n").1, None);
    assert_eq!(
        parse_whole(limits, b"*11\r\n").1,
        Some(ProtocolError::UnauthenticatedMultibulkLength)
    );
    assert_eq!(
        parse_whole(limits, b"*10\r\n$16385\r\n").1,
        Some(ProtocolError::UnauthenticatedBulkLength)
    );
}

#[test]
fn room_for_a_long_argument_grows_with_what_has_arrived() {
    let mut parser = RequestParser::new(Limits::default());
    let mut batch = Batch::new();
    let mut buf = b"*2\r\n$4\r\nECHO\r\n$500000000\r\n".to_vec();
    parser.parse(&buf, &mut batch, 1).expect("good input");
    assert_eq!(
        parser.bytes_wanted(&buf),
        16 << 10,
        "an announced length alone earns the least growth"
    );
    buf.resize(1 << 20, b'x');
    parser.parse(&buf, &mut batch, 1).expect("good input");
    assert_eq!(parser.bytes_wanted(&buf), 1 << 20, "the buffer at most doubles");

    let mut parser = RequestParser::new(Limits::default());
    parser.parse(b"*1\r\n$100\r\nabc", &mut batch, 1).expect("good input");
    assert_eq!(
        parser.bytes_wanted(b"*1\r\n$100\r\nabc"),
        99,
        "never more than what is missing"
    );
    assert_eq!(RequestParser::default().bytes_wanted(b""), 0);
}
