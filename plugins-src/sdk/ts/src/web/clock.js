// Date and performance, by the host's clocks. The engine's own are stopped, so that a build has no time in it.
import monotonic from "wasi:clocks/monotonic-clock@0.2.12";
import wall from "wasi:clocks/wall-clock@0.2.12";

const EngineDate = globalThis.Date;

function now() {
  const { seconds, nanoseconds } = wall.now();
  return seconds * 1000 + Math.floor(nanoseconds / 1e6);
}

class HostDate extends EngineDate {
  constructor(...args) {
    if (args.length === 0) super(now());
    else super(...args);
  }

  static now() {
    return now();
  }
}

// `Date()` without `new` gives a text. Dates that the engine makes are dates as well.
export const Date = new Proxy(HostDate, {
  apply: () => new HostDate().toString(),
});
Object.defineProperty(HostDate, Symbol.hasInstance, { value: (it) => it instanceof EngineDate });
Object.defineProperty(EngineDate.prototype, "constructor", { value: Date, writable: true, configurable: true });

export const performance = {
  now: () => monotonic.now() / 1e6,
};
