//! Stacks, and how often each was found.

use std::collections::BTreeMap;

/// Where a task of the server begins: what is above it is the same for all.
const TASK: &str = "tokio::runtime::task::harness::Harness<T,S>::poll";

/// A function, and what it called.
#[derive(Default, Debug, PartialEq)]
pub(super) struct Frame {
    /// Samples with it in their stack at this place.
    pub(super) samples: u32,
    pub(super) called: BTreeMap<String, Frame>,
}

impl Frame {
    fn add<'a>(&mut self, mut stack: impl Iterator<Item = &'a str>) {
        self.samples += 1;
        if let Some(next) = stack.next() {
            self.called.entry(next.to_owned()).or_default().add(stack);
        }
    }

    /// How many calls deep it goes, of those with so many samples.
    pub(super) fn depth(&self, least: u32) -> u32 {
        let called = self.called.values();
        let called = called.filter(|called| called.samples >= least);
        called
            .map(|called| 1 + called.depth(least))
            .max()
            .unwrap_or(0)
    }
}

/// Reads what `perf script` prints: of each sample its stack, the innermost function first, then
/// an empty line.
pub(super) fn read(printed: &str) -> Frame {
    let mut all = Frame::default();
    for sample in printed.split("\n\n") {
        let lines = sample.lines().filter(|line| !line.trim().is_empty());
        let symbol = |line| str::trim(line).split_once(' ').map(|(_, symbol)| symbol);
        let stack: Vec<&str> = lines.filter_map(symbol).collect();
        // Whatever lies outside of the task, and what could not be unwound.
        let task = stack.iter().position(|symbol| *symbol == TASK);
        let stack = task.map_or(&stack[..], |task| &stack[..task]);
        let known = stack.iter().rev().copied();
        let mut known = known.skip_while(|symbol| *symbol == "[unknown]").peekable();
        if known.peek().is_some() {
            all.add(known);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_are_counted_from_their_task_on() {
        let printed = "\n\t 1 malloc\n\t 2 app::run\n\t 3 \
                       tokio::runtime::task::harness::Harness<T,S>::poll\n\t 4 main\n\n\
                       \n\t 5 app::run\n\tffff [unknown]\n\n";
        let all = read(printed);
        assert_eq!((all.samples, all.called.len()), (2, 1));
        let run = &all.called["app::run"];
        assert_eq!((run.samples, run.called["malloc"].samples), (2, 1));
        assert_eq!((all.depth(1), all.depth(2)), (2, 1));
        assert_eq!(read(""), Frame::default());
    }
}
