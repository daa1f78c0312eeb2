//! A stream cut into lines, none of which grows past what a message may have.

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

use super::envelope::Envelope;

/// Bytes of one message. The same over http.
pub const MAX_MESSAGE: usize = 4 << 20;

/// Where what comes from the client is cut.
pub struct Lines<R> {
    read: BufReader<R>,
    line: Vec<u8>,
    envelope: Envelope,
    too_long: bool,
}

/// What a line is.
pub enum Line {
    /// A line without its end.
    Whole(Vec<u8>, Envelope),
    /// One that was longer, of which only the envelope is left.
    TooLong(Envelope),
    /// No more will come.
    End,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    /// Reads from the beginning.
    pub fn new(read: R) -> Lines<R> {
        Lines {
            read: BufReader::with_capacity(64 << 10, read),
            line: Vec::new(),
            envelope: Envelope::default(),
            too_long: false,
        }
    }

    /// The next line. It can be given up at any await: what was read of a line is kept for the next call.
    pub async fn next(&mut self) -> Line {
        loop {
            let available = match self.read.fill_buf().await {
                Ok(available) => available,
                Err(error) => {
                    tracing::info!(%error, "nothing more can be read from the client");
                    return Line::End;
                }
            };
            if available.is_empty() {
                // A whole message without an end of line, as `printf` leaves it, is one too.
                return if self.line.is_empty() && !self.too_long {
                    Line::End
                } else {
                    self.take()
                };
            }
            let end = available.iter().position(|byte| *byte == b'\n');
            let part = available
                .get(..end.unwrap_or(available.len()))
                .unwrap_or_default();
            self.envelope.feed(part);
            if self.line.len() + part.len() > MAX_MESSAGE {
                self.too_long = true;
                self.line = Vec::new();
            } else if !self.too_long {
                self.line.extend_from_slice(part);
            }
            let used = part.len() + usize::from(end.is_some());
            self.read.consume(used);
            if end.is_some() {
                return self.take();
            }
        }
    }

    fn take(&mut self) -> Line {
        let envelope = std::mem::take(&mut self.envelope);
        let line = std::mem::take(&mut self.line);
        if std::mem::take(&mut self.too_long) {
            Line::TooLong(envelope)
        } else {
            Line::Whole(line, envelope)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rmcp::model::RequestId;

    async fn lines(bytes: &[u8]) -> Vec<Result<Vec<u8>, Option<RequestId>>> {
        let mut lines = Lines::new(bytes);
        let mut all = Vec::new();
        loop {
            match lines.next().await {
                Line::Whole(line, _) => all.push(Ok(line)),
                Line::TooLong(envelope) => all.push(Err(envelope.id())),
                Line::End => return all,
            }
        }
    }

    #[tokio::test]
    async fn lines_are_cut_and_the_last_needs_no_end() {
        assert_eq!(
            lines(b"a\n\nbc\nd").await,
            [&b"a"[..], b"", b"bc", b"d"].map(|l| Ok(l.to_vec()))
        );
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_dropped_and_its_id_is_known() {
        let mut bytes = b"{\"x\":\"".to_vec();
        bytes.resize(MAX_MESSAGE + 10, b'x');
        bytes.extend_from_slice(b"\",\"id\":7}\nnext\n");
        assert_eq!(
            lines(&bytes).await,
            [Err(Some(RequestId::Number(7))), Ok(b"next".to_vec())]
        );
        // The longest that is let through.
        let mut bytes = vec![b'x'; MAX_MESSAGE];
        bytes.extend_from_slice(b"\nnext");
        let all = lines(&bytes).await;
        assert_eq!(all.len(), 2);
        assert!(all.iter().all(Result::is_ok));
    }
}
