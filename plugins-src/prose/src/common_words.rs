//! Words that say nothing about what a text is about.

/// Of the languages that most mail is in, and the marks of answers.
const COMMON: &[&str] = &[
    // English
    "a", "about", "after", "all", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by",
    "can", "do", "for", "from", "has", "have", "how", "i", "if", "in", "is", "it", "its", "my",
    "no", "not", "of", "on", "or", "our", "so", "that", "the", "their", "there", "this", "to",
    "us", "was", "we", "were", "what", "when", "which", "who", "will", "with", "you", "your",
    // German
    "auf", "aus", "bei", "das", "dem", "den", "der", "des", "die", "ein", "eine", "fur", "ich",
    "ihre", "im", "ist", "mit", "nicht", "oder", "sie", "sind", "uber", "um", "und", "vom", "von",
    "wir", "zu", "zum", "zur", // French
    "au", "aux", "avec", "ce", "ces", "dans", "de", "du", "elle", "en", "est", "et", "il", "la",
    "le", "les", "mais", "nous", "ou", "par", "pas", "plus", "pour", "que", "qui", "sur", "un",
    "une", "vous", // Spanish, Portuguese, Italian
    "ao", "com", "como", "con", "da", "del", "di", "do", "dos", "e", "el", "es", "los", "las",
    "nao", "na", "no", "o", "para", "per", "por", "se", "sem", "su", "um", "uma", "y",
    // Scandinavian, Dutch
    "av", "det", "een", "er", "et", "for", "het", "i", "ikke", "med", "och", "og", "pa", "som",
    "til", "till", "van", "voor", // Before subjects
    "re", "fw", "fwd", "aw", "wg", "sv", "tr", "rv",
];

/// Whether a folded word says nothing about what a text is about.
pub fn is_common(word: &str) -> bool {
    COMMON.contains(&word)
}
