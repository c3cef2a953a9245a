//! What the events of channels and pools say, in words.

use alloy_primitives::{B256, Log, U256};
use alloy_sol_types::SolEventInterface;
use btt_runtime::modules::channels::IChannels::IChannelsEvents as Event;
use btt_runtime::primitives::addresses::CHANNELS;
use btt_runtime::primitives::amount::format_btt;

use crate::render::{Fields, deadline, now_ms, span};

/// Bytes of an item of `BatchSettled`: id ‖ wei.
const BATCH_ITEM_BYTES: usize = 48;

fn btt(wei: u128) -> String {
    format_btt(U256::from(wei))
}

fn one(label: &str, text: impl ToString) -> Fields {
    Fields::new().line(label, text)
}

fn grace(seconds: u32) -> String {
    span(u64::from(seconds).saturating_mul(1_000))
}

/// An event of a channel or pool; nothing for other logs.
pub(super) fn words(log: &Log) -> Fields {
    if log.address != CHANNELS {
        return Fields::new();
    }
    Event::decode_raw_log(log.topics(), &log.data.data).map_or_else(|_| Fields::new(), |e| of(&e))
}

fn of(event: &Event) -> Fields {
    match event {
        Event::ChannelOpened(e) => one("channel", e.channelId)
            .line("deposit", format!("{} for {}", btt(e.depositWei), e.payee))
            .line("grace", grace(e.graceS)),
        Event::ToppedUp(e) => {
            one("added", format!("{}; the deposit is {}", btt(e.amountWei), btt(e.depositWei)))
        }
        Event::Settled(e) => {
            one("paid", format!("{} to {}; {} in all", btt(e.paidWei), e.payee, btt(e.settledWei)))
        }
        Event::BatchSettled(e) => {
            let items = batch_items(&e.items);
            let sum = items.iter().fold(0u128, |sum, (_, wei)| sum.saturating_add(*wei));
            one("paid", format!("{} to {} by {} vouchers", btt(sum), e.payee, items.len()))
        }
        Event::TowerPaid(e) => one("tip", format!("{} to the tower {}", btt(e.tipWei), e.tower)),
        Event::CloseRequested(e) => one(
            "payee settles",
            format!("until the payer withdraws, {}", until(e.closesAtMs, e.closesAtBlock)),
        ),
        Event::CloseCancelled(_) | Event::PoolCloseCancelled(_) => {
            one("close request", "taken back")
        }
        Event::ChannelClosed(e) => one("closed", e.channelId)
            .line("to the payee", format!("{} at the end ({})", btt(e.paidWei), e.payee))
            .line("to the payer", format!("{} ({})", btt(e.refundedWei), e.payer)),
        Event::PoolOpened(e) => one("pool", e.poolId)
            .line("deposit", btt(e.depositWei))
            .line("collateral", btt(e.collateralWei))
            .line("a payee", format!("may claim {}", btt(share(e.depositWei, e.minPayees))))
            .line("grace", grace(e.graceS)),
        Event::PoolToppedUp(e) => {
            one("added", format!("{}; the deposit is {}", btt(e.amountWei), btt(e.depositWei)))
                .line("collateral", btt(e.collateralWei))
        }
        Event::PoolSettled(e) => {
            one("paid", format!("{} to {}; {} in all", btt(e.paidWei), e.payee, btt(e.settledWei)))
        }
        Event::PoolFrozen(e) => one(
            "frozen",
            format!("the payer promised too much; {} of collateral are burnt", btt(e.burntWei)),
        ),
        Event::PoolCloseRequested(e) => one(
            "payees settle",
            format!("until the pool is closed, {}", until(e.closesAtMs, e.closesAtBlock)),
        ),
        Event::PoolClosed(e) => one("closed", e.poolId).line("to the payer", btt(e.refundedWei)),
    }
}

fn until(ms: u64, block: u64) -> String {
    format!("earliest {}", deadline(ms, block, now_ms()))
}

fn share(deposit_wei: u128, min_payees: u16) -> u128 {
    deposit_wei.checked_div(u128::from(min_payees)).unwrap_or(0)
}

/// Id and wei of each item that a batch has paid.
pub(crate) fn batch_items(bytes: &[u8]) -> Vec<(B256, u128)> {
    let items = bytes.chunks_exact(BATCH_ITEM_BYTES);
    items
        .filter_map(|item| {
            let (id, wei) = item.split_first_chunk::<32>()?;
            Some((B256::from(*id), u128::from_be_bytes(wei.try_into().ok()?)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use alloy_primitives::Address;
    use alloy_sol_types::SolEvent;
    use btt_runtime::modules::channels::IChannels;

    use super::*;

    fn told(event: &impl SolEvent) -> String {
        words(&Log { address: CHANNELS, data: event.encode_log_data() }).render()
    }

    #[test]
    fn a_batch_tells_its_sum() {
        let item = |byte: u8, wei: u128| [vec![byte; 32], wei.to_be_bytes().to_vec()].concat();
        let items = [item(1, 1_500_000_000_000_000_000), item(2, 500_000_000_000_000_000)].concat();
        let event = IChannels::BatchSettled { payee: Address::ZERO, items: items.clone().into() };
        assert_eq!(
            told(&event),
            "paid  2 BTT to 0x0000000000000000000000000000000000000000 by 2 vouchers"
        );
        assert_eq!(batch_items(&items)[1], (B256::repeat_byte(2), 500_000_000_000_000_000));
        assert_eq!(batch_items(&items[..95]).len(), 1);
    }

    #[test]
    fn a_close_request_says_how_long_the_payee_has() {
        let event = IChannels::CloseRequested {
            channelId: B256::ZERO,
            payer: Address::ZERO,
            payee: Address::ZERO,
            closesAtMs: 1_000,
            closesAtBlock: 1_812,
        };
        assert_eq!(
            told(&event),
            "payee settles  until the payer withdraws, earliest as soon as block 1,812 has come"
        );
        let frozen = IChannels::PoolFrozen {
            poolId: B256::ZERO,
            payer: Address::ZERO,
            payee: Address::ZERO,
            burntWei: 7_000_000_000_000_000_000,
        };
        assert!(told(&frozen).ends_with("7 BTT of collateral are burnt"));
        let foreign = Log { address: Address::ZERO, data: frozen.encode_log_data() };
        assert_eq!(words(&foreign), Fields::new());
    }
}
