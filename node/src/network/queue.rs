//! What waits to be sent to one peer in one class: bounded in messages and bytes, never blocking the sender.

use super::limits::ClassLimits;
use alloy_primitives::Bytes;
use parking_lot::Mutex;
use std::collections::VecDeque;
use tokio::sync::Notify;

/// A queue with many senders and one reader.
#[derive(Debug)]
pub(super) struct Queue {
    max_messages: usize,
    max_bytes: usize,
    waiting: Mutex<Waiting>,
    filled: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    messages: VecDeque<Bytes>,
    bytes: usize,
}

impl Queue {
    pub(super) fn new(limits: &ClassLimits) -> Self {
        Self {
            max_messages: limits.queue_messages,
            max_bytes: limits.queue_bytes,
            waiting: Mutex::default(),
            filled: Notify::new(),
        }
    }

    /// Adds a message if there is room, and says whether there was.
    pub(super) fn push(&self, message: Bytes) -> bool {
        let mut waiting = self.waiting.lock();
        if !self.fits(&waiting, &message) {
            return false;
        }
        waiting.push(message);
        drop(waiting);
        self.filled.notify_one();
        true
    }

    /// Adds a message in place of the oldest ones, and says how many were dropped.
    pub(super) fn push_over_oldest(&self, message: Bytes) -> usize {
        if message.len() > self.max_bytes || self.max_messages == 0 {
            return 1;
        }
        let mut waiting = self.waiting.lock();
        let mut dropped = 0;
        while !self.fits(&waiting, &message) && waiting.pop().is_some() {
            dropped += 1;
        }
        waiting.push(message);
        drop(waiting);
        self.filled.notify_one();
        dropped
    }

    /// The oldest message, as soon as there is one.
    pub(super) async fn pop(&self) -> Bytes {
        loop {
            if let Some(message) = self.waiting.lock().pop() {
                return message;
            }
            self.filled.notified().await;
        }
    }

    fn fits(&self, waiting: &Waiting, message: &Bytes) -> bool {
        waiting.messages.len() < self.max_messages
            && waiting.bytes.saturating_add(message.len()) <= self.max_bytes
    }
}

impl Waiting {
    fn push(&mut self, message: Bytes) {
        self.bytes += message.len();
        self.messages.push_back(message);
    }

    fn pop(&mut self) -> Option<Bytes> {
        let message = self.messages.pop_front()?;
        self.bytes -= message.len();
        Some(message)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::limits::NetworkLimits, *};

    fn queue(queue_messages: usize, queue_bytes: usize) -> Queue {
        let limits = NetworkLimits::default().blocks;
        Queue::new(&ClassLimits { queue_messages, queue_bytes, ..limits })
    }

    fn message(byte: u8, length: usize) -> Bytes {
        vec![byte; length].into()
    }

    #[tokio::test]
    async fn a_full_queue_refuses_and_keeps_its_order() {
        let queue = queue(2, 100);
        assert!(queue.push(message(1, 10)));
        assert!(!queue.push(message(2, 91)));
        assert!(queue.push(message(3, 90)));
        assert!(!queue.push(message(4, 0)));
        assert_eq!((queue.pop().await[0], queue.pop().await[0]), (1, 3));
        assert!(queue.push(message(5, 100)));
    }

    #[tokio::test]
    async fn the_oldest_make_room() {
        let queue = queue(3, 100);
        for byte in 1..=3 {
            assert_eq!(queue.push_over_oldest(message(byte, 30)), 0);
        }
        assert_eq!(queue.push_over_oldest(message(4, 70)), 2);
        assert_eq!((queue.pop().await[0], queue.pop().await[0]), (3, 4));
        assert_eq!(queue.push_over_oldest(message(5, 101)), 1);
    }

    #[tokio::test]
    async fn a_waiting_reader_is_woken() {
        let queue = std::sync::Arc::new(queue(3, 100));
        let reader = tokio::spawn({
            let queue = queue.clone();
            async move { queue.pop().await }
        });
        tokio::task::yield_now().await;
        queue.push(message(9, 1));
        assert_eq!(reader.await.unwrap(), message(9, 1));
    }
}
