//! Which folders are mounted, and whether a path below one may be used.

use super::{Allowed, Authority, rule_id};
use crate::files::{NameFault, check_guest_path};
use crate::{
    Access, ByteSize, Capability, Denial, DenialCode, FilesGrant, Grant, Grants, HostPath, Layer,
    Need, OperatorPolicy, RuleId,
};

/// One of the mounts of an [`Authority`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MountId(usize);

impl MountId {
    /// The index of its grant in [`Authority::grants`].
    pub fn index(self) -> usize {
        self.0
    }
}

/// How much one call may add below one mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileQuota {
    /// In bytes.
    pub bytes: ByteSize,
    /// In files and folders.
    pub entries: u32,
}

/// One mount, judged when the authority was made: a decision about a path is about names only.
#[derive(Clone, Debug)]
pub(super) struct Mount {
    id: MountId,
    grant: FilesGrant,
    rule: RuleId,
    read: Verdict,
    write: Verdict,
}

/// Whether an access passes, or which layer refuses it and by which rule that came nearest.
type Verdict = Result<(), (Layer, Option<RuleId>)>;

/// Of each mount the widest grant: reading and writing of one folder may be granted side by side.
pub(super) fn mounts(
    grants: &Grants,
    needs: Option<&[Need]>,
    policy: &OperatorPolicy,
) -> Vec<Mount> {
    let mut mounts: Vec<Mount> = Vec::new();
    for (index, grant) in grants.iter().enumerate() {
        let Grant::Files(files) = grant else { continue };
        if !grant.is_bound() {
            continue;
        }
        let earlier = mounts
            .iter_mut()
            .find(|mount| mount.grant.mount == files.mount);
        let mount = Mount {
            id: MountId(index),
            rule: rule_id(Layer::Grant, index, grant),
            read: judge(files, Access::Read, needs, policy),
            write: judge(files, Access::Write, needs, policy),
            grant: files.clone(),
        };
        match earlier {
            Some(earlier) if earlier.grant.access < files.access => *earlier = mount,
            Some(_) => {}
            None => mounts.push(mount),
        }
    }
    mounts
}

fn judge(
    grant: &FilesGrant,
    access: Access,
    needs: Option<&[Need]>,
    policy: &OperatorPolicy,
) -> Verdict {
    if let Some(needs) = needs {
        let rules = needs.iter().map(|need| &need.grant);
        covered(Layer::Need, rules, grant, access)?;
    }
    if let Some(rules) = policy.rules_of(Capability::Files) {
        covered(Layer::Policy, rules.iter(), grant, access)?;
    }
    if grant.access < access {
        // Which of the skill's rules it is, the mount knows.
        return Err((Layer::Grant, None));
    }
    Ok(())
}

fn covered<'a>(
    layer: Layer,
    rules: impl Iterator<Item = &'a Grant>,
    grant: &FilesGrant,
    access: Access,
) -> Verdict {
    let mut nearest = None;
    for (index, rule) in rules.enumerate() {
        let Grant::Files(files) = rule else { continue };
        if files.covers(grant, access) {
            return Ok(());
        }
        if nearest.is_none() && files.covers(grant, Access::Read) {
            nearest = Some(rule_id(layer, index, rule));
        }
    }
    Err((layer, nearest))
}

impl Authority {
    /// The folders to mount: those that needs and policy let through for reading at least. For each, the widest grant.
    pub fn mounts(&self) -> Vec<(MountId, &FilesGrant)> {
        self.mounts
            .iter()
            .filter(|mount| mount.read.is_ok())
            .map(|mount| (mount.id, &mount.grant))
            .collect()
    }

    /// The mount that the guest sees at this very path.
    pub fn mount(&self, mount: &str) -> Option<(MountId, &FilesGrant)> {
        self.mounts()
            .into_iter()
            .find(|(_, grant)| grant.mount.as_str() == mount)
    }

    /// A plugin asks for its folders, and there is none. Where it needs one, the least that a grant could open is to
    /// read that; only a person knows which folder, so the literal word FOLDER stands for it.
    pub fn no_folder(&self) -> Denial {
        let refused = |mount: &Mount| match &mount.read {
            Ok(()) => None,
            Err((layer, rule)) => Some((*layer, rule.clone())),
        };
        if let Some((layer, rule)) = self.mounts.iter().find_map(refused) {
            let reason = match layer {
                Layer::Policy => "the operator's policy lets no granted folder through",
                Layer::Need => "the plugin's own needs let no granted folder through",
                Layer::Grant => "no grant lets a folder be read",
            };
            let mut denial = Denial::new(DenialCode::FileOutsideGrant, "files", reason);
            denial.layer = Some(layer);
            denial.rule = rule;
            return denial;
        }
        let reason = "no folder is granted";
        let mut denial = Denial::new(DenialCode::CapabilityNotGranted, "files", reason);
        let needed = self
            .needs
            .iter()
            .flatten()
            .find_map(|need| match &need.grant {
                Grant::Files(files) if files.mount.placeholder().is_none() => Some(FilesGrant {
                    access: Access::Read,
                    path: HostPath::Skill("FOLDER".to_owned()),
                    ..files.clone()
                }),
                _ => None,
            });
        denial.narrowest = needed.map(Grant::Files);
        denial
    }

