//! Telling clients that something changed: notifications in the old era, `subscriptions/listen` in the new.
//!
//! Each client is told by what is its own: its connection, or the request by which it listens. What cannot be told at
//! once is not kept but told as one change, so a slow client costs nothing and holds nobody up.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rmcp::ErrorData;
use rmcp::model::{
    ProtocolVersion, ResourceUpdatedNotificationParam, SubscribeRequestParams, SubscriptionFilter,
    UnsubscribeRequestParams,
};
use rmcp::service::{SubscriptionContext, SubscriptionSendError};
use tokio::sync::{broadcast, watch};

use crate::client::Client;
use crate::server::busy;

/// Resources that one client, or one of its subscriptions, can listen to.
const MAX_RESOURCES: usize = 64;

/// Subscriptions of one client in the new era: each holds a request open.
const MAX_STREAMS: usize = 16;

/// The longest address that can be listened to.
const MAX_URI: usize = 4_096;

/// Updates that wait for a slow subscription. When there are more, it is told of all its resources.
const WAITING: usize = 64;

/// How long a notification may take to be handed on, while a call waits that caused it.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a client listens to; a part of its state.
pub(crate) struct Listeners {
    /// `resources/subscribe`, the old era.
    subscribed: Mutex<BTreeSet<String>>,
    /// How often the tools changed.
    tools: watch::Sender<u64>,
    /// How often the list of resources did.
    resources: watch::Sender<u64>,
    /// The addresses of what changed.
    updated: broadcast::Sender<String>,
    /// Subscriptions of the new era that are there.
    streams: AtomicUsize,
}

impl Default for Listeners {
    fn default() -> Self {
        Self {
            subscribed: Mutex::default(),
            tools: watch::Sender::new(0),
            resources: watch::Sender::new(0),
            updated: broadcast::Sender::new(WAITING),
            streams: AtomicUsize::new(0),
        }
    }
}

impl Listeners {
    fn subscribed(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.subscribed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What of a wished subscription there is: tools, resources, and addresses as many as are kept. Prompts do not change
/// while skills are served.
pub(crate) fn accepted(requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
    let mut accepted = requested.clone();
    accepted.prompts_list_changed = None;
    accepted.resource_subscriptions = accepted.resource_subscriptions.map(|uris| {
        let uris = uris.into_iter().filter(|uri| uri.len() <= MAX_URI);
        uris.take(MAX_RESOURCES).collect()
    });
    Some(accepted)
}

/// Runs one subscription of the new era until it, or the client, ends.
pub(crate) async fn listen(
    client: &Client,
    subscription: SubscriptionContext,
) -> Result<(), ErrorData> {
    let listeners = client.listeners();
    let _stream = Stream::enter(&listeners.streams)?;
    let mut tools = listeners.tools.subscribe();
    let mut resources = listeners.resources.subscribe();
    let mut updated = listeners.updated.subscribe();
    let sink = subscription.sink();
    let accepted = subscription.accepted();
    let all = accepted
        .resource_subscriptions
        .as_deref()
        .unwrap_or_default();
    loop {
        let sent = tokio::select! {
            () = subscription.cancelled() => return Ok(()),
            () = client.gone() => return Ok(()),
            changed = tools.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                tell(accepted.tools_list_changed, sink.notify_tool_list_changed()).await
            }
            changed = resources.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                tell(accepted.resources_list_changed, sink.notify_resource_list_changed()).await
            }
            uri = updated.recv() => match uri {
                Ok(uri) if all.contains(&uri) => sink.notify_resource_updated(uri).await,
                Ok(_) => Ok(()),
                Err(broadcast::error::RecvError::Closed) => return Ok(()),
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    let mut sent = Ok(());
                    for uri in all {
                        sent = both(sent, sink.notify_resource_updated(uri).await);
                    }
                    sent
                }
            },
        };
        if sent.is_err() {
            // The connection is gone.
            return Ok(());
        }
    }
}

async fn tell(
    wanted: Option<bool>,
    telling: impl Future<Output = Result<(), SubscriptionSendError>>,
) -> Result<(), SubscriptionSendError> {
    match wanted {
        Some(true) => telling.await,
        _ => Ok(()),
    }
}

fn both(
    first: Result<(), SubscriptionSendError>,
    second: Result<(), SubscriptionSendError>,
) -> Result<(), SubscriptionSendError> {
    first.and(second)
}

