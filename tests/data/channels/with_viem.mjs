// What viem makes of cases.json: node …/with_viem.mjs > signed.json, in a folder where viem is installed.
// with_eth_account.py prints the same, byte by byte.
import { createRequire } from 'module';
import { readFileSync } from 'fs';
import { pathToFileURL } from 'url';
import path from 'path';
const require = createRequire(path.join(process.cwd(), 'x.js'));
const load = (name) => import(pathToFileURL(require.resolve(name)));
const viem = await load('viem');
const { privateKeyToAccount } = await load('viem/accounts');

const cases = JSON.parse(readFileSync(new URL('cases.json', import.meta.url), 'utf8'));
const value = (type, given) => (type.startsWith('uint') && Number(type.slice(4)) > 32 ? BigInt(given) : given);
const messages = [];
for (const { type, chainId, message } of cases.messages) {
  const fields = cases.types[type].split(',').map((field) => field.split(' '));
  const typed = {
    domain: { ...cases.domain, chainId },
    types: { [type]: fields.map(([type, name]) => ({ name, type })) },
    primaryType: type,
    message: Object.fromEntries(fields.map(([type, name]) => [name, value(type, message[name])])),
  };
  const signatures = [];
  for (const key of cases.privateKeys) {
    const account = privateKeyToAccount(key);
    const signature = await account.signTypedData(typed);
    const compact = viem.serializeCompactSignature(viem.signatureToCompactSignature(viem.parseSignature(signature)));
    signatures.push({ signer: account.address, signature, compact });
  }
  messages.push({ digest: viem.hashTypedData(typed), signatures });
}
const words = ['uint8', 'address', 'address', 'address', 'bytes32', 'address', 'uint64', 'uint256', 'address'];
const ids = cases.descriptors.map((d) => viem.keccak256(viem.encodeAbiParameters(
  words.map((type) => ({ type })),
  [d.kind, d.payer, d.payee, d.operator, d.salt, d.signer, BigInt(d.openIndex), BigInt(d.chainId), cases.domain.verifyingContract],
)));
console.log(JSON.stringify({ messages, ids }, null, 1));
