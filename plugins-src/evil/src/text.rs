//! Reading arguments, and saying bytes as text.

use serde_json::Value;

pub fn string(input: &Value, key: &str) -> String {
    input[key].as_str().unwrap_or_default().to_string()
}

pub fn number(input: &Value, key: &str, default: u64) -> u64 {
    input[key].as_u64().unwrap_or(default)
}

pub fn flag(input: &Value, key: &str, default: bool) -> bool {
    input[key].as_bool().unwrap_or(default)
}

pub fn words(input: &Value, key: &str) -> Vec<String> {
    let words = input[key].as_array().cloned().unwrap_or_default();
    words
        .iter()
        .filter_map(|w| w.as_str().map(str::to_string))
        .collect()
}

/// Bytes to send or write: `"text"`, `{"hex": "00ff"}`, or `{"repeat": "a", "times": 1000}`.
pub fn bytes(value: &Value) -> Vec<u8> {
    if let Some(text) = value.as_str() {
        return text.as_bytes().to_vec();
    }
    if let Some(hex) = value["hex"].as_str() {
        return unhex(hex);
    }
    if let Some(unit) = value["repeat"].as_str() {
        return unit.as_bytes().repeat(number(value, "times", 1) as usize);
    }
    Vec::new()
}

pub fn unhex(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex
        .chars()
        .filter_map(|c| c.to_digit(16))
        .map(|d| d as u8)
        .collect();
    digits
        .chunks_exact(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// An enum's or variant's Rust debug text as its kebab-case WIT name: `ErrorCode::NoEntry` → `no-entry`.
pub fn kebab(debug: &str) -> String {
    let name = debug.rsplit("::").next().unwrap_or(debug);
    let name = name.split(['(', ' ', '{']).next().unwrap_or(name);
    let mut out = String::new();
    let chars: Vec<char> = name.chars().collect();
    for (i, &c) in chars.iter().enumerate() {
        if c == '_' {
            out.push('-');
        } else if c.is_uppercase() {
            let starts_word = i > 0 && chars[i - 1].is_lowercase();
            if starts_word {
                out.push('-');
            }
            out.extend(c.to_lowercase());
        } else {
            out.push(c);
        }
    }
    out
}
