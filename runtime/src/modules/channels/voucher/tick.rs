//! Hash-chain ticks: payments between two vouchers at the cost of a hash. The payer signs the chain's
//! anchor and then reveals one preimage after the other (rule D.4).
//!
//! t_i = keccak256(0x54 ‖ channelId ‖ lane ‖ cumulativeAmount ‖ t_{i+1}), anchor = t_0. Lane and amount are
//! in every link, so that an anchor signed twice is still paid once.

use alloy_primitives::{Address, B256, keccak256};
use alloy_sol_types::SolValue as _;

/// Most ticks after one voucher.
pub const MAX_TICKS: u32 = 1_024;

/// What every link of a chain is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Link {
    bytes: [u8; 85],
}

impl Link {
    fn new(channel_id: B256, lane: u32, cumulative_amount_wei: u128) -> Self {
        let mut bytes = [0u8; 85];
        let fields: [&[u8]; 4] = [
            &[0x54],
            channel_id.as_slice(),
            &lane.to_be_bytes(),
            &cumulative_amount_wei.to_be_bytes(),
        ];
        let joined = fields.into_iter().flatten();
        bytes.iter_mut().zip(joined).for_each(|(to, from)| *to = *from);
        Self { bytes }
    }

    /// t_i from t_{i+1}.
    fn before(&mut self, next: B256) -> B256 {
        if let Some(last) = self.bytes.last_chunk_mut::<32>() {
            *last = next.0;
        }
        keccak256(self.bytes)
    }
}

/// What ticks of a pool are bound to in place of a channel's id: pool and payee.
pub fn pool_tick_id(pool_id: B256, payee: Address) -> B256 {
    keccak256((pool_id, payee).abi_encode())
}

/// Whether `preimage` is tick `index` of the chain with this anchor. Tick 0 is the anchor itself.
pub fn is_tick_of(
    anchor: B256,
    channel_id: B256,
    lane: u32,
    cumulative_amount_wei: u128,
    index: u32,
    preimage: B256,
) -> bool {
    let mut link = Link::new(channel_id, lane, cumulative_amount_wei);
    (0..index).fold(preimage, |tick, _| link.before(tick)) == anchor
}

/// A payer's chain: made from a secret end, given out tick by tick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TickChain {
    /// t_0 … t_n.
    ticks: Vec<B256>,
}

impl TickChain {
    /// A chain of `count` ticks that ends in `secret`; no more than [`MAX_TICKS`].
    pub fn new(
        channel_id: B256,
        lane: u32,
        cumulative_amount_wei: u128,
        count: u32,
        secret: B256,
    ) -> Self {
        let mut link = Link::new(channel_id, lane, cumulative_amount_wei);
        let count = usize::try_from(count.min(MAX_TICKS)).unwrap_or(0);
        let mut ticks: Vec<B256> =
            std::iter::successors(Some(secret), |next| Some(link.before(*next)))
                .take(count.saturating_add(1))
                .collect();
        ticks.reverse();
        Self { ticks }
    }

    /// t_0, which the voucher names.
    pub fn anchor(&self) -> B256 {
        self.ticks.first().copied().unwrap_or_default()
    }

    /// Tick `index`; `None` beyond the end.
    pub fn tick(&self, index: u32) -> Option<B256> {
        self.ticks.get(usize::try_from(index).ok()?).copied()
    }
}
