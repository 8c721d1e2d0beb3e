// Starts a devnet, puts the contracts on it, registers models, and submits proofs through the consumers.
//   node onchain.mjs DEVNET CONTRACTS CIRCLET INPUT MODELS [OTHER_CALLDATA...]
// MODELS has folders of one model: `hidden`, in zero knowledge; `renewed`, with the weights committed anew; `swapped`, with the weights
// of the classes 7 and 9 exchanged; `decided`, with a private input and the class alone as output; `shown`, without zero knowledge;
// and with a committed input `committed`, `attested`, of which the output is whether each score is at least 0, and `handed_on`, of
// which the output is committed too. Their proofs are left in calldata.json there. The other calldata files are proofs of further
// models: the same deployed classes verify them.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { Account, Contract, RpcProvider, transaction } from 'starknet';

/** Starknet's limit on the calldata of a transaction; the devnet does not enforce it. */
const MAX_FELTS = 5000;

const [devnet, contracts, circlet, input, models, ...others] = process.argv.slice(2);
const [hidden, renewed, swapped, decided, shown, committed, attested, handedOn] = [
  'hidden', 'renewed', 'swapped', 'decided', 'shown', 'committed', 'attested', 'handed_on',
].map((name) => `${models}/${name}`);
const json = (file) => JSON.parse(readFileSync(file, 'utf8'));
const thousands = (n) => BigInt(n).toLocaleString('en');

