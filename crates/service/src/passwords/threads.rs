//! The threads that hash: the system's own, as many as are allowed at once.
//!
//! They are none of those that answer requests, and give way to them. One that has had nothing
//! to do for a while ends, and gives its memory back.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use ::argon2::Block;
use parking_lot::{Condvar, Mutex};

/// How long a thread without work keeps its memory.
pub(super) const IDLE: Duration = Duration::from_secs(30);
/// How much these threads give way to others: with 5 they get about a quarter of a core that
/// others want too, and all of one that nobody wants. With 10, a flood that is refused leaves
/// too little for those log-ins that are not.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 5;

/// Memory of a thread, touched once and used again: half of the time of a hash goes into fresh
/// pages.
pub(super) type Memory = Vec<Block>;

/// Something for a thread to do.
pub(super) type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// Whose job it is. The threads take one of each in turn, so that no crowd of the one keeps the
/// other waiting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Line {
    /// A known device's.
    Known,
    /// Anybody else's.
    Others,
}

/// Threads, started as they are needed.
pub(super) struct Threads {
    shared: Arc<Shared>,
    most: usize,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    idle: Duration,
}

#[derive(Default)]
struct State {
    known: VecDeque<Job>,
    others: VecDeque<Job>,
    /// Whose the job was that was taken last.
    last: Option<Line>,
    /// Threads there are.
    running: usize,
    /// Threads among them that wait for a job.
    waiting: usize,
    /// Whether those that wait should end.
    closed: bool,
}

impl Threads {
    /// At most `most` threads, each of which ends after it had nothing to do for `idle`.
    pub(super) fn new(most: usize, idle: Duration) -> Self {
        let shared = Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
            idle,
        };
        Self {
            shared: Arc::new(shared),
            most,
        }
    }

    /// Has a job done. Where no thread can be started for it, it is dropped.
    pub(super) fn run(&self, line: Line, job: Job) {
        let mut state = self.shared.state.lock();
        state.line(line).push_back(job);
        if state.waiting >= state.known.len() + state.others.len() {
            self.shared.changed.notify_one();
            return;
        }
        if state.running == self.most {
            return;
        }
        let shared = Arc::clone(&self.shared);
        let thread = std::thread::Builder::new().name("passwords".to_owned());
        match thread.spawn(move || shared.work()) {
            Ok(_) => state.running += 1,
            Err(error) if state.running == 0 => {
                tracing::error!(%error, "no thread can be started to hash passwords");
                state.known.clear();
                state.others.clear();
            }
            // Those that run do it when they have done theirs.
            Err(_) => {}
        }
    }

    /// How many threads there are.
    #[cfg(test)]
    pub(super) fn running(&self) -> usize {
        self.shared.state.lock().running
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.shared.state.lock().closed = true;
        self.shared.changed.notify_all();
    }
}

impl State {
    fn line(&mut self, line: Line) -> &mut VecDeque<Job> {
        match line {
            Line::Known => &mut self.known,
            Line::Others => &mut self.others,
        }
    }

    /// The next job, of the line whose turn it is if there is one.
    fn take(&mut self) -> Option<Job> {
        let turns = match self.last {
            Some(Line::Known) => [Line::Others, Line::Known],
            Some(Line::Others) | None => [Line::Known, Line::Others],
        };
        turns.into_iter().find_map(|line| {
            let job = self.line(line).pop_front()?;
            self.last = Some(line);
            Some(job)
        })
    }
}

impl Shared {
    fn work(&self) {
        give_way();
        let mut memory = Memory::new();
        while let Some(job) = self.next() {
            // Whoever waits for it learns that it was dropped; the thread goes on.
            if catch_unwind(AssertUnwindSafe(|| job(&mut memory))).is_err() {
                memory = Memory::new();
            }
        }
    }

    /// The next job, or `None` once there was none for long enough.
    fn next(&self) -> Option<Job> {
        let mut state = self.state.lock();
        loop {
            if let Some(job) = state.take() {
                return Some(job);
            }
            state.waiting += 1;
            let woken = !state.closed && !self.changed.wait_for(&mut state, self.idle).timed_out();
            state.waiting -= 1;
            if !woken && state.known.is_empty() && state.others.is_empty() {
                // Under the same lock, so that nobody counts on a thread that ends.
                state.running -= 1;
                return None;
            }
        }
    }
}

