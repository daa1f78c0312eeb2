//! wasi:http in a linker.
//!
//! The types are wasmtime-wasi-http's. Replaced are the functions by which a guest says where a request goes and the
//! one that sends it: so that what is judged is what the guest wrote, before any library has read it (the `http`
//! crate drops a fragment, for one), and so that a spelling which the library refuses is on record as a try.

use remit_policy::{Denial, DenialCode};
use wasmtime::component::{Linker, Resource, ResourceTable};
use wasmtime_wasi::p2::IoError;
use wasmtime_wasi_http::p2::add_only_http_to_linker_async;
pub(super) use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::p2::bindings::http::types::{
    self, HostOutgoingRequest as _, Method, Scheme,
};
use wasmtime_wasi_http::p2::types::{HostFutureIncomingResponse, HostOutgoingRequest};
use wasmtime_wasi_http::{Error, RequestOptions, WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use http_body_util::{BodyExt, Empty};

use super::judge::Refused;
use super::{GuestRequest, HttpHooks};

/// The version of wasi:http that wasmtime-wasi-http 48 has.
const TYPES: &str = "wasi:http/types@0.2.12";
const HANDLER: &str = "wasi:http/outgoing-handler@0.2.12";

/// What the host functions of wasi:http see.
pub struct HttpView<'a> {
    /// The call's own hooks.
    pub hooks: &'a mut HttpHooks,
    /// The call's resources.
    pub table: &'a mut ResourceTable,
    /// wasmtime-wasi-http's settings.
    pub ctx: &'a mut WasiHttpCtx,
}

impl<'a> HttpView<'a> {
    fn upstream(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            hooks: self.hooks,
            table: self.table,
            ctx: self.ctx,
        }
    }
}

/// Adds `wasi:http/types` and `wasi:http/outgoing-handler`. `view` must show the same things as `T`'s
/// [`WasiHttpView`].
///
/// # Errors
/// If the linker has them already.
pub fn add_to_linker<T>(
    linker: &mut Linker<T>,
    view: fn(&mut T) -> HttpView<'_>,
) -> wasmtime::Result<()>
where
    T: WasiHttpView + Send + 'static,
{
    add_only_http_to_linker_async(linker)?;
    linker.allow_shadowing(true);
    let added = replace(linker, view);
    linker.allow_shadowing(false);
    added
}

fn replace<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: fn(&mut T) -> HttpView<'_>,
) -> wasmtime::Result<()> {
    type Request = Resource<HostOutgoingRequest>;

    let mut types = linker.instance(TYPES)?;
    types.func_wrap(
        "[method]outgoing-request.set-method",
        move |mut store, (request, method): (Request, Method)| {
            let mut view = view(store.data_mut());
            let asked = spell_method(&method).to_owned();
            let set = view.upstream().set_method(request, method)?;
            Ok((view.noted(set, "method", &asked)?,))
        },
    )?;
    types.func_wrap(
        "[method]outgoing-request.set-scheme",
        move |mut store, (request, scheme): (Request, Option<Scheme>)| {
            let mut view = view(store.data_mut());
            let asked = scheme
                .as_ref()
                .map(spell_scheme)
                .unwrap_or_default()
                .to_owned();
            let set = view.upstream().set_scheme(request, scheme)?;
            Ok((view.noted(set, "scheme", &asked)?,))
        },
    )?;
    types.func_wrap(
        "[method]outgoing-request.set-authority",
        move |mut store, (request, authority): (Request, Option<String>)| {
            let mut view = view(store.data_mut());
            let asked = authority.clone().unwrap_or_default();
            let set = view.upstream().set_authority(request, authority)?;
            Ok((view.noted(set, "authority", &asked)?,))
        },
    )?;
    types.func_wrap(
        "[method]outgoing-request.set-path-with-query",
        move |mut store, (request, path): (Request, Option<String>)| {
            let mut view = view(store.data_mut());
            let asked = path.clone().unwrap_or_default();
            let set = view.upstream().set_path_with_query(request, path)?;
            Ok((view.noted(set, "path", &asked)?,))
        },
    )?;
    types.func_wrap(
        "http-error-code",
        move |mut store, (error,): (Resource<IoError>,)| {
            let view = view(store.data_mut());
            Ok((body_error(view.table.get(&error)?),))
        },
    )?;

    let mut handler = linker.instance(HANDLER)?;
    handler.func_wrap(
        "handle",
        move |mut store, (request, options): (Request, Option<Resource<RequestOptions>>)| {
            Ok((view(store.data_mut()).handle(request, options)?,))
        },
    )
}

