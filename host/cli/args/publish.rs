//! `remit publish`: what its authors do to let others install a plugin or skill.

use clap::ValueHint;
use std::path::PathBuf;

/// `remit publish`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  remit publish build/mail.wasm oci://ghcr.io/acme/mail:1.2.0
  remit publish skills/weekly-report oci://ghcr.io/acme/weekly-report:1
  remit publish build/mail.wasm oci+http://127.0.0.1:5000/mail:1    a registry here, without TLS

A component is pushed in the CNCF's Wasm layout, which wkg and other hosts read; a skill's folder is packed first, the \
same way each time: hidden names and runs/ are left out, links are refused. Signatures beside PATH (PATH.minisig with \
PATH.pub, PATH.sigstore.json) go with it. Credentials are those that `docker login` keeps. \
What is printed, oci://…@sha256:…, is what others can install and nobody can move.")]
pub struct PublishArgs {
    /// A component (.wasm), a skill's folder, or its archive (.tar.gz)
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub path: PathBuf,
    /// Where to: oci://HOST/REPOSITORY:TAG, with a port after the host where there is one
    #[arg(value_name = "REFERENCE")]
    pub to: String,
    /// A signature to publish with it, in place of those beside PATH; repeat for more
    #[arg(long = "signature", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub signatures: Vec<PathBuf>,
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}