/// Lowers this thread's priority. Where it cannot be lowered, hashing works all the same.
fn give_way() {
    // On Linux a priority is a thread's; elsewhere it would be the whole process's.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, NICENESS);
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn until(threads: &Threads, running: usize) {
        while threads.running() != running {
            std::thread::yield_now();
        }
    }

    #[test]
    fn no_more_threads_are_started_than_are_allowed() {
        let threads = Threads::new(2, IDLE);
        let (done, all) = mpsc::channel();
        let (go, gate) = mpsc::channel::<()>();
        let gate = Arc::new(Mutex::new(gate));
        for _ in 0..6 {
            let (done, gate) = (done.clone(), Arc::clone(&gate));
            threads.run(
                Line::Others,
                Box::new(move |_| {
                    let _ = gate.lock().recv();
                    done.send(std::thread::current().id()).unwrap();
                }),
            );
        }
        assert_eq!(threads.running(), 2);
        drop(go);
        let mut used: Vec<_> = all.iter().take(6).map(|id| format!("{id:?}")).collect();
        used.sort_unstable();
        used.dedup();
        assert!(used.len() <= 2, "{used:?}");
    }

    #[test]
    fn known_devices_and_others_take_turns() {
        let threads = Threads::new(1, IDLE);
        let (go, gate) = mpsc::channel::<()>();
        let (done, all) = mpsc::channel();
        let begun = done.clone();
        let first = move |_: &mut Memory| {
            begun.send(Line::Others).unwrap();
            let _ = gate.recv();
        };
        threads.run(Line::Others, Box::new(first));
        all.recv().unwrap();
        for line in [[Line::Others; 4], [Line::Known; 4]].concat() {
            let done = done.clone();
            threads.run(line, Box::new(move |_| done.send(line).unwrap()));
        }
        drop(go);
        let taken: Vec<_> = all.iter().take(8).collect();
        assert_eq!(taken, [Line::Known, Line::Others].repeat(4));
    }

    #[test]
    fn a_thread_without_work_ends_and_gives_its_memory_back() {
        let threads = Threads::new(2, Duration::ZERO);
        let (done, all) = mpsc::channel();
        for _ in 0..3 {
            let done = done.clone();
            threads.run(
                Line::Others,
                Box::new(move |memory| {
                    memory.resize(1024, Block::default());
                    done.send(memory.len()).unwrap();
                }),
            );
            assert_eq!(all.recv(), Ok(1024));
            until(&threads, 0);
        }
    }

    #[test]
    fn memory_is_used_again_while_there_is_work() {
        let threads = Threads::new(1, IDLE);
        let (done, all) = mpsc::channel();
        for _ in 0..2 {
            let done = done.clone();
            threads.run(
                Line::Others,
                Box::new(move |memory| {
                    done.send(memory.len()).unwrap();
                    memory.resize(64, Block::default());
                }),
            );
        }
        assert_eq!(all.iter().take(2).collect::<Vec<_>>(), [0, 64]);
    }

    #[test]
    fn a_job_that_panics_ends_neither_its_thread_nor_the_next_job() {
        let threads = Threads::new(1, IDLE);
        threads.run(Line::Others, Box::new(|_| panic!("on purpose")));
        let (done, all) = mpsc::channel();
        threads.run(Line::Others, Box::new(move |_| done.send(7).unwrap()));
        assert_eq!(all.recv(), Ok(7));
        assert_eq!(threads.running(), 1);
    }

    #[test]
    fn threads_end_with_whom_they_work_for() {
        let threads = Threads::new(1, IDLE);
        let shared = Arc::clone(&threads.shared);
        let (done, all) = mpsc::channel();
        threads.run(Line::Others, Box::new(move |_| done.send(()).unwrap()));
        all.recv().unwrap();
        drop(threads);
        while shared.state.lock().running > 0 {
            std::thread::yield_now();
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn hashing_gives_way_and_nothing_else_does() {
        let threads = Threads::new(1, IDLE);
        let (done, all) = mpsc::channel();
        threads.run(
            Line::Others,
            Box::new(move |_| {
                done.send(rustix::process::getpriority_process(None))
                    .unwrap();
            }),
        );
        let here = rustix::process::getpriority_process(None).unwrap();
        let there = all.recv().unwrap().unwrap();
        // Where the tests themselves give way as much already, nothing is left to see.
        assert!(there > here || here >= 5, "{there}");
    }
}
