//! Whether each path that one pattern covers is covered by some of others.
//!
//! Both sides are read as automata over the names of a path, and walked together: the pattern's own states one at a
//! time, those of the others as a set. A path that leads to an end of the pattern and to no end of the others is an
//! example of what they do not cover. What a single name is covered by is asked of the matcher itself; names that no
//! pattern spells out are all alike to it, so that one of them stands for all.

use std::collections::{BTreeSet, HashSet};

use super::PathPattern;
use super::path::Segment;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PathsWithin {
    /// Each is covered.
    Yes,
    /// This one is not.
    No(String),
    /// Too much to look at.
    Undecided,
}

/// How many states may still be looked at, those of the sets counted too. Patterns that people write need some hundred;
/// a few dozen `**` with `*` after them could need more than there is memory, and a skill is foreign text.
#[derive(Debug)]
pub(crate) struct Work(usize);

impl Work {
    /// What one grant is worth: some tens of milliseconds.
    pub(crate) const OF_GRANT: usize = 200_000;

    /// The most that is spent on one of the others alone.
    const ALONE: usize = 5_000;

    pub(crate) fn of_grant() -> Self {
        Self(Self::OF_GRANT)
    }

    /// None once it is used up.
    fn spend(&mut self, states: usize) -> Option<()> {
        self.0 = self.0.checked_sub(states)?;
        Some(())
    }
}

/// A place in the pattern, and the places in the others that the same names may have led to.
type Pair = (usize, BTreeSet<(usize, usize)>);

struct Walk<'a> {
    pattern: Vec<Part<'a>>,
    others: Vec<&'a [Segment]>,
    seen: HashSet<Pair>,
    /// Each pair that was reached, with the one before it and the name between them.
    reached: Vec<(Pair, Option<(usize, String)>)>,
}

/// A part of the pattern: an input stands for one or more whole names, none of them empty.
#[derive(Clone, Copy)]
enum Part<'a> {
    Segment(&'a Segment),
    OneOfInput,
    MoreOfInput,
}

/// Whether each path that `pattern` covers, whatever its inputs are, is covered by one of `others`.
pub(crate) fn paths_within<'a>(
    pattern: &'a PathPattern,
    others: impl IntoIterator<Item = &'a PathPattern>,
    work: &mut Work,
) -> PathsWithin {
    let others = others.into_iter().filter(|other| other.meets(pattern));
    let others: Vec<&[Segment]> = others.map(PathPattern::segments).collect();
    // By far the most common.
    if others.iter().any(|it| matches!(it, [Segment::Many])) {
        return PathsWithin::Yes;
    }
    // Mostly one of them covers it all, and alone that is found sooner.
    for other in &others {
        let mut alone = Work(Work::ALONE.min(work.0));
        let before = alone.0;
        let verdict = Walk::new(pattern, vec![*other]).go(&mut alone);
        if verdict == PathsWithin::Yes {
            return verdict;
        }
        if work.spend(before - alone.0 + 1).is_none() {
            return PathsWithin::Undecided;
        }
    }
    Walk::new(pattern, others).go(work)
}

