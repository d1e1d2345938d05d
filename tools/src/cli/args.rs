//! The command line of `circlet cli`: that of `redis-cli`, where Circlet has what it is for.

use clap::{ArgAction, Args as ClapArgs};
use std::ffi::OsString;
use std::time::Duration;

/// What stands below the options.
pub(crate) const AFTER_HELP: &str = "\
Without a command: a prompt, on a terminal; else commands from standard input, one a line. \"help\" there says more.\n\
Differences from redis-cli: docs/cli.md.\n\n\
Exit codes:\n  0  the command was answered, if only by an error\n  \
1  no connection; with -e an error as the answer; with --pipe any error; a line of standard input that could not be run\n  \
2  the command line is wrong\n\nEnvironment:\n  \
CIRCLETCLI_AUTH      the password, if -a does not give it\n  \
CIRCLETCLI_HISTFILE  where the history is kept [default: $XDG_STATE_HOME/circlet/cli_history]; empty or /dev/null: nowhere\n  \
NO_COLOR             no colours\n\n\
Examples:\n  circlet cli -p 7002\n  circlet cli SET greeting hello\n  circlet cli -r 5 -i 1 INCR counter\n  \
cat logo.png | circlet cli -x SET logo\n  cat logo.png | circlet cli -X @ SET logo @ EX 60\n  circlet cli --scan --pattern 'user:*'\n  circlet cli --json HGETALL user:17\n  \
circlet cli --pipe < commands.resp\n  circlet cli -u redis://ann:secret@10.0.0.1:7001/0 PING";

/// `circlet cli`
#[derive(Debug, ClapArgs)]
pub(crate) struct CliArgs {
    /// The node's host name or address; without one: this help
    #[arg(short = 'h', value_name = "HOST", num_args = 0..=1, default_value = "127.0.0.1", default_missing_value = "", hide_default_value = false)]
    pub(crate) host: String,
    /// The port where it takes clients
    #[arg(short = 'p', long, default_value_t = 7001)]
    pub(crate) port: u16,
    /// The server as redis://USER:PASSWORD@HOST:PORT/DB; all but the host may be left out
    #[arg(short = 'u', value_name = "URI")]
    pub(crate) uri: Option<String>,
    /// The password; others on this machine may see it: CIRCLETCLI_AUTH hides it better
    #[arg(short = 'a', long = "pass", value_name = "PASSWORD")]
    pub(crate) password: Option<String>,
    /// Ask for the password; -a and CIRCLETCLI_AUTH do not count then
    #[arg(long = "askpass")]
    pub(crate) ask_password: bool,
    /// The user whose password it is
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// Do not warn of a password on the command line
    #[arg(long)]
    pub(crate) no_auth_warning: bool,
    /// The database; Circlet has number 0 only
    #[arg(short = 'n', value_name = "DB")]
    pub(crate) db: Option<i64>,
    /// How long to wait for a connection, in seconds [default: as long as the system does]
    #[arg(short = 't', value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,
    /// Speak RESP2
    #[arg(short = '2', conflicts_with = "resp3")]
    pub(crate) resp2: bool,
    /// Speak RESP3
    #[arg(short = '3')]
    pub(crate) resp3: bool,
    /// Follow MOVED and ASK: for the Redis Cluster port
    #[arg(short = 'c')]
    pub(crate) follow: bool,
    /// Run the command so many times; a negative number: until Ctrl-C
    #[arg(
        short = 'r',
        value_name = "COUNT",
        default_value_t = 1,
        allow_negative_numbers = true
    )]
    pub(crate) repeat: i64,
    /// Wait between two runs of the command, two lines of --stat, two batches of --scan
    #[arg(short = 'i', value_name = "SECONDS", value_parser = seconds)]
    pub(crate) interval: Option<Duration>,
    /// Take the last argument from standard input
    #[arg(short = 'x')]
    pub(crate) last_from_stdin: bool,
    /// Take the first argument that is TAG from standard input
    #[arg(short = 'X', value_name = "TAG", conflicts_with = "last_from_stdin")]
    pub(crate) tag_from_stdin: Option<OsString>,
    /// Read the command's arguments as the prompt reads them: "\x00", 'single'
    #[arg(long)]
    pub(crate) quoted_input: bool,
    /// An error as the answer goes to standard error, and the exit code is 1
    #[arg(short = 'e')]
    pub(crate) error_code: bool,
    /// Print help
    #[arg(long, action = ArgAction::Help)]
    help: Option<bool>,
    /// The command and its arguments
    #[arg(value_name = "COMMAND", trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) command: Vec<OsString>,
    #[command(flatten)]
    pub(crate) style: StyleArgs,
    /// Whether to show pushes, such as invalidations [default: on a terminal]
    #[arg(long, value_name = "YES|NO", value_parser = yes_or_no)]
    pub(crate) show_pushes: Option<bool>,
    #[command(flatten)]
    pub(crate) mode: ModeArgs,
}

