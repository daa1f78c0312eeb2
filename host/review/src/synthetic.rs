//! Skills and logs for tests, made without running anything.

use std::collections::BTreeMap;
use std::path::PathBuf;

use remit_package::{Dirs, Manifest, Skill};
use remit_policy::{Authority, Denial, Grants, HttpAsk, Limits, OperatorPolicy};
use remit_run::audit::{AuditLog, CallEntry, DecisionEntry, Entry, GrantEntry, PluginEntry};

use crate::Sources;

pub(crate) struct World {
    pub(crate) home: tempfile::TempDir,
    pub(crate) sources: Sources,
    log: AuditLog,
    next: std::cell::Cell<u64>,
    /// Whose runs come next: the agent's client with its version, and its session.
    agent: std::cell::Cell<Option<(&'static str, &'static str)>>,
}

/// What was decided: capability, action, asked, and the rule or the code and layer.
pub(crate) enum Made<'a> {
    Allowed(&'a str, &'a str, &'a str, &'a str),
    Denied(&'a str, &'a str, &'a str, &'a str, Option<&'a str>),
}

impl World {
    pub(crate) fn new() -> World {
        let home = tempfile::tempdir().unwrap();
        let dirs = Dirs::under(home.path());
        dirs.create().unwrap();
        let log = AuditLog::open(remit_run::audit::folder(&dirs)).unwrap();
        World {
            home,
            sources: Sources { dirs },
            log,
            next: std::cell::Cell::new(0),
            agent: std::cell::Cell::default(),
        }
    }

    pub(crate) fn skills(&self) -> PathBuf {
        self.home.path().join("skills")
    }

    /// A skill with this skill.toml.
    pub(crate) fn skill(&self, name: &str, manifest: &str) -> PathBuf {
        let folder = self.skills().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(
            folder.join("SKILL.md"),
            format!("---\nname: {name}\ndescription: For a test.\n---\n"),
        )
        .unwrap();
        std::fs::write(folder.join("skill.toml"), manifest).unwrap();
        folder
    }

    /// Begins a run of a skill as it is now, with these inputs.
    pub(crate) fn run(&self, skill: &str, inputs: &[(&str, &str)]) -> Run<'_> {
        let skill = Skill::open(&self.skills().join(skill)).unwrap();
        let number = self.next.replace(self.next.get() + 1);
        let inputs: BTreeMap<String, String> = inputs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let run = Run {
            world: self,
            id: format!("{}-{number}", skill.name),
            prefix: format!("{number:016x}"),
            calls: std::cell::Cell::new(0),
            inputs,
            skill,
        };
        run.start();
        run
    }

    /// A client comes: the runs from now on are its own. Nothing, as what `None` stands for: a person's.
    pub(crate) fn comes(&self, agent: Option<(&'static str, &'static str)>) {
        if let Some((_, session)) = self.agent.replace(agent) {
            self.append(Entry::SessionFinished {
                session: session.to_owned(),
                calls: 2,
                milliseconds: 9,
            });
        }
        if let Some((agent, session)) = agent {
            let (client, version) = agent.split_once(' ').unwrap();
            self.append(Entry::SessionStarted {
                session: session.to_owned(),
                client: client.to_owned(),
                version: version.to_owned(),
                transport: "stdio".to_owned(),
                protocol: "2025-11-25".to_owned(),
                skills: vec!["mail".to_owned()],
            });
        }
    }

    pub(crate) fn append(&self, entry: Entry<'_>) -> u64 {
        self.log.append(&[entry]).unwrap()
    }
}

pub(crate) struct Run<'a> {
    world: &'a World,
    pub(crate) id: String,
    prefix: String,
    calls: std::cell::Cell<u64>,
    inputs: BTreeMap<String, String>,
    skill: Skill,
}

