//! Skills served to agents, line by line as a client sends and gets them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must fail where it is"
)]

mod support;

mod core_call;
mod core_clients;
mod core_list;
mod core_procedure;
mod core_schema;
mod text_consent;
mod text_prompts;
mod text_resources;
mod text_runs;
mod text_skills;
mod text_steps;
mod text_told;
