//! Why something is denied, and what would allow it.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{ErrorClass, Grant, Layer};

/// Which rule decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleId {
    /// Whose rule.
    pub layer: Layer,
    /// Its index among that layer's rules, from 0.
    pub index: usize,
    /// Its canonical compact form.
    pub text: Arc<str>,
}

/// How much of what was asked is kept, in characters.
pub(crate) const MAX_ASKED: usize = 300;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Denial {
    /// What kind.
    pub code: DenialCode,
    /// Which layer refused; none where no layer could have allowed it.
    pub layer: Option<Layer>,
    /// What was asked: capped and printable.
    pub asked: String,
    /// The rule that came nearest, and did not cover it.
    pub rule: Option<RuleId>,
    /// The least grant that would have allowed it, if any grant would.
    pub narrowest: Option<Grant>,
    /// Why, in a few words for a person.
    pub reason: String,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $meaning:literal;)*) => {
        /// The kinds of refusal.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum DenialCode {
            $(#[doc = $meaning] #[serde(rename = $code)] $name,)*
        }

        impl DenialCode {
            /// All of them.
            pub const ALL: &'static [DenialCode] = &[$(Self::$name),*];

            /// The stable kebab-case name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }
        }

        impl Denial {
            /// Every code of this type with its meaning.
            pub const CODES: &'static [(&'static str, &'static str)] = &[$(($code, $meaning)),*];
        }
    };
}

codes! {
    HttpHostDenied = "http-host-denied", "no rule covers the host of a request";
    HttpMethodDenied = "http-method-denied", "no rule covers the method of a request, or nothing ever may";
    HttpPathDenied = "http-path-denied", "no rule covers the path of a request, or it could be read in two ways";
    HttpSchemeDenied = "http-scheme-denied", "no rule covers the scheme of a request: https never covers http";
    HttpPortDenied = "http-port-denied", "no rule covers the port of a request";
    HttpUrlNoncanonical = "http-url-noncanonical", "a request's URL is not in its one canonical spelling";
    HttpAddressDenied = "http-address-denied", "a host has an address that is not public and not granted";
    HttpHeaderDenied = "http-header-denied", "a request sets a header that belongs to the host";
    HttpRequestBudget = "http-request-budget", "a call has made all the requests that it may";
    HttpResponseTooLarge = "http-response-too-large", "a response is larger than granted";
    FileOutsideGrant = "file-outside-grant", "a path leads out of the folder that is granted";
    FileReadOnly = "file-read-only", "a change to files that are granted for reading only";
    FileName = "file-name", "a file name that is too long or holds characters that no name may have";
    FileKind = "file-kind", "something other than a plain file or folder";
    FileQuota = "file-quota", "more bytes or entries than a call may add";
    OperationNotListed = "operation-not-listed", "the skill does not list the operation";
    EffectNotGranted = "effect-not-granted", "the operation's effect is wider than granted";
    NotApproved = "not-approved", "no person has approved it";
    ApprovalWithdrawn = "approval-withdrawn", "a person withdrew the approval that the run went on under";
    ConfigNotGranted = "config-not-granted", "no value is configured under the key";
    SecretNotGranted = "secret-not-granted", "the secret is not granted for this";
    SecretUnavailable = "secret-unavailable", "a granted secret is not set, or cannot be used safely";
    CapabilityNotGranted = "capability-not-granted", "a capability that the skill grants nothing of";
}

impl fmt::Display for DenialCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Denial {
    /// A refusal of what was asked, with neither rule nor remedy; `asked` is made printable.
    pub fn new(code: DenialCode, asked: &str, reason: impl Into<String>) -> Self {
        Self {
            code,
            layer: None,
            asked: crate::display_safe(asked, MAX_ASKED),
            rule: None,
            narrowest: None,
            reason: reason.into(),
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code.as_str()
    }

    /// How to allow it, where a grant would.
    pub fn hint(&self) -> Option<String> {
        let grant = self.narrowest.as_ref()?.to_string();
        // For a shell, which has no escape within single quotes.
        Some(format!(
            "to allow exactly this: --allow '{}'",
            grant.replace('\'', r"'\''")
        ))
    }

    /// Always [`ErrorClass::Denied`].
    pub fn class(&self) -> ErrorClass {
        ErrorClass::Denied
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is denied: {}", self.asked, self.reason)
    }
}

impl std::error::Error for Denial {}
