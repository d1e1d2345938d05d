//! What is done to the cluster, and when: a TOML file of steps.
//!
//! A step begins at its time, or when the one before is over and has been followed by a steady time, whichever is later: a file says in
//! which order, the cluster says how long. A kill or a restart with `into_s` is not waited for: it happens so long after the step above it began.

use crate::failure::Failure;
use serde::Deserialize;
use std::fmt;
use std::path::Path;
use std::time::Duration;
use toml::Spanned;

/// Steps of a scenario are refused beyond this many.
const STEPS_MAX: usize = 1_000;

/// What runs when no file is given.
const DEFAULT: &str = r#"
settle_s = 5
[[step]]
at_s = 5
do = "join"
[[step]]
do = "leave"
[[step]]
do = "kill"
node = 2
[[step]]
do = "restart"
node = 2
"#;

/// Steps, in order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scenario {
    pub(crate) steps: Vec<Step>,
    /// How long the load goes on undisturbed after each step.
    pub(crate) settle: Duration,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    /// Not before this, counted from the start of the load.
    pub(crate) at: Duration,
    pub(crate) action: Action,
    /// What happens while it is under way, and how long after it began.
    pub(crate) during: Vec<(Duration, Action)>,
}

/// What a step does. Nodes are numbered from 1; one that joins gets the next number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// A new node comes.
    Join,
    /// A node hands over what it has and goes: this one, or the one that came last.
    Leave(Option<u16>),
    /// `kill -9`: of this node, or of any that runs.
    Kill(Option<u16>),
    /// A node that was killed is started again: this one, or the one that was killed last.
    Restart(Option<u16>),
    /// A new node takes the place of a killed one.
    Replace(u16),
}

impl Action {
    /// Whether it changes who the members are.
    pub(crate) fn moves(self) -> bool {
        matches!(self, Action::Join | Action::Leave(_) | Action::Replace(_))
    }
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Join => formatter.write_str("join"),
            Action::Leave(None) => formatter.write_str("leave"),
            Action::Leave(Some(node)) => write!(formatter, "leave {node}"),
            Action::Kill(None) => formatter.write_str("kill any"),
            Action::Kill(Some(node)) => write!(formatter, "kill {node}"),
            Action::Restart(None) => formatter.write_str("restart"),
            Action::Restart(Some(node)) => write!(formatter, "restart {node}"),
            Action::Replace(node) => write!(formatter, "replace {node}"),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    settle_s: Option<Spanned<f64>>,
    #[serde(default)]
    step: Vec<Spanned<FileStep>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileStep {
    at_s: Option<Spanned<f64>>,
    into_s: Option<Spanned<f64>>,
    #[serde(rename = "do")]
    action: Spanned<String>,
    node: Option<Spanned<u16>>,
    old: Option<Spanned<u16>>,
}

impl Scenario {
    /// The one of a file, or the default.
    ///
    /// # Errors
    /// When the file cannot be read or says something else than a scenario; the text names the line.
    pub(crate) fn load(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else {
            return Self::parse(DEFAULT).map_err(Failure::new);
        };
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::because(format!("cannot read {}", path.display()), error))?;
        Self::parse(&text).map_err(|why| Failure::because(format!("{} is no scenario", path.display()), why))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        let settle = file
            .settle_s
            .as_ref()
            .map_or(Ok(Duration::from_secs(5)), |settle| seconds(text, settle))?;
        if file.step.is_empty() || file.step.len() > STEPS_MAX {
            return Err(format!(
                "a scenario has 1 to {STEPS_MAX} steps: [[step]], do = \"join\""
            ));
        }
        let mut steps: Vec<Step> = Vec::new();
        for step in &file.step {
            let checked = checked(text, step.as_ref())?;
            let Some(into) = &step.as_ref().into_s else {
                steps.push(checked);
                continue;
            };
            let line = line_of(text, into.span().start);
            let under_way = steps.last_mut();
            match (under_way, checked.action) {
                (Some(under_way), Action::Kill(_) | Action::Restart(_)) => {
                    under_way.during.push((seconds(text, into)?, checked.action));
                }
                _ => {
                    return Err(format!(
                        "line {line}: `into_s` is for a kill or a restart during the step above"
                    ));
                }
            }
        }
        Ok(Scenario { steps, settle })
    }
}

