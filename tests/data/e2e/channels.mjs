// What a torrent client does with channels, by viem and the ABI file that the repository exports: opens,
// signs vouchers as typed data, has them settled. Prints one JSON object; the test reads it.
// node channels.mjs RPC_URL WS_URL ABI_FILE, in a folder where viem is installed.
import { createRequire } from 'module';
import { readFileSync } from 'fs';
import { pathToFileURL } from 'url';
import path from 'path';
const require = createRequire(path.join(process.cwd(), 'x.js'));
const load = (name) => import(pathToFileURL(require.resolve(name)));
const viem = await load('viem');
const { mnemonicToAccount } = await load('viem/accounts');

const [rpcUrl, , abiFile] = process.argv.slice(2);
const abi = JSON.parse(readFileSync(abiFile, 'utf8'));
const address = '0x0000000000000000000000000000000000b77004';
const chain = viem.defineChain({
  id: 990003,
  name: 'btt dev',
  nativeCurrency: { name: 'BTT', symbol: 'BTT', decimals: 18 },
  rpcUrls: { default: { http: [rpcUrl] } },
});
const dev = (addressIndex) =>
  mnemonicToAccount('test test test test test test test test test test test junk', { addressIndex });
const [payer, payee] = [dev(4), dev(5)];
const options = { chain, transport: viem.http(), pollingInterval: 50 };
const client = viem.createPublicClient(options);
const read = (functionName, args = []) => client.readContract({ address, abi, functionName, args });
const send = async (account, functionName, args, value = 0n) => {
  const { request } = await client.simulateContract({ account, address, abi, functionName, args, value });
  const wallet = viem.createWalletClient({ ...options, account });
  const receipt = await client.waitForTransactionReceipt({ hash: await wallet.writeContract(request) });
  return viem.parseEventLogs({ abi, logs: receipt.logs });
};
const refusal = (account, functionName, args) =>
  client.simulateContract({ account, address, abi, functionName, args })
    .then(() => 'accepted', (error) => error.walk((e) => e instanceof viem.ContractFunctionRevertedError).data.errorName);
const zero32 = viem.zeroHash;
const noTick = { index: 0, preimage: zero32 };

const domain = { name: 'BTT Channels', version: '1', chainId: 990003, verifyingContract: address };
const ticks = [
  { name: 'lane', type: 'uint32' }, { name: 'cumulativeAmount', type: 'uint128' },
  { name: 'tickAnchor', type: 'bytes32' }, { name: 'tickValue', type: 'uint128' }, { name: 'tickMax', type: 'uint32' },
];
const types = {
  Voucher: [{ name: 'channelId', type: 'bytes32' }, ...ticks],
  PoolVoucher: [{ name: 'poolId', type: 'bytes32' }, { name: 'payee', type: 'address' }, ...ticks],
  ConditionalVoucher: [
    { name: 'channelId', type: 'bytes32' }, { name: 'lane', type: 'uint32' },
    { name: 'cumulativeAmount', type: 'uint128' }, { name: 'hashLock', type: 'bytes32' }, { name: 'timeout', type: 'uint64' },
  ],
};
const sign = (primaryType, message, more = {}) =>
  payer.signTypedData({ domain: { ...domain, ...more }, types, primaryType, message });
const compact = (signature) =>
  viem.serializeCompactSignature(viem.signatureToCompactSignature(viem.parseSignature(signature)));

const seen = {};
const [channelWei, poolWei] = await read('storageDeposit');
const salt = viem.padHex('0x07', { size: 32 });
const deposit = viem.parseEther('100');
const [opened] = await send(payer, 'open', [payee.address, viem.zeroAddress, viem.zeroAddress, salt, 60, 0n], deposit + channelWei);
const channelId = opened.args.channelId;
const { openIndex } = opened.args;
seen.id = channelId === viem.keccak256(viem.encodeAbiParameters(
  ['uint8', 'address', 'address', 'address', 'bytes32', 'address', 'uint64', 'uint256', 'address'].map((type) => ({ type })),
  [0, payer.address, payee.address, viem.zeroAddress, salt, payer.address, openIndex, 990003n, address],
));

const voucher = (ether, more = {}) => ({
  channelId, lane: 0, cumulativeAmount: viem.parseEther(ether), tickAnchor: zero32, tickValue: 0n, tickMax: 0, ...more,
});
const first = voucher('10');
seen.digest = (await read('digest', [first])) === viem.hashTypedData({ domain, types, primaryType: 'Voucher', message: first });
const paid = async (...call) => (await send(...call)).map((event) => event.args.paidWei?.toString()).filter(Boolean);
seen.settled = await paid(payee, 'settle', [first, noTick, await sign('Voucher', first)]);
const second = voucher('25');
const short = compact(await sign('Voucher', second));
seen.compactBytes = viem.size(short);
// Anybody may bring it to the chain.
seen.compact = await paid(dev(6), 'settle', [second, noTick, short]);
const third = voucher('30');
for (const [name, wrong] of Object.entries({
  chainId: { chainId: 990000 }, version: { version: '2' }, contract: { verifyingContract: payee.address }, name: { name: 'BTT' },
})) {
  seen[name] = await refusal(payee, 'settle', [third, noTick, await sign('Voucher', third, wrong)]);
}
const above = voucher('101');
seen.above = await refusal(payee, 'settle', [above, noTick, await sign('Voucher', above)]);

const secret = viem.padHex('0x05', { size: 32 });
const conditional = {
  channelId, lane: 1, cumulativeAmount: viem.parseEther('3'), hashLock: viem.keccak256(secret),
  timeout: (await client.getBlock()).timestamp + 3600n,
};
const promise = await sign('ConditionalVoucher', conditional);
seen.badSecret = await refusal(payee, 'settleConditional', [conditional, zero32, promise]);
seen.conditional = await paid(payee, 'settleConditional', [conditional, secret, promise]);

const [pool] = await send(payer, 'poolOpen', [viem.zeroAddress, zero32, 60, 0n, 8, deposit], deposit * 2n + poolWei);
const ofPool = {
  poolId: pool.args.poolId, payee: payee.address, lane: 0, cumulativeAmount: viem.parseEther('12'),
  tickAnchor: zero32, tickValue: 0n, tickMax: 0,
};
const [settled] = await send(payee, 'poolSettle', [ofPool, noTick, await sign('PoolVoucher', ofPool)]);
seen.pool = [settled.eventName, settled.args.settledWei.toString()];
const share = { ...ofPool, cumulativeAmount: viem.parseEther('12.5') + 1n };
seen.share = await refusal(payee, 'poolSettle', [share, noTick, await sign('PoolVoucher', share)]);
console.log(JSON.stringify(seen));
process.exit(0);
