// What a web page does with viem, against a node. Prints one JSON object; the test reads it.
// node viem.mjs RPC_URL WS_URL BYTECODE, in a folder where viem is installed.
import { createRequire } from 'module';
import { pathToFileURL } from 'url';
import path from 'path';
const require = createRequire(path.join(process.cwd(), 'x.js'));
const load = (name) => import(pathToFileURL(require.resolve(name)));
const viem = await load('viem');
const { mnemonicToAccount } = await load('viem/accounts');

const [rpcUrl, wsUrl, bytecode] = process.argv.slice(2);
const chain = viem.defineChain({
  id: 990003,
  name: 'btt dev',
  nativeCurrency: { name: 'BTT', symbol: 'BTT', decimals: 18 },
  rpcUrls: { default: { http: [rpcUrl], webSocket: [wsUrl] } },
});
const words = 'test test test test test test test test test test test junk';
const account = mnemonicToAccount(words);
const other = mnemonicToAccount(words, { addressIndex: 1 });
const poor = mnemonicToAccount(words, { addressIndex: 77 });
const abi = viem.parseAbi([
  'constructor(uint256 supply)',
  'function balanceOf(address) view returns (uint256)',
  'function transfer(address to, uint256 value) returns (bool)',
  'function refuse(uint256 code) pure',
  'event Transfer(address indexed from, address indexed to, uint256 value)',
  'error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)',
  'error Refused(uint256 code, string why)',
]);
const options = { chain, transport: viem.http(), pollingInterval: 50 };
const client = viem.createPublicClient(options);
const wallet = viem.createWalletClient({ ...options, account });
const seen = {};
// The names of an error and its causes, outermost first.
const causes = (error) => (error?.name ? [error.name, ...causes(error.cause)] : []);
const failure = async (promise) => promise.then(() => ['none'], (error) => error);

seen.chainId = await client.getChainId();
seen.balance = (await client.getBalance({ address: account.address })).toString();

// Blocks are watched from before the transfer on.
const blocks = [];
const unwatch = client.watchBlocks({ onBlock: (block) => blocks.push(Number(block.number)), emitMissed: true, emitOnBegin: true });

const fees = await client.estimateFeesPerGas();
seen.fees = { max: fees.maxFeePerGas.toString(), tip: fees.maxPriorityFeePerGas.toString() };
const hash = await wallet.sendTransaction({ to: other.address, value: viem.parseEther('1') });
const receipt = await client.waitForTransactionReceipt({ hash });
seen.transfer = { status: receipt.status, type: receipt.type, gas: Number(receipt.gasUsed) };
seen.finalized = Number((await client.getBlock({ blockTag: 'finalized' })).number);
seen.latest = Number((await client.getBlock()).number);

const deployed = await client.waitForTransactionReceipt({
  hash: await wallet.deployContract({ abi, bytecode, args: [1000n] }),
});
const token = deployed.contractAddress;
const events = [];
const socket = viem.createPublicClient({ chain, transport: viem.webSocket() });
const unwatchEvents = socket.watchContractEvent({
  address: token, abi, eventName: 'Transfer', onLogs: (logs) => events.push(...logs.map((log) => log.args.value.toString())),
});
const heads = [];
const unwatchHeads = socket.watchBlocks({ onBlock: (block) => heads.push(Number(block.number)) });
// Subscriptions are under way when a call over the same socket has been answered.
await socket.getBlockNumber();
await new Promise((done) => setTimeout(done, 300));
const { request } = await client.simulateContract({
  account, address: token, abi, functionName: 'transfer', args: [other.address, 40n],
});
await client.waitForTransactionReceipt({ hash: await wallet.writeContract(request) });
seen.tokens = (await client.readContract({ address: token, abi, functionName: 'balanceOf', args: [other.address] })).toString();
const logs = await client.getContractEvents({ address: token, abi, eventName: 'Transfer', fromBlock: 0n });
seen.logs = logs.map((log) => log.args.value.toString());

const decoded = (error) => {
  const revert = error.walk?.((cause) => cause instanceof viem.ContractFunctionRevertedError);
  return [revert?.data?.errorName, ...(revert?.data?.args ?? [])].map(String);
};
seen.customError = decoded(await failure(client.simulateContract({
  account: other, address: token, abi, functionName: 'transfer', args: [account.address, 41n],
})));
seen.refused = decoded(await failure(client.readContract({ address: token, abi, functionName: 'refuse', args: [7n] })));
seen.estimateRevert = decoded(await failure(client.estimateContractGas({
  account, address: token, abi, functionName: 'refuse', args: [8n],
})));

const gas = { gas: 21000n, maxFeePerGas: fees.maxFeePerGas, maxPriorityFeePerGas: fees.maxPriorityFeePerGas };
const send = (account, more) => failure(wallet.sendTransaction({ account, to: other.address, value: 1n, ...gas, ...more }));
seen.poor = causes(await send(poor, { nonce: 0 }));
seen.poorEstimate = causes(await failure(client.estimateGas({ account: poor.address, to: other.address, value: 1n })));
seen.nonceTooLow = causes(await send(account, { nonce: 0 }));
seen.lowGas = causes(await send(account, { gas: 20999n }));
seen.lowFee = causes(await send(account, { maxFeePerGas: 1n, maxPriorityFeePerGas: 1n }));

const typed = {
  domain: { name: 'BTT', version: '1', chainId: 990003, verifyingContract: token },
  types: { Order: [{ name: 'to', type: 'address' }, { name: 'bytes', type: 'uint256' }, { name: 'note', type: 'string' }] },
  primaryType: 'Order',
  message: { to: other.address, bytes: 1048576n, note: 'piece 7' },
};
seen.address = account.address;
seen.typed = {
  signature: await account.signTypedData(typed),
  json: { ...typed, message: { ...typed.message, bytes: '1048576' }, types: { EIP712Domain: [
    { name: 'name', type: 'string' }, { name: 'version', type: 'string' },
    { name: 'chainId', type: 'uint256' }, { name: 'verifyingContract', type: 'address' }], ...typed.types } },
};
seen.message = await account.signMessage({ message: 'pay bob' });

const deadline = Date.now() + 5000;
while ((events.length < 1 || heads.length < 1 || blocks.length < 4) && Date.now() < deadline) {
  await new Promise((done) => setTimeout(done, 20));
}
unwatch();
unwatchEvents();
unwatchHeads();
seen.events = events;
seen.heads = heads;
seen.blocks = blocks;
console.log(JSON.stringify(seen));
process.exit(0);
