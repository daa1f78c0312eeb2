//! A run's progress on stderr: live bars on a terminal, plain lines elsewhere.

use crate::card;
use crate::output::{self, Paint};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use remit_run::{Event, StepState};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// That a component is being compiled, shown on a terminal until it is dropped.
pub struct Compiling(Option<ProgressBar>);

impl Compiling {
    /// Shows it at the next tick: most components are done by then.
    pub fn begin(bytes: u64) -> Compiling {
        use std::io::IsTerminal;
        if !std::io::stderr().is_terminal() {
            return Compiling(None);
        }
        let size = card::size(bytes);
        let message = format!("compiling {size} of WebAssembly, once");
        let bar = ProgressBar::new_spinner()
            .with_style(style("{spinner} {msg}  {elapsed}"))
            .with_message(message);
        bar.enable_steady_tick(Duration::from_millis(200));
        Compiling(Some(bar))
    }
}

impl Drop for Compiling {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// Shows the events of one run.
pub struct Progress {
    bars: MultiProgress,
    live: bool,
    paint: Paint,
    steps: Mutex<BTreeMap<String, (ProgressBar, String)>>,
    folder: OnceLock<PathBuf>,
}

impl Progress {
    /// Live where stderr is a terminal; silent where `quiet`.
    pub fn new(quiet: bool) -> Progress {
        use std::io::IsTerminal;
        let live = !quiet && std::io::stderr().is_terminal();
        let bars = MultiProgress::new();
        if !live {
            bars.set_draw_target(indicatif::ProgressDrawTarget::hidden());
        }
        Progress {
            bars,
            live,
            paint: output::stderr_paint(),
            steps: Mutex::default(),
            folder: OnceLock::new(),
        }
    }

    /// For whoever must write to the terminal while bars are drawn.
    pub fn bars(&self) -> MultiProgress {
        self.bars.clone()
    }

    /// The run's folder, once the run has one.
    pub fn folder(&self) -> Option<PathBuf> {
        self.folder.get().cloned()
    }

    /// Shows one event.
    pub fn show(&self, event: Event) {
        match event {
            Event::RunStarted { skill, folder, .. } => {
                self.folder.get_or_init(|| folder);
                self.line(&self.paint.bold(&skill));
            }
            Event::StepStarted {
                id, does, items, ..
            } => self.start(id, does, items),
            Event::StepProgress { id, done, total } => self.advance(&id, done, total),
            Event::StepFinished {
                id,
                state,
                time,
                message,
            } => {
                self.finish(&id, state, time, message.as_deref());
            }
            Event::Denied {
                step,
                plugin,
                code,
                asked,
                ..
            } => {
                let step = step.map(|s| format!("{s}: ")).unwrap_or_default();
                self.line(&format!(
                    "  {} {step}{plugin} asked for {asked} [{code}]",
                    self.paint.warn("denied")
                ));
            }
            Event::Log {
                step,
                plugin,
                level,
                line,
            } => {
                let step = step.map(|s| format!("{s}: ")).unwrap_or_default();
                self.line(&self.paint.dim(&format!("  {step}{plugin} {level}: {line}")));
            }
            _ => {}
        }
    }

    fn start(&self, id: String, does: String, items: Option<usize>) {
        if !self.live {
            self.lock().insert(id, (ProgressBar::hidden(), does));
            return;
        }
        let bar = match items {
            Some(total) => ProgressBar::new(total as u64)
                .with_style(style("  {spinner} {prefix:14} {msg}  {bar:24} {pos}/{len}")),
            None => ProgressBar::new_spinner().with_style(style("  {spinner} {prefix:14} {msg}")),
        };
        let bar = self
            .bars
            .add(bar.with_prefix(id.clone()).with_message(does.clone()));
        bar.enable_steady_tick(Duration::from_millis(100));
        self.lock().insert(id, (bar, does));
    }

    fn advance(&self, id: &str, done: usize, total: usize) {
        if let Some((bar, _)) = self.lock().get(id) {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        }
    }

    fn finish(&self, id: &str, state: StepState, time: Duration, message: Option<&str>) {
        let (items, does) = match self.lock().remove(id) {
            Some((bar, does)) => {
                bar.finish_and_clear();
                (bar.length().filter(|n| *n > 1), does)
            }
            None => (None, String::new()),
        };
        let sign = match state {
            StepState::Done => self.paint.good("✓"),
            StepState::Skipped => self.paint.dim("–"),
            _ => self.paint.error("✗"),
        };
        let items = items.map(|n| format!(" × {n}")).unwrap_or_default();
        let time = self.paint.dim(&format!("{} ms", time.as_millis()));
        // Why a step failed is what the program ends with.
        let message = message
            .filter(|_| state != StepState::Failed)
            .map(|m| format!("  {m}"))
            .unwrap_or_default();
        self.line(&format!("  {sign} {id:<14} {does}{items}  {time}{message}"));
    }

    fn line(&self, text: &str) {
        self.bars.suspend(|| output::eprint(&format!("{text}\n")));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, (ProgressBar, String)>> {
        // A poisoned map of bars is still a map of bars.
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
