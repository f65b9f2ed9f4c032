//! Who asks.

use std::net::IpAddr;

use crate::id::RequestId;

/// Who asks, and in which request: what the audit holds of a request, and what a device
/// without a name of its own is called by.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The request. A command is one as well.
    pub request: RequestId,
    /// The client's address; none where an operator asks from a shell.
    pub address: Option<IpAddr>,
    /// The client's `User-Agent`. It stands in no entry of the audit.
    pub user_agent: Option<String>,
}

impl Caller {
    /// Who asks from a shell: nobody with an address.
    #[must_use]
    pub fn local(request: RequestId) -> Self {
        Self {
            request,
            address: None,
            user_agent: None,
        }
    }
}
