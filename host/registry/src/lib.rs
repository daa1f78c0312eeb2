//! Fetches plugins and skills from files, https and OCI registries, and publishes them. The only crate beside the
//! sandbox that opens a connection.
