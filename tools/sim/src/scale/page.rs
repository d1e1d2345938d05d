//! The figures as tables and curves.

use std::fmt::Write as _;

use circlet_measure::plot::{Line, Lines, file, lines};

use super::{News, Placing, Spread};

/// What was measured of one number of nodes.
#[derive(Debug, Clone)]
pub struct Size {
    /// Placement, for each number of arcs.
    pub placing: Vec<(Placing, f64)>,
    /// How news spreads.
    pub spread: Spread,
    /// How long the simulation took, in seconds of wall time.
    pub wall_s: f64,
}

/// All of it, by the number of nodes.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// In ascending order.
    pub sizes: Vec<Size>,
}

impl Page {
    /// Tables in Markdown.
    #[must_use]
    pub fn tables(&self) -> String {
        let mut text = String::new();
        self.put_spread(&mut text);
        self.put_join(&mut text);
        self.put_placing(&mut text);
        text
    }

    /// Curves: the name of each file, and what is in it.
    #[must_use]
    pub fn pictures(&self) -> Vec<(&'static str, String)> {
        let plots = [
            ("death.svg", self.deaths()),
            ("epoch.svg", self.epochs()),
            ("bytes.svg", self.bytes()),
            ("placement.svg", self.placement()),
            ("document.svg", self.documents()),
        ];
        plots.map(|(name, plot)| (name, file(&lines(&plot)))).into()
    }

    // Writing to a String cannot fail.
    fn put_spread(&self, text: &mut String) {
        let _ = writeln!(
            text,
            "| nodes | arcs | gossip at rest, B/s a node | statuses at rest, B/s a node | death: half, 99%, all, ms | epoch pushed: half, 99%, all, ms \
             | epoch not pushed: half, 99%, all, ms | sent for it, kB a node: statuses, documents | wall s |\n|---|---|---|---|---|---|---|---|---|"
        );
        for Size { spread, wall_s, .. } in &self.sizes {
            let [gossip, datagrams, statuses] = spread.rest_per_s;
            let kilobytes = |bytes: u64| bytes as f64 / 1e3 / spread.nodes as f64;
            let [_, status_bytes, document_bytes] = spread.pushed.bytes;
            let _ = writeln!(
                text,
                "| {} | {} | {gossip:.0} ({datagrams:.1} datagrams) | {statuses:.0} | {} | {} | {} | {:.1}, {:.1} | {wall_s:.1} |",
                spread.nodes,
                spread.arcs,
                times(&spread.death),
                times(&spread.pushed),
                times(&spread.gossiped),
                kilobytes(status_bytes),
                kilobytes(document_bytes),
            );
        }
    }

    fn put_join(&self, text: &mut String) {
        let _ = writeln!(
            text,
            "\n| nodes | documents for a join | until all is at rest, ms |\n|---|---|---|"
        );
        for Size { spread, .. } in &self.sizes {
            let (documents, ms) = spread.join;
            let _ = writeln!(text, "| {} | {documents} | {ms:.0} |", spread.nodes);
        }
    }

    fn put_placing(&self, text: &mut String) {
        let _ = writeln!(
            text,
            "\n| nodes | arcs | fullest / fair | primaries / fair | join / least | leave / least | plan, ms | document, kB |\n|---|---|---|---|---|---|---|---|"
        );
        for (placing, plan_ms) in self.sizes.iter().flat_map(|size| &size.placing) {
            let _ = writeln!(
                text,
                "| {} | {} | {:.3} | {:.3} | {:.2} | {:.2} | {plan_ms:.1} | {:.1} |",
                placing.nodes,
                placing.arcs,
                placing.fullest,
                placing.fullest_primaries,
                placing.join,
                placing.leave,
                placing.document_bytes as f64 / 1e3,
            );
        }
    }

