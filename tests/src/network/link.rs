//! A slow and lossy line between two nodes, as TCP shows it: everything late, and now and then a stall.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, sleep_until},
};

/// What fits into one packet of a usual line.
const SEGMENT_BYTES: usize = 1_460;
/// How long a lost packet holds up what follows, beside the line's own delay: the least time after which
/// Linux sends it again.
const RETRANSMISSION: Duration = Duration::from_millis(200);
/// Chunks under way in one direction.
const IN_FLIGHT: usize = 1_024;

/// How bad a line is.
#[derive(Debug, Clone, Copy)]
pub struct Quality {
    /// From one end to the other.
    pub delay: Duration,
    /// Lost packets, in a hundred.
    pub loss_percent: u32,
}

/// A line: a port that leads to another one.
#[derive(Debug)]
pub struct Link {
    /// Where it begins.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Link {
    /// Opens a line to an address.
    ///
    /// # Panics
    /// If there is no port.
    pub async fn open(to: SocketAddr, quality: Quality) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let task = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = TcpStream::connect(to).await else { continue };
                for stream in [&near, &far] {
                    let _ = stream.set_nodelay(true);
                }
                let ((near_in, near_out), (far_in, far_out)) =
                    (near.into_split(), far.into_split());
                tokio::spawn(carry(near_in, far_out, quality));
                tokio::spawn(carry(far_in, near_out, quality));
            }
        });
        Self { address, task }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, quality: Quality) {
    let (sender, mut arriving) = mpsc::channel::<(Instant, Vec<u8>)>(IN_FLIGHT);
    let reader = async move {
        let mut last = Instant::now();
        let mut bytes = vec![0; 16 * SEGMENT_BYTES];
        while let Ok(count @ 1..) = from.read(&mut bytes).await {
            let lost = (0..count.div_ceil(SEGMENT_BYTES))
                .any(|_| rand::random_range(0..100) < quality.loss_percent);
            let stall = if lost { RETRANSMISSION } else { Duration::ZERO };
            // Nothing overtakes what was sent before it.
            last = last.max(Instant::now() + quality.delay + stall);
            if sender.send((last, bytes[..count].to_vec())).await.is_err() {
                return;
            }
        }
    };
    let writer = async move {
        while let Some((due, bytes)) = arriving.recv().await {
            sleep_until(due).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(reader, writer);
}
