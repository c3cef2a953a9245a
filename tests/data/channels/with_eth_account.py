"""What eth-account makes of cases.json: python3 with_eth_account.py > signed.json (pip install eth-account).
with_viem.mjs prints the same, byte by byte."""
import json
import os

from eth_abi import encode
from eth_account import Account
from eth_account.messages import _hash_eip191_message, encode_typed_data
from eth_utils import keccak

cases = json.load(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases.json")))


def value(kind, given):
    return int(given) if kind.startswith("uint") else given


def prefixed(data):
    return "0x" + bytes(data).hex()


messages = []
for case in cases["messages"]:
    fields = [field.split(" ") for field in cases["types"][case["type"]].split(",")]
    types = {case["type"]: [{"name": name, "type": kind} for kind, name in fields]}
    message = {name: value(kind, case["message"][name]) for kind, name in fields}
    text = encode_typed_data(dict(cases["domain"], chainId=case["chainId"]), types, message)
    signatures = []
    for key in cases["privateKeys"]:
        signed = Account.sign_message(text, key)
        compact = signed.r.to_bytes(32, "big") + (signed.s | (signed.v - 27) << 255).to_bytes(32, "big")
        signer = Account.from_key(key).address
        signatures.append({"signer": signer, "signature": prefixed(signed.signature), "compact": prefixed(compact)})
    messages.append({"digest": prefixed(_hash_eip191_message(text)), "signatures": signatures})

words = ["uint8", "address", "address", "address", "bytes32", "address", "uint64", "uint256", "address"]
names = ["kind", "payer", "payee", "operator", "salt", "signer", "openIndex", "chainId"]
ids = []
for case in cases["descriptors"]:
    values = [bytes.fromhex(case[name][2:]) if name == "salt" else case[name] for name in names]
    ids.append(prefixed(keccak(encode(words, values + [cases["domain"]["verifyingContract"]]))))

print(json.dumps({"messages": messages, "ids": ids}, indent=1))
