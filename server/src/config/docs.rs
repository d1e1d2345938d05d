//! The table of settings in `docs/design/config.md` is written from the settings: `UPDATE_GOLDEN=1 cargo test -p
//! circlet-server settings_page` rewrites it, and without that the test compares.

use super::{Config, Setting, settings};
use std::fmt::Write as _;
use std::path::Path;

const START: &str = "<!-- settings: written by server/src/config/docs.rs -->\n";
const END: &str = "<!-- end of settings -->\n";

fn row(table: &mut String, setting: &Setting) {
    let default = match setting.value(&Config::default()) {
        empty if empty.is_empty() => "(empty)".to_string(),
        value => format!("`{value}`"),
    };
    let meaning = setting.meaning().replace('|', "\\|");
    let _ = writeln!(
        table,
        "| `{}` | {default} | {} | {} | {meaning} |",
        setting.name, setting.bounds, setting.when
    );
}

fn table() -> String {
    let mut table = "| name | default | bounds | changes | meaning |\n|---|---|---|---|---|\n".to_string();
    for setting in settings() {
        row(&mut table, setting);
    }
    table
}

#[test]
fn the_settings_page_lists_every_setting_as_it_is() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/design/config.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(START).expect("the page marks where the table starts");
    let (_, after) = rest.split_once(END).expect("the page marks where the table ends");
    let wanted = format!("{before}{START}\n{}\n{END}{after}", table());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let page = std::fs::read_to_string(&path).unwrap();
    assert!(
        page == wanted,
        "the settings have changed: UPDATE_GOLDEN=1 cargo test -p circlet-server settings_page"
    );
}
