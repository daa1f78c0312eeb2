//! Asking the person at the terminal. Where there is none, the answer is no.

use crate::fold::Fold;
use crate::interrupt::Interrupt;
use crate::{card, output};
use remit_run::{Answer, Approver, Question};
use std::io::{BufRead, IsTerminal};

/// Whether there is a person to ask: both the question and the answer need a terminal.
pub fn is_possible() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks for a yes; all else, and no terminal, is a no.
pub fn yes(question: &str) -> bool {
    is_possible() && matches!(ask(&format!("{question} [y/N] ")).as_str(), "y" | "yes")
}

/// The account that approves, for the record.
pub fn who() -> String {
    std::env::var("USER")
        .or_else(|_| std::env::var("LOGNAME"))
        .unwrap_or_else(|_| "unknown".to_owned())
}

fn ask(question: &str) -> String {
    output::eprint(question);
    let mut line = String::new();
    match std::io::stdin().lock().read_line(&mut line) {
        Ok(_) => line.trim().to_ascii_lowercase(),
        Err(_) => String::new(),
    }
}

/// The person at the terminal, asked while a run goes on.
pub struct Person {
    /// Clears the progress lines while a question stands.
    pub progress: indicatif::MultiProgress,
    /// An interrupt is a no.
    pub interrupt: Interrupt,
}

#[async_trait::async_trait]
impl Approver for Person {
    async fn ask(&self, question: Question) -> Answer {
        let progress = self.progress.clone();
        // Reading a line blocks: not on a thread that drives calls, nor one that the end of the program waits for.
        let asked = tokio::task::spawn_blocking(move || progress.suspend(|| answer(&question)));
        tokio::select! {
            answer = asked => answer.unwrap_or(Answer::No),
            () = self.interrupt.came() => {
                output::eprint("\n");
                Answer::No
            }
        }
    }
}

fn answer(question: &Question) -> Answer {
    let paint = output::stderr_paint();
    match question {
        Question::Skill {
            card: shown,
            changes,
            ..
        } => {
            let fold = Fold::stderr();
            output::eprint(&card::render(shown, paint, fold));
            output::eprint(&card::changes(changes, paint, fold));
            match ask("Run it with this? [y]es this time, [a]lways until it changes, [N]o ")
                .as_str()
            {
                "y" | "yes" => Answer::Once,
                "a" | "always" => Answer::Keep,
                _ => Answer::No,
            }
        }
        Question::Step {
            id,
            why,
            does,
            with,
            ..
        } => {
            output::eprint(&format!("{} {id} ({does}): {why}\n", paint.bold("step")));
            if let Some(with) = with {
                output::eprint(&format!("  with {with}\n"));
            }
            if yes("Go ahead?") {
                Answer::Once
            } else {
                Answer::No
            }
        }
        _ => Answer::No,
    }
}
