// In place of tr46, whose tables of all alphabets are four times as large as the engine's own code: a host's name is
// taken in ASCII, as `xn--…` where it is not. The host takes no other.
export const toASCII = (domain) => (/^[\0-\x7f]*$/.test(domain) ? domain.toLowerCase() : null);
export const toUnicode = (domain) => ({ domain, error: false });
