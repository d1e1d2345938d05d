//! Smart client for Circlet: topology-aware and pipelined.