    /// What may be done below a mount at most; `None` where it may not even be read.
    pub fn mount_access(&self, mount: MountId) -> Option<Access> {
        let mount = self.find(mount)?;
        match (&mount.write, &mount.read) {
            (Ok(()), _) => Some(Access::Write),
            (Err(_), Ok(())) => Some(Access::Read),
            (Err(_), Err(_)) => None,
        }
    }

    /// Judges the use of a path. `path` is relative to the mount: `a/b.txt`; empty or `.` is the mount itself. Links are
    /// the file system's to refuse: this looks at names only.
    ///
    /// # Errors
    /// `file-name`, `file-outside-grant` or `file-read-only`.
    pub fn file_access(
        &self,
        mount: MountId,
        path: &str,
        access: Access,
    ) -> Result<Allowed, Denial> {
        let Some(mount) = self.find(mount) else {
            return Err(Denial::new(
                DenialCode::FileOutsideGrant,
                &format!("{access} {path}"),
                "nothing is mounted there",
            ));
        };
        let asked = || {
            let root = mount.grant.mount.as_str();
            format!("{access} {}/{path}", root.strip_suffix('/').unwrap_or(root))
        };
        let rule = Some(mount.rule.clone());
        if let Err(fault) = check_guest_path(path) {
            let (code, reason) = match fault {
                NameFault::Name(reason) => (DenialCode::FileName, reason),
                NameFault::Outside(reason) => (DenialCode::FileOutsideGrant, reason),
            };
            let layer = Some(Layer::Grant);
            return Err(Denial {
                layer,
                rule,
                ..Denial::new(code, &asked(), reason)
            });
        }
        let verdict = match access {
            Access::Read => &mount.read,
            Access::Write => &mount.write,
        };
        match verdict {
            Ok(()) => Ok(Allowed {
                rule: mount.rule.clone(),
            }),
            Err((layer, nearest)) => {
                Err(refused(mount, access, &asked(), *layer, nearest.as_ref()))
            }
        }
    }

    /// How much one call may add below a mount: nothing where it may only read.
    pub fn file_quota(&self, mount: MountId) -> FileQuota {
        let nothing = FileQuota {
            bytes: ByteSize::bytes(0),
            entries: 0,
        };
        let Some(mount) = self.find(mount).filter(|mount| mount.write.is_ok()) else {
            return nothing;
        };
        let asked = crate::Limits {
            file_bytes: mount.grant.max_bytes.unwrap_or(self.limits.file_bytes),
            file_entries: mount.grant.max_entries.unwrap_or(self.limits.file_entries),
            ..self.limits
        };
        let held = asked.within(&self.policy.limits);
        FileQuota {
            bytes: held.file_bytes,
            entries: held.file_entries,
        }
    }

    /// The refusal of an addition that the quota has no room for.
    pub fn over_quota(&self, mount: MountId, path: &str) -> Denial {
        let quota = self.file_quota(mount);
        let rule = self.find(mount).map(|mount| mount.rule.clone());
        let reason = format!(
            "one call may add {} and {} files and folders there",
            quota.bytes, quota.entries
        );
        Denial {
            layer: Some(Layer::Grant),
            rule,
            ..Denial::new(DenialCode::FileQuota, &format!("write {path}"), reason)
        }
    }

    fn find(&self, id: MountId) -> Option<&Mount> {
        self.mounts.iter().find(|mount| mount.id == id)
    }
}

fn refused(
    mount: &Mount,
    access: Access,
    asked: &str,
    layer: Layer,
    nearest: Option<&RuleId>,
) -> Denial {
    let code = match access {
        Access::Read => DenialCode::FileOutsideGrant,
        Access::Write => DenialCode::FileReadOnly,
    };
    let root = &mount.grant.mount;
    let (rule, narrowest, reason) = match layer {
        Layer::Grant => {
            let wider = FilesGrant {
                access,
                ..mount.grant.clone()
            };
            (
                Some(mount.rule.clone()),
                Some(Grant::Files(wider)),
                format!("{root} is granted for reading only"),
            )
        }
        Layer::Need => (
            nearest.cloned(),
            None,
            format!("the plugin does not list among its needs to {access} {root}"),
        ),
        Layer::Policy => (
            nearest.cloned(),
            None,
            format!("the operator's policy does not allow to {access} {root}"),
        ),
    };
    Denial {
        layer: Some(layer),
        rule,
        narrowest,
        ..Denial::new(code, asked, reason)
    }
}
