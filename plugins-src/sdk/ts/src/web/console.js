// console: lines for the person who runs the skill.
import log from "remit:connector/log@0.1.0";

function shown(value) {
  if (typeof value === "string") return value;
  if (value instanceof Error) return value.stack ? `${value.name}: ${value.message}\n${value.stack}` : String(value);
  if (typeof value !== "object" || value === null) return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

const line =
  (level) =>
  (...values) =>
    log.log(level, values.map(shown).join(" ").toWellFormed());

export const console = {
  log: line("info"),
  info: line("info"),
  warn: line("warn"),
  error: line("error"),
  debug: line("debug"),
  trace: line("debug"),
  assert: (holds, ...values) => {
    if (!holds) line("error")("assertion failed:", ...values);
  },
};
