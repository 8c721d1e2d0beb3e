// Starts a devnet, puts the contracts on it, registers a model, and submits one proof through the consumer.
//   node onchain.mjs DEVNET CONTRACTS CIRCLET MODEL INPUT CALLDATA [OTHER_CALLDATA...]
// The other calldata files are proofs of further models: the same deployed classes verify them.
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Account, Contract, RpcProvider, transaction } from 'starknet';

/** Starknet's limit on the calldata of a transaction; the devnet does not enforce it. */
const MAX_FELTS = 5000;

const [devnet, contracts, circlet, model, input, calldataFile, ...others] = process.argv.slice(2);
const json = (file) => JSON.parse(readFileSync(file, 'utf8'));
const thousands = (n) => BigInt(n).toLocaleString('en');

/** Resolves to the process and its address once it listens. */
function startDevnet() {
  const child = spawn(devnet, ['--port', '0', '--seed', '1', '--accounts', '1'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const stop = () => child.kill('SIGKILL');
  process.on('exit', stop);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
  return new Promise((resolve, reject) => {
    let output = '';
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the devnet ended with code ${code}:\n${output}`)));
    child.stdout.on('data', (data) => {
      output += data;
      const address = output.match(/listening on (?:http:\/\/)?(127\.0\.0\.1:\d+)/i);
      if (address) resolve(`http://${address[1]}`);
    });
  });
}

const nodeUrl = `${await startDevnet()}/rpc`;
const provider = new RpcProvider({ nodeUrl, transactionRetryIntervalFallback: 100 });
const [{ address, private_key: signer }] = await provider.channel.fetch('devnet_getPredeployedAccounts')
  .then((response) => response.json()).then(({ result }) => result);
const account = new Account({ provider, address, signer });
const tip = { tip: 0n };

async function declare(name) {
  const contract = json(`${contracts}/${name}.json`);
  const casm = json(`${contracts}/${name}.casm.json`);
  const { class_hash: classHash, transaction_hash: hash } = await account.declare({ contract, casm }, tip);
  await provider.waitForTransaction(hash);
  return { classHash, abi: contract.abi };
}

async function deploy({ classHash, abi }, constructorCalldata) {
  const { contract_address: deployed } = await account.deployContract({ classHash, constructorCalldata }, tip);
  return new Contract({ abi, address: deployed, providerOrAccount: account });
}

/** Sends one call; returns its receipt and the number of felts of the whole transaction's calldata. */
async function send(contract, entrypoint, calldata) {
  const call = { contractAddress: contract.address, entrypoint, calldata };
  const felts = transaction.getExecuteCalldata([call], '1').length;
  if (felts > MAX_FELTS) throw new Error(`${entrypoint}: ${felts} felts of calldata, Starknet's limit is ${MAX_FELTS}`);
  const { transaction_hash: hash } = await account.execute(call, tip);
  const receipt = await provider.waitForTransaction(hash);
  if (!receipt.isSuccess()) throw new Error(`${entrypoint}: ${receipt.value.revert_reason}`);
  return { receipt: receipt.value, felts };
}

async function expectRevert(reason, promise) {
  try {
    await promise;
  } catch (error) {
    const hex = Buffer.from(reason).toString('hex');
    if (`${error.message}${JSON.stringify(error)}`.includes(hex) || error.message.includes(reason)) return;
    throw error;
  }
  throw new Error(`expected a revert with '${reason}'`);
}

const list = (felts) => [felts.length, ...felts];

const verifier = await declare('Verifier');
const registry = await deploy(await declare('ModelRegistry'), [verifier.classHash]);
console.log(`registry deployed at ${registry.address}`);

/** Proves for a context, and returns the proof as felts. */
function prove(context) {
  const proof = `${calldataFile}.proof`;
  execFileSync(circlet, ['prove', model, input, '-o', proof, '--context', context]);
  execFileSync(circlet, ['calldata', `${model}/model.vk`, proof, '-o', calldataFile]);
  return json(calldataFile);
}

// Register the model: the key alone goes on chain.
const { key } = prove('0x0');
const registration = await send(registry, 'register', list(key));
const modelId = registration.receipt.events.find(({ from_address }) => BigInt(from_address) === BigInt(registry.address)).keys[1];
console.log(`model ${modelId} registered: ${registration.felts} felts of calldata`);
await expectRevert('circlet: registered already', send(registry, 'register', list(key)));

// The consumer names the context, the prover proves for it.
const desk = await deploy(await declare('PrizeDesk'), [registry.address, modelId]);
const contextOf = async () => `0x${BigInt(await desk.context_of(address)).toString(16)}`;
const proof = prove(await contextOf());
const claim = list(proof.key).concat(list(proof.values), list(proof.hashes));
const { receipt, felts } = await send(desk, 'claim', claim);
const verified = receipt.events.find(
  ({ from_address, keys }) => BigInt(from_address) === BigInt(registry.address) && keys.length === 3,
);
const fact = verified.keys[2];
const points = await desk.points_of(address);
console.log(`proof verified on chain: the model reads a ${points}; ${thousands(felts)} felts of calldata, limit ${thousands(MAX_FELTS)}`);
console.log(`fact ${fact} recorded: ${await registry.is_verified(fact)}`);
if (!(await registry.is_verified(fact))) throw new Error('the fact was not recorded');
if (await registry.is_verified(BigInt(fact) + 1n)) throw new Error('a fact that nobody proved counts as verified');

// The same proof again would need another context; another key is another model, unknown here.
await expectRevert('circlet: bus balance', send(desk, 'claim', claim));
const changed = list(key.with(-2, `0x${(BigInt(key.at(-2)) ^ 1n).toString(16)}`)).concat(list(proof.values), list(proof.hashes));
await expectRevert('circlet: unknown model', send(desk, 'claim', changed));
const { l2_gas: gas } = receipt.execution_resources;
console.log(`gas of the transaction on the devnet, which meters every class in VM resources: ${thousands(gas)}`);

const TABLES = ['linear', 'activate', 'lut', 'mac'];
for (const file of others) {
  const other = json(file);
  const words = other.key.flatMap((felt) => Array.from({ length: 7 }, (_, i) => Number((BigInt(felt) >> BigInt(32 * i)) & 0xffffffffn)));
  const sizes = TABLES.map((table, i) => `${table} 2^${words[5 + i]}`).join(', ');
  await send(registry, 'register', list(other.key));
  const submitted = await send(registry, 'submit', [...list(other.key), other.context, ...list(other.values), ...list(other.hashes)]);
  const event = submitted.receipt.events.find(({ keys }) => keys.length === 3);
  if (!(await registry.is_verified(event.keys[2]))) throw new Error(`${file}: the fact was not recorded`);
  console.log(`another model on the same class: ${sizes}; ${thousands(submitted.felts)} felts`);
}
process.exit(0);
