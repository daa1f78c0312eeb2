//! `remit check --policy`: whether skills stay within an operator's policy.

use crate::exit::{Mistake, Reported};
use crate::output;
use anyhow::Result;
use remit_package::{LOCK_FILE, Lock, MANIFEST_FILE, PackageError, PolicyFile, SKILL_FILE, Skill};
use remit_policy::{ErrorClass, SignerDenial, display_safe};
use remit_run::{RunError, Violation, check_policy};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// No repository has more; a link or mount that leads into a whole disk is told rather than walked.
const MAX_FOLDERS: usize = 100_000;

/// Checks every skill in the folders against the policy. Nothing is compiled or run: what a skill grants is written in
/// its manifest.
pub fn check(policy: &Path, given: &[PathBuf], json: bool) -> Result<ExitCode> {
    let name = display_safe(&policy.to_string_lossy(), 200);
    let policy = PolicyFile::read(policy, &name).map_err(RunError::Policy)?;
    check_policy(&policy.policy)?;
    let skills = find(given)?;
    let checked: Vec<Checked> = skills
        .iter()
        .map(|skill| Checked::of(skill, &policy))
        .collect();
    if json {
        output::json(&Document {
            policy: &policy.file,
            ok: checked.iter().all(Checked::is_within),
            skills: &checked,
        });
    } else {
        output::print(&text(&checked, &policy.file));
    }
    // Of a skill that cannot be read nobody knows whether it is within.
    if checked.iter().any(|skill| skill.error.is_some()) {
        return Err(Reported(ErrorClass::Usage).into());
    }
    match checked.iter().all(Checked::is_within) {
        true => Ok(ExitCode::SUCCESS),
        false => Err(Reported(ErrorClass::Denied).into()),
    }
}

#[derive(Serialize)]
struct Document<'a> {
    policy: &'a str,
    ok: bool,
    skills: &'a [Checked],
}

/// A skill, and what of it goes beyond the policy.
#[derive(Serialize)]
struct Checked {
    skill: String,
    violations: Vec<Violation>,
    /// The plugins whose signer, as remit.lock names it, is none that the policy asks for.
    signers: Vec<Unsigned>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Unreadable>,
}

#[derive(Serialize)]
struct Unsigned {
    code: &'static str,
    plugin: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    signer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
}

#[derive(Serialize)]
struct Unreadable {
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl Checked {
    fn of(folder: &Path, policy: &PolicyFile) -> Self {
        let skill = display_safe(&folder.to_string_lossy(), 300);
        let opened = Skill::open(folder).and_then(|opened| {
            let signers = Unsigned::of(&opened, policy)?;
            Ok((opened, signers))
        });
        match opened {
            Ok((opened, signers)) => Self {
                skill,
                violations: remit_run::violations(policy, &opened.manifest),
                signers,
                error: None,
            },
            Err(error) => Self {
                skill,
                violations: Vec::new(),
                signers: Vec::new(),
                error: Some(Unreadable::of(&error)),
            },
        }
    }

    fn goes_beyond(&self) -> bool {
        !self.violations.is_empty() || !self.signers.is_empty()
    }

    fn is_within(&self) -> bool {
        !self.goes_beyond() && self.error.is_none()
    }
}

impl Unsigned {
    /// Signatures are verified where a plugin is installed and opened; here is only who is said to have made them.
    fn of(skill: &Skill, policy: &PolicyFile) -> Result<Vec<Self>, PackageError> {
        let lock = Lock::read(&skill.folder)?.unwrap_or_default();
        let mut unsigned = Vec::new();
        for (plugin, used) in &skill.manifest.plugins {
            let signer = lock
                .plugins
                .get(plugin)
                .and_then(|locked| locked.signer.clone());
            let signed_by: Vec<String> = signer.iter().cloned().collect();
            if let Err(denial) = policy.policy.signers_allowed(&signed_by) {
                unsigned.push(Self {
                    code: denial.code(),
                    plugin: plugin.clone(),
                    signer,
                    line: used.place.line,
                });
            }
        }
        Ok(unsigned)
    }