impl Run<'_> {
    fn manifest(&self) -> &Manifest {
        &self.skill.manifest
    }

    fn bound(&self, plugin: &str) -> Grants {
        self.manifest().plugins[plugin]
            .grants
            .bind(&self.inputs)
            .unwrap()
    }

    fn start(&self) {
        let plugins: Vec<PluginEntry<'_>> = self
            .manifest()
            .plugins
            .iter()
            .map(|(alias, used)| {
                let bound = self.bound(alias);
                let grants = bound.iter().zip(used.grants.iter()).zip(&used.grant_places);
                let grants = grants.map(|((bound, written), place)| {
                    let (grant, written) = (bound.to_string(), written.to_string());
                    GrantEntry {
                        line: place.line,
                        written: (written != grant).then_some(written),
                        grant,
                    }
                });
                PluginEntry {
                    plugin: alias,
                    digest: "sha256:0".to_owned(),
                    grants_digest: "sha256:0",
                    grants: Some(grants.collect()),
                }
            })
            .collect();
        self.world.append(Entry::RunStarted {
            run: &self.id,
            skill: &self.skill.name,
            skill_digest: self.skill.digest.to_string(),
            approval: "kept",
            agent: self.world.agent.get().map(|(agent, _)| agent.to_owned()),
            session: self.world.agent.get().map(|(_, session)| session),
            folder: self.skill.folder.path().display().to_string(),
            calls: &self.prefix,
            inputs_digest: format!("sha256:{:?}", self.inputs),
            plugins,
        });
    }

    /// One decision of a call that goes on; its number.
    pub(crate) fn decide(&self, made: &Made<'_>) -> u64 {
        let call = format!("{}-{}", self.prefix, self.calls.get());
        let empty = DecisionEntry {
            call: &call,
            capability: "",
            action: "",
            asked: "",
            allowed: true,
            code: None,
            layer: None,
            rule: None,
            narrowest: None,
            address: None,
            status: None,
            bytes_out: None,
            bytes_in: None,
            count: None,
            note: None,
        };
        self.world.append(Entry::Decision(match made {
            Made::Allowed(capability, action, asked, rule) => DecisionEntry {
                capability,
                action,
                asked,
                layer: Some("grant"),
                rule: Some(*rule).filter(|rule| !rule.is_empty()),
                address: (*action == "response").then_some("10.0.0.7:443"),
                ..empty
            },
            Made::Denied(capability, action, asked, code, layer) => DecisionEntry {
                capability,
                action,
                asked,
                allowed: false,
                code: Some(*code),
                layer: *layer,
                narrowest: layer.filter(|layer| *layer == "grant").and_then(|_| {
                    let (method, url) = asked.split_once(' ')?;
                    Some(format!("http {method} {url}"))
                }),
                ..empty
            },
        }))
    }

    /// Leaves the call that goes on without an end.
    pub(crate) fn skip_call(&self) {
        self.calls.set(self.calls.get() + 1);
    }

    /// Ends the call that goes on; its number.
    pub(crate) fn called(&self, plugin: &str, operation: &str, from: &[&str]) -> u64 {
        let call = format!(
            "{}-{}",
            self.prefix,
            self.calls.replace(self.calls.get() + 1)
        );
        let mut provenance = remit_run::Provenance::default();
        provenance
            .plugins
            .extend(from.iter().map(|from| (*from).to_owned()));
        self.world.append(Entry::Call(CallEntry {
            run: Some(&self.id),
            step: Some("one"),
            item: None,
            call: &call,
            plugin,
            operation,
            plugin_digest: "sha256:0",
            grants_digest: "sha256:0",
            input_digest: "sha256:0".to_owned(),
            outcome: "ok",
            input_bytes: 2,
            output_bytes: 900,
            output_digest: None,
            microseconds: 1_200,
            memory_peak: 3 << 20,
            allowed: 0,
            denied: 0,
            http_requests: 1,
            bytes_out: 0,
            bytes_in: 0,
            file_bytes: 0,
            provenance: Some(&provenance).filter(|provenance| !provenance.is_empty()),
        }))
    }

    /// A request, judged by the plugin's grants as a host does, and recorded so.
    pub(crate) fn request(&self, plugin: &str, method: &str, url: &str) -> Result<(), Denial> {
        let judged = authority(self.bound(plugin)).http(&ask(method, url));
        match &judged {
            Ok(allowed) => {
                self.decide(&Made::Allowed("http", method, url, &allowed.rule.text));
            }
            Err(denial) => {
                let layer = denial.layer.map(remit_policy::Layer::as_str);
                self.decide(&Made::Denied(
                    "http",
                    method,
                    &denial.asked,
                    denial.code(),
                    layer,
                ));
            }
        }
        judged.map(|_| ())
    }

    pub(crate) fn ends(self, state: &str) {
        self.world.append(Entry::RunFinished {
            run: &self.id,
            state,
            code: None,
            outputs: 0,
            milliseconds: 3,
            procedure: None,
        });
    }
}

/// A call of one operation with some decisions, in a run that ends well.
pub(crate) fn one_call(
    world: &World,
    skill: &str,
    plugin: &str,
    operation: &str,
    made: &[Made<'_>],
) {
    let run = world.run(skill, &[]);
    for made in made {
        run.decide(made);
    }
    run.called(plugin, operation, &[]);
    run.ends("done");
}

pub(crate) fn authority(grants: Grants) -> Authority {
    Authority::new(grants, None, &OperatorPolicy::default(), Limits::default())
}

pub(crate) fn ask<'a>(method: &'a str, url: &'a str) -> HttpAsk<'a> {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (authority, path_and_query) = rest.split_at(rest.find('/').unwrap());
    HttpAsk {
        method,
        scheme,
        authority,
        path_and_query,
    }
}
