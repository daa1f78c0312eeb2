//! The stable codes of this crate's errors, each with whose fault it is and what it means.

use remit_policy::ErrorClass;

macro_rules! codes {
    ($($variant:ident $code:literal $class:ident $meaning:literal)*) => {
        /// What kind of error it is. The text is stable: scripts and docs/errors.md name it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $meaning] $variant,)*
        }

        impl Code {
            /// The stable kebab-case text.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $code,)* }
            }

            /// Whose fault it is, and so the exit status.
            pub fn class(self) -> ErrorClass {
                match self { $(Code::$variant => ErrorClass::$class,)* }
            }

            /// Every code with its meaning in one line, for docs/errors.md.
            pub const ALL: &[(&str, &str)] = &[$(($code, $meaning),)*];
        }
    };
}

codes! {
    FileMissing "file-missing" Usage "A file or folder that is named does not exist."
    FileKind "file-kind" Usage "Something other than a plain file or folder."
    FileTooLarge "file-too-large" Usage "A file is larger than what Remit reads of its kind."
    FileNotCovered "file-not-covered" Usage "A template lies where the skill's digest does not cover it."
    FileIo "file-io" Failed "The operating system refused to read or write a file."
    PathOutsideSkill "path-outside-skill" Usage "A path or link in a skill leads out of the skill's folder."

    SkillNotFolder "skill-not-a-folder" Usage "A skill is a folder that holds SKILL.md; this is not one."
    SkillDocMissing "skill-md-missing" Usage "The skill's folder has no SKILL.md."
    SkillDocInvalid "skill-md-invalid" Usage "SKILL.md breaks a rule of the Agent Skills format."
    SkillTooLarge "skill-too-large" Usage "The skill's own files are too many or too large to be digested."
    TextHidden "text-hidden" Usage "A name holds characters that hide or imitate text: controls, bidi, zero-width, tags, mixed scripts."

    ManifestSyntax "manifest-syntax" Usage "skill.toml or policy.toml is not valid TOML."
    ManifestUnknownKey "manifest-unknown-key" Usage "skill.toml or policy.toml has a key that Remit does not know in that table."
    ManifestMissingKey "manifest-missing-key" Usage "skill.toml lacks a key that its table requires."
    ManifestWrongType "manifest-wrong-type" Usage "A key of skill.toml or policy.toml has a value of another type than it takes."
    ManifestValue "manifest-value" Usage "A key of skill.toml or policy.toml has a value that it does not take."
    ManifestDuplicate "manifest-duplicate" Usage "Two things in skill.toml have the same name."
    ManifestReference "manifest-reference" Usage "skill.toml refers to an input, plugin or step that it does not declare."
    ManifestStep "manifest-step" Usage "A step mixes keys that do not belong together, or says nothing to do."
    ManifestGrant "manifest-grant" Usage "A grant in skill.toml, or a rule in policy.toml, breaks a rule of the grant grammar."
    ManifestTooLarge "manifest-too-large" Usage "skill.toml holds more inputs, plugins, grants or steps, or policy.toml more rules, than Remit reads."

    ComponentEmpty "component-empty" Usage "The file that should be a component is empty."
    ComponentIsModule "component-is-module" Usage "The file is a core WebAssembly module, not a component."
    ComponentIsCompiled "component-is-compiled" Usage "The file is compiled machine code (ELF or a runtime's own form), which Remit never loads."
    ComponentIsText "component-is-text" Usage "The file is WebAssembly text, not a binary component."
    ComponentNotWasm "component-not-wasm" Usage "The file is no WebAssembly at all."
    ComponentMalformed "component-malformed" Usage "The component is damaged or not valid."
    ComponentFeature "component-feature" Usage "The component needs a WebAssembly feature that Remit does not offer."
    ComponentImport "component-import" Usage "The component imports something that Remit does not have."
    ComponentTooLarge "component-too-large" Usage "The component is larger, or has more parts, than Remit takes."
    ComponentNoOperation "component-no-operation" Usage "The component exports functions, and none that can be called: each is left out, for a reason that is said."
    ComponentNotConnector "component-not-a-connector" Usage "The component does not export the interface that plugins export."

    DescriptionInvalid "description-invalid" Usage "What the plugin says about itself breaks a rule."
    DescriptionSchema "description-schema" Usage "A schema that the plugin gives is not a JSON Schema of an object."
    DescriptionCollision "description-collision" Usage "Two operations of the plugin have names that are equal or look alike."
    DescriptionTooLarge "description-too-large" Usage "The plugin's description is larger, or lists more, than Remit takes."

    DigestInvalid "digest-invalid" Usage "A text is not a digest of the form sha256:64 hex digits."
    DigestMismatch "digest-mismatch" Integrity "The bytes do not have the digest that was expected."
    StoreMissing "store-missing" Usage "The store has no component with this digest."
    NotInstalled "not-installed" Usage "A plugin that is named by a reference or by its name is not installed here."
    SignaturesDamaged "signatures-damaged" Integrity "The signatures that were kept with a component cannot be read."
    SignaturesMany "signatures-many" Usage "More signatures of one component than Remit keeps, or larger ones."
    LockSyntax "lock-syntax" Integrity "remit.lock cannot be read."
    LockVersion "lock-version" Usage "remit.lock was written by a newer Remit."
    DirsUnknown "dirs-unknown" Usage "Remit cannot tell where to keep its data."
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_unique_kebab_case_and_explained() {
        let mut seen = HashSet::new();
        for (code, meaning) in Code::ALL {
            assert!(seen.insert(code), "{code} twice");
            assert!(
                code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
                "{code}"
            );
            assert!(meaning.ends_with('.'), "{code}: {meaning}");
        }
    }
}
