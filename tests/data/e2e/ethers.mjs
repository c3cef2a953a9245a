// What a script does with ethers, against a node. Prints one JSON object; the test reads it.
// node ethers.mjs RPC_URL WS_URL BYTECODE, in a folder where ethers is installed.
import { createRequire } from 'module';
import path from 'path';
const { ethers } = createRequire(path.join(process.cwd(), 'x.js'))('ethers');

const [rpcUrl, wsUrl, bytecode] = process.argv.slice(2);
// Without its cache: blocks come faster than the 250 ms for which it keeps a nonce.
const provider = new ethers.JsonRpcProvider(rpcUrl, undefined, { cacheTimeout: -1 });
provider.pollingInterval = 50;
const words = ethers.Mnemonic.fromPhrase('test test test test test test test test test test test junk');
const key = (index) => ethers.HDNodeWallet.fromMnemonic(words, `m/44'/60'/0'/0/${index}`);
const wallet = key(0).connect(provider);
const other = key(1).connect(provider);
const poor = key(77).connect(provider);
const seen = {};
const code = async (promise) => promise.then(() => 'none', (error) => error.code);

seen.chainId = Number((await provider.getNetwork()).chainId);
seen.balance = (await provider.getBalance(wallet.address)).toString();
const fees = await provider.getFeeData();
seen.fees = { max: fees.maxFeePerGas.toString(), tip: fees.maxPriorityFeePerGas.toString() };
const blocks = [];
provider.on('block', (number) => blocks.push(number));
const receipt = await (await wallet.sendTransaction({ to: other.address, value: ethers.parseEther('1') })).wait();
seen.transfer = { status: receipt.status, gas: Number(receipt.gasUsed) };
const abi = [
  'constructor(uint256 supply)',
  'function balanceOf(address) view returns (uint256)',
  'function transfer(address to, uint256 value) returns (bool)',
  'function refuse(uint256 code) pure',
  'event Transfer(address indexed from, address indexed to, uint256 value)',
  'error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)',
  'error Refused(uint256 code, string why)',
];
const token = await (await new ethers.ContractFactory(abi, bytecode, wallet).deploy(1000n)).waitForDeployment();
await (await token.transfer(other.address, 40n)).wait();
seen.tokens = (await token.balanceOf(other.address)).toString();
seen.logs = (await token.queryFilter('Transfer')).map((log) => log.args.value.toString());
const revert = async (promise) => promise.then(() => ['none'], (error) => [error.code, error.revert?.name, ...(error.revert?.args ?? [])].map(String));
seen.customError = await revert(token.connect(other).transfer.staticCall(wallet.address, 41n));
seen.estimateRevert = await revert(token.connect(other).transfer.estimateGas(wallet.address, 41n));
seen.refused = await revert(token.refuse(7n));
const raw = { to: other.address, value: 1n, gasLimit: 21000n };
seen.poor = await code(poor.sendTransaction(raw));
seen.nonceTooLow = await code(wallet.sendTransaction({ ...raw, nonce: 0 }));
seen.pendingNonce = await provider.getTransactionCount(wallet.address, 'pending');

const socket = new ethers.WebSocketProvider(wsUrl);
const head = new Promise((done) => socket.on('block', done));
const event = new Promise((done) => token.connect(socket).on('Transfer', (from, to, value) => done(value.toString())));
// Subscriptions are under way when a call over the same socket has been answered.
await socket.getBlockNumber();
await new Promise((done) => setTimeout(done, 300));
await (await token.transfer(other.address, 3n)).wait();
const patience = new Promise((done) => setTimeout(() => done('nothing'), 5000));
seen.head = await Promise.race([head, patience]);
seen.event = await Promise.race([event, patience]);

const domain = { name: 'BTT', version: '1', chainId: 990003 };
const types = { Order: [{ name: 'to', type: 'address' }, { name: 'bytes', type: 'uint256' }] };
const message = { to: other.address, bytes: 1048576n };
seen.address = wallet.address;
seen.typed = {
  signature: await wallet.signTypedData(domain, types, message),
  json: ethers.TypedDataEncoder.getPayload(domain, types, message),
};
seen.keystore = await ethers.encryptKeystoreJson(wallet, 'correct horse', { scrypt: { N: 1024 } });
seen.blocks = blocks;
console.log(JSON.stringify(seen));
process.exit(0);
