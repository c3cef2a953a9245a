// Compiles Token.sol to Token.hex (npm i solc@0.8.28; node build.mjs). Run it when Token.sol changes.
import { createRequire } from 'module';
import fs from 'fs';
const solc = createRequire(process.cwd() + '/')('solc');
const here = new URL('.', import.meta.url).pathname;
const input = {
  language: 'Solidity',
  sources: { 'Token.sol': { content: fs.readFileSync(here + 'Token.sol', 'utf8') } },
  settings: {
    optimizer: { enabled: true },
    evmVersion: 'cancun',
    metadata: { appendCBOR: false, bytecodeHash: 'none' },
    outputSelection: { '*': { '*': ['evm.bytecode.object'] } },
  },
};
const output = JSON.parse(solc.compile(JSON.stringify(input)));
for (const error of output.errors ?? []) console.error(error.formattedMessage);
fs.writeFileSync(here + 'Token.hex', output.contracts['Token.sol'].Token.evm.bytecode.object + '\n');