/// How answers are written.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Output")]
pub(crate) struct StyleArgs {
    /// Write the bytes of answers as they are [default: not on a terminal]
    #[arg(long, overrides_with_all = ["no_raw", "csv", "json"])]
    pub(crate) raw: bool,
    /// Write types, numbers and quotes [default: on a terminal]
    #[arg(long, overrides_with_all = ["raw", "csv", "json"])]
    pub(crate) no_raw: bool,
    /// Write CSV
    #[arg(long, overrides_with_all = ["raw", "no_raw", "json"])]
    pub(crate) csv: bool,
    /// Write JSON; speaks RESP3 unless -2 is given
    #[arg(long, overrides_with_all = ["raw", "no_raw", "csv"])]
    pub(crate) json: bool,
    /// What stands between the elements of an answer written as it is [default: a line end]
    #[arg(short = 'd', value_name = "TEXT")]
    pub(crate) between: Option<String>,
    /// What stands behind an answer written as it is [default: a line end]
    #[arg(short = 'D', value_name = "TEXT")]
    pub(crate) after: Option<String>,
}

/// What to do instead of running a command.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Modes")]
pub(crate) struct ModeArgs {
    /// List the keys of the whole cluster
    #[arg(long, group = "mode")]
    pub(crate) scan: bool,
    /// Find the largest keys of each type, by elements
    #[arg(long, group = "mode")]
    pub(crate) bigkeys: bool,
    /// Find the largest keys of each type, by memory
    #[arg(long, group = "mode")]
    pub(crate) memkeys: bool,
    /// List the keys that clients ask for most, and how often: now, by all nodes
    #[arg(long, group = "mode")]
    pub(crate) hotkeys: bool,
    /// Only keys that match, for --scan, --bigkeys and --memkeys
    #[arg(long, value_name = "GLOB")]
    pub(crate) pattern: Option<String>,
    /// How many keys to ask for at a time; how many --hotkeys lists [default: 16]
    #[arg(long, value_name = "KEYS")]
    pub(crate) count: Option<u64>,
    /// A line of the node's figures each second
    #[arg(long, group = "mode")]
    pub(crate) stat: bool,
    /// Measure the time of PING: on a terminal until Ctrl-C, else for one second
    #[arg(long, group = "mode")]
    pub(crate) latency: bool,
    /// The same, with a new line every 15 seconds (-i)
    #[arg(long, group = "mode")]
    pub(crate) latency_history: bool,
    /// Send requests in RESP from standard input, and count the answers
    #[arg(long, group = "mode")]
    pub(crate) pipe: bool,
    /// With --pipe: how long to wait for an answer when all is sent, in seconds; 0: for ever
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub(crate) pipe_timeout: Duration,
    /// Say which verb of circlet does what this one of `redis-cli --cluster` does
    #[arg(long, value_name = "VERB", num_args = 0..=1, default_missing_value = "help")]
    pub(crate) cluster: Option<String>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "expected a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text.as_bytes().first().map(u8::to_ascii_lowercase) {
        Some(b'y') => Ok(true),
        Some(b'n') => Ok(false),
        _ => Err("expected yes or no".into()),
    }
}
