//! Signs and verifies: keys, detached signatures over a package's name, version and digest, signed notes. Bytes only.
