//! A small assembler: EVM programs as lists of steps.

use alloy_primitives::{Address, U256, hex};

/// Which opcode calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Call,
    CallCode,
    DelegateCall,
    StaticCall,
}

/// What a contract made inside of a transaction does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Child {
    /// Destroys itself while it is created; its coins go to itself, that is, nowhere.
    DiesAtOnce,
    /// Destroys itself in favour of itself whenever it is called.
    DiesWhenCalled,
    /// Refuses to be created.
    Reverts,
}

/// One step of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Store {
        slot: u8,
        value: u8,
    },
    Log(u8),
    Call {
        scheme: Scheme,
        to: Address,
        wei: u64,
    },
    Create {
        child: Child,
        wei: u64,
    },
    /// Calls the last child with coins.
    CallChild {
        wei: u64,
    },
    /// In favour of an account, or of the contract itself.
    SelfDestruct(Option<Address>),
    Revert,
    Invalid,
    /// Runs until the gas is used up.
    Loop,
}

/// The bytecode of a program that ends with STOP.
pub(crate) fn code(steps: &[Step]) -> Vec<u8> {
    let mut code = Vec::new();
    for step in steps {
        assemble(&mut code, *step);
    }
    code.push(0x00);
    code
}

/// Init code that runs `init` and deploys `runtime`.
pub(crate) fn deployment(init: &[Step], runtime: &[Step]) -> Vec<u8> {
    let mut code = Vec::new();
    for step in init {
        assemble(&mut code, *step);
    }
    let runtime = self::code(runtime);
    let size = u16::try_from(runtime.len()).expect("a small program").to_be_bytes();
    // PUSH2 size, PUSH2 offset, PUSH0, CODECOPY, PUSH2 size, PUSH0, RETURN: 13 bytes.
    let offset = u16::try_from(code.len() + 13).expect("a small program").to_be_bytes();
    code.extend([0x61, size[0], size[1], 0x61, offset[0], offset[1], 0x5f, 0x39]);
    code.extend([0x61, size[0], size[1], 0x5f, 0xf3]);
    code.extend(runtime);
    code
}

fn push(code: &mut Vec<u8>, number: U256) {
    code.push(0x7f);
    code.extend(number.to_be_bytes::<32>());
}

fn push_address(code: &mut Vec<u8>, address: Address) {
    code.push(0x73);
    code.extend(address);
}

fn assemble(code: &mut Vec<u8>, step: Step) {
    match step {
        Step::Store { slot, value } => code.extend([0x60, value, 0x60, slot, 0x55]),
        Step::Log(topic) => code.extend([0x60, topic, 0x5f, 0x5f, 0xa1]),
        Step::Call { scheme, to, wei } => {
            // Sizes and offsets of output and input, value, receiver, gas.
            code.extend(hex!("5f5f5f5f"));
            if matches!(scheme, Scheme::Call | Scheme::CallCode) {
                push(code, U256::from(wei));
            }
            push_address(code, to);
            let opcode = match scheme {
                Scheme::Call => 0xf1,
                Scheme::CallCode => 0xf2,
                Scheme::DelegateCall => 0xf4,
                Scheme::StaticCall => 0xfa,
            };
            // GAS, the call, POP.
            code.extend([0x5a, opcode, 0x50]);
        }
        Step::Create { child, wei } => {
            let init: &[u8] = match child {
                // ADDRESS SELFDESTRUCT
                Child::DiesAtOnce => &hex!("30ff"),
                // Deploys the same two bytes.
                Child::DiesWhenCalled => &hex!("6130ff5f526002601ef3"),
                Child::Reverts => &hex!("5f5ffd"),
            };
            let mut word = [0; 32];
            word[..init.len()].copy_from_slice(init);
            push(code, U256::from_be_bytes(word));
            // PUSH0 MSTORE, size, offset, value, CREATE, then the address to transient slot 0.
            code.extend([0x5f, 0x52, 0x60, init.len() as u8, 0x5f]);
            push(code, U256::from(wei));
            code.extend(hex!("f05f5d"));
        }
        Step::CallChild { wei } => {
            code.extend(hex!("5f5f5f5f"));
            push(code, U256::from(wei));
            // Transient slot 0, GAS, CALL, POP.
            code.extend(hex!("5f5c5af150"));
        }
        Step::SelfDestruct(Some(heir)) => {
            push_address(code, heir);
            code.push(0xff);
        }
        Step::SelfDestruct(None) => code.extend(hex!("30ff")),
        Step::Revert => code.extend(hex!("5f5ffd")),
        Step::Invalid => code.push(0xfe),
        Step::Loop => {
            let start = u16::try_from(code.len()).expect("a small program").to_be_bytes();
            code.extend([0x5b, 0x61, start[0], start[1], 0x56]);
        }
    }
}
