// What a web page and a contract do with staking, by the ABI file that the repository exports. Prints one
// JSON object; the test reads it.
// node staking.mjs RPC_URL WS_URL ABI_FILE, in a folder where viem is installed.
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
const address = '0x0000000000000000000000000000000000b77002';
const chain = viem.defineChain({
  id: 990003,
  name: 'btt dev',
  nativeCurrency: { name: 'BTT', symbol: 'BTT', decimals: 18 },
  rpcUrls: { default: { http: [rpcUrl] } },
});
const account = mnemonicToAccount('test test test test test test test test test test test junk', { addressIndex: 4 });
const options = { chain, transport: viem.http(), pollingInterval: 50 };
const client = viem.createPublicClient(options);
const wallet = viem.createWalletClient({ ...options, account });
const read = (functionName, args = []) => client.readContract({ address, abi, functionName, args });
const write = async (request) => client.waitForTransactionReceipt({ hash: await wallet.writeContract(request) });
const seen = {};

const [operators, powers] = await read('activeSet');
seen.powers = powers.map(String);
const validator = operators[0];
seen.name = (await read('validator', [validator])).name;
const value = viem.parseEther('250');
const { request, result } = await client.simulateContract({
  account, address, abi, functionName: 'delegate', args: [validator], value,
});
seen.shares = result.toString();
const receipt = await write(request);
const [event] = viem.parseEventLogs({ abi, logs: receipt.logs, eventName: 'Delegated' });
seen.event = [event.args.delegator === account.address, event.args.amountWei.toString()];
seen.stake = (await read('delegation', [account.address, validator])).stakeWei.toString();
const refused = await client.simulateContract({
  account, address, abi, functionName: 'undelegate', args: [validator, value + 1n],
}).catch((error) => error.walk((cause) => cause instanceof viem.ContractFunctionRevertedError));
seen.refused = [refused.data.errorName, ...refused.data.args.map(String)];

// A contract that hands its input and coins to staking and returns what comes back.
// CALLDATACOPY all; CALL staking with it and the value; RETURNDATACOPY all; return it, or revert with it.
const code = '365f5f375f5f365f3473' + address.slice(2) + '5af13d5f5f3e602a573d5ffd5b3d5ff3';
const init = '0x602e8060095f395ff3' + code;
const made = await client.waitForTransactionReceipt({ hash: await wallet.sendTransaction({ data: init }) });
const contract = made.contractAddress;
const through = await write({ address: contract, abi, functionName: 'delegate', args: [validator], value, gas: 1_000_000n });
seen.through = through.status;
seen.contractStake = (await read('delegation', [contract, validator])).stakeWei.toString();
seen.epochByContract = (await client.readContract({ address: contract, abi, functionName: 'epoch' })).number.toString();
console.log(JSON.stringify(seen));
process.exit(0);
