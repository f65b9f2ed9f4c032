//! The threads that hash: the system's own, as many as are allowed at once.
//!
//! They are none of those that answer requests, and give way to them: wholly, as long as that
//! leaves them enough of a core to go on. Where it does not, because something else fills all
//! cores, others take their place that give way less: whoever floods the server with requests
//! would else stop all log-ins. A thread that has had nothing to do for a while ends, and gives
//! its memory back.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use ::argon2::Block;
use parking_lot::{Condvar, Mutex};

/// How long a thread without work keeps its memory.
pub(super) const IDLE: Duration = Duration::from_secs(30);
/// With less than this share of a core a patient thread gets too little. A busy day leaves it more;
/// a flood leaves it a seventieth.
const TOO_LITTLE: f64 = 0.15;
/// A pressing thread that gets so much more of a core than others leave it who fill the core would
/// get enough as a patient one.
const TO_SPARE: f64 = 0.05;
/// The niceness of a pressing thread.
const PRESSING: i32 = 5;
/// So long after a thread last got too little, threads are patient again.
const RELIEF: Duration = Duration::from_secs(10);

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

/// How much a thread gives way to others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Manner {
    /// It gets what they leave, and a seventieth of a core that they fill.
    Patient,
    /// It gets about a quarter of a core that they fill. With less, a flood that is refused leaves
    /// too little for those log-ins that are not.
    Pressing,
}

impl Manner {
    #[cfg(target_os = "linux")]
    fn niceness(self) -> i32 {
        match self {
            Self::Patient => 19,
            Self::Pressing => PRESSING,
        }
    }
}

/// Threads, started as they are needed.
pub(super) struct Threads {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    /// For those that wait, of each manner.
    changed: [Condvar; 2],
    /// How many may take jobs.
    most: usize,
    idle: Duration,
    clock: Clock,
    /// The share of a core with less of which a pressing thread stays one.
    enough: f64,
}

/// What time it is, and how much of it the thread that asks had of a core.
type Clock = fn() -> Spent;

#[derive(Clone, Copy, Default)]
struct Spent {
    now: Duration,
    core: Duration,
}

#[derive(Default)]
struct State {
    known: VecDeque<Job>,
    others: VecDeque<Job>,
    /// Whose the job was that was taken last.
    last: Option<Line>,
    /// Whether patient threads get too little of a core, as far as is known,
    crowded: bool,
    /// and until when that is assumed.
    relief: Duration,
    /// The threads of each manner.
    staff: [Staff; 2],
    /// Whether those that wait should end.
    closed: bool,
}

#[derive(Clone, Copy, Default)]
struct Staff {
    running: usize,
    /// Those among them that wait for a job.
    waiting: usize,
}

impl Threads {
    /// At most `most` threads, each of which ends after it had nothing to do for `idle`. While some
    /// are relieved there are more of them: those finish what they are at.
    pub(super) fn new(most: usize, idle: Duration) -> Self {
        Self::with(most, idle, spent)
    }