impl HttpView<'_> {
    /// Records that a part of a request was refused because of its spelling.
    fn noted(
        &mut self,
        set: Result<(), ()>,
        part: &str,
        asked: &str,
    ) -> wasmtime::Result<Result<(), ()>> {
        if set.is_err() {
            let reason = format!("the {part} is not spelled as one");
            let denial = Denial::new(
                DenialCode::HttpUrlNoncanonical,
                &format!("{part} {asked}"),
                reason,
            );
            self.hooks.refuse(denial)?;
        }
        Ok(set)
    }

    fn handle(
        &mut self,
        request: Resource<HostOutgoingRequest>,
        options: Option<Resource<RequestOptions>>,
    ) -> wasmtime::Result<Result<Resource<HostFutureIncomingResponse>, ErrorCode>> {
        let options = match options {
            Some(options) => self.table.delete(options)?,
            None => RequestOptions::default(),
        };
        let request = guest_request(self.table.delete(request)?);
        let exchange = match self.hooks.begin(request, options) {
            Ok(exchange) => exchange,
            Err(Refused::Denied) => return Ok(Err(ErrorCode::HttpRequestDenied)),
            Err(Refused::Unrecorded(error)) => return Err(error.into()),
        };
        let pending = wasmtime_wasi::runtime::spawn(async move {
            let (response, driver) = exchange.await?;
            let driver = wasmtime_wasi::runtime::spawn(async move {
                if let Err(error) = Box::into_pin(driver).await {
                    // The guest learns it from the body.
                    tracing::debug!("the connection ended early: {error}");
                }
            });
            Ok((response, driver))
        });
        Ok(Ok(self
            .table
            .push(HostFutureIncomingResponse::Pending(pending))?))
    }
}

/// The request in the guest's own words. What it leaves out is what WASI says it means.
fn guest_request(request: HostOutgoingRequest) -> GuestRequest {
    let body = request.body.unwrap_or_else(|| {
        let empty = Empty::new().map_err(|never| match never {});
        empty.boxed_unsync()
    });
    GuestRequest {
        method: spell_method(&request.method).to_owned(),
        scheme: request
            .scheme
            .as_ref()
            .map_or("https", spell_scheme)
            .to_owned(),
        authority: request.authority.unwrap_or_default(),
        path_and_query: request.path_with_query.unwrap_or_else(|| "/".to_owned()),
        headers: request.headers.into(),
        body,
    }
}

fn spell_method(method: &Method) -> &str {
    match method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
        Method::Connect => "CONNECT",
        Method::Options => "OPTIONS",
        Method::Trace => "TRACE",
        Method::Patch => "PATCH",
        Method::Other(other) => other,
    }
}

fn spell_scheme(scheme: &Scheme) -> &str {
    match scheme {
        Scheme::Http => "http",
        Scheme::Https => "https",
        Scheme::Other(other) => other,
    }
}

/// What a response's body ended with. wasmtime-wasi-http 48 looks for another type than its own bodies fail with.
fn body_error(error: &IoError) -> Option<ErrorCode> {
    if let Some(code) = error.downcast_ref::<types::ErrorCode>() {
        return Some(code.clone());
    }
    Some(match error.downcast_ref::<Error>()? {
        Error::HttpResponseBodySize(size) => ErrorCode::HttpResponseBodySize(*size),
        Error::HttpResponseContentCoding(_) => ErrorCode::HttpResponseContentCoding(None),
        Error::HttpResponseIncomplete => ErrorCode::HttpResponseIncomplete,
        Error::HttpResponseTimeout => ErrorCode::HttpResponseTimeout,
        Error::ConnectionReadTimeout => ErrorCode::ConnectionReadTimeout,
        Error::ConnectionTerminated => ErrorCode::ConnectionTerminated,
        _ => ErrorCode::HttpProtocolError,
    })
}
