//! Several small fields in one 32-byte slot, the first in the lowest bits.

use alloy_primitives::{Address, U256};

/// Largest number of 48 bits.
pub const MAX_U48: u64 = (1 << 48) - 1;
/// Largest number of 104 bits.
pub const MAX_U104: u128 = (1 << 104) - 1;

/// Puts fields into a slot.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pack {
    word: U256,
    bits: usize,
}

impl Pack {
    fn put(mut self, value: U256, bits: usize) -> Self {
        debug_assert!(self.bits.saturating_add(bits) <= 256, "the fields have room in a slot");
        self.word |= value.wrapping_shl(self.bits);
        self.bits = self.bits.saturating_add(bits);
        self
    }

    /// 128 bits.
    pub fn u128(self, value: u128) -> Self {
        self.put(U256::from(value), 128)
    }

    /// 104 bits: any amount of wei, of which there are fewer than 2¹⁰⁰. What is larger is cut to the largest.
    pub fn u104(self, value: u128) -> Self {
        self.put(U256::from(value.min(MAX_U104)), 104)
    }

    /// 48 bits: ms until the year 10,889, or blocks. What is larger is cut to the largest.
    pub fn u48(self, value: u64) -> Self {
        self.put(U256::from(value.min(MAX_U48)), 48)
    }

    /// 64 bits.
    pub fn u64(self, value: u64) -> Self {
        self.put(U256::from(value), 64)
    }

    /// 32 bits.
    pub fn u32(self, value: u32) -> Self {
        self.put(U256::from(value), 32)
    }

    /// 16 bits.
    pub fn u16(self, value: u16) -> Self {
        self.put(U256::from(value), 16)
    }

    /// 8 bits.
    pub fn u8(self, value: u8) -> Self {
        self.put(U256::from(value), 8)
    }

    /// 160 bits.
    pub fn address(self, value: Address) -> Self {
        self.put(U256::from_be_slice(value.as_slice()), 160)
    }

    /// The slot.
    pub fn word(self) -> U256 {
        self.word
    }
}

/// Takes the fields of a slot in the order in which they were put.
#[derive(Debug, Clone, Copy)]
pub struct Unpack {
    word: U256,
}

impl Unpack {
    /// Of this slot.
    pub fn new(word: U256) -> Self {
        Self { word }
    }

    fn take(&mut self, bits: usize) -> [u64; 4] {
        let limbs = *self.word.as_limbs();
        self.word = self.word.wrapping_shr(bits);
        limbs
    }

    /// 128 bits.
    pub fn u128(&mut self) -> u128 {
        let [low, high, ..] = self.take(128);
        u128::from(low) | (u128::from(high) << 64)
    }

    /// 104 bits.
    pub fn u104(&mut self) -> u128 {
        let [low, high, ..] = self.take(104);
        (u128::from(low) | (u128::from(high) << 64)) & MAX_U104
    }

    /// 48 bits.
    pub fn u48(&mut self) -> u64 {
        let [low, ..] = self.take(48);
        low & MAX_U48
    }

    /// 64 bits.
    pub fn u64(&mut self) -> u64 {
        let [low, ..] = self.take(64);
        low
    }

    /// 32 bits.
    pub fn u32(&mut self) -> u32 {
        let [low, ..] = self.take(32);
        let [a, b, c, d, ..] = low.to_le_bytes();
        u32::from_le_bytes([a, b, c, d])
    }

    /// 16 bits.
    pub fn u16(&mut self) -> u16 {
        let [low, ..] = self.take(16);
        let [a, b, ..] = low.to_le_bytes();
        u16::from_le_bytes([a, b])
    }

    /// 8 bits.
    pub fn u8(&mut self) -> u8 {
        let [low, ..] = self.take(8);
        let [a, ..] = low.to_le_bytes();
        a
    }

    /// 160 bits.
    pub fn address(&mut self) -> Address {
        let word = self.word;
        self.take(160);
        Address::from_word(word.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back_in_order() {
        let address = Address::repeat_byte(0xab);
        let word = Pack::default().u8(7).u16(300).u64(u64::MAX).address(address).u8(9).word();
        let mut fields = Unpack::new(word);
        assert_eq!((fields.u8(), fields.u16(), fields.u64()), (7, 300, u64::MAX));
        assert_eq!((fields.address(), fields.u8()), (address, 9));
        let word = Pack::default().u128(u128::MAX).u32(5).u64(6).word();
        let mut fields = Unpack::new(word);
        assert_eq!((fields.u128(), fields.u32(), fields.u64()), (u128::MAX, 5, 6));
        let word = Pack::default().u104(MAX_U104).u104(7).u48(MAX_U48).word();
        let mut fields = Unpack::new(word);
        assert_eq!((fields.u104(), fields.u104(), fields.u48()), (MAX_U104, 7, MAX_U48));
        let mut cut = Unpack::new(Pack::default().u104(u128::MAX).u48(u64::MAX).u8(1).word());
        assert_eq!((cut.u104(), cut.u48(), cut.u8()), (MAX_U104, MAX_U48, 1));
    }
}
