//! What is granted and what is not, as tables of facts.

#[cfg(test)]
mod addresses;
#[cfg(test)]
mod config_and_secrets;
#[cfg(test)]
mod coverage;
#[cfg(test)]
mod coverage_properties;
#[cfg(test)]
mod files;
#[cfg(test)]
mod grammar;
#[cfg(test)]
mod headers;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod placeholders;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod spellings;
#[cfg(test)]
mod support;
#[cfg(test)]
mod targets;
#[cfg(test)]
mod text;
#[cfg(test)]
mod toml_tables;
