//! Redis and Valkey as servers to compare with.

/// Arguments for a `redis-server` or `valkey-server` that listens on loopback alone, takes clients without a password, and keeps nothing on
/// disk.
#[must_use]
pub fn redis_args(port: u16) -> [String; 10] {
    let port = port.to_string();
    [
        "--port",
        &port,
        "--bind",
        "127.0.0.1",
        "--protected-mode",
        "no",
        "--save",
        "",
        "--appendonly",
        "no",
    ]
    .map(str::to_owned)
}
