//! One line of the report: a figure of ours beside a peer's, and whether it keeps its budget.

/// What a figure must not exceed, or must reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Limit {
    AtMost {
        budget: f64,
        aim: Option<f64>,
    },
    AtLeast {
        budget: f64,
        aim: Option<f64>,
    },
    /// Shown, not judged.
    None,
}

impl Limit {
    pub(crate) fn at_most(budget: f64, aim: f64) -> Self {
        Self::AtMost { budget, aim: Some(aim) }
    }

    pub(crate) fn at_least(budget: f64, aim: f64) -> Self {
        Self::AtLeast { budget, aim: Some(aim) }
    }

    fn verdict(self, judged: f64) -> Verdict {
        let (meets_budget, meets_aim) = match self {
            Self::AtMost { budget, aim } => (judged <= budget, aim.is_some_and(|aim| judged <= aim)),
            Self::AtLeast { budget, aim } => (judged >= budget, aim.is_some_and(|aim| judged >= aim)),
            Self::None => return Verdict::NotJudged,
        };
        match (meets_budget, meets_aim) {
            (_, true) => Verdict::Aim,
            (true, false) => Verdict::Budget,
            (false, false) => Verdict::Missed,
        }
    }

    fn cells(self) -> [String; 2] {
        match self {
            Self::AtMost { budget, aim } => [format!("≤ {}", short(budget)), aim.map(short).unwrap_or_default()],
            Self::AtLeast { budget, aim } => [format!("≥ {}", short(budget)), aim.map(short).unwrap_or_default()],
            Self::None => [String::new(), String::new()],
        }
    }
}

/// How a figure stands to its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Aim,
    Budget,
    Missed,
    NotJudged,
}

impl Verdict {
    pub(crate) const CELLS: [(Self, &'static str); 4] = [
        (Self::Aim, "yes, the aim"),
        (Self::Budget, "yes"),
        (Self::Missed, "**no**"),
        (Self::NotJudged, "-"),
    ];

    fn cell(self) -> &'static str {
        Self::CELLS
            .iter()
            .find(|(verdict, _)| *verdict == self)
            .map_or("-", |(_, cell)| cell)
    }
}

pub(crate) struct Figure {
    pub(crate) what: String,
    pub(crate) ours: String,
    pub(crate) peer: String,
    /// What the limit is compared with: a ratio to the peer unless the row says otherwise.
    pub(crate) judged: Option<f64>,
    pub(crate) limit: Limit,
    /// The machine was not quiet, or changed its speed: the figure is worth less.
    pub(crate) is_marked: bool,
}

pub(crate) const TABLE_HEAD: &str = "| what | ours | peer | figure | budget | aim | met |\n\
                                     | --- | --- | --- | --- | --- | --- | --- |\n";

impl Figure {
    pub(crate) fn row(&self) -> String {
        let [budget, aim] = self.limit.cells();
        let verdict = self
            .judged
            .map_or(Verdict::NotJudged, |judged| self.limit.verdict(judged));
        let figure = self.judged.map(short).unwrap_or_default();
        let mark = if self.is_marked { "!" } else { "" };
        let (what, ours, peer, met) = (&self.what, &self.ours, &self.peer, verdict.cell());
        format!("| {what} | {ours} | {peer} | {figure}{mark} | {budget} | {aim} | {met} |\n")
    }
}

/// Two digits after the point for ratios, none for large figures.
pub(crate) fn short(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(judged: Option<f64>, limit: Limit) -> String {
        let text = |text: &str| text.to_owned();
        Figure {
            what: text("w"),
            ours: text("a"),
            peer: text("b"),
            judged,
            limit,
            is_marked: false,
        }
        .row()
    }

    #[test]
    fn a_cost_is_judged_from_above() {
        let limit = Limit::at_most(0.92, 0.84);
        assert_eq!(
            row(Some(0.80), limit),
            "| w | a | b | 0.80 | ≤ 0.92 | 0.84 | yes, the aim |\n"
        );
        assert_eq!(row(Some(0.90), limit), "| w | a | b | 0.90 | ≤ 0.92 | 0.84 | yes |\n");
        assert_eq!(
            row(Some(1.00), limit),
            "| w | a | b | 1.00 | ≤ 0.92 | 0.84 | **no** |\n"
        );
    }

    #[test]
    fn a_throughput_is_judged_from_below() {
        let limit = Limit::at_least(1.4, 1.65);
        assert_eq!(limit.verdict(1.7), Verdict::Aim);
        assert_eq!(limit.verdict(1.5), Verdict::Budget);
        assert_eq!(limit.verdict(1.3), Verdict::Missed);
    }

    #[test]
    fn what_was_not_measured_is_not_judged() {
        assert_eq!(
            row(None, Limit::at_most(1.0, 0.8)),
            "| w | a | b |  | ≤ 1.00 | 0.80 | - |\n"
        );
    }
}
