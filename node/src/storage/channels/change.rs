//! What happened to a channel, in and out of its row.

use crate::storage::codec::{Input, damaged, put_number};
use alloy_primitives::{Address, U256};
use btt_runtime::state::StoreError;

/// What happened to a channel or pool. Amounts are wei.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelChange {
    /// It was opened.
    Opened {
        /// Deposit.
        deposit_wei: u128,
        /// A pool's collateral.
        collateral_wei: u128,
    },
    /// Its deposit has grown.
    ToppedUp {
        /// By whom.
        from: Address,
        /// How much.
        amount_wei: u128,
        /// Deposit since.
        deposit_wei: u128,
        /// A pool's collateral since.
        collateral_wei: u128,
    },
    /// A payee was paid.
    Settled {
        /// Who.
        payee: Address,
        /// In which lane, and what it (of a pool: this payee) was paid since in all; `None` by a batch.
        lane: Option<(u8, u128)>,
        /// How much.
        paid_wei: u128,
    },
    /// A tower kept its tip.
    TowerPaid {
        /// Which.
        tower: Address,
        /// How much.
        tip_wei: u128,
    },
    /// The payer has asked to close.
    CloseRequested {
        /// The grace lasts until this time, in ms since 1970, …
        time_ms: u64,
        /// … and this block have come.
        block: u64,
    },
    /// The payer took it back.
    CloseCancelled,
    /// The payer of a pool promised more than there is.
    Frozen {
        /// Whose claim showed it.
        payee: Address,
        /// Collateral that was burnt.
        burnt_wei: u128,
    },
    /// It is gone.
    Closed {
        /// Paid to the payee at the end.
        paid_wei: u128,
        /// Returned to the payer.
        refunded_wei: u128,
    },
}

/// A row's fields: what it is, an account, a lane, three numbers.
type Fields = (u8, Address, u8, [u128; 3]);

/// The lane of a payment by a batch, whose event names none.
const NO_LANE: u8 = 0xff;

impl ChannelChange {
    fn fields(&self) -> Fields {
        let nobody = Address::ZERO;
        match *self {
            Self::Opened { deposit_wei, collateral_wei } => {
                (0, nobody, 0, [deposit_wei, collateral_wei, 0])
            }
            Self::ToppedUp { from, amount_wei, deposit_wei, collateral_wei } => {
                (1, from, 0, [amount_wei, deposit_wei, collateral_wei])
            }
            Self::Settled { payee, lane, paid_wei } => {
                let (lane, settled_wei) = lane.unwrap_or((NO_LANE, 0));
                (2, payee, lane, [paid_wei, settled_wei, 0])
            }
            Self::TowerPaid { tower, tip_wei } => (3, tower, 0, [tip_wei, 0, 0]),
            Self::CloseRequested { time_ms, block } => {
                (4, nobody, 0, [u128::from(time_ms), u128::from(block), 0])
            }
            Self::CloseCancelled => (5, nobody, 0, [0; 3]),
            Self::Frozen { payee, burnt_wei } => (6, payee, 0, [burnt_wei, 0, 0]),
            Self::Closed { paid_wei, refunded_wei } => (7, nobody, 0, [paid_wei, refunded_wei, 0]),
        }
    }

    /// `code ‖ account ‖ lane ‖ three trimmed numbers`
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let (code, account, lane, numbers) = self.fields();
        out.push(code);
        out.extend_from_slice(account.as_slice());
        out.push(lane);
        for number in numbers {
            put_number(out, U256::from(number));
        }
    }

    pub(super) fn decode(input: &mut Input<'_>) -> Result<Self, StoreError> {
        let code = input.byte()?;
        let account = Address::from_slice(input.take(20)?);
        let lane = input.byte()?;
        let mut number = || wei(input);
        let (a, b, c) = (number()?, number()?, number()?);
        let narrow = |wide: u128| u64::try_from(wide).map_err(|_| damaged("a channel's event"));
        Ok(match code {
            0 => Self::Opened { deposit_wei: a, collateral_wei: b },
            1 => Self::ToppedUp { from: account, amount_wei: a, deposit_wei: b, collateral_wei: c },
            2 => {
                let lane = (lane != NO_LANE).then_some((lane, b));
                Self::Settled { payee: account, lane, paid_wei: a }
            }
            3 => Self::TowerPaid { tower: account, tip_wei: a },
            4 => Self::CloseRequested { time_ms: narrow(a)?, block: narrow(b)? },
            5 => Self::CloseCancelled,
            6 => Self::Frozen { payee: account, burnt_wei: a },
            7 => Self::Closed { paid_wei: a, refunded_wei: b },
            _ => return Err(damaged("a channel's event")),
        })
    }
}

/// A number of 128 bits.
pub(super) fn wei(input: &mut Input<'_>) -> Result<u128, StoreError> {
    u128::try_from(input.number()?).map_err(|_| damaged("an amount of a channel"))
}
