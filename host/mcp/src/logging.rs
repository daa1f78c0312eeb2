//! What plugins log, told to the client that wants to know.
//!
//! The protocol deprecates it. In the old era a client sets a level once; in the new, each request says its own. Where
//! nothing is said, nothing is told.
#![expect(
    deprecated,
    reason = "SEP-2577 deprecates it, and clients of the old era use it"
)]

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use remit_policy::display_safe;
use remit_run::LogEntry;
use rmcp::model::{
    LoggingLevel, LoggingMessageNotificationParam, ProtocolVersion, SetLevelRequestParams,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};

use crate::client::Client;

/// Lines of one call that are told; all of them are in the call's record.
const MAX_LINES: usize = 256;

/// Characters of a line.
const MAX_LINE: usize = 4_000;

/// How long a client may take for all lines of a call. A slow one loses the rest, and not the call.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a client asked for; a part of its state.
#[derive(Default)]
pub(crate) struct LogState(Mutex<Option<LoggingLevel>>);

/// `logging/setLevel`.
pub(crate) async fn set_level(
    client: &Client,
    params: SetLevelRequestParams,
) -> Result<(), ErrorData> {
    let level = &client.log().0;
    *level.lock().unwrap_or_else(PoisonError::into_inner) = Some(params.level);
    Ok(())
}

/// Tells the lines that a plugin (`logger`: `weekly-report/mail`) logged in a call.
pub(crate) async fn tell(
    client: &Client,
    context: &RequestContext<RoleServer>,
    logger: &str,
    lines: &[LogEntry],
) {
    let Some(least) = wanted(client, context) else {
        return;
    };
    let wanted = lines
        .iter()
        .map(|entry| (level_of(&entry.level), entry))
        .filter(|(level, _)| rank(*level) >= rank(least));
    let telling = async {
        for (level, entry) in wanted.take(MAX_LINES) {
            // A stranger's words: on one line, with nothing hidden in them.
            let data = display_safe(&entry.line, MAX_LINE).into();
            let param = LoggingMessageNotificationParam::new(level, data)
                .with_logger(display_safe(logger, 160));
            if context.peer.notify_logging_message(param).await.is_err() {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(PATIENCE, telling).await;
}

/// The least level that this request's client wants.
fn wanted(client: &Client, context: &RequestContext<RoleServer>) -> Option<LoggingLevel> {
    let version = context.protocol_version();
    if version.is_some_and(|version| version >= ProtocolVersion::V_2026_07_28) {
        return context.meta.log_level();
    }
    let level = &client.log().0;
    *level.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A plugin's level as the protocol's. What a language's runtime prints has none of its own.
fn level_of(level: &str) -> LoggingLevel {
    match level {
        "debug" => LoggingLevel::Debug,
        "warn" => LoggingLevel::Warning,
        "error" => LoggingLevel::Error,
        "stderr" => LoggingLevel::Notice,
        _ => LoggingLevel::Info,
    }
}

fn rank(level: LoggingLevel) -> u8 {
    match level {
        LoggingLevel::Debug => 0,
        LoggingLevel::Info => 1,
        LoggingLevel::Notice => 2,
        LoggingLevel::Warning => 3,
        LoggingLevel::Error => 4,
        LoggingLevel::Critical => 5,
        LoggingLevel::Alert => 6,
        LoggingLevel::Emergency => 7,
    }
}
