//! Trying again: how often, and how long to wait in between.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};

/// The longest pause that a server may ask for. A job waits this long rather than fail.
const PATIENCE: Duration = Duration::from_secs(90);

/// Up to five tries, with pauses that grow from half a second. `pause` is asked after each failure how
/// long to wait, given the pause that is due; `None` gives up.
pub(super) fn retrying<T, E>(
    mut attempt: impl FnMut() -> Result<T, E>,
    pause: impl Fn(&E, Duration) -> Option<Duration>,
) -> Result<T, E> {
    let mut pauses = ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(500))
        .with_factor(2.0)
        .with_max_times(4)
        .with_jitter()
        .build();
    loop {
        let error = match attempt() {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        match pauses.next().and_then(|due| pause(&error, due)) {
            Some(wait) => std::thread::sleep(wait),
            None => return Err(error),
        }
    }
}

/// The pause that a server asked for, if anybody can wait so long.
pub(super) fn patient(wanted: Duration, due: Duration) -> Option<Duration> {
    (wanted <= PATIENCE).then_some(wanted.max(due))
}