    fn with(most: usize, idle: Duration, clock: Clock) -> Self {
        let shared = Shared {
            state: Mutex::default(),
            changed: Default::default(),
            most,
            idle,
            clock,
            enough: pressing_share(niceness()) + TO_SPARE,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Has a job done. Where no thread can be started for it, it is dropped.
    ///
    /// Who calls this gives way to nobody: a thread that is started here cannot give way less than
    /// who starts it.
    pub(super) fn run(&self, line: Line, job: Job) {
        let mut state = self.shared.state.lock();
        state.line(line).push_back(job);
        let manner = if state.crowded {
            Manner::Pressing
        } else {
            Manner::Patient
        };
        let jobs = state.jobs();
        let staff = state.staff(manner);
        if staff.waiting >= jobs {
            self.shared.changed(manner).notify_one();
            return;
        }
        if staff.running >= self.shared.most {
            return;
        }
        let shared = Arc::clone(&self.shared);
        let thread = std::thread::Builder::new().name("passwords".to_owned());
        match thread.spawn(move || shared.work(manner)) {
            Ok(_) => staff.running += 1,
            Err(error) if state.running() == 0 => {
                tracing::error!(%error, "no thread can be started to hash passwords");
                state.known.clear();
                state.others.clear();
            }
            // Those that run do it when they have done theirs.
            Err(_) => {}
        }
        // A patient thread that waits does it, or ends if it was relieved.
        if manner == Manner::Pressing {
            self.shared.changed(Manner::Patient).notify_all();
        }
    }

    /// How many threads there are.
    #[cfg(test)]
    pub(super) fn running(&self) -> usize {
        self.shared.state.lock().running()
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.shared.state.lock().closed = true;
        for changed in &self.shared.changed {
            changed.notify_all();
        }
    }
}

impl State {
    fn line(&mut self, line: Line) -> &mut VecDeque<Job> {
        match line {
            Line::Known => &mut self.known,
            Line::Others => &mut self.others,
        }
    }

    fn staff(&mut self, manner: Manner) -> &mut Staff {
        &mut self.staff[manner as usize]
    }

    fn running(&self) -> usize {
        self.staff.iter().map(|staff| staff.running).sum()
    }

    fn jobs(&self) -> usize {
        self.known.len() + self.others.len()
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

    /// Whether one of these threads is too many: pressing ones have relieved it, or become patient
    /// beside it.
    fn is_spare(&self, manner: Manner, most: usize) -> bool {
        let [patient, pressing] = self.staff;
        manner == Manner::Patient
            && (patient.running > most || self.crowded && pressing.running > 0)
    }
}

impl Shared {
    fn changed(&self, manner: Manner) -> &Condvar {
        &self.changed[manner as usize]
    }

    fn work(&self, mut manner: Manner) {
        give_way(manner);
        let mut memory = Memory::new();
        while let Some(job) = self.next(&mut manner) {
            let before = (self.clock)();
            // Whoever waits for it learns that it was dropped; the thread goes on.
            if catch_unwind(AssertUnwindSafe(|| job(&mut memory))).is_err() {
                memory = Memory::new();
            }
            self.note(manner, before, (self.clock)());
        }
    }

    /// The next job, or `None` once there was none for long enough, or others do it.
    fn next(&self, manner: &mut Manner) -> Option<Job> {
        let mut state = self.state.lock();
        loop {
            if *manner == Manner::Pressing && !state.crowded {
                state.staff(*manner).running -= 1;
                *manner = Manner::Patient;
                state.staff(*manner).running += 1;
                give_way(*manner);
            }
            if state.is_spare(*manner, self.most) {
                break;
            }
            if let Some(job) = state.take() {
                return Some(job);
            }
            state.staff(*manner).waiting += 1;
            let changed = self.changed(*manner);
            let woken = !state.closed && !changed.wait_for(&mut state, self.idle).timed_out();
            state.staff(*manner).waiting -= 1;
            if !woken && state.jobs() == 0 {
                break;
            }
        }
        // Under the same lock, so that nobody counts on a thread that ends.
        state.staff(*manner).running -= 1;
        None
    }

    /// Learns from what a thread had of a core for its job whether others want the cores.
    fn note(&self, manner: Manner, before: Spent, after: Spent) {
        let little = match manner {
            Manner::Patient => TOO_LITTLE,
            Manner::Pressing => self.enough,
        };
        let mut state = self.state.lock();
        if after.share_since(before) < little {
            state.relief = after.now + RELIEF;
        }
        state.crowded = after.now < state.relief;
        if !state.crowded {
            self.changed(Manner::Pressing).notify_all();
        }
    }
}

impl Spent {
    /// The share of a core since then; all of it where no time went by.
    fn share_since(self, then: Self) -> f64 {
        let time = self.now.saturating_sub(then.now);
        let core = self.core.saturating_sub(then.core);
        if time.is_zero() {
            1.0
        } else {
            core.as_secs_f64() / time.as_secs_f64()
        }
    }
}

/// Lowers this thread's priority. Where it cannot be lowered, hashing works all the same.
fn give_way(manner: Manner) {
    // On Linux a priority is a thread's; elsewhere it would be the whole process's.
    #[cfg(target_os = "linux")]
    {
        // Who runs the server with a lower one may have the privilege to raise it, and not want it.
        let niceness = manner.niceness().max(niceness());
        let _ = rustix::process::setpriority_process(None, niceness);
    }
}

/// How much this thread gives way, as the system counts it: 0 if nobody has changed that.
fn niceness() -> i32 {
    #[cfg(target_os = "linux")]
    return rustix::process::getpriority_process(None).unwrap_or_default();
    #[cfg(not(target_os = "linux"))]
    return 0;
}

/// What a pressing thread has of a core that a thread with this niceness would fill alone. Linux
/// gives a fifth less for each step (sched(7)).
fn pressing_share(others: i32) -> f64 {
    let steps = (PRESSING - others).max(0);
    1.0 / (1.0 + 1.25_f64.powi(steps))
}

/// Elsewhere than on Linux nobody gives way, and nobody needs relief.
fn spent() -> Spent {
    #[cfg(target_os = "linux")]
    {
        use rustix::time::{ClockId, clock_gettime};
        let read = |clock| clock_gettime(clock).try_into().unwrap_or_default();
        Spent {
            now: read(ClockId::Monotonic),
            core: read(ClockId::ThreadCPUTime),
        }
    }
    #[cfg(not(target_os = "linux"))]
    Spent::default()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
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
        while shared.state.lock().running() > 0 {
            std::thread::yield_now();
        }
    }

    thread_local! {
        /// What a thread says that it spent.
        static SAID: Cell<Spent> = Cell::default();
    }

    /// Has the thread that calls this say that it is this second, and that it had this share of a
    /// core meanwhile.
    fn had(second: u64, percent: u32) {
        let now = Duration::from_secs(second);
        let said = SAID.get();
        let core = said.core + (now - said.now) * percent / 100;
        SAID.set(Spent { now, core });
    }

    /// Runs a job that had this share of a core, and waits until it is known whether that is too
    /// little: the niceness that it ran with.
    #[cfg(target_os = "linux")]
    fn niceness_of(threads: &Threads, second: u64, percent: u32, crowded: bool) -> i32 {
        let (done, all) = mpsc::channel();
        let job = move |_: &mut Memory| {
            had(second, percent);
            done.send(super::niceness()).unwrap();
        };
        threads.run(Line::Others, Box::new(job));
        let niceness = all.recv().unwrap();
        while threads.shared.state.lock().crowded != crowded {
            std::thread::yield_now();
        }
        niceness
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn hashing_gives_way_wholly_while_it_gets_enough_of_a_core_all_the_same() {
        let here = super::niceness();
        let threads = Threads::with(1, Duration::from_secs(3600), || SAID.get());
        let ran = |second, percent, crowded| niceness_of(&threads, second, percent, crowded);
        // What others leave a pressing thread who fill the core, and a tenth of a core more.
        let left = (super::pressing_share(here) * 100.0) as u32;
        let more = left + 10;
        let ran = [
            ran(1, 90, false),
            ran(2, 20, false),
            // Too little: the next one is a thread's that gives way less.
            ran(3, 10, true),
            ran(4, left, true),
            ran(40, left, true),
            // More than that, and again, but not for long.
            ran(41, more, true),
            ran(49, more, true),
            // The same thread goes on, and gives way.
            ran(50, more, false),
            ran(51, 20, false),
        ];
        // Where the tests themselves give way as much already, nothing is left to see.
        let expected = [19, 19, 19, 5, 5, 5, 5, 5, 19];
        assert_eq!(ran, expected.map(|niceness| niceness.max(here)));
        until(&threads, 1);
    }

    #[test]
    fn a_pressing_thread_knows_what_a_full_core_leaves_it_however_the_server_runs() {
        let shares = [0, 2, 5, 12].map(|niceness| pressing_share(niceness) * 100.0);
        assert_eq!(shares.map(f64::round), [25.0, 34.0, 50.0, 50.0]);
    }

    #[test]
    fn who_is_relieved_takes_nothing_more_and_ends() {
        let threads = Threads::with(2, IDLE, || SAID.get());
        let (go, gate) = mpsc::channel::<()>();
        let (done, all) = mpsc::channel();
        let begun = done.clone();
        let first = move |_: &mut Memory| {
            begun.send(std::thread::current().id()).unwrap();
            let _ = gate.recv();
            had(1, 10);
        };
        threads.run(Line::Others, Box::new(first));
        let patient = all.recv().unwrap();
        threads.shared.state.lock().crowded = true;
        for _ in 0..16 {
            let done = done.clone();
            let job = move |_: &mut Memory| {
                had(1, 10);
                done.send(std::thread::current().id()).unwrap();
            };
            threads.run(Line::Others, Box::new(job));
        }
        drop(go);
        assert!(all.iter().take(16).all(|thread| thread != patient));
        let patients = || threads.shared.state.lock().staff(Manner::Patient).running;
        while patients() > 0 {
            std::thread::yield_now();
        }
    }
}