/// A place among a client's subscriptions; given back when it is dropped.
struct Stream<'a>(&'a AtomicUsize);

impl<'a> Stream<'a> {
    fn enter(streams: &'a AtomicUsize) -> Result<Self, ErrorData> {
        let before = streams.fetch_add(1, Ordering::AcqRel);
        let stream = Self(streams);
        if before >= MAX_STREAMS {
            return Err(busy("subscriptions of this client"));
        }
        Ok(stream)
    }
}

impl Drop for Stream<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// `resources/subscribe` of the old era. Any address is taken, also one that there is not (yet): who asks does not learn
/// which there are, and nobody is told of a run but the client whose it is.
pub(crate) async fn subscribe(
    client: &Client,
    params: SubscribeRequestParams,
) -> Result<(), ErrorData> {
    if params.uri.len() > MAX_URI {
        return Err(ErrorData::invalid_params("the address is too long", None));
    }
    let mut subscribed = client.listeners().subscribed();
    if subscribed.len() >= MAX_RESOURCES && !subscribed.contains(&params.uri) {
        return Err(busy("resources that this client is subscribed to"));
    }
    subscribed.insert(params.uri);
    Ok(())
}

/// `resources/unsubscribe` of the old era.
pub(crate) async fn unsubscribe(
    client: &Client,
    params: UnsubscribeRequestParams,
) -> Result<(), ErrorData> {
    client.listeners().subscribed().remove(&params.uri);
    Ok(())
}

/// The tools of this client changed: a skill was opened, finished or withdrawn. Resources did so too.
pub(crate) async fn tools_changed(client: &Client) {
    client.listeners().tools.send_modify(|times| *times += 1);
    if let Some(peer) = old_peer(client) {
        // A client that is gone need not be told.
        let _ = tokio::time::timeout(PATIENCE, peer.notify_tool_list_changed()).await;
    }
    resources_changed(client).await;
}

/// The resources of this client changed: a session or a run left some.
pub(crate) async fn resources_changed(client: &Client) {
    client
        .listeners()
        .resources
        .send_modify(|times| *times += 1);
    if let Some(peer) = old_peer(client) {
        let _ = tokio::time::timeout(PATIENCE, peer.notify_resource_list_changed()).await;
    }
}

/// A resource's content changed, such as a run's `run.json`.
pub(crate) async fn resource_updated(client: &Client, uri: &str) {
    let listeners = client.listeners();
    // Without a subscription there is nobody to hear it.
    let _ = listeners.updated.send(uri.to_owned());
    if !listeners.subscribed().contains(uri) {
        return;
    }
    let Some(peer) = old_peer(client) else { return };
    let telling = peer.notify_resource_updated(ResourceUpdatedNotificationParam::new(uri));
    let _ = tokio::time::timeout(PATIENCE, telling).await;
}

/// The connection of a client of the old era; in the new, nobody is told what they did not ask for.
fn old_peer(client: &Client) -> Option<rmcp::service::Peer<rmcp::RoleServer>> {
    let peer = client.peer()?;
    let version = peer.peer_info()?.protocol_version.clone();
    (version < ProtocolVersion::V_2026_07_28).then_some(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_is_bounded() {
        let uris: Vec<String> = (0..100).map(|n| format!("run://a/{n}")).collect();
        let mut wished = SubscriptionFilter::builder().build();
        wished.tools_list_changed = Some(true);
        wished.prompts_list_changed = Some(true);
        wished.resource_subscriptions =
            Some([vec!["x".repeat(MAX_URI + 1)], uris.clone()].concat());
        let accepted = accepted(&wished).unwrap();
        assert_eq!(accepted.tools_list_changed, Some(true));
        assert_eq!(accepted.prompts_list_changed, None);
        assert_eq!(accepted.resources_list_changed, None);
        assert_eq!(
            accepted.resource_subscriptions.unwrap(),
            uris[..MAX_RESOURCES]
        );
    }

    #[test]
    fn streams_are_counted_and_given_back() {
        let streams = AtomicUsize::new(0);
        let mut held: Vec<_> = (0..MAX_STREAMS)
            .map(|_| Stream::enter(&streams).unwrap())
            .collect();
        assert!(Stream::enter(&streams).is_err());
        held.pop();
        assert!(Stream::enter(&streams).is_ok());
    }
}