    fn says(&self, policy: &str) -> String {
        let plugin = &self.plugin;
        match &self.signer {
            None => format!("{plugin}: {LOCK_FILE} names no signer, and {policy} asks for one"),
            Some(signer) if self.code == SignerDenial::Revoked.code() => {
                format!("{plugin} is signed by {signer}, whom {policy} revokes")
            }
            Some(signer) => format!("{plugin} is signed by {signer}, whom {policy} does not list"),
        }
    }
}

impl Unreadable {
    fn of(error: &PackageError) -> Self {
        Self {
            code: error.code(),
            message: error.to_string(),
            hint: error.hint(),
        }
    }
}

fn text(checked: &[Checked], policy: &str) -> String {
    let paint = output::stdout_paint();
    let mut text = String::new();
    for Checked {
        skill,
        violations,
        signers,
        error,
    } in checked
    {
        for unsigned in signers {
            let line = unsigned
                .line
                .map(|line| format!(":{line}"))
                .unwrap_or_default();
            text.push_str(&format!(
                "{skill}/{MANIFEST_FILE}{line}: {}{} {}\n",
                paint.error("error"),
                paint.dim(&format!("[{}]:", unsigned.code)),
                unsigned.says(policy),
            ));
        }
        for violation in violations {
            let line = violation
                .line
                .map(|line| format!(":{line}"))
                .unwrap_or_default();
            let code = match violation.forbids() {
                true => "policy-forbidden",
                false => "policy-capped",
            };
            text.push_str(&format!(
                "{skill}/{}{line}: {}{} {violation}\n",
                violation.file,
                paint.error("error"),
                paint.dim(&format!("[{code}]:")),
            ));
        }
        if let Some(Unreadable {
            code,
            message,
            hint,
        }) = error
        {
            let code = paint.dim(&format!("[{code}]:"));
            text.push_str(&format!(
                "{skill}: {}{code} {message}\n",
                paint.error("error")
            ));
            if let Some(hint) = hint {
                text.push_str(&format!("  {} {hint}\n", paint.hint("hint:")));
            }
        }
    }
    let beyond = checked.iter().filter(|skill| skill.goes_beyond()).count();
    let unread = checked.iter().filter(|skill| skill.error.is_some()).count();
    let all = match checked.len() {
        1 => "1 skill".to_owned(),
        many => format!("{many} skills"),
    };
    let verdict = match (beyond, unread) {
        (0, 0) => paint.good(&format!("within {policy}")),
        (beyond, 0) => paint.error(&format!("{beyond} beyond {policy}")),
        (beyond, unread) => paint.error(&format!(
            "{beyond} beyond {policy}, {unread} that cannot be read"
        )),
    };
    text.push_str(&format!("{all}: {verdict}\n"));
    text
}

/// The skills in what was named; those under `skills/`, or else here, if nothing was.
fn find(given: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut roots = given.to_vec();
    if roots.is_empty() {
        let skills = PathBuf::from(super::SKILLS);
        roots.push(if skills.is_dir() {
            skills
        } else {
            PathBuf::from(".")
        });
    }
    let mut found = Vec::new();
    for root in &roots {
        let root = super::skill_folder(root, "skill or folder")?;
        let before = found.len();
        walk(&root, &mut found)?;
        if found.len() == before {
            return Err(Mistake::report(
                format!("there is no skill in {}", root.display()),
                "name a skill's folder, or one with skills in it",
            ));
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// Every folder below that holds a SKILL.md, those within a skill too. A link to a folder is looked at, and not walked.
fn walk(root: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let failed = |path: &Path, error: std::io::Error| {
        Mistake::report(
            format!("{} cannot be read: {error}", path.display()),
            "every folder must be readable, or a skill in it would not be checked",
        )
    };
    let mut waiting = vec![root.to_owned()];
    let mut seen = 0usize;
    while let Some(folder) = waiting.pop() {
        seen += 1;
        if seen > MAX_FOLDERS {
            return Err(Mistake::report(
                format!("{} holds more than {MAX_FOLDERS} folders", root.display()),
                "name the folders that hold skills",
            ));
        }
        if folder.join(SKILL_FILE).symlink_metadata().is_ok() {
            found.push(folder.clone());
        }
        for entry in std::fs::read_dir(&folder).map_err(|e| failed(&folder, e))? {
            let entry = entry.map_err(|e| failed(&folder, e))?;
            let kind = entry.file_type().map_err(|e| failed(&folder, e))?;
            let path = entry.path();
            if kind.is_dir() && entry.file_name() != ".git" {
                waiting.push(path);
            } else if kind.is_symlink() && path.join(SKILL_FILE).is_file() {
                found.push(path);
            }
        }
    }
    Ok(())
}
