//! Installs, updates, verifies and removes plugins and skills: what is fetched becomes what is pinned.
