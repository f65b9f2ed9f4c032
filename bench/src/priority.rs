//! Which threads give way.

/// How much those give way to what is measured that stand for other machines: there they would
/// take none of this one's time.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// Has the thread that calls this give way.
pub(crate) fn give_way() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, NICENESS);
}