    fn deaths(&self) -> Lines {
        let line = |size: &Size| curve(format!("{} nodes", size.spread.nodes), &size.spread.death);
        Lines {
            title: "A machine is gone: who knows".to_owned(),
            x_label: "ms since then".to_owned(),
            y_label: "% of the nodes".to_owned(),
            is_logarithmic: false,
            bands: Vec::new(),
            lines: self.sizes.iter().map(line).collect(),
        }
    }

    fn epochs(&self) -> Lines {
        let both = |size: &Size| {
            let nodes = size.spread.nodes;
            [
                curve(format!("{nodes}, pushed"), &size.spread.pushed),
                curve(format!("{nodes}, not"), &size.spread.gossiped),
            ]
        };
        Lines {
            title: "A topology is chosen: who has it in force".to_owned(),
            x_label: "ms since then".to_owned(),
            y_label: "% of the nodes".to_owned(),
            is_logarithmic: false,
            bands: Vec::new(),
            lines: self.sizes.iter().flat_map(both).collect(),
        }
    }

    fn bytes(&self) -> Lines {
        let of = |name: &str, figure: usize| Line {
            name: name.to_owned(),
            points: (self.sizes.iter())
                .map(|size| (size.spread.nodes as f64, size.spread.rest_per_s[figure]))
                .collect(),
        };
        Lines {
            title: "What one node sends at rest".to_owned(),
            x_label: "nodes".to_owned(),
            y_label: "bytes a second".to_owned(),
            is_logarithmic: true,
            bands: Vec::new(),
            lines: vec![of("gossip", 0), of("statuses", 2)],
        }
    }

    fn placement(&self) -> Lines {
        let of = |name: &str, figure: fn(&Placing) -> f64| {
            self.by_nodes(name, |placing, _| (placing.arcs == 16_384).then(|| figure(placing)))
        };
        Lines {
            title: "Placement of 16384 arcs in three zones".to_owned(),
            x_label: "nodes".to_owned(),
            y_label: "against the best possible".to_owned(),
            is_logarithmic: false,
            bands: Vec::new(),
            lines: vec![
                of("fullest", |placing| placing.fullest),
                of("primaries", |placing| placing.fullest_primaries),
                of("join", |placing| placing.join),
                of("leave", |placing| placing.leave),
            ],
        }
    }

    fn documents(&self) -> Lines {
        let of = |name: &str, arcs: u16| {
            self.by_nodes(name, |placing, _| {
                (placing.arcs == arcs).then_some(placing.document_bytes as f64 / 1e3)
            })
        };
        let plan = self.by_nodes("plan of 16384, ms", |placing, ms| {
            (placing.arcs == 16_384).then_some(ms)
        });
        Lines {
            title: "The topology document, and how long a plan takes".to_owned(),
            x_label: "nodes".to_owned(),
            y_label: "kB, ms".to_owned(),
            is_logarithmic: false,
            bands: Vec::new(),
            lines: vec![of("1024 arcs, kB", 1024), of("16384 arcs, kB", 16_384), plan],
        }
    }

    fn by_nodes(&self, name: &str, figure: impl Fn(&Placing, f64) -> Option<f64>) -> Line {
        let all = self.sizes.iter().flat_map(|size| &size.placing);
        let points = all.filter_map(|(placing, ms)| Some((placing.nodes as f64, figure(placing, *ms)?)));
        Line {
            name: name.to_owned(),
            points: points.collect(),
        }
    }
}

/// A point for each hundredth of the nodes.
fn curve(name: String, news: &News) -> Line {
    let point = |per_cent: usize| Some((news.ms_at(per_cent)?, per_cent as f64));
    Line {
        name,
        points: (1..=100).filter_map(point).collect(),
    }
}

fn times(news: &News) -> String {
    let ms = |per_cent| news.ms_at(per_cent).map_or("never".to_owned(), |ms| format!("{ms:.0}"));
    format!("{}, {}, {}", ms(50), ms(99), ms(100))
}