/** Resolves to the process and its address once it listens. */
function startDevnet() {
  const child = spawn(devnet, ['--port', '0', '--seed', '1', '--accounts', '2'], { stdio: ['ignore', 'pipe', 'inherit'] });
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
const [account, stranger] = await provider.channel.fetch('devnet_getPredeployedAccounts')
  .then((response) => response.json())
  .then(({ result }) => result.map(({ address, private_key: signer }) => new Account({ provider, address, signer })));
const { address } = account;
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
async function send(contract, entrypoint, calldata, sender = account) {
  const call = { contractAddress: contract.address, entrypoint, calldata };
  const felts = transaction.getExecuteCalldata([call], '1').length;
  if (felts > MAX_FELTS) throw new Error(`${entrypoint}: ${felts} felts of calldata, Starknet's limit is ${MAX_FELTS}`);
  const { transaction_hash: hash } = await sender.execute(call, tip);
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

function expect(condition, what) {
  if (!condition) throw new Error(`expected that ${what}`);
}

/** The words of a key, seven a felt, and back. */
const wordsOf = (key) => key.flatMap((felt) => Array.from({ length: 7 }, (_, i) => Number((BigInt(felt) >> BigInt(32 * i)) & 0xffffffffn)));
const feltsOf = (words) => Array.from({ length: Math.ceil(words.length / 7) }, (_, at) => (
  `0x${words.slice(7 * at, 7 * at + 7).reduceRight((felt, word) => (felt << 32n) + BigInt(word), 0n).toString(16)}`
));

const list = (felts) => [felts.length, ...felts];
const claimOf = (proof) => list(proof.key).concat(list(proof.values), list(proof.hashes));
const submissionOf = (proof) => [...list(proof.key), proof.context, ...list(proof.values), ...list(proof.hashes)];

const verifier = await declare('Verifier');
const registry = await deploy(await declare('ModelRegistry'), [verifier.classHash]);
const prizeDesk = await declare('PrizeDesk');
const loanDesk = await declare('LoanDesk');
console.log(`registry deployed at ${registry.address}`);

/** Proves about the input, or the opening of a commitment to it, for a context, and returns the proof as felts. */
function prove(model, context, opening = `${model}/in.data`) {
  const proof = `${model}/proof.bin`;
  const calldata = `${model}/calldata.json`;
  const options = model === handedOn ? ['--output-data', `${model}/out.data`] : [];
  const about = existsSync(opening) ? opening : input;
  execFileSync(circlet, ['prove', model, about, '-o', proof, '--context', context, ...options]);
  execFileSync(circlet, ['calldata', `${model}/model.vk`, proof, '-o', calldata]);
  return json(calldata);
}

/** The registry's event in a receipt. */
const eventOf = (receipt, test) => receipt.events.find(
  ({ from_address: from, keys }) => BigInt(from) === BigInt(registry.address) && test(keys),
);
const contextOf = async (desk, caller = account) => `0x${BigInt(await desk.context_of(caller.address)).toString(16)}`;
const gasOf = ({ receipt }) => receipt.execution_resources.l2_gas;

/** What a desk accepts, as felts: one model, or the current members of an owner's family. */
const oneModel = (modelId) => [0, modelId];
const familyOf = (owner, first) => [1, owner.address, first];

/** Registers a key, after a stranger who gains nothing by being the first; returns the model's id. */
async function register(name, key) {
  const registration = await send(registry, 'register', list(key), stranger);
  expect(!eventOf((await send(registry, 'register', list(key))).receipt, () => true), 'a model is registered once');
  const modelId = eventOf(registration.receipt, () => true).keys[1];
  console.log(`${name}: model ${modelId} registered: ${registration.felts} felts of calldata, gas ${thousands(gasOf(registration))}`);
  return modelId;
}

function report(name, { receipt, felts }, what) {
  const gas = gasOf({ receipt });
  console.log(`${name}: proof verified on chain: ${what}; ${thousands(felts)} felts of calldata, limit ${thousands(MAX_FELTS)}`);
  console.log(`${name}: gas of the transaction on the devnet, which meters every class in VM resources: ${thousands(gas)}`);
}

/** Registers a model and claims with a proof of it; returns its id, the fact and the desk. */
async function registerAndClaim(name, model) {
  // The key alone goes on chain.
  const { key } = prove(model, '0x0');
  const modelId = await register(name, key);

  // The consumer names the context, the prover proves for it.
  const desk = await deploy(prizeDesk, [registry.address, ...oneModel(modelId)]);
  const proof = prove(model, await contextOf(desk));
  const claimed = await send(desk, 'claim', claimOf(proof));
  const fact = eventOf(claimed.receipt, (keys) => keys.length === 3).keys[2];
  expect(BigInt(proof.model_id) === BigInt(modelId) && BigInt(proof.fact) === BigInt(fact), 'circlet names the model and the fact');
  report(name, claimed, `the model reads a ${await desk.points_of(address)}`);
  expect(await registry.is_verified(fact), 'the fact is recorded');
  expect(!(await registry.is_verified(BigInt(fact) + 1n)), 'a fact that nobody proved is not');

  // The same proof again would need another context; another key is another model, unknown here.
  await expectRevert('circlet: bus balance', send(desk, 'claim', claimOf(proof)));
  const changed = key.with(-2, `0x${(BigInt(key.at(-2)) ^ 1n).toString(16)}`);
  await expectRevert('circlet: unknown model', send(desk, 'claim', claimOf({ ...proof, key: changed })));
  return { modelId, fact, desk };
}

/** The id of a commitment as contracts have it: the 32 bytes that the command line prints, as a little-endian integer in two halves. */
function commitmentTo(opening) {
  const { commitment } = JSON.parse(execFileSync(circlet, ['--json', 'open', opening]));
  const value = BigInt(`0x${Buffer.from(commitment, 'hex').reverse().toString('hex')}`);
  return [value & ((1n << 128n) - 1n), value >> 128n];
}

/** Registers a model and gets a loan on a proof about the data whose commitment the attestor published. */
async function lend(name, model) {
  const SEVEN = 7;
  const { key } = prove(model, '0x0');
  const modelId = await register(name, key);
  const desk = await deploy(loanDesk, [registry.address, address, ...oneModel(modelId), SEVEN]);
  const context = await contextOf(desk);
  const proof = prove(model, context);
  await expectRevert('desk: nothing attested', send(desk, 'apply', claimOf(proof)));
  await send(desk, 'attest', [address, ...commitmentTo(`${model}/other.data`)]);
  await expectRevert('desk: other data', send(desk, 'apply', claimOf(proof)));
  // About the other data all is in order but what the model says of them.
  await expectRevert('desk: refused', send(desk, 'apply', claimOf(prove(model, context, `${model}/other.data`))));
  await send(desk, 'attest', [address, ...commitmentTo(`${model}/in.data`)]);
  report(name, await send(desk, 'apply', claimOf(prove(model, context))), 'the attested data are a 7');
  expect(await desk.is_granted(address), 'the loan is granted');
  await expectRevert('desk: granted already', send(desk, 'apply', claimOf(proof)));
}

/** Registers a model and submits a proof whose fact is about two commitments. */
async function handOn(name, model) {
  const proof = prove(model, '0x0');
  await register(name, proof.key);
  const submitted = await send(registry, 'submit', submissionOf(proof));
  const { data, keys } = eventOf(submitted.receipt, (keys) => keys.length === 3);
  report(name, submitted, `fact ${keys[2]}`);
  // After the context and the number of outputs of one whether it is one, its form, its number of public values and that of its felts.
  const [, , , , values, length, ...id] = data.map(BigInt);
  expect(values === 0n && length === 2n && commitmentTo(`${model}/out.data`).every((half, i) => half === id[i]), "the event has the output's commitment");
  expect(await registry.is_verified(keys[2]), 'the fact is recorded');
}

const first = await registerAndClaim('zero knowledge', hidden);
await registerAndClaim('private input, class alone', decided);
await registerAndClaim('without zero knowledge', shown);
await registerAndClaim('committed input', committed);
await lend('committed input, decisions', attested);
await handOn('committed input and output', handedOn);

// Families. Before the owner adds anything, a stranger renews the owner's model with weights of his own, for which a 7 is a 9, and with
// the owner's next key, which he saw before it was registered; then he revokes all he can.
const { key: renewedKey } = prove(renewed, '0x0');
const { key: swappedKey } = prove(swapped, '0x0');
const renewal = (key) => [first.modelId, ...list(key)];
/** The model that a renewal added to its sender's family. */
const addedBy = ({ receipt }) => eventOf(receipt, (keys) => keys.length === 4).keys[3];
const swappedId = addedBy(await send(registry, 'renew', renewal(swappedKey), stranger));
const stolenId = addedBy(await send(registry, 'renew', renewal(renewedKey), stranger));
for (const id of [first.modelId, stolenId]) await send(registry, 'revoke', [first.modelId, id], stranger);

// A desk that trusts the owner pays for his renewed key, and nothing for the stranger's.
const trusting = await deploy(prizeDesk, [registry.address, ...familyOf(account, first.modelId)]);
const proveFor = async (desk, folder, caller) => claimOf(prove(folder, await contextOf(desk, caller)));
await expectRevert('desk: another model', send(trusting, 'claim', await proveFor(trusting, swapped, stranger), stranger));
await expectRevert('desk: another model', send(first.desk, 'claim', await proveFor(first.desk, swapped, stranger), stranger));
expect(BigInt(await trusting.points_of(stranger.address)) === 0n, 'the stranger got nothing');
await expectRevert('circlet: another model', send(registry, 'renew', renewal(json(`${shown}/calldata.json`).key)));
const owners = await send(registry, 'renew', renewal(renewedKey));
const renewedId = addedBy(owners);
expect(renewedId === stolenId, 'the owner renews though the stranger ran ahead of him');
await send(trusting, 'claim', await proveFor(trusting, renewed));
expect(BigInt(await trusting.points_of(address)) === 7n, 'the owner is paid for a 7');
console.log(`model ${renewedId} is its renewed key: ${owners.felts} felts; a desk that trusts the owner accepts it`);
await expectRevert('desk: another model', send(first.desk, 'claim', await proveFor(first.desk, renewed)));
// Who trusts the stranger gets what the stranger says: a 9.
const fooled = await deploy(prizeDesk, [registry.address, ...familyOf(stranger, first.modelId)]);
await send(fooled, 'claim', await proveFor(fooled, swapped));
expect(BigInt(await fooled.points_of(address)) === 9n, "the stranger's model reads a 9");
console.log(`model ${swappedId} has other weights of the same structure: it is in the family of the stranger who added it, and in no other`);

// Revocation is the owner's, and changes no fact.
await send(registry, 'revoke', [first.modelId, first.modelId]);
await expectRevert('desk: another model', send(trusting, 'claim', await proveFor(trusting, hidden)));
await send(trusting, 'claim', await proveFor(trusting, renewed));
await send(registry, 'revoke_family', [first.modelId]);
await expectRevert('desk: another model', send(trusting, 'claim', await proveFor(trusting, renewed)));
expect(await registry.is_verified(first.fact), 'a fact stays verified');
await send(first.desk, 'claim', await proveFor(first.desk, hidden));

// A key with a scale for each of many outputs is longer than an event of Starknet.
const SCALES = 1100;
const MAX_EVENT_DATA = 300;
const words = wordsOf(renewedKey);
while (words.at(-1) === 0) words.pop();
// The output is the last tensor: its number of rows, two words of its range, and its one scale, three words; then meaning, structure root
// and weights root, eight words each, and the pin, eight words for each of 16 columns.
const end = words.length - 3 * 8 - 8 * 16;
words[end - 6] = SCALES;
words.splice(end - 3, 3, SCALES, ...Array.from({ length: SCALES }, () => [0, 0x3ff00000]).flat());
const longKey = feltsOf(words);
expect(longKey.length > MAX_EVENT_DATA, 'the key is longer than an event');
const long = await send(registry, 'register', list(longKey));
const { data } = eventOf(long.receipt, () => true);
expect(BigInt(data.at(-1)) === BigInt(longKey.length), 'the event counts its felts');
console.log(`a key of ${longKey.length} felts is registered: ${long.felts} felts of calldata, gas ${thousands(gasOf(long))}`);

const KINDS = ['linear', 'activate', 'lut', 'mac', 'data', 'blinder'];
for (const file of others) {
  const other = json(file);
  const [, , , tables, ...rest] = wordsOf(other.key);
  const sizes = Array.from({ length: tables }, (_, i) => `${KINDS[rest[3 * i] - 1]} 2^${rest[3 * i + 2]}`).join(', ');
  await send(registry, 'register', list(other.key));
  const submitted = await send(registry, 'submit', submissionOf(other));
  const event = eventOf(submitted.receipt, (keys) => keys.length === 3);
  expect(await registry.is_verified(event.keys[2]), `the fact of ${file} is recorded`);
  console.log(`another model on the same class: ${sizes}; ${thousands(submitted.felts)} felts`);
}
process.exit(0);