impl<'a> Walk<'a> {
    fn new(pattern: &'a PathPattern, others: Vec<&'a [Segment]>) -> Self {
        let parts = |segment: &'a Segment| match segment {
            Segment::Input(_) => vec![Part::OneOfInput, Part::MoreOfInput],
            segment => vec![Part::Segment(segment)],
        };
        Self {
            pattern: pattern.segments().iter().flat_map(parts).collect(),
            others,
            seen: HashSet::new(),
            reached: Vec::new(),
        }
    }

    fn go(mut self, work: &mut Work) -> PathsWithin {
        let mut first = BTreeSet::new();
        for other in 0..self.others.len() {
            self.arrive_in_other(&mut first, (other, 0));
        }
        self.arrive(0, &first, None);
        let mut next = 0;
        while let Some((pair, _)) = self.reached.get(next) {
            let (place, others) = pair.clone();
            for name in self.names(place, &others) {
                let mut after = BTreeSet::new();
                for (other, at) in &others {
                    self.step_in_other(&mut after, (*other, *at), &name);
                }
                if work.spend(others.len() + 1).is_none() {
                    return PathsWithin::Undecided;
                }
                for place in self.step(place, &name) {
                    if self.ends(place) && !after.iter().any(|state| self.other_ends(*state)) {
                        return PathsWithin::No(self.path(next, &name));
                    }
                    // Only a path's last name can be empty.
                    if !name.is_empty() {
                        self.arrive(place, &after, Some((next, name.clone())));
                    }
                }
            }
            next += 1;
        }
        PathsWithin::Yes
    }

    /// The names that make a difference here: those that are spelled out, one that is not, and the empty one.
    fn names(&self, place: usize, others: &BTreeSet<(usize, usize)>) -> Vec<String> {
        let spelled = || {
            let segments = others.iter().filter_map(|state| self.segment(*state));
            let literals = segments.filter_map(|segment| match segment {
                Segment::Literal(name) if !name.is_empty() => Some(name.clone()),
                _ => None,
            });
            literals.collect::<BTreeSet<String>>()
        };
        match self.pattern.get(place) {
            None => Vec::new(),
            Some(Part::Segment(Segment::Literal(name))) => vec![name.clone()],
            Some(part) => {
                let spelled = spelled();
                let mut fresh = (0..).map(|n| match n {
                    0 => "x".to_owned(),
                    n => format!("x{n}"),
                });
                // First, so that an example has it rather than a name that says something.
                let mut names: Vec<String> = Vec::new();
                names.extend(fresh.find(|name| !spelled.contains(name)));
                names.extend(spelled);
                if matches!(part, Part::Segment(Segment::Many)) {
                    names.push(String::new());
                }
                names
            }
        }
    }

    /// Where one name leads from a place of the pattern.
    fn step(&self, place: usize, name: &str) -> Vec<usize> {
        let (stays, goes) = match self.pattern.get(place) {
            None => (false, false),
            Some(Part::Segment(Segment::Many)) => (true, false),
            Some(Part::Segment(segment)) => (false, segment.covers(name)),
            Some(Part::OneOfInput) => (false, !name.is_empty()),
            Some(Part::MoreOfInput) => (!name.is_empty(), false),
        };
        let mut places = Vec::new();
        if stays {
            self.closure(&mut places, place);
        }
        if goes {
            self.closure(&mut places, place + 1);
        }
        places
    }

    /// A place, and those that lie behind what may stand for nothing.
    fn closure(&self, places: &mut Vec<usize>, mut place: usize) {
        places.push(place);
        while let Some(Part::Segment(Segment::Many) | Part::MoreOfInput) = self.pattern.get(place) {
            place += 1;
            places.push(place);
        }
    }

    fn ends(&self, place: usize) -> bool {
        place == self.pattern.len()
    }

    fn segment(&self, (other, at): (usize, usize)) -> Option<&Segment> {
        self.others.get(other)?.get(at)
    }

    fn other_ends(&self, (other, at): (usize, usize)) -> bool {
        self.others.get(other).is_some_and(|it| it.len() == at)
    }

    fn step_in_other(
        &self,
        after: &mut BTreeSet<(usize, usize)>,
        (other, at): (usize, usize),
        name: &str,
    ) {
        match self.segment((other, at)) {
            Some(Segment::Many) => self.arrive_in_other(after, (other, at)),
            Some(segment) if segment.covers(name) => self.arrive_in_other(after, (other, at + 1)),
            _ => {}
        }
    }

    fn arrive_in_other(
        &self,
        after: &mut BTreeSet<(usize, usize)>,
        (other, mut at): (usize, usize),
    ) {
        after.insert((other, at));
        while let Some(Segment::Many) = self.segment((other, at)) {
            at += 1;
            after.insert((other, at));
        }
    }

    fn arrive(
        &mut self,
        place: usize,
        others: &BTreeSet<(usize, usize)>,
        from: Option<(usize, String)>,
    ) {
        let mut places = Vec::new();
        self.closure(&mut places, place);
        for place in places {
            let pair = (place, others.clone());
            if self.seen.insert(pair.clone()) {
                self.reached.push((pair, from.clone()));
            }
        }
    }

    /// The names that led to a pair, and one more, as a path.
    fn path(&self, mut at: usize, last: &str) -> String {
        let mut names = vec![last.to_owned()];
        while let Some((_, Some((before, name)))) = self.reached.get(at) {
            names.push(name.clone());
            at = *before;
        }
        names.iter().rev().map(|name| format!("/{name}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Layer;

    fn within(pattern: &str, others: &[&str]) -> PathsWithin {
        let pattern = PathPattern::parse(Layer::Grant, pattern).unwrap();
        let read = |text: &&str| PathPattern::parse(Layer::Policy, text).unwrap();
        let others: Vec<_> = others.iter().map(read).collect();
        paths_within(&pattern, &others, &mut Work::of_grant())
    }

    #[test]
    fn a_pattern_is_within_others_that_cover_all_of_it_together() {
        let tower = "/a/**/b/*/*/*/*/*/*/*/*";
        for (pattern, others, expected) in [
            ("/a", &["/a"][..], true),
            ("/a", &["/b"], false),
            ("/a", &[], false),
            ("/a", &["/**"], true),
            ("/a/*", &["/a/**"], true),
            ("/a/**", &["/a/*"], false),
            ("/a/**", &["/a/*", "/a"], false),
            ("/a/**", &["/a", "/a/**/*"], false), // a/ is not covered: its last name is empty
            ("/a/**", &["/a", "/a/", "/a/**/*", "/a/**/*/"], true),
            ("/*", &["/a", "/*"], true),
            ("/*", &["/a"], false),
            ("/*", &["/*/"], false),
            ("/**", &["/", "/**/*", "/**/*/"], true),
            ("/**", &["/**/*"], false),
            ("/**/*", &["/*/**"], true),
            ("/*/**", &["/**/*"], false),
            ("/*/**", &["/**/*", "/**/*/"], true),
            ("/a/b/c", &["/a/*/c"], true),
            ("/a/*/c", &["/a/b/c"], false),
            ("/**/a", &["/**/a"], true),
            ("/**/a/**/b", &["/**/b"], true),
            ("/**/b", &["/**/a/**/b"], false),
            ("/*/*", &["/a/*", "/*/b"], false),
            ("/x-{*}", &["/*"], true),
            ("/repos/{inputs.r}/issues", &["/repos/**"], true),
            ("/repos/{inputs.r}/issues", &["/repos/**/issues"], true),
            ("/repos/{inputs.r}/issues", &["/repos/*/issues"], false),
            ("/repos/{inputs.r}/issues", &["/repos/*/*/issues"], false),
            ("/repos/{inputs.r}", &["/repos/*/**"], true),
            // An input has no empty name.
            ("/repos/{inputs.r}", &["/repos/**/*"], true),
            ("/repos/**", &["/repos/**/*"], false),
            (tower, &[tower], true),
            (tower, &["/a/**"], true),
        ] {
            let verdict = within(pattern, others);
            assert_eq!(
                verdict == PathsWithin::Yes,
                expected,
                "{pattern} in {others:?}: {verdict:?}"
            );
            assert_ne!(verdict, PathsWithin::Undecided, "{pattern} in {others:?}");
        }
    }

    #[test]
    fn the_example_is_the_shortest_path_that_is_not_covered() {
        assert_eq!(within("/a/**", &["/a/*"]), PathsWithin::No("/a".to_owned()));
        let other = PathsWithin::No("/repos/x/x/issues".to_owned());
        assert_eq!(
            within("/repos/{inputs.r}/issues", &["/repos/*/issues"]),
            other
        );
        assert_eq!(within("/*", &["/x"]), PathsWithin::No("/x1".to_owned()));
    }

    #[test]
    fn what_would_take_too_long_is_not_decided() {
        // Where the last `a` was must be kept in mind, and each name is one or none.
        let tower = |n: usize| format!("/**/a{}", "/*".repeat(n));
        let covered = |n: usize| within("/**/*", &[&tower(n), "/*", "/*/*/**"]);
        assert_eq!(covered(3), PathsWithin::Yes);
        assert_eq!(covered(40), PathsWithin::Undecided);
    }

    fn names(of: &'static [&'static str]) -> impl Strategy<Value = String> {
        prop::collection::vec(prop::sample::select(of), 1..5)
            .prop_map(|names| names.iter().map(|name| format!("/{name}")).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn the_verdict_is_what_the_matcher_says(
            pattern in names(&["a", "b", "*", "**", "**"]),
            others in prop::collection::vec(names(&["a", "b", "*", "**", "**"]), 0..4),
            paths in prop::collection::vec(names(&["a", "b", "x", "c"]), 16),
            slash in any::<bool>(),
        ) {
            let read = |text: &String| PathPattern::parse(Layer::Policy, text).unwrap();
            let (pattern, others) = (read(&pattern), others.iter().map(read).collect::<Vec<_>>());
            let covered = |path: &str| others.iter().any(|other| other.covers(path));
            match paths_within(&pattern, &others, &mut Work::of_grant()) {
                PathsWithin::No(path) => {
                    prop_assert!(pattern.covers(&path) && !covered(&path), "{}", path);
                }
                PathsWithin::Yes => for path in paths {
                    let path = if slash { path + "/" } else { path };
                    prop_assert!(!pattern.covers(&path) || covered(&path), "{}", path);
                },
                PathsWithin::Undecided => prop_assert!(false, "so small a question is decided"),
            }
        }
    }
}
