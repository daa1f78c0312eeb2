//! What needs a grant.

use crate::Plain;
use crate::bindings::exports::acme::plain::outside::{Guest, Refusal};
use crate::bindings::wasi::filesystem::preopens;
use crate::bindings::wasi::filesystem::types::{DescriptorFlags, OpenFlags, PathFlags};
use crate::bindings::wasi::http::outgoing_handler;
use crate::bindings::wasi::http::types::{ErrorCode, Fields, OutgoingRequest, Scheme};

/// Bytes that are read of a file.
const MOST: u64 = 4096;

impl Guest for Plain {
    fn fetch(authority: String, path: String) -> Result<u16, Refusal> {
        let request = OutgoingRequest::new(Fields::new());
        let set = request.set_scheme(Some(&Scheme::Http)).is_ok()
            && request.set_authority(Some(&authority)).is_ok()
            && request.set_path_with_query(Some(&path)).is_ok();
        if !set {
            return Err(Refusal::Denied(format!("no request to {authority}{path}")));
        }
        let future = outgoing_handler::handle(request, None).map_err(refused)?;
        future.subscribe().block();
        match future.get() {
            Some(Ok(Ok(response))) => Ok(response.status()),
            Some(Ok(Err(code))) => Err(refused(code)),
            _ => Err(Refusal::Unavailable("no answer".to_owned())),
        }
    }

    fn read_file(folder: String, path: String) -> Result<String, Refusal> {
        let (folder, name) = preopens::get_directories()
            .into_iter()
            .find(|(_, name)| *name == folder)
            .ok_or_else(|| Refusal::Denied(format!("{folder} is not mounted")))?;
        let shown = format!("{name}/{path}");
        let opened = folder.open_at(
            PathFlags::empty(),
            &path,
            OpenFlags::empty(),
            DescriptorFlags::READ,
        );
        let file = opened.map_err(|code| Refusal::Denied(format!("{shown}: {code}")))?;
        let (bytes, _) = file
            .read(MOST, 0)
            .map_err(|code| Refusal::Unavailable(format!("{shown}: {code}")))?;
        String::from_utf8(bytes).map_err(|_| Refusal::NotFound(format!("{shown} is no text")))
    }
}

fn refused(code: ErrorCode) -> Refusal {
    match code {
        ErrorCode::HttpRequestDenied => Refusal::Denied("the request was denied".to_owned()),
        other => Refusal::Unavailable(format!("{other:?}")),
    }
}
