//! `circlet ring`: a picture of arcs and owners, in the terminal or as SVG.

pub(crate) mod colours;
pub(crate) mod model;
mod svg;
mod text;

use crate::args::RingArgs;
use crate::ask::told_by_any;
use crate::failure::Failure;
use crate::names::Names;
use crate::output::{has_colours, say};
use model::Ring;
use std::fs;

/// Draws the ring.
///
/// # Errors
/// When no node answers, or the picture cannot be written.
pub(crate) fn run(args: &RingArgs) -> Result<(), Failure> {
    let told = told_by_any(&args.cluster, &["CLUSTER", "RING"])?;
    let ring = Ring::read(&told, &Names::of(&args.cluster.dir));
    let ring = ring.ok_or_else(|| Failure::new("the node tells of no ring: is it a node of Circlet?"))?;
    if let Some(path) = &args.svg {
        let written = fs::write(path, svg::draw(&ring));
        written.map_err(|error| Failure::because(format!("cannot write {}", path.display()), error))?;
        say(format!("wrote {}", path.display()));
    } else if args.json {
        let mut told = told;
        told["shares"] = ring.shares_json();
        say(told);
    } else {
        say(text::draw(&ring, has_colours()).trim_end());
    }
    Ok(())
}
