//! Frames: a big-endian u32 length and that many bytes. The length is checked before anything is allocated,
//! and the buffer grows with what has come, so that a length alone costs the reader nothing.

use futures::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use std::{io, time::Duration};

/// Bytes of the length prefix.
const PREFIX: usize = 4;
/// What a frame may be read into at first.
const FIRST_CAPACITY: usize = 16 * 1024;
/// Slowest transfer of long frames that is borne, in bytes a second.
const SLOWEST: usize = 64 * 1024;

/// Why there is no frame.
#[derive(Debug, thiserror::Error)]
pub(super) enum FrameError {
    #[error("the stream ended: {0}")]
    Io(#[from] io::Error),
    #[error("a frame of {length} bytes, at most {limit} are taken")]
    Oversize { length: usize, limit: usize },
    #[error("a frame was not complete in time")]
    Timeout,
}

/// Reads a frame. Waits for its first byte as long as it takes, for the rest as long as `patience` allows.
pub(super) async fn read(
    stream: &mut (impl AsyncRead + Unpin),
    limit: usize,
    patience: Duration,
) -> Result<Vec<u8>, FrameError> {
    let mut prefix = [0; PREFIX];
    let (first, rest) = prefix.split_at_mut(1);
    stream.read_exact(first).await?;
    let read_rest = stream.read_exact(rest);
    tokio::time::timeout(patience, read_rest).await.map_err(|_| FrameError::Timeout)??;
    let length = u32::from_be_bytes(prefix) as usize;
    if length > limit {
        return Err(FrameError::Oversize { length, limit });
    }
    let mut payload = Vec::with_capacity(length.min(FIRST_CAPACITY));
    let mut body = stream.take(length as u64);
    let read_body = body.read_to_end(&mut payload);
    let patience = scaled(patience, length);
    tokio::time::timeout(patience, read_body).await.map_err(|_| FrameError::Timeout)??;
    if payload.len() < length {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    Ok(payload)
}

/// Writes a frame and flushes it.
pub(super) async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    payload: &[u8],
    patience: Duration,
) -> Result<(), FrameError> {
    let length = u32::try_from(payload.len())
        .map_err(|_| FrameError::Oversize { length: payload.len(), limit: u32::MAX as usize })?;
    let all = async {
        if payload.len() <= FIRST_CAPACITY {
            // One write, so that a small message is one packet.
            let mut frame = Vec::with_capacity(PREFIX + payload.len());
            frame.extend_from_slice(&length.to_be_bytes());
            frame.extend_from_slice(payload);
            stream.write_all(&frame).await?;
        } else {
            stream.write_all(&length.to_be_bytes()).await?;
            stream.write_all(payload).await?;
        }
        stream.flush().await
    };
    let patience = scaled(patience, payload.len());
    tokio::time::timeout(patience, all).await.map_err(|_| FrameError::Timeout)??;
    Ok(())
}

fn scaled(patience: Duration, length: usize) -> Duration {
    patience + Duration::from_secs((length / SLOWEST) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::io::Cursor;

    const PATIENCE: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn what_is_written_is_read() {
        for length in [0, 1, FIRST_CAPACITY, FIRST_CAPACITY + 1, 300_000] {
            let payload = vec![7; length];
            let mut out = Cursor::new(Vec::new());
            write(&mut out, &payload, PATIENCE).await.unwrap();
            let bytes = out.into_inner();
            assert_eq!(bytes[..4], (length as u32).to_be_bytes());
            assert_eq!(read(&mut Cursor::new(bytes), length, PATIENCE).await.unwrap(), payload);
        }
    }

    #[tokio::test]
    async fn a_length_above_the_limit_is_refused_by_the_prefix_alone() {
        let mut stream = Cursor::new(u32::MAX.to_be_bytes());
        let error = read(&mut stream, 1_000, PATIENCE).await.unwrap_err();
        assert!(matches!(error, FrameError::Oversize { limit: 1_000, .. }), "{error}");
    }

    #[tokio::test]
    async fn a_cut_frame_is_an_error() {
        for bytes in [&[][..], &[0, 0], &[0, 0, 0, 9, 1, 2]] {
            let error = read(&mut Cursor::new(bytes), 1_000, PATIENCE).await.unwrap_err();
            assert!(matches!(error, FrameError::Io(_)), "{error}");
        }
    }

    #[tokio::test]
    async fn a_frame_that_is_never_complete_runs_out_of_time() {
        for sent in [&[0][..], &[0, 0, 0, 9, 1]] {
            let mut stream = Cursor::new(sent).chain(Never);
            let soon = Duration::from_millis(20);
            let error = read(&mut stream, 1_000, soon).await.unwrap_err();
            assert!(matches!(error, FrameError::Timeout), "{error}");
        }
    }

    struct Never;

    impl AsyncRead for Never {
        fn poll_read(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            _: &mut [u8],
        ) -> std::task::Poll<io::Result<usize>> {
            std::task::Poll::Pending
        }
    }
}