fn checked(text: &str, step: &FileStep) -> Result<Step, String> {
    let at = step.at_s.as_ref().map_or(Ok(Duration::ZERO), |at| seconds(text, at))?;
    let line = line_of(text, step.action.span().start);
    let name = step.action.as_ref().as_str();
    let needed = |field: &Option<Spanned<u16>>, key: &str| match field {
        None => Err(format!("line {line}: `{name}` needs `{key} = NUMBER`")),
        Some(number) if *number.as_ref() == 0 => {
            let line = line_of(text, number.span().start);
            Err(format!("line {line}: nodes are numbered from 1"))
        }
        Some(number) => Ok(*number.as_ref()),
    };
    let action = match name {
        "join" => Action::Join,
        "leave" if step.node.is_none() => Action::Leave(None),
        "leave" => Action::Leave(Some(needed(&step.node, "node")?)),
        "kill" | "restart" if step.node.is_some() => {
            let node = Some(needed(&step.node, "node")?);
            if name == "kill" {
                Action::Kill(node)
            } else {
                Action::Restart(node)
            }
        }
        "kill" => Action::Kill(None),
        "restart" => Action::Restart(None),
        "replace" => Action::Replace(needed(&step.old, "old")?),
        other => {
            let known = "join, leave, kill, restart or replace";
            return Err(format!("line {line}: there is no step {other:?}: {known}"));
        }
    };
    let surplus = match action {
        Action::Join => [("node", &step.node), ("old", &step.old)]
            .into_iter()
            .find(|(_, field)| field.is_some()),
        Action::Replace(_) => Some(("node", &step.node)).filter(|(_, field)| field.is_some()),
        _ => Some(("old", &step.old)).filter(|(_, field)| field.is_some()),
    };
    match surplus {
        Some((key, Some(field))) => {
            let line = line_of(text, field.span().start);
            Err(format!("line {line}: `{name}` has no `{key}`"))
        }
        _ => Ok(Step {
            at,
            action,
            during: Vec::new(),
        }),
    }
}

fn seconds(text: &str, value: &Spanned<f64>) -> Result<Duration, String> {
    let line = line_of(text, value.span().start);
    Duration::try_from_secs_f64(*value.as_ref()).map_err(|_| format!("line {line}: expected seconds from 0 on"))
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_joins_leaves_kills_and_restarts() {
        let scenario = Scenario::load(None).expect("the built-in scenario is one");
        let steps: Vec<String> = scenario.steps.iter().map(|step| step.action.to_string()).collect();
        assert_eq!(steps, ["join", "leave", "kill 2", "restart 2"]);
        assert_eq!(scenario.steps[0].at, Duration::from_secs(5));
    }

    #[test]
    fn every_kind_of_step_is_read() {
        let text = "settle_s = 0.5\nstep = [{ do = 'leave', node = 4 }, { at_s = 1.5, do = 'replace', old = 2 }]";
        let scenario = Scenario::parse(text).expect("a scenario");
        assert_eq!(scenario.settle, Duration::from_millis(500));
        assert_eq!(scenario.steps[0].action, Action::Leave(Some(4)));
        assert_eq!(scenario.steps[1].action, Action::Replace(2));
        assert_eq!(scenario.steps[1].at, Duration::from_millis(1_500));
    }

    #[test]
    fn a_kill_may_happen_while_another_step_is_under_way() {
        let text =
            "step = [{ do = 'join' }, { do = 'kill', into_s = 0.3 }, { do = 'restart', into_s = 1 }, { do = 'leave' }]";
        let scenario = Scenario::parse(text).expect("a scenario");
        let during = vec![
            (Duration::from_millis(300), Action::Kill(None)),
            (Duration::from_secs(1), Action::Restart(None)),
        ];
        assert_eq!(scenario.steps[0].during, during);
        assert_eq!(scenario.steps.len(), 2, "those are not waited for");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (text, said) in [
            ("[[step]]\ndo = \"dance\"", "line 2: there is no step \"dance\""),
            (
                "\n[[step]]\nat_s = 1\ndo = \"replace\"",
                "line 4: `replace` needs `old = NUMBER`",
            ),
            (
                "[[step]]\ndo = \"kill\"\ninto_s = 1",
                "line 3: `into_s` is for a kill or a restart during the step above",
            ),
            (
                "[[step]]\ndo = \"join\"\n[[step]]\ndo = \"leave\"\ninto_s = 1",
                "line 5",
            ),
            ("[[step]]\ndo = \"kill\"\nnode = 0", "line 3: nodes are numbered from 1"),
            ("[[step]]\ndo = \"join\"\n\nnode = 4", "line 4: `join` has no `node`"),
            ("[[step]]\ndo = \"leave\"\nold = 4", "line 3: `leave` has no `old`"),
            ("[[step]]\nat_s = -1\ndo = \"join\"", "line 2: expected seconds"),
            ("[[step]]\ndo = \"join\"\nwhen = 4", "line 3"),
            ("settle_s = 1", "1 to 1000 steps"),
        ] {
            let why = Scenario::parse(text).expect_err("a wrong scenario is refused");
            assert!(why.contains(said), "{text:?} is refused with {why:?}, not {said:?}");
        }
    }
}
