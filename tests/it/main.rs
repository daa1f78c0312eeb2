//! The integration tests, one binary: through the command line, against real components and real servers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must fail where it is"
)]

mod support;

mod agent_story;
mod agents;
mod approval;
mod approval_agents;
mod approvals;
mod audit;
mod audit_page;
mod audit_report;
mod calendar;
mod call;
mod check;
mod compile;
mod components;
mod conformance;
mod daily_brief;
mod export;
mod grants;
mod hostile;
mod hostile_agent;
mod hostile_content;
mod hostile_mcp;
mod inbox_triage;
mod install;
mod install_killed;
mod install_skill;
mod install_story;
mod kill;
mod mcp_conformance;
mod mcp_inspector;
mod mcp_python;
mod own_tests;
mod pictures;
mod plain;
mod plain_skill;
mod plan;
mod policy;
mod policy_files;
mod projects;
mod publish;
mod release_notes;
mod sdks;
mod secret;
mod serve;
mod serve_floods;
mod serve_http;
mod service_review;
mod sign;
mod summary;
mod table;
mod terminal;
mod tidy;
mod tracker;
mod usage;
mod weekly_report;
mod withdrawals;
