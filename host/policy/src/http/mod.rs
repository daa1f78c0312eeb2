//! Requests over http and https: what is granted, what is asked, and which of it is allowed.

mod grant;
mod header;
mod host;
mod method;
mod origin;
mod path;
mod rules;
mod url;
mod within;

pub use self::grant::HttpGrant;
pub(crate) use self::grant::{MAX_LISTED, Reach, read_net};
pub use self::header::host_owns_header;
pub(crate) use self::header::{
    header_is_partial, header_is_token, header_value_is_plain, same_header,
};
pub use self::method::{Method, Methods};
pub use self::origin::{HostPattern, OriginPattern, PortPattern, SchemePattern};
pub use self::path::PathPattern;
pub(crate) use self::rules::{HttpRule, HttpRules};
pub(crate) use self::url::UrlFault;
pub use self::url::{CanonicalUrl, HttpAsk, Scheme};
pub(crate) use self::within::{PathsWithin, Work, paths_within};

use crate::{ByteSize, RuleId};

/// A request that may be sent, exactly so.
#[derive(Clone, Debug)]
pub struct HttpAllowed {
    /// The grant that allowed it, for the audit record.
    pub rule: RuleId,
    /// The method.
    pub method: Method,
    /// What to dial, and the exact bytes to send.
    pub url: CanonicalUrl,
    /// The grant's index in [`crate::Authority::grants`]: whose budget the request is charged to.
    pub grant: usize,
    /// The other grants that allow it as well, in order: for when the first one's budget is used up.
    pub others: Vec<usize>,
    /// That grant's budget of requests for the call.
    pub max_requests: Option<u32>,
    /// That grant's limit on one response's body, after decompression.
    pub max_response: Option<ByteSize>,
}
