//! `docs/operating.md`: every command of the page, run as it stands.

use crate::support::{Cluster, PATIENCE, circlet, wait_until};
use std::path::Path;
use std::process::Command;

const PAGE: &str = include_str!("../../../docs/operating.md");

/// The commands of the page in order: lines of its blocks, a loop being one.
fn commands() -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let blocks = PAGE
        .split("\n```sh\n")
        .skip(1)
        .filter_map(|rest| rest.split("\n```").next());
    for line in blocks.flat_map(str::lines) {
        let is_more = line.starts_with(' ') || line == "done";
        match commands.last_mut() {
            Some(command) if is_more => *command += &format!("\n{line}"),
            _ => commands.push(line.to_owned()),
        }
    }
    commands
}

/// Runs one command in a shell, where `circlet` is the program under test.
fn run(command: &str, folder: &Path, port: u16) -> (bool, String) {
    // The page's ports may be taken.
    let command = command.replace("circlet up ", &format!("circlet up --port {port} "));
    let program = circlet(&[]);
    let bin = Path::new(program.get_program())
        .parent()
        .expect("a directory")
        .to_owned();
    let path = std::env::var("PATH").unwrap_or_default();
    // Not by pipes: nodes that a command leaves in the background would keep them open.
    let (out, said) = (folder.join("said"), || {
        std::fs::read_to_string(folder.join("said")).unwrap_or_default()
    });
    let file = std::fs::File::create(&out).expect("a file");
    let status = Command::new("sh")
        .args(["-c", &command])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", bin.display()))
        .stdout(file.try_clone().expect("a file"))
        .stderr(file)
        .status()
        .expect("a shell");
    (status.success(), said())
}

#[test]
fn every_command_of_the_operating_page_does_what_it_says() {
    let commands = commands();
    assert!(commands.len() > 30, "the page has its commands: {commands:?}");
    // For its turn and its ports: the page's own cluster is beside it.
    let cluster = Cluster::prepare(12);
    let folder = tempfile::tempdir().expect("a folder");
    let stop = StopAll(folder.path().join(".circlet"));
    for command in &commands {
        let is_refused = command.ends_with("# refused");
        let (is_done, said) = run(command, folder.path(), cluster.client_port(1));
        assert_eq!(is_done, !is_refused, "{command}\n{said}");
        let expected = match command.split("  ").next().unwrap_or_default() {
            "circlet explain user:17" => "all owners hold the same",
            "circlet moves --wait" => "nothing moves",
            "circlet recover" => "a minority can change nothing",
            "circlet settings" => "replicas 3, read-level quorum (2 of 3), write-level quorum (2 of 3)",
            "circlet status --all" => "ready",
            _ if command.starts_with("circlet recover --force") => "recovered by force: epoch 4294967",
            _ => "",
        };
        assert!(said.contains(expected), "{command}\n{said}");
    }
    let svg = std::fs::read_to_string(folder.path().join("ring.svg")).expect("a picture");
    assert!(svg.starts_with("<svg"), "{svg}");
    let (_, status) = run("circlet status", folder.path(), 0);
    assert!(status.contains("recovered by force 1 times"), "{status}");
    // One that was declared gone is told, and stops: its data does not come back.
    let (_, _) = run(
        "circlet node --config .circlet/node-1/node.toml >> .circlet/node-1/node.log 2>&1 &",
        folder.path(),
        0,
    );
    let log = folder.path().join(".circlet/node-1/node.log");
    let told = wait_until(PATIENCE, || {
        std::fs::read_to_string(&log).is_ok_and(|log| log.contains("is a member of the cluster no more"))
    });
    assert!(told.is_some(), "{}", std::fs::read_to_string(&log).unwrap_or_default());
    drop(stop);
}

/// Ends every node of a directory, however the test ends.
struct StopAll(std::path::PathBuf);

impl Drop for StopAll {
    fn drop(&mut self) {
        for number in 1..=12 {
            let pid = std::fs::read_to_string(self.0.join(format!("node-{number}/pid"))).ok();
            let pid = pid.and_then(|pid| rustix::process::Pid::from_raw(pid.trim().parse().ok()?));
            // A file of a node that was killed may name another's process by now.
            let is_ours = |pid: &rustix::process::Pid| {
                let cwd = std::fs::read_link(format!("/proc/{}/cwd", pid.as_raw_nonzero()));
                cwd.is_ok_and(|cwd| self.0.starts_with(cwd))
            };
            if let Some(pid) = pid.filter(is_ours) {
                // Gone already is as good.
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
            }
        }
    }
}
