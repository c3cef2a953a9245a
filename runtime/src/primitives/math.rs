//! Checked integer arithmetic with the rounding in the name.

use alloy_primitives::{U256, U512};

/// ⌊a·b / c⌋; `None` if c is zero or the result has more than 128 bits.
pub fn mul_div_floor(a: u128, b: u128, c: u128) -> Option<u128> {
    let product = U256::from(a).checked_mul(U256::from(b))?;
    product.checked_div(U256::from(c))?.try_into().ok()
}

/// ⌈a·b / c⌉; `None` if c is zero or the result has more than 128 bits.
pub fn mul_div_ceil(a: u128, b: u128, c: u128) -> Option<u128> {
    let product = U256::from(a).checked_mul(U256::from(b))?;
    let up = U256::from(c).checked_sub(U256::from(1))?;
    product.checked_add(up)?.checked_div(U256::from(c))?.try_into().ok()
}

/// ⌊a·b / 2¹²⁸⌋ by a 512-bit product; `None` if it has more than 128 bits.
pub fn mul_shift_128(a: u128, b: U256) -> Option<u128> {
    let product: U512 = U256::from(a).widening_mul(b);
    product.wrapping_shr(128).try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_goes_where_the_name_says() {
        assert_eq!((mul_div_floor(7, 1, 2), mul_div_ceil(7, 1, 2)), (Some(3), Some(4)));
        assert_eq!((mul_div_floor(8, 1, 2), mul_div_ceil(8, 1, 2)), (Some(4), Some(4)));
        assert_eq!((mul_div_floor(0, 5, 9), mul_div_ceil(0, 5, 9)), (Some(0), Some(0)));
    }

    #[test]
    fn what_does_not_fit_or_divides_by_zero_is_none() {
        assert_eq!(mul_div_floor(1, 1, 0), None);
        assert_eq!(mul_div_ceil(1, 1, 0), None);
        assert_eq!(mul_div_floor(u128::MAX, u128::MAX, 1), None);
        assert_eq!(mul_div_ceil(u128::MAX, u128::MAX, u128::MAX), Some(u128::MAX));
        let one = U256::from(1) << 128;
        assert_eq!(mul_shift_128(u128::MAX, U256::MAX), None);
        assert_eq!(mul_shift_128(3, one), Some(3));
        assert_eq!(mul_shift_128(3, one - U256::from(1)), Some(2));
    }
}
