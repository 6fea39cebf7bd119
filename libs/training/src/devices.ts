/**
 * The devices that a trainer can compute on, and the choice among those that a machine has. A device is an execution
 * provider of ONNX Runtime: `cpu`, `webgpu` (Vulkan, Metal or Direct3D) or `cuda`.
 */
import { emitModel, Graph, matmul, scale, sum, type ExecutionProvider } from '@fedamole/graph';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { sessionOptions } from './session-options.js';

export const devices = ['cpu', 'webgpu', 'cuda'] as const satisfies readonly ExecutionProvider[];
export type Device = (typeof devices)[number];

/** `auto`: CUDA where it is there, else WebGPU where it is hardware, else the CPU. */
export const deviceChoices = ['auto', ...devices] as const;
export type DeviceChoice = (typeof deviceChoices)[number];

/** Thrown where a device that was asked for by name is not there. */
export class DeviceError extends Error {
  override readonly name = 'DeviceError';
}

export interface ChosenDevice {
  readonly device: Device;
  /** Why `auto` did not take the devices that come before it. */
  readonly passedOver: Readonly<Partial<Record<Device, string>>>;
}

const remedies: Readonly<Record<Device, string>> = {
  cpu: '',
  webgpu:
    'it wants a GPU whose driver speaks Vulkan (with libvulkan1), Metal or Direct3D 12, reachable by this process',
  cuda:
    'it wants an NVIDIA GPU, its driver, CUDA 12, cuDNN 9 and the libraries that ' +
    '"node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12" downloads',
};

/** The device that `choice` comes to on this machine. Throws a DeviceError where one that is named is not there. */
export async function chooseDevice(choice: DeviceChoice): Promise<ChosenDevice> {
  if (choice !== 'auto') {
    const problem = await problemOf(choice);
    if (problem === null) return { device: choice, passedOver: {} };
    throw new DeviceError(`device ${choice} is not there: ${problem}; ${remedies[choice]}`);
  }
  const cuda = await problemOf('cuda');
  if (cuda === null) return { device: 'cuda', passedOver: {} };
  const webgpu = (await problemOf('webgpu')) ?? (await softwareProblem());
  if (webgpu === null) return { device: 'webgpu', passedOver: { cuda } };
  return { device: 'cpu', passedOver: { cuda, webgpu } };
}

/** Null where the device computes a product, else what is in the way. */
async function problemOf(device: Device): Promise<string | null> {
  if (device === 'cpu') return null;
  try {
    await productSeconds(device, 1, 1);
    return null;
  } catch (error) {
    // ONNX Runtime puts the place in its source and the failed condition before what it says
    const [line = ''] = String(error).split('\n');
    return line.replace(/^.* was false\. |^Error: /, '');
  }
}

/** Width of the matrices that tell software from hardware, and how often the product is taken. */
const WIDTH = 512;
const RUNS = 3;
/** Software adapters take hundreds of times as long as the CPU's own kernels, on the same processor; any GPU takes less. */
const SOFTWARE_FACTOR = 10;

/** WebGPU does not tell the kind of its adapter here: a device that is far slower than the CPU is taken for software. */
async function softwareProblem(): Promise<string | null> {
  const cpu = await productSeconds('cpu', WIDTH, RUNS);
  const webgpu = await productSeconds('webgpu', WIDTH, RUNS);
  if (webgpu < SOFTWARE_FACTOR * cpu) return null;
  return `its adapter is software: a product takes ${Math.round(webgpu / cpu)} times as long as on the CPU`;
}

/** The least time of a product of two square matrices, after a run that compiles it. */
async function productSeconds(device: Device, width: number, runs: number): Promise<number> {
  const graph = new Graph('float32');
  const x = graph.input('x', [width, width]);
  const model = emitModel(graph, { y: sum(scale(matmul(x, x), 1 / width), [0, 1]) }, device);
  const session = await InferenceSession.create(model, sessionOptions(device));
  const feeds = { x: new Tensor('float32', new Float32Array(width * width).fill(1), [width, width]) };
  const times: number[] = [];
  for (let run = 0; run <= runs; run += 1) {
    const start = performance.now();
    await session.run(feeds);
    times.push((performance.now() - start) / 1000);
  }
  await session.release();
  return Math.min(...times.slice(1));
}
